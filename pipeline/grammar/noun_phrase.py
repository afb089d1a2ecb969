"""Nominals: pronouns, names and noun phrases with their determiners and premodifiers."""

from __future__ import annotations

from . import determiners, names, postmodifiers, premodifiers, pronouns, quantities, words
from .context import Context
from .lexicon import KIN, Noun
from .node import Node

# How likely a nominal of a class is a pronoun: people are mostly referred to by pronouns when
# they are subjects, things hardly ever.
PRONOUN_SHARE = {"subj": 0.72, "obj": 0.36, "iobj": 0.75, "obl": 0.2, "nmod": 0.06, "agent": 0.03}
THING_SHARE = {"subj": 0.36, "obj": 0.13, "obl": 0.06, "nmod": 0.01}


def noun_phrase(
    ctx: Context,
    classes: tuple[str, ...],
    role: str,
    *,
    avoid: str = "",
    full: bool = False,
    definite: bool | None = None,
    number: str = "",
) -> Node:
    """Return a nominal of one of the classes for a role (subj, obj, iobj, obl, nmod, agent, pred).

    `avoid` is a pronoun already used as subject; `full` excludes pronouns; `definite` asks for or
    forbids definiteness.
    """
    cls = classes[0] if len(classes) == 1 else ctx.pick_class(classes)
    people = cls in ("person", "kin")
    case = "Nom" if role == "subj" else "Acc"
    share = (PRONOUN_SHARE if people else THING_SHARE).get(role, 0)
    if role != "subj" and avoid in ("it", "this", "that"):
        share *= 0.3
    if not full and cls in ("org", "animal", "group") and ctx.chance(share):
        return pronouns.collective_pronoun(ctx, case)
    if not full and ctx.chance(share):
        return pronouns.pronoun(ctx, case, avoid, people)
    name = None if full and role == "pred" else names.maybe_name(ctx, cls, role)
    if name:
        return name
    if (cls == "person" and ctx.chance(0.1)) or cls == "kin":
        return _kin(ctx, avoid)
    entry = ctx.noun((cls,))
    amount = None if definite is not None or number else quantities.maybe_quantity(ctx, entry, role)
    if amount:
        return amount
    return common_phrase(ctx, entry, role, avoid=avoid, definite=definite, number=number)


def _kin(ctx: Context, avoid: str) -> Node:
    entry = ctx.pick(KIN)
    node = words.noun(entry, "Plur" if entry.lemma == "parent" else "Sing")
    node.before(pronouns.possessive(ctx, "it"), "nmod:poss")
    if ctx.spend(0.12):
        node.before(words.adjective(ctx.pick(("old", "young", "late", "little"))), "amod")
    if ctx.spend(0.1):
        node.after(names.first_name(ctx), "appos")
        ctx.note("apposition")
    return node


def pick_number(ctx: Context, entry: Noun) -> str:
    """Choose singular or plural for a noun."""
    if entry.kind == "mass":
        return "Sing"
    if entry.kind == "plural":
        return "Plur"
    singular_classes = ("price", "event", "place", "weather", "job", "org", "vehicle", "body")
    return "Plur" if ctx.chance(0.24 if entry.cls in singular_classes else 0.42) else "Sing"


def common_phrase(
    ctx: Context,
    entry: Noun,
    role: str,
    *,
    avoid: str = "",
    definite: bool | None = None,
    number: str = "",
    bare: bool = False,
) -> Node:
    """Return a phrase headed by the given noun, with `bare` without determiner and postmodifier."""
    number = number or pick_number(ctx, entry)
    head = words.noun(entry, number)
    premodifiers.compound(ctx, head, entry)
    forced = premodifiers.premodify(ctx, head, entry)
    if bare:
        # What demands the definite article cannot stay where there is none.
        barred = premodifiers.DEFINITE_ADJECTIVES
        head.left = [child for child in head.left if child.lemma not in barred]
        if "definite" in forced:
            head.left = [child for child in head.left if child.feats.get("Degree") != "Sup"
                         and not any(n.lemma == "most" for n in child.left)]  # fmt: skip
    else:
        if definite is None and "definite" in forced:
            definite = True
        determiners.determine(ctx, head, entry, role, definite, avoid, "numeral" in forced)
        postmodifiers.postmodify(ctx, head, entry, role)
    return head
