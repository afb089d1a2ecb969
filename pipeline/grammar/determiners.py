"""Determiners, possessors and genitives: what opens a noun phrase."""

from __future__ import annotations

from . import names, pronouns, quantities, words
from .context import Context
from .lexicon import Noun
from .lexicon.names import CITIES
from .node import Node

POSSESSABLE = ("person", "document", "device", "vehicle", "thing", "clothes", "furniture", "animal",
               "food", "job", "money", "body", "idea", "message", "problem", "art", "result",
               "feeling", "software", "illness", "price", "activity")  # fmt: skip


HOMELY = ("house", "apartment", "office", "room", "kitchen", "garden", "yard", "garage", "team",
          "company", "school", "bank", "family", "store", "desk", "lab", "farm", "doctor",
          "department", "boss", "bedroom", "shop", "country", "city", "club")  # fmt: skip


def determine(
    ctx: Context,
    head: Node,
    entry: Noun,
    role: str,
    definite: bool | None = None,
    avoid: str = "",
    counted: bool = False,
) -> None:
    """Put a determiner, possessive, quantifier or numeral before everything else in the phrase."""
    plural = head.agr[1] == "Plur"
    owned = 1.0 if entry.cls in POSSESSABLE or entry.lemma in HOMELY else 0.2
    if entry.cls == "body":
        owned = 6.0
    if definite is True:
        head.first(words.determiner("the"), "det")
        return
    if definite is False:
        _indefinite(ctx, head, entry, plural)
        return
    if entry.kind == "mass":
        choice = ctx.weigh(
            (("", 52), ("the", 32), ("poss", 8 * owned), ("gen", 2.5 * owned), ("quant", 8))
        )
    elif plural:
        choice = ctx.weigh(
            (("", 48), ("the", 24), ("poss", 12 * owned), ("gen", 2.5 * owned), ("dem", 4),
             ("quant", 9), ("num", 12), ("pre", 1.6))
        )  # fmt: skip
    else:
        the = 44 if role in ("subj", "obl") else 34
        choice = ctx.weigh(
            (("the", the), ("a", 26), ("poss", 18 * owned), ("gen", 5 * owned), ("dem", 6),
             ("each", 3.5), ("pre", 1))
        )  # fmt: skip
    if not choice:
        return
    # An other would be another; the definite article always fits.
    if choice in ("a", "each", "pre", "num") and any(c.lemma == "other" for c in head.left):
        choice = "the"
    if choice in ("the", "a"):
        head.first(words.determiner(choice), "det")
    elif choice == "poss":
        head.first(pronouns.possessive(ctx, avoid if avoid == "it" else ""), "nmod:poss")
    elif choice == "gen":
        named = entry.cls not in ("document", "idea", "event", "money", "result", "job")
        head.first(genitive(ctx, named), "nmod:poss")
    elif choice == "dem":
        form = ctx.pick(("these", "those") if plural else ("this", "this", "this", "that"))
        lemma = {"these": "this", "those": "that"}.get(form, form)
        head.first(words.determiner(lemma, form), "det")
    elif choice == "each":
        options = ("another", "every", "another", "any") if role != "subj" else (
            "another", "every", "no", "each")  # fmt: skip
        head.first(words.determiner(ctx.pick(options)), "det")
    elif choice == "quant":
        quantities.quantify(ctx, head, plural)
    elif choice == "num":
        quantities.count(ctx, head)
    elif choice == "pre":
        ctx.note("predeterminer")
        head.first(words.determiner("the" if plural else "a"), "det")
        lemma = ctx.pick(("all", "all", "both", "half")) if plural else ctx.pick(("such", "quite"))
        if lemma == "both" and head.child("nummod"):
            lemma = "all"
        kind = "Ind" if lemma in ("such", "quite") else "Tot"
        head.first(Node(lemma, "DET", xpos="PDT", feats={"PronType": kind}), "det:predet")


def _indefinite(ctx: Context, head: Node, entry: Noun, plural: bool) -> None:
    if entry.kind == "count" and not plural:
        head.left = [child for child in head.left if child.lemma not in ("other", "same", "only")]
        head.first(words.determiner("a"), "det")
    elif ctx.chance(0.25):
        head.first(words.determiner("some"), "det")


def genitive(ctx: Context, named: bool = False) -> Node:
    """Return a possessor with its 's; with `named` only a person's name."""
    ctx.note("possessive_s")
    kinds = (("name", 5), ("noun", 5), ("city", 1), ("time", 1))
    choice = "name" if named else ctx.weigh(kinds)
    if choice == "name":
        node = names.first_name(ctx) if ctx.chance(0.7) else names.person_name(ctx)
    elif choice == "city":
        node = words.proper(ctx.pick(CITIES))
    elif choice == "time":
        node = words.common(ctx.pick(("today", "yesterday", "tomorrow")))
    else:
        entry = ctx.noun(("person", "org") if ctx.has("org") else ("person",))
        node = words.noun(entry, "Plur" if ctx.chance(0.2) and entry.kind == "count" else "Sing")
        node.first(words.determiner("the") if ctx.chance(0.7) else pronouns.possessive(ctx), "det")
        if node.left[0].upos == "PRON":
            node.left[0].deprel = "nmod:poss"
    last = list(node.right)[-1] if node.right else node
    short = last.form.endswith("s") and node.agr[1] == "Plur"
    clitic = Node("'s", "PART", "'" if short else "'s", "POS", glued=True)
    node.after(clitic, "case")
    return node
