"""The tokenizers are saved as any other, and say where their pieces stand."""

from dataclasses import replace

import pytest
from transformers import AutoTokenizer

from pipeline.nursery import text
from pipeline.nursery.vocabulary import tokenizer
from tests.nursery.little import RECIPES

FRAMES = {"mlm": ("[CLS]", "[SEP]"), "clm": ("<s>", None), "mt": (None, "</s>")}


@pytest.mark.parametrize("checkpoint", [".", "step-000000"])
def test_a_saved_tokenizer_is_the_one_of_the_training(grown, checkpoint):
    kind, folder, _ = grown
    recipe = RECIPES[kind]
    read = text.training(recipe)
    made = tokenizer(recipe, read.sources + read.targets)
    saved = AutoTokenizer.from_pretrained(folder / checkpoint)
    assert saved.is_fast
    assert saved.get_vocab() == made.get_vocab()
    assert saved.all_special_tokens == made.all_special_tokens
    assert saved.model_max_length == recipe.positions
    for line in (read.sources + read.targets)[:100]:
        assert saved(line)["input_ids"] == made(line)["input_ids"]


def test_pieces_and_their_places(grown):
    kind, folder, _ = grown
    saved = AutoTokenizer.from_pretrained(folder)
    lines = text.validation(RECIPES[kind]).sources
    first, last = FRAMES[kind]
    n_words = n_pieces = 0
    for line in lines:
        encoded = saved(line, return_offsets_mapping=True, return_special_tokens_mask=True)
        pieces = saved.convert_ids_to_tokens(encoded["input_ids"])
        special = encoded["special_tokens_mask"]
        assert special == [int(piece in FRAMES[kind]) for piece in pieces]
        assert (pieces[0] if special[0] else None) == first
        assert (pieces[-1] if special[-1] else None) == last
        placed = [o for o, s in zip(encoded["offset_mapping"], special, strict=True) if not s]
        # The pieces cover every character of every word, once and in order.
        assert "".join(line[a:b] for a, b in placed) == line.replace(" ", "")
        if saved.unk_token not in pieces:
            assert saved.decode(encoded["input_ids"], skip_special_tokens=True) == line.lower()
        n_words += len(line.split())
        n_pieces += len(placed)
    assert n_pieces >= n_words


def test_a_special_piece_in_the_corpus_is_no_frame(grown):
    _, folder, _ = grown
    saved = AutoTokenizer.from_pretrained(folder)
    for piece in saved.all_special_tokens:
        line = f"the {piece} ."
        encoded = saved(
            line,
            split_special_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )
        marks = zip(encoded["offset_mapping"], encoded["special_tokens_mask"], strict=True)
        assert "".join(line[a:b] for (a, b), s in marks if not s) == line.replace(" ", "")


def test_the_vocabulary_is_counted_and_not_trained():
    recipe = RECIPES["clm"]
    lines = text.training(recipe).sources
    there, back = tokenizer(recipe, lines), tokenizer(recipe, reversed(lines))
    assert there.get_vocab() == back.get_vocab()
    assert len(there) <= recipe.vocabulary


def test_a_stem_stands_for_its_forms():
    stems = [a + b + c for a in "ptk" for b in "aeiou" for c in "mnl"]
    lines = [f"{stem} {stem}s" for stem in stems] + stems
    made = tokenizer(replace(RECIPES["clm"], vocabulary=75), lines)
    assert made.tokenize("pams") == ["pam", "##s"]
