"""Proper names as nominals: persons, organisations and places."""

from __future__ import annotations

from . import words
from .context import Context
from .lexicon import names as lists
from .node import Node

NAME_SHARE = {"person": 0.46, "org": 0.4, "region": 0.85, "art": 0.2}


def first_name(ctx: Context) -> Node:
    """Return a given name."""
    return words.proper(ctx.pick(lists.MEN if ctx.chance(0.5) else lists.WOMEN))


def person_name(ctx: Context) -> Node:
    """Return a name of a person: given name, full name, or title and surname."""
    kind = ctx.weigh((("first", 38), ("full", 46), ("last", 16), ("title", 9)))
    if kind == "first":
        return first_name(ctx)
    if kind == "last":
        return words.proper(ctx.pick(lists.SURNAMES))
    if kind == "full":
        ctx.note("full_name")
        node = first_name(ctx)
        if ctx.chance(0.08):
            node.after(words.proper(ctx.pick("ABCDEFGJKLMRST") + "."), "flat")
        node.after(words.proper(ctx.pick(lists.SURNAMES)), "flat")
        return node
    ctx.note("titled_name")
    node = words.proper(ctx.pick(lists.SURNAMES))
    public = ctx.topic in ("politics", "conflict", "law", "school")
    title = ctx.pick(lists.OFFICES) if public else ctx.pick(tuple(lists.TITLES))
    node.before(words.proper(title), "nmod:desc")
    return node


def place_name(ctx: Context) -> Node:
    """Return the name of a city, state or country."""
    kind = ctx.weigh((("city", 5), ("country", 4), ("state", 1), ("two", 1.4), ("us", 0.6)))
    if kind == "two":
        *modifiers, last = ctx.pick(lists.TWO_WORD_PLACES).split()
        node = words.proper(last)
        for modifier in modifiers:
            if modifier in ("New", "South", "Saudi"):
                part = words.adjective(modifier)
                part.xpos = "NNP"
                node.before(part, "amod")
            else:
                node.before(words.proper(modifier), "compound")
        return node
    if kind == "us":
        node = words.proper("States", "Plur")
        node.lemma, node.agr = "State", (3, "Sing")
        node.before(words.determiner("the"), "det")
        united = words.adjective("United")
        united.xpos = "NNP"
        node.before(united, "amod")
        return node
    table = {"city": lists.CITIES, "country": lists.COUNTRIES, "state": lists.STATES}
    return words.proper(ctx.pick(table[kind]))


def organisation_name(ctx: Context) -> Node:
    """Return the name of a company or institution."""
    if ctx.chance(0.75):
        node = words.proper(ctx.pick(lists.COMPANIES))
        if ctx.chance(0.2):
            kind = words.proper(ctx.pick(("Energy", "Group", "Bank", "Systems", "Travel")))
            kind.before(node, "compound")
            return kind
        return node
    return institution(ctx)


def institution(ctx: Context) -> Node:
    """Return a compound proper name such as that of a street or a station."""
    *modifiers, last = ctx.pick(lists.INSTITUTIONS).split()
    node = words.proper(last)
    for modifier in modifiers:
        node.before(words.proper(modifier), "compound")
    return node


def maybe_name(ctx: Context, cls: str, role: str) -> Node | None:
    """Return a proper name in place of a common noun, where chance and class allow one."""
    share = NAME_SHARE.get(cls, 0.0)
    if role == "pred":
        share *= 0.2
    if not ctx.chance(share):
        return None
    if cls == "person":
        return person_name(ctx)
    if cls == "art":
        return title(ctx)
    if cls == "org":
        return organisation_name(ctx)
    return place_name(ctx)


def title(ctx: Context) -> Node:
    """Return the title of a work in quotation marks."""
    *modifiers, last = ctx.pick(lists.WORKS).split()
    node = words.proper(last)
    for modifier in modifiers:
        if modifier in ("Silent", "Broken", "Golden", "Lost", "Second"):
            part = words.adjective(modifier)
            part.xpos = "NNP"
            node.before(part, "amod")
        else:
            node.before(words.proper(modifier), "compound")
    ctx.note("scare_quotes")
    words.enclose(node, '"', '"')
    return node
