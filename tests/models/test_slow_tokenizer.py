"""A tokenizer without character offsets: words are aligned exactly, or their sentence is left."""

import json
import shutil

import pytest
from transformers import AutoTokenizer

from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.encode import Encoder
from tests.models import marian


def pair(source: str, target: str | None = None) -> Sentence:
    translation = None if target is None else pair(target)
    return Sentence("s", source, tuple(source.split(" ")), target=translation)


@pytest.fixture(scope="module")
def texts(treebank) -> list[str]:
    """Words of the first sentences, with spaces between them."""
    sentences, words = [], []
    for line in treebank.read_text(encoding="utf-8").splitlines():
        if line[:1].isdigit():
            words.append(line.split("\t")[1])
        elif not line:
            sentences.append(" ".join(words))
            words = []
        if len(sentences) == 400:
            break
    return sentences


@pytest.fixture(scope="module")
def folder(texts, tmp_path_factory):
    upper = [text.upper() for text in texts]
    return marian.save(tmp_path_factory.mktemp("marian"), texts, upper)


def encoder_of(folder) -> Encoder:
    checkpoint = Checkpoint(path=str(folder))
    return Encoder(checkpoint.tokenizer(), checkpoint.config())


@pytest.fixture(scope="module")
def encoder(folder):
    return encoder_of(folder)


def words_by_markers(processor, text: str) -> list[int]:
    """The word of each piece by the marker that opens one; a lone marker opens the next."""
    word, words = -1, []
    for piece in processor.encode(text, out_type=str):
        word += piece.startswith("▁")
        words.append(word)
    return words


def test_words_are_aligned_exactly(encoder, texts):
    sentences = [pair(text, text.upper()) for text in texts[:200]]
    encoded, skipped = encoder.encode(sentences)
    assert skipped.n_unaligned == skipped.n_words_without_pieces == 0
    assert len(encoded) + skipped.n_too_long == len(sentences)
    assert len(encoded) > 150
    pad, end = encoder.tokenizer.pad_token_id, encoder.tokenizer.eos_token_id
    for found in encoded:
        text = sentences[found.index].text
        source = words_by_markers(encoder.tokenizer.spm_source, text)
        target = words_by_markers(encoder.tokenizer.spm_target, text.upper())
        assert found.source.word == [*source, -1]
        assert found.source.special == [False] * len(source) + [True]
        assert found.source.ids[-1] == end
        assert found.target.predicts == [*target, -1]
        assert found.target.word == [-1, *target]
        assert found.target.ids[0] == pad
        assert found.target.special == [True] + [False] * len(target)


def test_the_target_is_cut_by_its_own_model(encoder):
    text = "THE DOG HAS BEEN VERY EXPENSIVE"
    (found,), _ = encoder.encode([pair("the dog", text)])
    expected = encoder.tokenizer(text_target=text)["input_ids"]
    assert found.target.ids[1:] == expected[:-1]
    assert encoder.tokenizer(text)["input_ids"] != expected


def test_a_word_without_pieces_keeps_its_number(encoder):
    (found,), skipped = encoder.encode([pair("the \u200b dog")])
    assert found.source.words_without_pieces == [1]
    assert set(found.source.word) == {0, 2, -1}
    assert skipped.n_words_without_pieces == 2  # on both sides


def test_a_special_piece_in_the_text_is_not_taken_for_one_of_its_words(encoder):
    """Nor for a special one: its sentence is skipped, and counted."""
    encoded, skipped = encoder.encode([pair("the <pad> dog")])
    assert (encoded, skipped.n_unaligned) == ([], 1)


@pytest.mark.parametrize("word", ["</s>", "<unk>", marian.LANGUAGE])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_special_strings_in_the_text_are_text(encoder, word, position):
    words = ["the", "dog"]
    words.insert(position, word)
    (found,), skipped = encoder.encode([pair(" ".join(words))])
    assert skipped.n_unaligned == 0
    assert found.source.special == [False] * (len(found.source.ids) - 1) + [True]
    assert set(found.source.word) == {0, 1, 2, -1}
    pieces, _ = encoder.pieces([found])
    assert int(pieces.in_class("eos").sum()) == 1
    # At the very start it is what a user of such a model means by it: the language to say it in.
    as_language = found.source.ids[0] == encoder.tokenizer.encoder[marian.LANGUAGE]
    assert as_language == (word == marian.LANGUAGE and position == 0)


def test_too_long_and_unaligned_sentences_are_counted(texts, tmp_path):
    """Pieces over more than one word cannot be told apart."""
    texts = texts[:100]
    enc = encoder_of(marian.save(tmp_path, texts, texts, split_by_whitespace=False))
    encoded, skipped = enc.encode([pair("one of the"), pair("x"), pair("x " * 80 + "x")])
    assert [e.index for e in encoded] == [1]
    assert (skipped.n_unaligned, skipped.n_too_long) == (1, 1)


def test_how_it_was_saved_does_not_matter(folder, encoder, texts, tmp_path):
    copied = shutil.copytree(folder, tmp_path / "copy")
    saved = json.loads((copied / "tokenizer_config.json").read_text())
    sides = {"padding_side": "left", "truncation_side": "left"}
    (copied / "tokenizer_config.json").write_text(json.dumps(saved | sides))
    again = encoder_of(copied)
    assert again.tokenizer.padding_side == "left"
    sentences = [pair(text) for text in texts[:20]]
    assert again.encode(sentences) == encoder.encode(sentences)


def test_a_missing_package_is_one_line(folder, monkeypatch):
    def missing(*args, **kwargs):
        raise ImportError("\nMarianTokenizer requires the SentencePiece library but it was not …\n")

    monkeypatch.setattr(AutoTokenizer, "from_pretrained", missing)
    with pytest.raises(UserError, match="not installed: MarianTokenizer requires the Sent") as e:
        Checkpoint(path=str(folder)).tokenizer()
    assert "\n" not in str(e.value)
