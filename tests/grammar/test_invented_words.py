"""The words of Talvori: one for each meaning, and none for two."""

from __future__ import annotations

from collections import defaultdict

import pytest

from pipeline.grammar import Node, generate, words
from pipeline.grammar.invented.closed import (
    CLASSIFIER,
    CLASSIFIERS,
    OBJECT,
    PREVERBS,
    QUESTION,
    TOPIC,
    WORDS,
)
from pipeline.grammar.invented.morphology import GENITIVE, PLURAL, inflected
from pipeline.grammar.invented.stems import VOWELS, coin, meaning, respell, stem
from pipeline.grammar.invented.transfer import transfer
from pipeline.grammar.invented.verbs import group
from pipeline.grammar.lexicon import FRAMES, NOUNS, adjectives, adverbs, names

PARTICLES = [*PREVERBS, TOPIC, OBJECT, QUESTION, CLASSIFIER, *set(CLASSIFIERS.values())]


def lexicon() -> set[str]:
    """Return the meanings of the open classes that the lexicon lists."""
    found = {f"{n.lemma}.noun" for t in NOUNS.values() for group in t.values() for n in group}
    for frames in FRAMES.values():
        for frame in frames:
            found.add(f"{'_'.join(filter(None, (frame.lemma, frame.particle)))}.verb")
    found |= {f"{word}.adj" for group in adjectives.BY_CLASS.values() for word in group}
    for table in vars(adverbs).values():
        found |= {f"{word}.adv" for word in table} if isinstance(table, tuple) else set()
    return found


def test_meanings_of_the_lexicon_have_distinct_words() -> None:
    meanings = lexicon()
    assert len(meanings) > 1500
    assert len({coin(key) for key in meanings}) == len(meanings)


def test_closed_words_and_particles_are_distinct() -> None:
    every = [*WORDS.values(), *PARTICLES]
    assert len(set(every)) == len(every)


def test_a_form_that_occurs_has_one_meaning() -> None:
    meanings: dict[str, set[str]] = defaultdict(set)
    for sentence in generate(1000, 12):
        for source, target, sure in transfer(sentence.root).links:
            if (
                sure
                and target.deprel != "compound:prt"
                and source.deprel
                not in (
                    "fixed",
                    "compound:prt",
                )
            ):
                named = source.upos == "PROPN" or source.xpos in ("NNP", "NNPS")
                meanings[target.form].add(source.form if named else meaning(source))
    assert len(meanings) > 2000
    assert {form: found for form, found in meanings.items() if len(found) > 1} == {}
    assert not set(PARTICLES) & set(meanings)


def test_no_two_names_are_spelt_alike() -> None:
    every = [*names.MEN, *names.WOMEN, *names.SURNAMES, *names.CITIES, *names.COUNTRIES]
    every += [*names.STATES, *names.COMPANIES, *names.WEEKDAYS, *names.MONTHS, *names.OFFICES]
    assert len({respell(name) for name in every}) == len(set(every))
    assert respell("London") == "Rumtum"


@pytest.mark.parametrize("key", ["house.noun", "see.verb", "old.adj", "quickly.adv"])
def test_stems_have_three_vowels_and_end_in_a_consonant(key: str) -> None:
    word = coin(key)
    assert sum(letter in VOWELS for letter in word) == 3
    assert word[-1] not in VOWELS


def test_signs_numbers_and_addresses_stay() -> None:
    for node in (words.numeral("1,200"), words.punct("?"), Node("$", "SYM")):
        assert stem(node) == node.form
    assert stem(words.proper("info@hartline.org")) == "info@hartline.org"
    assert stem(words.proper("www.tellura.com")) == "www.tellura.com"
    assert stem(words.numeral("two")) != "two"


def test_nouns_and_pronouns_inflect() -> None:
    house = words.common("house")
    houses = words.common("house", "Plur")
    assert inflected(houses, group(houses, None)) == stem(house) + PLURAL
    mine = Node("I", "PRON", "my", feats={"Poss": "Yes"})
    assert inflected(mine, group(mine, None)) == stem(Node("I", "PRON")) + GENITIVE


def test_adjectives_inflect_for_degree_with_or_without_more() -> None:
    nicer = words.adjective("nice", "Cmp", "nicer")
    useful = words.adjective("useful")
    useful.before(words.adverb("more"), "advmod")
    for node in (nicer, useful):
        assert inflected(node, group(node, None)) == stem(words.adjective(node.lemma)) + "ari"
