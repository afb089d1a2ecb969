"""Every kind of fast tokenizer, and both sides of an encoder-decoder."""

from types import SimpleNamespace

import pytest
from transformers import AutoTokenizer

from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.models.encode import Encoder
from tests import tiny

KINDS = pytest.mark.parametrize("kind", tiny.TOKENIZERS)


def config(**more) -> SimpleNamespace:
    return SimpleNamespace(
        **{"model_type": "any", "max_position_embeddings": 128, "vocab_size": 10_000} | more
    )


def pair(source: str, target: str | None = None) -> Sentence:
    translation = None if target is None else pair(target)
    return Sentence("s", source, tuple(source.split()), target=translation)


def two_stacks(kind: str, **more) -> Encoder:
    start = {"is_encoder_decoder": True, "decoder_start_token_id": 0}
    return Encoder(tiny.trained(kind), config(**start | more))


def specials(encoder: Encoder) -> set[str]:
    tokenizer = encoder.tokenizer
    return set(tokenizer.all_special_tokens) - {tokenizer.unk_token}


@KINDS
def test_special_strings_in_the_text_are_text_or_their_sentence_is_skipped(kind):
    """Unigram has them among its pieces, and reads them as such whatever it is told."""
    encoder = Encoder(tiny.trained(kind), config())
    (plain,), _ = encoder.encode([pair("dogs bark")])
    others = {token: encoder.tokenizer.convert_tokens_to_ids(token) for token in specials(encoder)}
    for token in encoder.tokenizer.all_special_tokens:
        encoded, skipped = encoder.encode([pair(f"dogs {token} bark")])
        if not encoded:
            assert kind.startswith("sentence_piece")
            assert skipped.n_unaligned == 1
            continue
        (found,) = encoded
        assert not set(found.source.content) & set(others.values())
        assert sum(found.source.special) == sum(plain.source.special)
        frame = [[w for w in side.word if w < 0] for side in (plain.source, found.source)]
        assert frame[0] == frame[1]
        assert {0, 1, 2} <= set(found.source.word)


@KINDS
def test_how_a_tokenizer_was_saved_does_not_matter(kind, tmp_path):
    """Padding on the left and a truncation are in a tokenizer's files; nothing here obeys them."""
    tokenizer = tiny.trained(kind)
    sentences = [pair(text) for text in tiny.TEXTS]
    expected = Encoder(tokenizer, config()).encode(sentences)
    tokenizer.padding_side = "left"
    tokenizer.backend_tokenizer.enable_truncation(4)
    tokenizer.backend_tokenizer.enable_padding(direction="left", length=50)
    tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert again.padding_side == "left"
    assert Encoder(again, config()).encode(sentences) == expected


def test_a_prefix_space_makes_the_first_word_like_the_others():
    of = {}
    for kind in ("byte_level", "byte_level_prefix"):
        (found,), _ = Encoder(tiny.trained(kind), config()).encode([pair("well well")])
        side = found.source
        of[kind] = [[i for i, w in zip(side.ids, side.word, strict=True) if w == k] for k in (0, 1)]
    assert of["byte_level_prefix"][0] == of["byte_level_prefix"][1]
    assert of["byte_level"][0] != of["byte_level"][1]


@KINDS
def test_the_target_is_shifted_by_one_piece(kind):
    (found,), _ = two_stacks(kind).encode([pair("cats", "dogs bark .")])
    (labels,), _ = Encoder(tiny.trained(kind), config()).encode([pair("dogs bark .")])
    assert found.target.ids == [0, *labels.source.ids[:-1]]
    assert found.target.word == [-1, *labels.source.word[:-1]]
    assert found.target.special == [True, *labels.source.special[:-1]]
    assert found.target.predicts == labels.source.word
    assert (found.source.n_words, found.target.n_words) == (1, 3)
    # A last word without an end to it is said, and never read: it has a piece all the same.
    assert found.target.words_without_pieces == []


def test_a_sentence_without_translation_stands_on_both_sides():
    encoder = two_stacks("sentence_piece_eos")
    (found,), _ = encoder.encode([pair("dogs bark")])
    (same,), _ = encoder.encode([pair("dogs bark", "dogs bark")])
    assert found == same
    source, target = encoder.pieces([found])
    assert target.ids[0, 1:].tolist() == source.ids[0, :-1].tolist()
    assert target.predicts[0].tolist() == source.word[0].tolist()
    assert source.predicts is None


def test_models_with_one_stack_read_no_translation():
    encoder = Encoder(tiny.trained("word_piece"), config())
    (found,), _ = encoder.encode([pair("cats", "dogs bark")])
    assert found.target is None
    assert encoder.pieces([found])[1] is None


def test_either_side_can_be_too_long():
    encoder = two_stacks("word_piece", max_position_embeddings=8)
    long = "dogs " * 20
    encoded, skipped = encoder.encode([pair("dogs", long), pair(long, "dogs"), pair("dogs")])
    assert [e.index for e in encoded] == [2]
    assert skipped.n_too_long == 2


def test_words_without_pieces_are_counted_on_both_sides():
    encoder = two_stacks("word_piece")
    (found,), skipped = encoder.encode([pair("dogs \u200b bark", "\u200b cats \u00ad")])
    assert found.source.words_without_pieces == [1]
    assert found.target.words_without_pieces == [0, 2]
    assert skipped.n_words_without_pieces == 3


def test_a_decoder_without_a_start_is_refused_unless_the_text_gives_it():
    with pytest.raises(UserError, match="no decoder_start_token_id") as caught:
        two_stacks("sentence_piece_eos", decoder_start_token_id=None)
    assert "\n" not in str(caught.value)
    language = two_stacks(
        "sentence_piece_language", decoder_start_token_id=None, model_type="mbart"
    )
    (found,), _ = language.encode([pair("dogs bark")])
    assert found.target.ids[0] == language.tokenizer.convert_tokens_to_ids("<xx>")


def test_the_vocabulary_is_what_both_sides_know_as_text():
    tokenizer = tiny.trained("sentence_piece_eos")
    n = len(tokenizer)
    special = set(tokenizer.all_special_ids)
    assert special == {0, 1, 2, 3}
    assert tokenizer.convert_ids_to_tokens(4) == "<xx>"  # a language, which is no text either
    assert two_stacks("sentence_piece_eos").vocabulary == list(range(5, n))
    assert two_stacks("sentence_piece_eos", vocab_size=20).vocabulary == list(range(5, 20))
    smaller = two_stacks("sentence_piece_eos", decoder_vocab_size=10)
    assert smaller.vocabulary == list(range(5, 10))


@pytest.mark.parametrize("family", ["mbart", "plbart"])
def test_a_text_gives_the_start_of_its_decoder(family):
    made = two_stacks("sentence_piece_language", decoder_start_token_id=None, model_type=family)
    (found,), _ = made.encode([pair("dogs bark")])
    assert found.target.ids[0] == made.tokenizer.convert_tokens_to_ids("<xx>")
