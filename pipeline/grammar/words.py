"""Makers of single words, with the part of speech, tag and features they carry in UD English."""

from __future__ import annotations

from . import inflect
from .lexicon import Noun
from .node import Node


def noun(entry: Noun, number: str) -> Node:
    """Return a common noun in the given number (Sing or Plur)."""
    *modifiers, lemma = entry.lemma.split("_")
    plural = entry.kind == "plural" or number == "Plur"
    form = inflect.plural(lemma) if plural else lemma
    value = "Plur" if plural else "Sing"
    node = Node(lemma, "NOUN", form, "NNS" if plural else "NN", {"Number": value})
    node.agr = (3, value)
    node.sense = f"{entry.lemma}.{entry.cls}"
    for modifier in modifiers:
        compound = Node(modifier, "VERB" if modifier.endswith("ing") else "NOUN", xpos="NN")
        compound.upos, compound.feats = "NOUN", {"Number": "Sing"}
        node.before(compound, "compound")
    return node


def common(lemma: str, number: str = "Sing") -> Node:
    """Return a common noun outside the topic lexicon."""
    return noun(Noun(lemma, "general", "count", "in", ()), number)


def proper(form: str, number: str = "Sing") -> Node:
    """Return one word of a proper name."""
    tag = "NNPS" if number == "Plur" else "NNP"
    node = Node(form, "PROPN", form, tag, {"Number": number})
    node.agr = (3, number)
    return node


def adjective(lemma: str, degree: str = "Pos", form: str = "") -> Node:
    """Return an adjective in the given degree."""
    tag = {"Pos": "JJ", "Cmp": "JJR", "Sup": "JJS"}[degree]
    return Node(lemma, "ADJ", form or lemma, tag, {"Degree": degree})


def adverb(lemma: str, tag: str = "RB", form: str = "") -> Node:
    """Return an adverb."""
    feats = {}
    if lemma in ("here", "there", "now", "then"):
        feats = {"PronType": "Dem"}
    elif lemma in ("how", "when", "where", "why"):
        tag, feats = "WRB", {"PronType": "Int"}
    return Node(lemma, "ADV", form or lemma, tag, feats)


def determiner(lemma: str, form: str = "") -> Node:
    """Return a determiner; the choice between a and an is left to linearisation."""
    if lemma in ("the", "a"):
        feats = {"Definite": "Def" if lemma == "the" else "Ind", "PronType": "Art"}
    elif lemma in ("this", "that"):
        plural = (form or lemma) in ("these", "those")
        feats = {"Number": "Plur" if plural else "Sing", "PronType": "Dem"}
    elif lemma in ("all", "every", "each", "both"):
        feats = {"PronType": "Tot"}
    elif lemma == "no":
        feats = {"PronType": "Neg"}
    elif lemma in ("what", "which"):
        return Node(lemma, "DET", form or lemma, "WDT", {"PronType": "Int"})
    else:
        feats = {"PronType": "Ind"}
    return Node(lemma, "DET", form or lemma, "DT", feats)


def adposition(lemma: str) -> Node:
    """Return a preposition, possibly one fixed with a second word."""
    from .lexicon.closed import FIXED_PREPOSITIONS

    if lemma in FIXED_PREPOSITIONS:
        first, second = lemma.split()
        upos, tag = FIXED_PREPOSITIONS[lemma]
        base = "accord" if first == "according" else first
        node = Node(base, upos, first, tag, {"ExtPos": "ADP"})
        node.after(Node(second, "ADP", xpos="IN"), "fixed")
        return node
    return Node(lemma, "ADP", xpos="IN")


def subordinator(lemma: str) -> Node:
    """Return a subordinating conjunction (or the adverb when, which introduces clauses too)."""
    return adverb(lemma) if lemma == "when" else Node(lemma, "SCONJ", xpos="IN")


def infinitive_marker() -> Node:
    """Return the to of the infinitive."""
    return Node("to", "PART", xpos="TO")


def coordinator(lemma: str) -> Node:
    """Return a coordinating conjunction."""
    return Node(lemma, "CCONJ", xpos="CC")


def negation(short: bool) -> Node:
    """Return not, or the n't that is written together with its auxiliary."""
    form = "n't" if short else "not"
    return Node("not", "PART", form, "RB", {"Polarity": "Neg"}, glued=short)


def interjection(form: str) -> Node:
    """Return an interjection."""
    polarity = {"yes": "Pos", "no": "Neg"}.get(form)
    return Node(form, "INTJ", xpos="UH", feats={"Polarity": polarity} if polarity else {})


def numeral(form: str) -> Node:
    """Return a cardinal numeral in digits or letters."""
    kind = "Digit" if form[0].isdigit() else "Word"
    lemma = form.replace(",", "")
    return Node(lemma, "NUM", form, "CD", {"NumForm": kind, "NumType": "Card"})


PUNCTUATION_TAGS = {
    ",": ",", ".": ".", "?": ".", "!": ".", "(": "-LRB-", ")": "-RRB-", "“": "``", "”": "''",
    ":": ":", ";": ":", "-": "HYPH", "--": ":", "...": ",",
}  # fmt: skip


def punct(form: str, opening: bool = False) -> Node:
    """Return a punctuation mark; a double quote is told to open or to close."""
    tag = PUNCTUATION_TAGS.get(form, "NFP")
    if form == '"':
        tag = "``" if opening else "''"
    return Node(form, "PUNCT", xpos=tag)


def comma(node: Node, side: str = "right") -> None:
    """Attach a comma at the outer edge of a phrase."""
    mark = punct(",")
    if side == "right":
        node.after(mark, "punct")
    else:
        node.first(mark, "punct")


def enclose(node: Node, opening: str, closing: str) -> None:
    """Put a pair of marks around a phrase."""
    node.first(punct(opening, True), "punct")
    node.after(punct(closing), "punct")
