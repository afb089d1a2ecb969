"""Laws of the generator, and spot checks of English agreement and spelling."""

from __future__ import annotations

from itertools import pairwise

import pytest

from pipeline.grammar import Sentence, generate, inflect, text, tokens
from pipeline.grammar.conllu import write
from pipeline.grammar.lexicon import FRAMES, NOUNS
from pipeline.grammar.node import Node


@pytest.fixture(scope="module")
def sample() -> list[Sentence]:
    return list(generate(400, 7))


def written(count: int, seed: int) -> list[str]:
    return [text(tokens(sentence)) for sentence in generate(count, seed)]


def test_the_same_seed_gives_the_same_text() -> None:
    assert written(60, 3) == written(60, 3)


def test_another_seed_gives_other_text() -> None:
    assert not set(written(60, 3)) & set(written(60, 4))


def test_fewer_sentences_are_a_prefix() -> None:
    assert written(60, 3)[:20] == written(20, 3)


def test_the_lexicon_is_large() -> None:
    nouns = {n.lemma for t in NOUNS.values() for group in t.values() for n in group}
    verbs = {frame.lemma for frames in FRAMES.values() for frame in frames}
    assert len(nouns) + len(verbs) > 800


def test_writing_leaves_no_temporary_file(tmp_path) -> None:
    target = tmp_path / "deep" / "bank.conllu"
    assert write(generate(5, 1), target) == 5
    assert [path.name for path in target.parent.iterdir()] == ["bank.conllu"]
    assert target.read_bytes().endswith(b"\n\n")


def test_a_and_an(sample: list[Sentence]) -> None:
    sounds_like_consonant = ("uni", "use", "usu", "euro", "one")
    silent = ("hour", "honest")
    seen = 0
    for sentence in sample:
        words = [t for t in tokens(sentence) if t.node.upos != "PUNCT"]
        for word, following in pairwise(words):
            if word.node.upos == "DET" and word.node.lemma == "a" and following.form[0].isalpha():
                seen += 1
                sound = following.form.lower()
                vowel = sound[0] in "aeiou" and not sound.startswith(sounds_like_consonant)
                vowel = vowel or sound.startswith((*silent, "mri", "fbi"))
                assert word.form.lower() == ("an" if vowel else "a"), text(tokens(sentence))
    assert seen > 50


def finite(clause: Node) -> Node | None:
    chain = [n for n in (*clause.left, clause) if n.feats.get("VerbForm") == "Fin"]
    return next((n for n in chain if n.deprel in ("aux", "cop", "aux:pass") or n is clause), None)


def test_verbs_agree_with_their_subjects(sample: list[Sentence]) -> None:
    singular = {"is", "was", "has", "does", "'s", "am", "'m"}
    checked = 0
    for sentence in sample:
        for node in sentence.root.walk():
            subject = node.child("nsubj") or node.child("nsubj:pass")
            if (
                subject is None
                or subject not in node.left
                or node.child("expl")
                or node.child("nsubj:outer")
            ):
                continue
            verb = finite(node)
            if verb is None or "Number" not in verb.feats:
                continue
            if subject.feats.get("Number") == "Plur" and not (
                subject.child("nmod") or subject.child("conj")
            ):
                assert verb.form not in singular, text(tokens(sentence))
                assert verb.xpos != "VBZ", text(tokens(sentence))
                checked += 1
            elif subject.form in ("he", "she", "it", "this"):
                assert verb.xpos in ("VBZ", "VBD"), text(tokens(sentence))
                checked += 1
            elif subject.form == "I":
                assert verb.form not in ("is", "are", "has", "does", "were"), text(tokens(sentence))
                checked += 1
    assert checked > 150


def test_determiners_agree_with_their_nouns(sample: list[Sentence]) -> None:
    for sentence in sample:
        for node in sentence.root.walk():
            for child in node.left:
                if child.deprel != "det":
                    continue
                number = node.feats.get("Number")
                counted = any(c.lemma in ("few", "lot") for c in node.left)
                if child.form in ("this", "that", "a", "every", "each", "another"):
                    assert number != "Plur" or counted, text(tokens(sentence))
                if child.form in ("these", "those"):
                    assert number == "Plur", text(tokens(sentence))


def test_infinitives_are_bare(sample: list[Sentence]) -> None:
    for sentence in sample:
        for node in sentence.root.walk():
            marks = [child.form for child in node.left if child.deprel == "mark"]
            if marks and marks[-1] == "to" and node.upos == "VERB":
                first = next((c for c in node.left if c.deprel.startswith("aux")), node)
                assert first.form == first.lemma, text(tokens(sentence))


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("stop", ("stops", "stopped", "stopped", "stopping")),
        ("try", ("tries", "tried", "tried", "trying")),
        ("write", ("writes", "wrote", "written", "writing")),
        ("go", ("goes", "went", "gone", "going")),
        ("visit", ("visits", "visited", "visited", "visiting")),
        ("agree", ("agrees", "agreed", "agreed", "agreeing")),
        ("lie", ("lies", "lay", "lain", "lying")),
    ],
)
def test_verb_forms(verb: str, forms: tuple[str, ...]) -> None:
    third, past = inflect.third_person(verb), inflect.past(verb)
    assert (third, past, inflect.participle(verb), inflect.ing(verb)) == forms


@pytest.mark.parametrize(
    ("noun", "form"),
    [
        ("city", "cities"),
        ("box", "boxes"),
        ("woman", "women"),
        ("day", "days"),
        ("knife", "knives"),
        ("thesis", "theses"),
    ],
)
def test_plurals(noun: str, form: str) -> None:
    assert inflect.plural(noun) == form


@pytest.mark.parametrize(
    ("adjective", "form"),
    [
        ("big", "bigger"),
        ("easy", "easier"),
        ("nice", "nicer"),
        ("good", "better"),
        ("useful", None),
    ],
)
def test_comparatives(adjective: str, form: str | None) -> None:
    assert inflect.compare(adjective, "er") == form
