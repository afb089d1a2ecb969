"""Talvori, an invented language into which every sentence of the grammar can be translated.

A translation is made from the tree, so which word renders which is known and need not be guessed:
a model trained on the pairs can have its attention compared with true alignments, and with true
trees on either side.  The translation is a function of the tree alone; nothing is drawn by chance.

Word order.  The verb ends its clause: adverbial clauses, subject, obliques, objects, complement
clauses, question word, adverb, verb; then negation, auxiliary or copula, relative word and
subordinator.  A noun comes after its relative clauses and prepositional modifiers, and before its
compound members, adjectives, numerals, possessor and determiner; its postposition is last.
Coordinators follow the second conjunct.  Names keep their order, with titles behind.

Words.  A lemma with its part of speech has one word: three syllables found by a hash, or a short
form from the table of closed classes.  An English verb with a particle, and a preposition of two
words, are one word; some plain verbs are two, a preverb and a verb.  Names are respelt letter by
letter.  Digits, addresses, signs and punctuation stay.

Inflection.  Nouns mark plural and genitive, adjectives degree, verbs tense, infinitive, gerund,
imperative and passive.  There are no articles and no expletives.  Added particles mark the topic
(after a nominal subject of the main clause), the direct object, counted nouns (a classifier) and
questions to be answered by yes or no.

Links follow Och and Ney (2003), who tell sure from possible ones.

- Sure: words that render each other, also when one side needs two (particle verbs, prepositions of
  two words, preverbs).
- Possible: an English function word and the word whose inflection renders it (articles and 's with
  the noun, have, do, will, the be of the passive and infinitival to with the verb, more and most
  with the adjective); the object marker with its noun, the classifier with the numeral, the
  question particle with the inverted auxiliary.
- None: expletives, hyphens inside words, the topic particle, commas that one side has no use for.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..linearise import Token, text, tokens
from ..node import Sentence
from .commas import tidy
from .order import order
from .transfer import transfer

__all__ = ["Side", "Translation", "translate"]


@dataclass(frozen=True, slots=True)
class Side:
    """One sentence of a pair: words and tree, with UD governors (1-based, 0 for the root)."""

    words: tuple[str, ...]
    upos: tuple[str, ...]
    governors: tuple[int, ...]
    deprels: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Translation:
    """A sentence in English and in Talvori.

    A link is (source word, target word, sure), the words counted from 0; links are sorted.
    """

    sent_id: str
    source: Side
    target: Side
    links: tuple[tuple[int, int, bool], ...]


def translate(sentence: Sentence) -> Translation:
    """Return the sentence with its translation; the sentence itself is left as it is."""
    english = tokens(sentence)
    draft = transfer(sentence.root)
    tidy(draft.root)
    translated = Sentence(draft.root, (), sentence.topic, False, sentence.sent_id)
    talvori = tokens(translated, order)
    here = {id(word.node): word.position - 1 for word in english}
    there = {id(word.node): word.position - 1 for word in talvori}
    links = sorted(
        (here[id(source)], there[id(target)], sure)
        for source, target, sure in draft.links
        if id(target) in there  # a comma may have been taken out
    )
    return Translation(sentence.sent_id, _side(english), _side(talvori), tuple(links))


def _side(words: list[Token]) -> Side:
    return Side(
        tuple(word.form for word in words),
        tuple(word.node.upos for word in words),
        tuple(word.head for word in words),
        tuple(word.node.deprel for word in words),
        text(words),
    )
