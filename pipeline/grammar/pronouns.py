"""Pronouns: personal, possessive, demonstrative and indefinite."""

from __future__ import annotations

from .context import Context
from .lexicon import closed
from .node import Node


def pronoun(ctx: Context, case: str, avoid: str = "", people: bool = True) -> Node:
    """Return a personal, demonstrative or indefinite pronoun in Nom or Acc."""
    if not people:
        return _thing_pronoun(ctx, case)
    if ctx.chance(0.05):
        return indefinite(ctx.pick(closed.INDEFINITE_PEOPLE))
    barred = {"I": ("I", "we"), "we": ("I", "we"), "you": ("you",)}.get(avoid, (avoid,))
    known = [lemma for lemma in ctx.pronouns if lemma not in barred]
    if known and ctx.chance(0.6):
        return personal(ctx.pick(known), case)
    rows = [(row, row[6]) for row in closed.PRONOUNS[:6] if row[0] not in barred]
    lemma = ctx.weigh(rows)[0]
    ctx.pronouns.append(lemma)
    return personal(lemma, case)


def personal(lemma: str, case: str) -> Node:
    """Return a personal pronoun."""
    row = next(row for row in closed.PRONOUNS if row[0] == lemma)
    feats = {"Case": case, **row[5], "Number": row[4], "Person": str(row[3]), "PronType": "Prs"}
    if lemma in ("you", "it") and case == "Acc":
        feats["Case"] = "Acc"
    node = Node(lemma, "PRON", row[0] if case == "Nom" else row[1], "PRP", feats)
    node.feats = {key: value for key, value in feats.items() if value}
    node.agr = (row[3], row[4] or "Plur")
    return node


def possessive(ctx: Context, avoid: str = "") -> Node:
    """Return a possessive pronoun."""
    ctx.note("possessive_pronoun")
    weights = {"I": 107, "you": 69, "they": 46, "he": 34, "we": 30, "she": 20, "it": 13}
    rows = [(row, weights[row[0]]) for row in closed.PRONOUNS if row[0] != avoid]
    row = ctx.weigh(rows)
    feats = {"Case": "Gen", **row[5], "Number": row[4], "Person": str(row[3]), "Poss": "Yes",
             "PronType": "Prs"}  # fmt: skip
    feats = {key: value for key, value in feats.items() if value}
    return Node(row[2], "PRON", xpos="PRP$", feats=feats, sense=f"{row[0]}.poss")


def indefinite(form: str) -> Node:
    """Return an indefinite pronoun such as someone or nothing."""
    kind = "Neg" if form.startswith("no") else "Tot" if form.startswith("every") else "Ind"
    return Node(form, "PRON", xpos="NN", feats={"Number": "Sing", "PronType": kind})


def demonstrative(form: str) -> Node:
    """Return this, that, these or those as a pronoun."""
    plural = form in ("these", "those")
    lemma = {"these": "this", "those": "that"}.get(form, form)
    number = "Plur" if plural else "Sing"
    node = Node(lemma, "PRON", form, "DT", {"Number": number, "PronType": "Dem"})
    node.agr = (3, number)
    return node


def collective_pronoun(ctx: Context, case: str) -> Node:
    """Return they or it, for organisations and animals."""
    return personal(ctx.pick(("they", "they", "it")), case)


def _thing_pronoun(ctx: Context, case: str) -> Node:
    kind = ctx.weigh((("it", 55), ("they", 12), ("this", 16), ("that", 14), ("ind", 6)))
    if kind == "ind":
        return indefinite(ctx.pick(closed.INDEFINITE_THINGS))
    if kind in ("this", "that"):
        return demonstrative(kind)
    return personal(kind, case)
