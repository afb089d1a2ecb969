"""Pieces and words: the alignment holds for every kind of tokenizer, and nothing is truncated."""

import copy
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AddedToken, AutoModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.models.encode import Encoder, is_punctuation
from pipeline.models.longest import max_pieces
from tests import oracle, tiny

INVISIBLE = ["\u200b", "\u00ad", "\ufe0f", "\u200d", "\x7f"]


def encoder(kind: str, limit: int = 128) -> Encoder:
    return Encoder(tiny.trained(kind), config(limit))


def config(limit: int, **more) -> SimpleNamespace:
    return SimpleNamespace(
        model_type="any", max_position_embeddings=limit, vocab_size=10_000, **more
    )


def sentence(*words: str) -> Sentence:
    return Sentence("s", "", words)


@pytest.mark.parametrize("kind", tiny.TOKENIZERS)
@settings(max_examples=40, deadline=None)
@given(
    words=st.lists(
        st.text(min_size=1, max_size=8).filter(lambda w: w.strip()), min_size=1, max_size=9
    )
)
def test_every_piece_belongs_to_the_word_it_stands_in(kind, words):
    words = [" ".join(w.split()) or "x" for w in words]
    enc = encoder(kind)
    enc.max_pieces = 10_000
    (found,), _ = enc.encode([sentence(*words)])
    ids, about = oracle.pieces(enc.tokenizer, words)
    if found.source.ids == ids:  # the reference does not split special tokens written in the text
        assert found.source.word == about["word"]
        assert found.source.special == about["special"]
    aligned = [w for w in found.source.word if w >= 0]
    assert aligned == sorted(aligned)
    assert set(aligned) | set(found.source.words_without_pieces) == set(range(len(words)))


def test_a_word_of_several_pieces():
    (found,), _ = encoder("word_piece").encode([sentence("unbelievable", "dogs")])
    assert found.source.word[0] == found.source.word[-1] == -1
    assert found.source.word.count(0) > 1
    assert sorted(set(found.source.word)) == [-1, 0, 1]


@pytest.mark.parametrize("kind", [k for k in tiny.TOKENIZERS if k != "word_piece"])
def test_equal_words_are_aligned_alike(kind):
    """A bare marker or a lone space opens the word that follows, first in the sentence or not."""
    (found,), _ = encoder(kind).encode([sentence("人民", "人民", "人民")])
    assert -1 not in [
        w for w, special in zip(found.source.word, found.source.special, strict=True) if not special
    ]
    assert found.source.word.count(1) == found.source.word.count(2)


def test_a_form_with_a_space_is_one_word():
    (found,), _ = encoder("word_piece").encode([sentence("10 000", "people")])
    assert set(found.source.word) == {-1, 0, 1}


@pytest.mark.parametrize("character", INVISIBLE)
def test_words_without_pieces_keep_indices_aligned(character):
    (found,), skipped = encoder("word_piece").encode([sentence("dogs", character, "bark")])
    assert found.source.words_without_pieces == [1]
    assert skipped.n_words_without_pieces == 1
    assert {0, 2} <= set(found.source.word)
    assert found.source.n_words == 3


def test_unknown_pieces_are_counted():
    """They are read, as the sign for what the tokenizer cannot say; the frame is none of them."""
    encoded, skipped = encoder("word_piece").encode([sentence("dogs", "\u20ac", "\u20ac\u20ac")])
    unknown = encoder("word_piece").tokenizer.unk_token_id
    assert skipped.n_unknown_pieces == encoded[0].source.ids.count(unknown) == 2
    assert encoder("byte_level").encode([sentence("\u20ac")])[1].n_unknown_pieces == 0


def test_padding_without_an_embedding_is_never_read():
    """As where a padding token was added to GPT-2's tokenizer, and its model not resized."""
    enc = encoder("byte_level")
    enc.tokenizer = copy.deepcopy(enc.tokenizer)
    enc._n_embeddings = len(enc.tokenizer)
    enc.tokenizer.add_special_tokens({"pad_token": "<added>"})
    assert enc.tokenizer.pad_token_id >= enc._n_embeddings
    encoded, _ = enc.encode([sentence("dogs"), sentence("dogs", "bark", "loud")])
    assert int(enc.pieces(encoded)[0].ids.max()) < enc._n_embeddings


def test_a_separator_written_in_the_text_is_text():
    """Only the frame that the tokenizer itself adds is special."""
    (found,), _ = encoder("word_piece").encode([sentence("dogs", "[SEP]", "bark")])
    assert sum(found.source.special) == 2
    assert 1 in found.source.word
    pieces = encoder("word_piece").pieces([found])[0]
    assert int(pieces.in_class("sep").sum()) == 1


def test_a_piece_that_the_model_does_not_know_is_refused():
    """The tokenizer is another model's: it would be found in the midst of a pass."""
    tokenizer = tiny.trained("word_piece")
    small = SimpleNamespace(model_type="any", max_position_embeddings=128, vocab_size=9)
    with pytest.raises(UserError, match=r"gives sentence s the piece \d+ .* has 9 embeddings"):
        Encoder(tokenizer, small).encode([sentence("dogs", "bark")])


def test_too_long_is_skipped_whole_and_counted():
    enc = encoder("word_piece", limit=8)
    encoded, skipped = enc.encode(
        [sentence("dogs", "bark"), sentence(*["dogs"] * 20), sentence("cats")]
    )
    assert skipped.n_too_long == 1
    assert [e.index for e in encoded] == [0, 2]


def test_a_tokenizer_that_truncates_does_not_truncate_here():
    """all-MiniLM's tokenizer.json asks for truncation at 128 pieces."""
    tokenizer = tiny.trained("word_piece")
    tokenizer.backend_tokenizer.enable_truncation(4)
    (found,), skipped = Encoder(tokenizer, config(100)).encode([sentence(*["dogs"] * 30)])
    assert skipped.n_too_long == 0
    assert len(found.source.ids) > 30


def test_classes_and_padding():
    enc = encoder("word_piece")
    encoded, _ = enc.encode([sentence("dogs", ",", "bark"), sentence("cats")])
    pieces, _ = enc.pieces(encoded)
    n = len(encoded[1].source.ids)
    assert pieces.lengths.tolist() == [len(encoded[0].source.ids), n]
    assert not pieces.classes[1, n:].any()
    assert pieces.word[1, n:].eq(-1).all()
    assert pieces.in_class("first")[:, 0].all()
    assert pieces.in_class("punct")[0].sum() == 1
    assert pieces.in_class("cls").sum() == 2


def test_a_decoder_without_bos_has_no_special_piece():
    enc = encoder("byte_level")
    (found,), _ = enc.encode([sentence("dogs", "bark")])
    pieces, _ = enc.pieces([found])
    assert not pieces.in_class("special").any()
    assert not pieces.in_class("bos").any()
    assert int(pieces.in_class("first").sum()) == 1


@pytest.mark.parametrize(
    ("form", "expected"), [(".", True), ("—", True), ("...", True), ("$", False), ("a.", False)]
)
def test_punctuation(form, expected):
    assert is_punctuation(form) is expected


def test_max_pieces_of_roberta_leaves_out_the_padding_positions():
    from transformers import BertConfig, RobertaConfig

    tokenizer = tiny.trained("word_piece")
    tokenizer.model_max_length = 10**30
    assert max_pieces(RobertaConfig(max_position_embeddings=514, pad_token_id=1), tokenizer) == 512
    assert max_pieces(BertConfig(max_position_embeddings=512), tokenizer) == 512
    tokenizer.model_max_length = 128
    assert max_pieces(BertConfig(max_position_embeddings=512), tokenizer) == 128


def test_what_turns_positions_otherwise_when_a_sentence_is_long_reads_no_such():
    """Else a short one would hang on what stands beside it in its batch."""
    from transformers import LlamaConfig, Phi3Config

    tokenizer = tiny.trained("byte_level")
    tokenizer.model_max_length = 10**30
    rotation = {"rope_type": "longrope", "rope_theta": 10_000.0}
    rotation |= {"short_factor": [1.0] * 4, "long_factor": [2.0] * 4}
    small = {"hidden_size": 16, "num_attention_heads": 2, "max_position_embeddings": 64}
    turned = {"rope_parameters": rotation, "original_max_position_embeddings": 24}
    assert max_pieces(Phi3Config(**small, **turned, eos_token_id=0), tokenizer) == 24
    assert max_pieces(LlamaConfig(**small), tokenizer) == 64


def test_no_special_piece_is_text_whatever_it_is_called():
    tokenizer = copy.deepcopy(tiny.trained("byte_level"))
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|header|>"]})
    tokenizer.add_tokens([AddedToken("<|reserved|>", special=True), AddedToken("word")])
    text = {tokenizer.decode([i]) for i in Encoder(tokenizer, config(128)).vocabulary}
    assert "word" in text
    assert not {"<|header|>", "<|reserved|>"} & text


def test_a_separator_written_in_the_text_is_not_read_as_one():
    enc = encoder("word_piece")
    (found,), _ = enc.encode([sentence("dogs", "[SEP]", "bark")])
    assert found.source.ids.count(enc.tokenizer.sep_token_id) == 1


def test_a_sentence_just_as_long_as_the_model_reads_is_read():
    words = sentence("dogs", "bark")
    (found,), _ = encoder("word_piece").encode([words])
    n = len(found.source.ids)
    assert len(encoder("word_piece", limit=n).encode([words])[0]) == 1
    assert encoder("word_piece", limit=n - 1).encode([words])[1].n_too_long == 1


def test_the_first_piece_that_the_model_does_not_know_is_refused():
    words = sentence("dogs", "bark")
    (found,), _ = encoder("word_piece").encode([words])
    n = max(found.source.ids)
    shape = {"model_type": "any", "max_position_embeddings": 128}
    known = SimpleNamespace(**shape, vocab_size=n + 1)
    assert len(Encoder(tiny.trained("word_piece"), known).encode([words])[0]) == 1
    with pytest.raises(UserError, match=rf"the piece {n} .* has {n} embeddings"):
        Encoder(tiny.trained("word_piece"), SimpleNamespace(**shape, vocab_size=n)).encode([words])


def test_kinds_of_layers_that_are_turned_otherwise_are_asked_each():
    turned = {"rope_type": "longrope", "original_max_position_embeddings": 24}
    kinds = {"sliding_attention": {"rope_type": "default"}, "full_attention": turned}
    tokenizer = SimpleNamespace(model_max_length=10**30)
    assert max_pieces(config(64, rope_parameters=kinds), tokenizer) == 24


AFTER_PADDING = {
    "esm": {"position_embedding_type": "absolute", "vocab_size": 40},
    "longformer": {"attention_window": 8},
    "xlm-roberta-xl": {},
    "camembert": {},
    "mpnet": {},
}


@pytest.mark.parametrize("family", AFTER_PADDING)
def test_a_family_reads_as_many_pieces_as_it_has_positions(family):
    small = {"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    small |= {"intermediate_size": 16, "max_position_embeddings": 20, "pad_token_id": 1}
    made = CONFIG_MAPPING[family](**small | AFTER_PADDING[family])
    model = AutoModel.from_config(made).eval()
    n = max_pieces(made, SimpleNamespace(model_max_length=10**30))
    assert n == 18
    with torch.inference_mode():
        model(input_ids=torch.full((1, n), 5), attention_mask=torch.ones(1, n).long())
        with pytest.raises((IndexError, RuntimeError)):
            model(input_ids=torch.full((1, n + 1), 5), attention_mask=torch.ones(1, n + 1).long())
