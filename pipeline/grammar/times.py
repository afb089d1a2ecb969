"""Expressions of time: bare nominals, prepositional phrases, and measures with ago."""

from __future__ import annotations

from . import words
from .context import Context
from .lexicon import adverbs
from .lexicon.closed import NUMBER_WORDS
from .lexicon.names import MONTHS, WEEKDAYS
from .node import Node

UNITS = ("day", "week", "month", "year", "hour", "minute")
PARTS = ("morning", "afternoon", "evening", "night")


def nominal(ctx: Context, kind: str) -> Node:
    """Return a nominal for a weekday, month, clock time or duration, without a preposition."""
    if kind == "weekday":
        node = words.proper(ctx.pick(WEEKDAYS))
        if ctx.chance(0.2):
            part = words.common(ctx.pick(PARTS))
            part.before(node, "compound")
            return part
        return node
    if kind == "month":
        if ctx.chance(0.35):
            return words.numeral(str(1985 + int(ctx.rng.random() * 27)))
        node = words.proper(ctx.pick(MONTHS))
        if ctx.chance(0.2):
            node.after(words.numeral(str(1990 + int(ctx.rng.random() * 22))), "nmod:unmarked")
        return node
    if kind == "clock":
        return clock(ctx)
    return duration(ctx)


def clock(ctx: Context) -> Node:
    """Return a time of day."""
    hour = str(1 + int(ctx.rng.random() * 12))
    form = hour if ctx.chance(0.5) else f"{hour}:{ctx.pick(('00', '15', '30', '45'))}"
    node = words.numeral(form)
    if ctx.chance(0.75):
        half = Node(ctx.pick(("a.m.", "p.m.")), "NOUN", xpos="NN", feats={"Number": "Sing"})
        node.after(half, "nmod:unmarked")
    return node


def duration(ctx: Context) -> Node:
    """Return a measure of time such as three weeks."""
    roll = ctx.rng.random()
    unit = ctx.pick(UNITS)
    if roll < 0.2:
        node = words.common(unit)
        node.before(words.determiner("a"), "det")
    elif roll < 0.45:
        node = words.common(unit, "Plur")
        quantity = words.adjective(ctx.pick(("few", "several", "many")))
        node.before(quantity, "amod")
        if quantity.lemma == "few":
            node.first(words.determiner("a"), "det")
    else:
        node = words.common(unit, "Plur")
        number = words.numeral(ctx.pick(NUMBER_WORDS))
        if ctx.chance(0.12):
            number.before(words.adverb(ctx.pick(adverbs.APPROXIMATE)), "advmod")
        node.before(number, "nummod")
    return node


def adverbial(ctx: Context, time: str) -> tuple[Node, str]:
    """Return an expression of time fit for the tense of the clause, with its relation."""
    if time == "any":
        return _anytime(ctx)
    maker = ctx.weigh(((_bare, 35), (_adverb, 38), (_phrase, 42)))
    return maker(ctx, time)


def _anytime(ctx: Context) -> tuple[Node, str]:
    """Return an expression that fits a non-finite clause, whatever the time of the main clause."""
    if ctx.chance(0.3):
        ctx.note("bare_time_nominal")
        node = words.common(ctx.pick(("day", "week", "year")))
        node.before(words.determiner("every"), "det")
        return node, "obl:unmarked"
    ctx.note("time_pp")
    kind, preposition = ctx.pick((("weekday", "on"), ("month", "in"), ("clock", "at")))
    node = nominal(ctx, kind)
    node.first(words.adposition(preposition), "case")
    return node, "obl"


def _adverb(ctx: Context, time: str) -> tuple[Node, str]:
    if time == "past" and ctx.chance(0.25):
        ctx.note("ago_phrase")
        ago = words.adverb("ago")
        measure = duration(ctx)
        ago.before(measure, "obl:unmarked")
        return ago, "advmod"
    table = {"past": adverbs.PAST_TIME, "future": adverbs.FUTURE_TIME}
    lemma = ctx.pick(table.get(time, adverbs.PRESENT_TIME))
    if time == "perfect":
        lemma = ctx.pick(("recently", "now", "lately", "before"))
    return words.adverb(lemma), "advmod"


def _bare(ctx: Context, time: str) -> tuple[Node, str]:
    ctx.note("bare_time_nominal")
    if time in ("past", "future"):
        day = "yesterday" if time == "past" else "tomorrow"
        kind = ctx.weigh(((day, 3), ("today", 2), ("last", 5), ("this", 2), ("part", 1)))
        if kind in (day, "today"):
            node = words.common(kind)
            if kind == day and ctx.chance(0.25):
                part = words.common(ctx.pick(PARTS[:3]))
                part.before(node, "compound")
                return part, "obl:unmarked"
            return node, "obl:unmarked"
        unit = ctx.pick(("week", "month", "year", "night", "summer", "time", *WEEKDAYS[:5]))
        node = words.proper(unit) if unit in WEEKDAYS else words.common(unit)
        if kind == "last":
            if time == "future" and unit == "night":
                node = words.common("weekend")
            node.before(words.adjective("last" if time == "past" else "next"), "amod")
        elif kind == "this":
            node = words.common(ctx.pick(("morning", "week", "year", "month", "summer")))
            node.before(words.determiner("this"), "det")
        else:
            node = words.common(ctx.pick(("day", "week", "night", "year")))
            node.before(words.determiner("that" if time == "past" else "any"), "det")
        return node, "obl:unmarked"
    kind = ctx.weigh((("every", 4), ("all", 2), ("today", 3), ("these", 2), ("times", 1.5)))
    if kind == "every":
        node = words.common(ctx.pick(("day", "week", "morning", "night", "year", "time")))
        node.before(words.determiner("every"), "det")
    elif kind == "all":
        node = words.common(ctx.pick(("day", "night", "year")))
        node.before(words.determiner("all"), "det")
    elif kind == "today":
        node = words.common("today")
    elif kind == "these":
        node = words.common("day", "Plur")
        node.before(words.determiner("this", "these"), "det")
    else:
        node = words.common("time", "Plur")
        node.before(words.numeral(ctx.pick(("two", "three", "four", "several"))), "nummod")
        if node.left[0].lemma == "several":
            node.left[0] = words.adjective("several")
            node.left[0].deprel = "amod"
    return node, "obl:unmarked"


def _phrase(ctx: Context, time: str) -> tuple[Node, str]:
    ctx.note("time_pp")
    kinds = [("weekday", "on", 3), ("month", "in", 3), ("clock", "at", 1.5), ("event", "after", 4)]
    if time == "perfect":
        kinds = [("duration", "for", 4), ("month", "since", 3)]
    elif time == "pres":
        kinds = [("weekday", "on", 2), ("duration", "for", 1), ("time", "at", 1), ("event", "", 3)]
    elif time == "past":
        kinds.append(("duration", "for", 3))
    elif time == "future":
        kinds.append(("duration", "in", 3))
    kind, preposition = ctx.weigh([((row[0], row[1]), row[2]) for row in kinds])
    if kind == "event":
        from . import noun_phrase

        node = noun_phrase.noun_phrase(ctx, ("event",), "obl", full=True, definite=True)
        preposition = ctx.pick(("after", "before", "during", "during"))
    elif kind == "time":
        node = words.common(ctx.pick(("moment", "time")))
        node.before(words.determiner("the" if node.lemma == "moment" else "this"), "det")
    else:
        node = nominal(ctx, kind)
    node.first(words.adposition(preposition), "case")
    return node, "obl"
