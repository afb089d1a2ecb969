"""The committed treebank: what the generator writes, and nothing but valid trees."""

from __future__ import annotations

from collections import Counter

import pytest

from pipeline.grammar import generate
from pipeline.grammar.catalogue import CONSTRUCTIONS
from pipeline.grammar.conllu import block

from .reader import TREEBANK, Parsed, crossing, detokenised, faults, read


@pytest.fixture(scope="module")
def text() -> str:
    return TREEBANK.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sentences(text: str) -> list[Parsed]:
    return read(text)


def test_the_file_is_what_the_generator_writes(text: str) -> None:
    assert "".join(block(sentence) for sentence in generate(2000, 0)) == text


def test_every_tree_is_valid(sentences: list[Parsed]) -> None:
    wrong = {s.comments["sent_id"]: found for s in sentences if (found := faults(s))}
    assert not wrong


def test_every_tree_is_projective(sentences: list[Parsed]) -> None:
    assert [s.comments["sent_id"] for s in sentences if crossing(s)] == []


def test_the_text_is_the_detokenised_sentence(sentences: list[Parsed]) -> None:
    for sentence in sentences:
        assert sentence.comments["text"] == detokenised(sentence)


def test_a_multiword_token_spells_its_words(sentences: list[Parsed]) -> None:
    for sentence in sentences:
        for first, (last, form, _) in sentence.ranges.items():
            assert form == "".join(sentence.forms[first - 1 : last])


def test_sentences_and_identifiers_are_distinct(sentences: list[Parsed]) -> None:
    assert len(sentences) == 2000
    assert len({s.comments["text"].lower() for s in sentences}) == 2000
    assert len({s.comments["sent_id"] for s in sentences}) == 2000


def test_lengths_and_relations(sentences: list[Parsed]) -> None:
    lengths = [len(s.words) for s in sentences]
    assert 12 <= sum(lengths) / len(lengths) <= 20
    assert min(lengths) >= 3
    assert max(lengths) <= 45
    assert sum(length <= 6 for length in lengths) > 100
    assert sum(length >= 25 for length in lengths) > 100
    assert len({relation for s in sentences for relation in s.relations}) >= 28


def test_every_construction_is_used(sentences: list[Parsed]) -> None:
    used = Counter(name for s in sentences for name in s.comments["constructions"].split())
    assert set(used) <= set(CONSTRUCTIONS)
    assert len(CONSTRUCTIONS) >= 40
    rare = {name: used[name] for name in CONSTRUCTIONS if used[name] < 3}
    assert not rare


def arcs(sentence: Parsed) -> list[tuple[list[str], list[str]]]:
    """Each word with its governor; that of the root is the root."""
    words = sentence.words
    return [(word, words[max(int(word[6]) - 1, 0)] if int(word[6]) else word) for word in words]


SHOWN = {
    "modal": lambda word, governor: word[4] == "MD",
    "perfect": lambda word, governor: word[7] == "aux" and word[2] == "have",
    "progressive": lambda word, governor: (
        word[7] == "aux" and word[2] == "be" and governor[4] == "VBG"
    ),
    "comparative_than": lambda word, governor: word[7] == "case" and word[2] == "than",
    "superlative": lambda word, governor: "Degree=Sup" in word[5],
    "compound_noun": lambda word, governor: (
        word[7] == "compound" and word[3] in ("NOUN", "PROPN") and governor[3] == "NOUN"
    ),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_construction_is_named_where_the_tree_shows_it(name, sentences) -> None:
    for sentence in sentences:
        shown = any(SHOWN[name](*arc) for arc in arcs(sentence))
        assert shown == (name in sentence.comments["constructions"].split())


def test_a_noun_before_a_noun_is_its_compound(sentences: list[Parsed]) -> None:
    """Of a hyphenated modifier too, as in three-day event."""
    assert not [
        word for s in sentences for word in s.words if (word[3], word[7]) == ("NOUN", "amod")
    ]


def test_the_table_of_constructions_counts_them(sentences: list[Parsed]) -> None:
    used = Counter(name for s in sentences for name in s.comments["constructions"].split())
    text = (TREEBANK.parent / "README.md").read_text(encoding="utf-8")
    table = text.partition("| construction |")[2].splitlines()[2:]
    assert table == [f"| `{n}` | {what} | {used[n]} |" for n, what in CONSTRUCTIONS.items()]
    assert f"| {sum(len(s.words) for s in sentences):,} |" in text


def test_no_relation_is_left_unset(sentences: list[Parsed]) -> None:
    assert not [s.comments["sent_id"] for s in sentences if "dep" in s.relations]
