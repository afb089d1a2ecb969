"""The invented translation: whole pairs with gold trees and links, the same on every run."""

from dataclasses import replace

import pytest

from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.corpora.base import read
from pipeline.corpora.invented import Invented
from pipeline.grammar import generate, text, tokens
from pipeline.grammar.invented import translate

CORPUS = Invented(sentences=60, seed=3)


def test_every_pair_is_whole(judge) -> None:
    records = list(read(CORPUS))
    assert len(records) == 60
    for sentence, tree in zip(records, generate(60, 3), strict=True):
        assert isinstance(sentence, Sentence)
        judge(sentence)
        assert sentence.target is not None
        for side in (sentence, sentence.target):
            assert None not in (side.upos, side.governors, side.deprels)
        words = tokens(tree)
        assert (sentence.sentence_id, sentence.text) == (tree.sent_id, text(words))
        assert sentence.governors == tuple(word.head for word in words)
        assert sentence.alignment


def test_a_row_says_what_the_translation_says() -> None:
    (sentence,) = read(replace(CORPUS, limit=1))
    assert isinstance(sentence, Sentence)
    pair = translate(next(generate(1, 3)))
    for read_, made in ((sentence, pair.source), (sentence.target, pair.target)):
        assert read_ is not None
        for key in ("text", "words", "upos", "governors", "deprels"):
            assert getattr(read_, key) == getattr(made, key)
    assert sentence.alignment == pair.links


def test_a_seed_fixes_the_pairs_and_more_of_them_begin_alike() -> None:
    first = list(read(CORPUS))
    assert list(read(CORPUS)) == first
    assert list(read(replace(CORPUS, sentences=70, limit=60))) == first
    assert list(read(replace(CORPUS, seed=4))) != first
    shuffled = list(read(replace(CORPUS, shuffle_seed=1)))
    assert shuffled != first
    assert sorted(shuffled, key=lambda s: s.sentence_id) == first


def test_a_number_that_makes_no_sense() -> None:
    with pytest.raises(UserError, match=r"Invented\(sentences=0\): sentences must be 1 or more"):
        next(read(Invented(sentences=0)))
