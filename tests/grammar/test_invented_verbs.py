"""The verb group of Talvori: what the English chain of auxiliaries comes to."""

from __future__ import annotations

import pytest

from pipeline.grammar import Node, Sentence
from pipeline.grammar.invented import Translation, translate

STEM = "vesnulsim"  # to see
FINITE = {"Mood": "Ind", "VerbForm": "Fin"}
PRESENT, PAST = {**FINITE, "Tense": "Pres"}, {**FINITE, "Tense": "Past"}
BASE, GERUND = {"VerbForm": "Inf"}, {"VerbForm": "Part", "Tense": "Pres"}
PARTICIPLE = {"VerbForm": "Part", "Tense": "Past"}
PASSIVE = {**PARTICIPLE, "Voice": "Pass"}


def seen(chain: list[tuple[str, str, dict[str, str]]], feats: dict[str, str]) -> Translation:
    """Translate a clause of the verb see with the given auxiliaries."""
    verb = Node("see", "VERB", xpos="VB", feats=feats, deprel="root")
    verb.before(Node("he", "PRON", feats={"PronType": "Prs"}), "nsubj")
    for lemma, relation, marks in chain:
        tag = "MD" if lemma in ("will", "can") else "VB"
        verb.before(Node(lemma, "AUX", xpos=tag, feats=marks), relation)
    return translate(Sentence(verb, (), "family"))


@pytest.mark.parametrize(
    ("chain", "feats", "expected"),
    [
        ([], PRESENT, "a"),
        ([], PAST, "i"),
        ([("will", "aux", FINITE)], BASE, "u"),
        ([("do", "aux", PAST)], BASE, "i"),
        ([("have", "aux", PRESENT)], PARTICIPLE, "evi"),
        ([("be", "aux:pass", PAST)], PASSIVE, "oli"),
        ([("be", "aux", PAST)], GERUND, "an dori"),
        ([("can", "aux", FINITE)], BASE, "e pol"),
        ([("can", "aux", FINITE), ("be", "aux:pass", BASE)], PASSIVE, "ole pol"),
        ([("have", "aux", PRESENT), ("be", "aux", PARTICIPLE)], GERUND, "an dorevi"),
    ],
)
def test_tense_aspect_and_voice(chain: list, feats: dict[str, str], expected: str) -> None:
    assert seen(chain, feats).target.text == f"so {STEM}{expected}"


def test_auxiliaries_without_a_word_are_possible_links() -> None:
    links = seen([("have", "aux", PRESENT), ("be", "aux:pass", PARTICIPLE)], PASSIVE).links
    assert links == ((0, 0, True), (1, 1, False), (2, 1, False), (3, 1, True))


def test_have_is_linked_to_the_word_that_carries_the_tense() -> None:
    links = seen([("have", "aux", PRESENT), ("be", "aux", PARTICIPLE)], GERUND).links
    assert links == ((0, 0, True), (1, 2, False), (2, 2, True), (3, 1, True))


def test_a_second_verb_shares_the_auxiliaries_of_the_first() -> None:
    verb = Node("see", "VERB", xpos="VB", feats=BASE, deprel="root")
    verb.before(Node("can", "AUX", xpos="MD", feats=FINITE), "aux")
    second = verb.after(Node("see", "VERB", xpos="VB", feats=BASE), "conj")
    second.before(Node("or", "CCONJ"), "cc")
    assert translate(Sentence(verb, (), "family")).target.text == f"{STEM}e {STEM}e o pol"
