"""Quantities: quantifiers, numerals, partitives, amounts of money, percentages."""

from __future__ import annotations

from . import pronouns, words
from .context import Context
from .lexicon import Noun, adverbs, closed
from .node import Node


def quantify(ctx: Context, head: Node, plural: bool) -> None:
    """Put a quantifier before a plural or mass noun."""
    if ctx.chance(0.4):
        lemma = ctx.pick(("some", "some", "any", "all", "no"))
        head.first(words.determiner(lemma), "det")
        return
    lemma = ctx.pick(closed.PLURAL_QUANTIFIERS if plural else closed.MASS_QUANTIFIERS)
    degree = {"more": "Cmp", "most": "Sup"}.get(lemma, "Pos")
    base = {"more": "many" if plural else "much", "most": "many"}.get(lemma, lemma)
    node = words.adjective(base, degree, lemma)
    head.first(node, "amod")
    if lemma == "few":
        head.first(words.determiner("a"), "det")


def count(ctx: Context, head: Node) -> None:
    """Put a numeral before a plural noun, sometimes with an approximating adverb."""
    ctx.note("numeral")
    if ctx.chance(0.6):
        node = words.numeral(ctx.pick(closed.NUMBER_WORDS))
    else:
        node = words.numeral(ctx.pick(("15", "20", "25", "30", "40", "50", "60", "100", "200")))
    head.first(node, "nummod")
    roll = ctx.rng.random()
    if roll < 0.12:
        ctx.note("approximate_number")
        node.before(words.adverb(ctx.pick(adverbs.APPROXIMATE)), "advmod")
    elif roll < 0.18:
        ctx.note("approximate_number")
        more = words.adjective("many", "Cmp", "more")
        more.feats["ExtPos"] = "ADV"
        more.after(words.adposition("than"), "fixed")
        node.before(more, "advmod")
    elif roll < 0.3:
        head.first(words.determiner("the"), "det")


def maybe_quantity(ctx: Context, entry: Noun, role: str) -> Node | None:
    """Return an amount of money or a partitive phrase around the noun, or None."""
    if entry.cls == "money" and ctx.chance(0.13):
        return money(ctx)
    if entry.cls in ("price", "money") and role == "obj" and ctx.chance(0.15):
        return percentage(ctx)
    if ctx.chance(0.035) and entry.cls not in ("place", "region", "price", "body"):
        return partitive(ctx, entry)
    return None


def money(ctx: Context, plain: bool = False) -> Node:
    """Return an amount of money, the symbol governing the numeral; `plain` forbids adverbs."""
    ctx.note("money_amount")
    symbol = Node("$", "SYM", xpos="$")
    symbol.agr = (3, "Plur")
    amount = ctx.pick(
        ("5", "20", "35", "50", "80", "100", "250", "400", "1,200", "5,000", "30,000")
    )
    symbol.after(words.numeral(amount), "nummod")
    if not plain and ctx.chance(0.25):
        symbol.before(words.adverb(ctx.pick(adverbs.APPROXIMATE)), "advmod")
    return symbol


def percentage(ctx: Context) -> Node:
    """Return a percentage, the sign governing the numeral."""
    ctx.note("percentage")
    sign = Node("%", "SYM", xpos="NN", feats={"Number": "Sing"})
    sign.before(words.numeral(ctx.pick(("2", "5", "10", "15", "20", "30", "40", "75"))), "nummod")
    return sign


def partitive(ctx: Context, entry: Noun) -> Node:
    """Return one, some, most, a lot or a number of the noun."""
    from . import noun_phrase

    ctx.note("quantifier_of")
    if entry.kind == "mass":
        kind = ctx.pick(("lot", "some", "piece", "most"))
    else:
        kind = ctx.pick(("one", "one", "some", "lot", "lots", "number", "couple", "all", "group"))
    plain = kind in ("lot", "lots", "number", "couple", "group", "piece")
    number = "Sing" if entry.kind == "mass" else "Plur"
    inner = noun_phrase.common_phrase(ctx, entry, "nmod", number=number, bare=True)
    if not plain:
        choice = words.determiner("the") if ctx.chance(0.6) else pronouns.possessive(ctx)
        inner.first(choice, "det" if choice.upos == "DET" else "nmod:poss")
    inner.first(words.adposition("of"), "case")
    if kind == "one":
        outer = words.numeral("one")
    elif kind in ("some", "all"):
        outer = words.determiner(kind)
    elif kind == "most":
        outer = words.adjective("much", "Sup", "most")
    else:
        outer = words.common(kind.removesuffix("s"), "Plur" if kind == "lots" else "Sing")
        if kind != "lots":
            outer.before(words.determiner("a"), "det")
    outer.after(inner, "nmod")
    outer.agr = (3, "Sing" if kind in ("one", "piece", "group") else inner.agr[1])
    return outer
