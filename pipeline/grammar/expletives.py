"""Clauses with there or it in subject position, and clauses that are subjects themselves."""

from __future__ import annotations

from . import clauses, noun_phrase, postmodifiers, premodifiers, pronouns, verb_group, words
from .context import Context
from .lexicon import adjectives
from .node import Node
from .verb_group import Tam, choose_tam


def existential(ctx: Context, *, tense: str = "", inverted: bool = False) -> Node:
    """Return a clause with there: there is a problem with the engine."""
    ctx.note("existential_there")
    tam = choose_tam(ctx, stative=True, tense=tense, plain=True).but(progressive=False)
    classes = ("problem", "place", "person", "document", "event", "animal", "device", "info",
               "idea", "vehicle", "food", "furniture")  # fmt: skip
    entry = ctx.noun((ctx.pick_class(tuple(cls for cls in classes if ctx.has(cls))),))
    negative, tam = tam.negative, tam.but(negative=False)
    number = noun_phrase.pick_number(ctx, entry)
    subject = noun_phrase.common_phrase(ctx, entry, "obj", number=number, definite=False)
    if number == "Plur" and not subject.child("nummod") and ctx.chance(0.45):
        for old in [n for n in subject.left if n.deprel == "det"]:
            subject.left.remove(old)
        subject.first(words.adjective(ctx.pick(("many", "several", "many"))), "amod")
    if negative and number != "Plur":
        for old in [n for n in subject.left if n.deprel == "det"]:
            subject.left.remove(old)
        subject.first(words.determiner("no"), "det")
    head = Node("be", "VERB", sense="exist.verb")
    there = Node("there", "PRON", xpos="EX")
    there.agr = (3, subject.agr[1])
    if inverted:
        tam = Tam(tense=tam.tense)
        verb_group.build(ctx, head, tam, None, middle=False)
        head.form, head.xpos, head.feats = verb_group.finite_form("be", tam.tense, subject.agr)
        head.after(there, "expl")
    else:
        verb_group.build(ctx, head, tam, there, relation="expl", middle=False)
        plain = head.form in ("is", "are")
        if plain and subject.agr[1] == "Sing" and ctx.chance(0.5 if ctx.informal else 0.1):
            ctx.note("contraction")
            head.form, head.glued = "'s", True
    head.after(subject, "nsubj")
    if ctx.chance(0.4) and ctx.has("place"):
        head.after(postmodifiers.prepositional(ctx, "in", ("place",), "obl"), "obl")
    return head


def extraposed(ctx: Context, *, tense: str = "") -> Node:
    """Return a clause with anticipatory it: it is hard to find a doctor."""
    tam = choose_tam(ctx, stative=True, tense=tense, plain=True).but(progressive=False)
    it = pronouns.personal("it", "Nom")
    if ctx.chance(0.62):
        ctx.note("extraposed_infinitive")
        lemma = ctx.pick(adjectives.EVALUATIVE)
        head = _evaluative(lemma)
        inner = clauses.infinitive(ctx, "person")
        if ctx.chance(0.2):
            inner.first(noun_phrase.noun_phrase(ctx, ("person",), "obj"), "nsubj")
            inner.first(Node("for", "SCONJ", xpos="IN"), "mark")
    else:
        ctx.note("extraposed_clause")
        head = words.adjective(ctx.pick(adjectives.FACTIVE))
        ctx.level += 1
        inner = clauses.clause(ctx)
        ctx.level -= 1
        if ctx.chance(0.85):
            inner.first(words.subordinator("that"), "mark")
    if ctx.chance(0.25) and head.feats["Degree"] == "Pos" and head.lemma not in (
        "possible", "impossible", "true", "better", "necessary", "obvious"):  # fmt: skip
        premodifiers.degree(ctx, head)
    saved, head.left = head.left, []
    verb_group.build(ctx, head, tam, it, relation="expl", copula=True)
    head.left.extend(saved)
    head.after(inner, "csubj")
    return head


def _evaluative(lemma: str) -> Node:
    if lemma == "better":
        return words.adjective("good", "Cmp", "better")
    if lemma == "best":
        return words.adjective("good", "Sup", "best")
    return words.adjective(lemma)


def clausal_subject(ctx: Context, *, tense: str = "") -> Node:
    """Return a clause whose subject is a gerund clause: finding a job was hard."""
    ctx.note("clausal_subject")
    inner = clauses.gerund(ctx, "person")
    inner.agr = (3, "Sing")
    head = words.adjective(ctx.pick(("easy", "hard", "important", "fun", "difficult", "expensive",
                                     "useful", "dangerous", "boring", "possible")))  # fmt: skip
    if ctx.chance(0.3):
        premodifiers.degree(ctx, head)
    saved, head.left = head.left, []
    tam = choose_tam(ctx, stative=True, tense=tense, plain=True).but(progressive=False)
    verb_group.build(ctx, head, tam, inner, relation="csubj", copula=True, contract=False)
    head.left.extend(saved)
    return head


def outer_subject(ctx: Context) -> Node:
    """Return a clause such as: the problem is that we lost the key."""
    ctx.note("outer_subject")
    entry = words.common(ctx.pick(("problem", "reason", "question", "truth", "result", "fact",
                                   "idea", "thing")))  # fmt: skip
    entry.before(words.determiner("the"), "det")
    if ctx.chance(0.3):
        entry.before(words.adjective(ctx.pick(("only", "main", "other", "real", "whole"))), "amod")
    past = ctx.chance(0.35)
    ctx.level += 1
    head = clauses.clause(ctx, tense="past" if past else "")
    ctx.level -= 1
    head.first(words.subordinator("that"), "mark")
    form, tag, feats = verb_group.finite_form("be", "past" if past else "pres", entry.agr)
    head.first(Node("be", "AUX", form, tag, feats), "cop")
    head.first(entry, "nsubj:outer")
    return head
