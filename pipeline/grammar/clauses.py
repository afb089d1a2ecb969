"""Clauses with a verb or a non-verbal predicate, finite and non-finite."""

from __future__ import annotations

from . import (
    adverbials,
    complements,
    coordination,
    expletives,
    noun_phrase,
    predicates,
    verb_group,
    words,
)
from .context import Context
from .lexicon import Frame
from .node import Node
from .verb_group import Tam, choose_tam

FAMILIES = (("transitive", 44), ("intransitive", 27), ("ditransitive", 5), ("clausal", 13),
            ("open", 20))  # fmt: skip
SHALLOW = (("transitive", 55), ("intransitive", 35), ("ditransitive", 3))


def choose_family(ctx: Context) -> str:
    """Choose the kind of verb; deeply embedded clauses take no further clauses."""
    return ctx.weigh(SHALLOW if ctx.level >= 2 or ctx.allowance <= 1 else FAMILIES)


def clause(ctx: Context, *, tam: Tam | None = None, tense: str = "") -> Node:
    """Return a declarative clause of any kind, without final punctuation."""
    if ctx.chance(0.3):
        if ctx.chance(0.18):
            return expletives.existential(ctx, tense=tense)
        return copular(ctx, tense=tense)
    return verbal(ctx, tam=tam, tense=tense)


def verbal(
    ctx: Context,
    *,
    subject: Node | None = None,
    subject_cls: str = "",
    subjectless: bool = False,
    family: str = "",
    frame: Frame | None = None,
    tam: Tam | None = None,
    tense: str = "",
    skip: str = "",
    inverted: bool = False,
    adjuncts: bool = True,
    locative: bool = True,
    coordinate: bool = True,
    agentive: bool = False,
) -> Node:
    """Return a clause headed by a verb.

    `skip` names a complement to leave out (the gap of a relative clause or question), `subjectless`
    clauses have no subject of their own, and `locative` tells whether a place may be mentioned.
    """
    if not frame:
        family = family or choose_family(ctx)
        frame = ctx.frame(family, subject_cls or None, agentive=subjectless or agentive)
    free = not (subject or subjectless or tam or skip or inverted)
    passivable = frame.family in ("transitive", "ditransitive") and "p" not in frame.flags
    if free and passivable and ctx.chance(0.34):
        return passive(ctx, frame, tense=tense)
    tam = tam or choose_tam(ctx, stative="s" in frame.flags, tense=tense)
    if "h" in frame.flags:
        tam = Tam(tense="past", form=tam.form)
    if frame.lemma not in ctx.lemmas:
        ctx.lemmas.append(frame.lemma)
    if tam.progressive and ("s" in frame.flags or frame.slot("xing")):
        tam = tam.but(progressive=False)
    if not (subject or subjectless):
        subject_cls = ctx.pick_class(frame.subjects)
        subject = noun_phrase.noun_phrase(ctx, (subject_cls,), "subj")
    head = Node(frame.lemma, "VERB", sense=f"{frame.lemma}.{frame.family}")
    demand = verb_group.build(ctx, head, tam, subject, inverted=inverted)
    avoid = subject.lemma if subject and subject.upos == "PRON" else ""
    if tam.form == "imp":
        avoid = "you"
    who = subject_cls or frame.subjects[0]
    complements.add(ctx, frame, head, tam, who=who, avoid=avoid, skip=skip, locative=locative)
    joins = coordinate and frame.family != "clausal" and not skip and not inverted
    if joins and ctx.level < 2 and ctx.spend(0.2, 3):
        coordination.verb_phrases(ctx, head, demand, tam, subject, who)
    elif adjuncts:
        adverbials.trailing(ctx, head, tam, frame, locative)
    return head


def infinitive(ctx: Context, who: str, *, family: str = "", avoid: str = "") -> Node:
    """Return a to-infinitive whose understood subject belongs to the class `who`."""
    ctx.level += 1
    node = verbal(ctx, subject_cls=who, subjectless=True, tam=Tam(form="inf"), family=family,
                  coordinate=ctx.chance(0.5))  # fmt: skip
    ctx.level -= 1
    node.first(words.infinitive_marker(), "mark")
    return node


def gerund(ctx: Context, who: str, form: str = "ger") -> Node:
    """Return an -ing clause whose understood subject belongs to the class `who`."""
    ctx.level += 1
    node = verbal(ctx, subject_cls=who, subjectless=True, tam=Tam(form=form), coordinate=False,
                  family=ctx.pick(("transitive", "transitive", "intransitive")
                                  if form == "ger" else ("transitive",)))  # fmt: skip
    ctx.level -= 1
    return node


def passive(
    ctx: Context, frame: Frame, *, tense: str = "", reduced: bool = False, inverted: bool = False
) -> Node:
    """Return a passive clause, or with `reduced` the bare participle with its dependents."""
    slot = frame.slot("o")
    if frame.family == "ditransitive" and slot is None:
        slot = frame.slot("i")
    if slot is None:
        raise ValueError(f"{frame.lemma} has no object")
    head = Node(frame.lemma, "VERB", sense=f"{frame.lemma}.{frame.family}")
    if reduced:
        tam = Tam(form="pp", passive=True)
        head.form, head.xpos, head.feats = verb_group.inflected(
            frame.lemma, "pp", tam, (3, "Sing"), True
        )
        demand = "pp"
        subject = None
    else:
        tam = choose_tam(ctx, stative=True, tense=tense or ("past" if ctx.chance(0.45) else ""))
        tam = tam.but(passive=True, progressive=False)
        subject = noun_phrase.noun_phrase(ctx, slot.classes, "subj")
        demand = verb_group.build(ctx, head, tam, subject, inverted=inverted)
    if frame.particle:
        complements.particle(ctx, head, frame)
    for other in frame.slots:
        if other.kind == "p" and (not other.optional or ctx.spend(0.3)):
            complements.oblique(ctx, head, other)
    if ctx.chance(0.16 if not reduced else 0.5) or (reduced and not head.right):
        ctx.note("passive_agent")
        agent = noun_phrase.noun_phrase(ctx, frame.subjects, "agent")
        agent.first(words.adposition("by"), "case")
        head.after(agent, "obl:agent")
    elif not reduced:
        ctx.note("passive_short")
    adverbials.trailing(ctx, head, tam, frame, True)
    if subject is not None and demand == "pp" and ctx.spend(0.05, 3):
        coordination.passive_verbs(ctx, head, slot.classes)
    return head


def copular(
    ctx: Context,
    *,
    subject: Node | None = None,
    subject_cls: str = "",
    tam: Tam | None = None,
    tense: str = "",
    inverted: bool = False,
    simple: bool = False,
) -> Node:
    """Return a clause with be and a non-verbal predicate."""
    tam = tam or choose_tam(ctx, stative=True, tense=tense, plain=True).but(progressive=False)
    if subject is None:
        classes = ("person", "place", "price", "event", "document", "org", "problem", "vehicle",
                   "device", "food", "idea", "service", "art", "animal")  # fmt: skip
        things = tuple(cls for cls in classes if ctx.has(cls) and cls != "person")
        subject_cls = "person" if ctx.chance(0.36) else ctx.pick_class(things)
        subject = noun_phrase.noun_phrase(ctx, (subject_cls,), "subj")
    head = predicates.predicate(ctx, subject, subject_cls, simple=simple or ctx.level >= 2)
    copula_head_left, head.left = head.left, []
    verb_group.build(ctx, head, tam, subject, inverted=inverted, copula=True)
    head.left.extend(copula_head_left)
    adverbials.after_predicate(ctx, head, tam)
    return head
