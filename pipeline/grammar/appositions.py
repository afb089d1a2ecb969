"""Appositions, examples and quoted titles after a noun."""

from __future__ import annotations

from . import names, noun_phrase, words
from .context import Context
from .lexicon import Noun, nouns_of
from .node import Node

HYPERNYMS = {
    "person": "person", "food": "dish", "drink": "drink", "animal": "animal", "device": "device",
    "vehicle": "vehicle", "document": "document", "plant": "plant", "problem": "problem",
    "place": "place", "org": "organization", "illness": "disease", "thing": "thing",
    "event": "event", "tool": "tool", "clothes": "thing", "material": "material",
}  # fmt: skip


def append(ctx: Context, head: Node, entry: Noun) -> None:
    """Add an apposition, examples introduced by such as, or a bracketed addition."""
    if entry.cls == "art" and ctx.chance(0.7):
        head.after(names.title(ctx), "appos")
        return
    if head.agr[1] == "Plur" and entry.kind == "count":
        examples(ctx, head, entry)
        return
    if entry.cls == "person":
        node = names.person_name(ctx)
    elif entry.cls == "org":
        node = names.organisation_name(ctx)
    elif entry.lemma in ("city", "town", "village", "country", "capital"):
        node = names.place_name(ctx)
    else:
        return
    ctx.note("apposition")
    head.after(node, "appos")
    if ctx.chance(0.25):
        words.enclose(node, "(", ")")
    elif ctx.chance(0.75):
        words.enclose(node, ",", ",")


def examples(ctx: Context, head: Node, entry: Noun) -> None:
    """Add such as or including with one or two nouns of the class."""
    rest = [
        noun
        for noun in nouns_of(ctx.topic, (entry.cls,))
        if noun.lemma not in ctx.lemmas and noun.lemma != HYPERNYMS.get(entry.cls)
    ]
    if len(rest) < 2 or entry.cls not in HYPERNYMS:
        return
    ctx.note("such_as")
    # What is exemplified must be more general than the examples.
    general = words.common(HYPERNYMS[entry.cls], "Plur")
    head.lemma, head.form, head.sense = general.lemma, general.form, general.sense
    head.left = [child for child in head.left if child.deprel != "compound"]
    first = _example(ctx, ctx.pick(rest))
    marker = words.adposition("such as")
    if ctx.chance(0.3):
        marker = Node("include", "VERB", "including", "VBG", {"ExtPos": "ADP"})
    first.first(marker, "case")
    words.comma(first, "left")
    if ctx.chance(0.6):
        second = _example(ctx, ctx.pick([noun for noun in rest if noun.lemma not in ctx.lemmas]))
        second.first(words.coordinator("and"), "cc")
        first.after(second, "conj")
    words.comma(first)
    head.after(first, "nmod")


def _example(ctx: Context, entry: Noun) -> Node:
    ctx.lemmas.append(entry.lemma)
    number = "Sing" if entry.kind == "mass" else "Plur"
    return noun_phrase.common_phrase(ctx, entry, "nmod", number=number, bare=True)
