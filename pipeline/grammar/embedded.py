"""Complement clauses: that-clauses with and without that, embedded questions, free relatives."""

from __future__ import annotations

from . import clauses, noun_phrase, words
from .context import Context
from .lexicon import FRAMES_BY_TOPIC
from .node import Node
from .verb_group import Tam, choose_tam


def _tense(ctx: Context, tam: Tam) -> str:
    """Choose the tense of a complement clause: mostly the past under a verb in the past."""
    return "past" if tam.tense == "past" and not tam.modal and ctx.chance(0.85) else ""


def that_clause(ctx: Context, tam: Tam) -> Node:
    """Return a finite complement clause, with that or without."""
    ctx.level += 1
    node = clauses.clause(ctx, tense=_tense(ctx, tam))
    ctx.level -= 1
    if ctx.chance(0.28 if ctx.informal else 0.62):
        ctx.note("complement_clause_that")
        node.first(words.subordinator("that"), "mark")
    else:
        ctx.note("complement_clause_bare")
    return node


def question(ctx: Context, tam: Tam) -> Node:
    """Return an embedded question or a free relative."""
    kind = ctx.weigh(
        (("whether", 20), ("what", 18), ("adverb", 24), ("infinitive", 14), ("free", 12))
    )
    ctx.level += 1
    tense = _tense(ctx, tam)
    ctx.note("embedded_question")
    if kind == "whether":
        node = clauses.clause(ctx, tense=tense)
        node.first(words.subordinator(ctx.pick(("whether", "if"))), "mark")
    elif kind == "adverb":
        wh = ctx.pick(("why", "how", "when", "where"))
        node = clauses.verbal(ctx, tense=tense, family=ctx.pick(("transitive", "intransitive")),
                              adjuncts=False, locative=wh != "where")  # fmt: skip
        node.first(words.adverb(wh), "advmod")
    elif kind == "infinitive":
        frame = ctx.frame("transitive", "person")
        skip = ctx.chance(0.3)
        node = clauses.verbal(ctx, frame=frame, subjectless=True, tam=Tam(form="inf"),
                              skip="o" if skip else "", coordinate=False)  # fmt: skip
        node.first(words.infinitive_marker(), "mark")
        if skip:
            node.first(_what(), "obj")
        else:
            node.first(words.adverb(ctx.pick(("how", "how", "where", "when"))), "advmod")
    elif kind == "what":
        node = object_gap(ctx, tense)
        node.first(_what(), "obj")
    else:
        node = free_relative(ctx, tense)
        ctx.level -= 1
        return node
    ctx.level -= 1
    return node


def _what() -> Node:
    return Node("what", "PRON", xpos="WP", feats={"PronType": "Int"})


def object_gap(ctx: Context, tense: str) -> Node:
    """Return a clause whose object is missing."""
    frames = [
        frame
        for frame in FRAMES_BY_TOPIC[ctx.topic]["transitive"]
        if "person" in frame.subjects and not frame.particle
    ]
    frame = ctx.weigh([(frame, frame.weight) for frame in frames])
    subject = noun_phrase.noun_phrase(ctx, ("person",), "subj")
    return clauses.verbal(ctx, frame=frame, subject=subject, subject_cls="person", tense=tense,
                          skip="o", tam=choose_tam(ctx, stative=True, tense=tense),
                          coordinate=False)  # fmt: skip


def free_relative(ctx: Context, tense: str) -> Node:
    """Return what with a relative clause, as in what they sell."""
    ctx.note("free_relative")
    head = Node("what", "PRON", xpos="WP", feats={"PronType": "Rel"})
    head.after(object_gap(ctx, tense), "acl:relcl")
    return head
