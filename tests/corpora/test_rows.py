"""Rows: what a sentence must be, whatever file it came from, and how its damage is said."""

import pytest

from pipeline.corpora.rows import fault_row, find_damage, sentence_row, shown


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, None),
        ({"upos": ["X", "X\x1b"]}, (1, "word 2: control character '\\x1b' in its upos")),
        ({"upos": ["X" * 201, "X"]}, (0, "word 1: upos of 201 characters")),
        ({"upos": ["X" * 200, "_"]}, None),
        ({"deprels": ["root", "d" * 201]}, (1, "word 2: deprel of 201 characters")),
        ({"deprels": ["root", ""]}, (1, "word 2: its deprel '' is no relation")),
        ({"deprels": ["_", "x"]}, (0, "word 1: its deprel '_' is no relation")),
        ({"deprels": ["root", ":x"]}, (1, "word 2: its deprel ':x' is no relation")),
        ({"deprels": ["root", "x:"]}, None),
    ],
)
def test_damage_of_labels(change, found):
    sound = {"words": ["a", "b"], "upos": ["X", "X"], "governors": [0, 1], "deprels": ["root", "x"]}
    assert find_damage(**(sound | change)) == found


def test_what_is_shown_of_a_value_is_short():
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    assert shown(deep) == "something nested deeply"
    assert len(shown(list(range(1000)))) == 80
    assert shown("a" * 1000) == repr("a" * 40)


def test_names_that_are_no_utf8_are_written_all_the_same():
    """Of files, in which Python has what it could not read as surrogates; and of sentences."""
    damaged = fault_row("f\udc80", 1, "s\udc80", "a reason")
    for row in (damaged, sentence_row("f\udc80", 1, "s\udc80", "a", ["a"])):
        assert (row["source"], row["sentence_id"]) == ("f?", "s?")
