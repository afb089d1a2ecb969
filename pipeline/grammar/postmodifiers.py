"""What follows a noun: prepositional phrases, relative clauses, participles, appositions."""

from __future__ import annotations

from . import appositions, noun_phrase, relatives, words
from .context import Context
from .lexicon import NOUNS, Noun, nouns_of
from .node import Node

PEOPLE = ("person", "kin", "group")
NAMED = ("region", "weekday", "month", "money$", "clock", "duration")

# Prepositions that nouns of a class take, with the classes of what follows and a weight.
NOUN_PPS: dict[str, tuple[tuple[str, str, int], ...]] = {
    "person": (("from", "region org", 4), ("in", "place", 4), ("at", "org", 3),
               ("of", "org", 3), ("with", "animal illness", 2)),
    "group": (("from", "region place", 3), ("of", "person", 3), ("in", "region place", 3)),
    "org": (("in", "region", 5), ("of", "person group", 2), ("for", "person group animal", 2)),
    "place": (("in", "region", 2), ("of", "org", 2), ("near", "place", 3),
              ("with", "furniture plant", 2), ("for", "person event", 2), ("on", "street", 1)),
    "document": (("about", "problem event idea org", 5), ("from", "person org", 4),
                 ("on", "problem idea rule", 4), ("for", "event activity person", 4),
                 ("of", "event place org", 4), ("to", "person org", 1), ("with", "info", 2)),
    "message": (("from", "person org", 5), ("about", "problem event service price", 6),
                ("to", "person org", 2), ("for", "person", 1), ("on", "idea rule", 1)),
    "info": (("about", "event person service place illness", 5), ("of", "document event org", 4),
             ("on", "document event problem", 3), ("from", "document org", 3),
             ("for", "event org", 2)),
    "problem": (("with", "device vehicle software service part document", 8),
                ("in", "document part place", 4), ("for", "person org", 3)),
    "event": (("with", "person org", 4), ("in", "place region month", 5), ("on", "weekday", 3),
              ("for", "person group", 2)),
    "idea": (("for", "event activity org place", 5), ("of", "person org", 3),
             ("about", "problem", 2), ("on", "problem", 2), ("from", "person", 1)),
    "money": (("for", "service event vehicle job activity", 6), ("from", "org person", 3),
              ("of", "money$", 3), ("on", "vehicle place", 2)),
    "price": (("of", "vehicle food service device place material clothes art event", 9),
              ("for", "service food", 2)),
    "part": (("of", "vehicle place device furniture", 8), ("in", "place", 2)),
    "rule": (("on", "activity service", 4), ("for", "person vehicle group", 4),
             ("against", "problem activity", 2), ("of", "org place", 2)),
    "result": (("of", "event activity idea", 6), ("in", "event price", 3), ("for", "org", 2),
               ("over", "org", 1)),
    "activity": (("of", "problem idea place", 4), ("for", "person event", 3), ("in", "place", 3),
                 ("with", "person org", 2), ("on", "problem", 2)),
    "service": (("at", "place", 4), ("from", "org", 3), ("for", "person", 3), ("in", "place", 2)),
    "job": (("at", "org", 4), ("in", "place org", 3), ("of", "person", 1), ("for", "person", 2)),
    "art": (("about", "person event animal", 5), ("by", "person", 4), ("of", "place person", 3),
            ("from", "region", 1)),
    "food": (("with", "food", 5), ("from", "place", 2), ("for", "event person", 2)),
    "drink": (("with", "food", 2), ("for", "person", 2), ("from", "region place", 1)),
    "device": (("with", "part", 2), ("in", "place", 4), ("from", "org", 2), ("for", "person", 2)),
    "software": (("for", "device person", 4), ("with", "problem", 1), ("from", "org", 3),
                 ("on", "device", 3)),
    "vehicle": (("with", "part problem", 3), ("in", "place", 3), ("from", "org place", 2),
                ("to", "place", 2)),
    "illness": (("in", "body", 5), ("of", "body", 2)),
    "animal": (("in", "place", 5), ("with", "illness body", 2), ("from", "place", 2)),
    "thing": (("for", "person kin", 4), ("from", "person org", 3), ("of", "food drink", 1)),
    "feeling": (("of", "problem event", 4), ("for", "person", 3)),
    "plant": (("in", "place", 5), ("near", "place part", 2)),
    "furniture": (("in", "place", 5), ("near", "part", 2), ("from", "org", 1)),
    "clothes": (("from", "org", 2), ("for", "event", 3), ("in", "place", 1)),
    "weather": (("in", "region place", 4), ("on", "weekday", 1)),
    "material": (("in", "place body", 4), ("on", "part furniture", 2), ("from", "place", 2)),
    "body": (("of", "animal person", 3),),
    "weapon": (("in", "vehicle place", 3), ("from", "region", 2)),
    "region": (("of", "region", 1),),
    "field": (("of", "place art", 3),),
    "medicine": (("for", "illness", 5), ("from", "org", 1)),
    "tool": (("for", "activity", 2), ("in", "place", 2)),
}  # fmt: skip


def postmodify(ctx: Context, head: Node, entry: Noun, role: str) -> None:
    """Perhaps add what follows a noun, according to its class and the remaining allowance."""
    if ctx.depth >= 3:
        return
    ctx.depth += 1
    # Modifiers inside modifiers are rarer than modifiers of arguments.
    nested = 1.0 if ctx.depth == 1 else 0.4
    heavy = {"subj": 0.75, "iobj": 0.2, "nmod": 0.75, "agent": 0.8}.get(role, 1.0) * nested
    added = False
    if ctx.spend(0.27 * heavy, 2):
        added = noun_pp(ctx, head, entry)
    if ctx.depth <= 2 and not added and ctx.spend(0.34 * heavy, 4):
        added = relatives.modify(ctx, head, entry)
    elif ctx.spend(0.15 * heavy, 2) and role != "iobj":
        appositions.append(ctx, head, entry)
        added = True
    if not added and ctx.depth == 1 and ctx.spend(0.2 * heavy, 3):
        coordinate(ctx, head, entry)
    ctx.depth -= 1


def noun_pp(ctx: Context, head: Node, entry: Noun) -> bool:
    """Add a prepositional phrase that suits the class of the noun."""
    options = [
        (row, row[2]) for row in NOUN_PPS.get(entry.cls, ()) if _classes(ctx, row[1], row[0])
    ]
    if not options:
        return False
    preposition, classes, _ = ctx.weigh(options)
    phrase = prepositional(ctx, preposition, _classes(ctx, classes, preposition), "nmod")
    head.after(phrase, "nmod")
    ctx.note("nested_pp" if ctx.depth > 1 else "noun_pp")
    if ctx.depth == 1 and ctx.spend(0.05, 2):
        second = prepositional(ctx, preposition, _classes(ctx, classes, preposition), "nmod")
        second.first(words.coordinator("and"), "cc")
        phrase.after(second, "conj")
        ctx.note("pp_coordination")
    return True


def _classes(ctx: Context, classes: str, preposition: str) -> tuple[str, ...]:
    kept = []
    for cls in classes.split():
        if cls in NAMED or cls in NOUNS[ctx.topic] or nouns_of(ctx.topic, (cls,)):
            kept.append(cls)
    return tuple(kept)


def prepositional(
    ctx: Context, preposition: str, classes: tuple[str, ...], role: str, avoid: str = ""
) -> Node:
    """Return a nominal with its preposition as case, choosing in, at or on by the place."""
    from . import names, quantities, times

    cls = classes[0] if len(classes) == 1 else ctx.pick_class(classes, extra=NAMED)
    if cls == "money$":
        phrase = quantities.money(ctx)
    elif cls == "region" or (
        cls == "place" and preposition in ("in", "to", "from") and (ctx.chance(0.3))
    ):
        phrase = names.place_name(ctx)
    elif cls in ("weekday", "month", "clock", "duration"):
        phrase = times.nominal(ctx, cls)
        if cls == "duration":
            preposition = "for"
    else:
        if preposition == "in" and cls not in PEOPLE:
            entry = ctx.noun((cls,))
            if entry.cls in ("place", "spot", "site"):
                preposition = entry.preposition
            phrase = noun_phrase.common_phrase(ctx, entry, role)
        else:
            phrase = noun_phrase.noun_phrase(ctx, (cls,), role, avoid=avoid)
    phrase.first(words.adposition(preposition), "case")
    return phrase


def coordinate(ctx: Context, head: Node, entry: Noun) -> None:
    """Coordinate a noun with one or more nouns of its class."""
    rest = [n for n in nouns_of(ctx.topic, (entry.cls,)) if n.lemma not in ctx.lemmas]
    determiner = head.child("det")
    if not rest or (determiner and determiner.lemma in ("every", "each", "another", "no", "any")):
        return
    long = len(rest) > 2 and ctx.chance(0.3)
    lemma = ctx.pick(("and", "and", "and", "and", "or"))
    ctx.note("np_list" if long else "np_coordination")
    for last in (False, True) if long else (True,):
        other = ctx.pick([n for n in rest if n.lemma not in ctx.lemmas] or rest)
        ctx.lemmas.append(other.lemma)
        number = noun_phrase.pick_number(ctx, other)
        bare = number == "Plur" or other.kind == "mass"
        # A singular count noun needs a determiner of its own; it follows the first conjunct's.
        definite = None if bare else _definite(head)
        node = noun_phrase.common_phrase(
            ctx, other, "conj", number=number, bare=bare, definite=definite
        )
        if last:
            node.first(words.coordinator(lemma), "cc")
        if long:
            words.comma(node, "left")
        head.after(node, "conj")
    # With or the verb agrees with the nearest conjunct.
    head.agr = (3, "Plur") if lemma == "and" else head.right[-1].agr
    if not long and lemma == "and" and ctx.chance(0.06) and head.upos == "NOUN":
        ctx.note("preconjunction")
        both = Node("both", "CCONJ", xpos="CC")
        head.first(both, "cc:preconj")


def _definite(head: Node) -> bool:
    determiner = head.child("det")
    return determiner is not None and determiner.lemma == "the"
