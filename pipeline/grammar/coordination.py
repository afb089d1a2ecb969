"""Coordination of predicates and of clauses."""

from __future__ import annotations

from . import adverbials, clauses, complements, verb_group, words
from .context import Context
from .lexicon import FRAMES_BY_TOPIC
from .node import Node
from .verb_group import Tam


def verb_phrases(
    ctx: Context, head: Node, demand: str, tam: Tam, subject: Node | None, who: str
) -> None:
    """Add a second predicate that shares the subject and the auxiliaries of the first."""
    stative = tam.progressive
    frames = [
        frame
        for family in ("transitive", "transitive", "intransitive", "open")
        for frame in FRAMES_BY_TOPIC[ctx.topic][family]
        if who in frame.subjects
        and frame.lemma not in ctx.lemmas
        and not (stative and "s" in frame.flags)
        and "h" not in frame.flags
    ]
    if not frames or tam.negative:
        return
    ctx.note("vp_coordination")
    frame = ctx.weigh([(frame, frame.weight) for frame in frames])
    ctx.lemmas.append(frame.lemma)
    second = Node(frame.lemma, "VERB", sense=f"{frame.lemma}.{frame.family}")
    agr = subject.agr if subject else (3, "Sing")
    second.form, second.xpos, second.feats = verb_group.inflected(frame.lemma, demand, tam, agr)
    ctx.level += 1
    avoid = subject.lemma if subject and subject.upos == "PRON" else ""
    if tam.form == "imp":
        avoid = "you"
    complements.add(ctx, frame, second, tam, who=who, avoid=avoid)
    adverbials.trailing(ctx, second, tam, frame, True)
    ctx.level -= 1
    lemma = ctx.weigh((("and", 20), ("but", 3), ("or", 2)))
    if lemma == "but" and ctx.chance(0.5):
        words.comma(second, "left")
    if ctx.chance(0.08) and tam.form == "fin":
        second.before(words.adverb(ctx.pick(("then", "also", "even", "finally"))), "advmod")
    marker = words.coordinator(lemma)
    second.left.insert(1 if second.left and second.left[0].upos == "PUNCT" else 0, marker)
    marker.deprel = "cc"
    head.after(second, "conj")
    if lemma == "or" and ctx.chance(0.3) and not tam.negative and tam.form == "fin":
        ctx.note("preconjunction")
        head.before(Node("either", "CCONJ", xpos="CC"), "cc:preconj")


def passive_verbs(ctx: Context, head: Node, classes: tuple[str, ...]) -> None:
    """Add a second participle to a passive clause."""
    frames = [
        frame
        for frame in FRAMES_BY_TOPIC[ctx.topic]["transitive"]
        if (slot := frame.slot("o"))
        and classes[0] in slot.classes
        and "p" not in frame.flags
        and frame.lemma not in ctx.lemmas
    ]
    if not frames:
        return
    ctx.note("vp_coordination")
    frame = ctx.pick(frames)
    second = clauses.passive(ctx, frame, reduced=True)
    second.first(words.coordinator("and"), "cc")
    head.after(second, "conj")


def join_clauses(ctx: Context, first: Node, second: Node) -> None:
    """Coordinate two full clauses."""
    ctx.note("clause_coordination")
    lemma = ctx.weigh((("and", 52), ("but", 34), ("so", 10), ("yet", 1)))
    marker = words.coordinator(lemma)
    if lemma == "so":
        marker = Node("so", "ADV", xpos="RB")
    second.first(marker, "cc" if lemma != "so" else "advmod")
    if ctx.chance(0.78):
        words.comma(second, "left")
    first.after(second, "conj" if lemma != "so" else "parataxis")
