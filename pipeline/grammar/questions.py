"""Questions and imperatives."""

from __future__ import annotations

from . import (
    clauses,
    expletives,
    noun_phrase,
    pronouns,
    verb_group,
    words,
)
from .context import Context
from .lexicon import FRAMES_BY_TOPIC
from .node import Node
from .verb_group import Tam, choose_tam


def _wh(form: str) -> Node:
    node = Node(form, "PRON", xpos="WP", feats={"PronType": "Int"})
    node.agr = (3, "Sing")
    return node


def _plain(ctx: Context, stative: bool = False) -> Tam:
    tam = choose_tam(ctx, stative=stative, plain=True)
    return tam.but(negative=False)


def yes_no(ctx: Context) -> Node:
    """Did you read it?"""
    ctx.note("yes_no_question")
    if ctx.chance(0.25):
        return clauses.copular(ctx, inverted=True)
    if ctx.chance(0.1):
        return expletives.existential(ctx, inverted=True)
    family = clauses.choose_family(ctx)
    frame = ctx.frame(family, "person")
    if ctx.chance(0.3):
        tam = Tam(modal=ctx.pick(("can", "could", "would", "will", "should")))
    else:
        tam = _plain(ctx, "s" in frame.flags)
    if "h" in frame.flags:
        tam = Tam(tense="past")
    if ctx.chance(0.5):
        subject = pronouns.personal("you", "Nom")
    else:
        subject = noun_phrase.noun_phrase(ctx, ("person",), "subj")
    if ctx.chance(0.12):
        tam = tam.but(negative=True)
    return clauses.verbal(ctx, frame=frame, subject=subject, subject_cls="person", tam=tam,
                          inverted=True, coordinate=False)  # fmt: skip


def wh_subject(ctx: Context) -> Node:
    """Who called?"""
    ctx.note("wh_subject_question")
    tam = _plain(ctx, True)
    return clauses.verbal(ctx, subject=_wh("who"), subject_cls="person", tam=tam)


def wh_object(ctx: Context) -> Node:
    """What did you buy? Which book did she read?"""
    ctx.note("wh_object_question")
    frames = [
        frame
        for frame in FRAMES_BY_TOPIC[ctx.topic]["transitive"]
        if "person" in frame.subjects and not frame.particle
    ]
    frame = ctx.weigh([(frame, frame.weight) for frame in frames])
    slot = frame.slot("o")
    if ctx.chance(0.55) or slot is None:
        gap = _wh("who" if slot and "person" in slot.classes[:1] else "what")
    else:
        entry = ctx.noun((ctx.pick_class(slot.classes),))
        gap = words.noun(entry, noun_phrase.pick_number(ctx, entry))
        if ctx.chance(0.25):
            kind = words.common("kind")
            gap.first(words.adposition("of"), "case")
            kind.after(gap, "nmod")
            gap = kind
        gap.first(words.determiner(ctx.pick(("what", "which", "which"))), "det")
    subject = pronouns.pronoun(ctx, "Nom") if ctx.chance(0.6) else noun_phrase.noun_phrase(
        ctx, ("person",), "subj", definite=True)  # fmt: skip
    clause = clauses.verbal(ctx, frame=frame, subject=subject, subject_cls="person", skip="o",
                            tam=_plain(ctx, "s" in frame.flags), inverted=True)  # fmt: skip
    clause.first(gap, "obj")
    return clause


def wh_adverb(ctx: Context) -> Node:
    """Where can I find a doctor? How often do they train?"""
    ctx.note("wh_adverb_question")
    wh = ctx.pick(("when", "where", "where", "why", "why", "how", "how"))
    if ctx.chance(0.25) and wh == "how":
        return _how_adjective(ctx)
    if ctx.chance(0.2) and wh == "why":
        clause = clauses.copular(ctx, inverted=True, simple=True)
        clause.first(words.adverb(wh), "advmod")
        return clause
    family = ctx.pick(("transitive", "intransitive"))
    frame = ctx.frame(family, "person")
    tam = _plain(ctx, "s" in frame.flags)
    if ctx.chance(0.3):
        tam = Tam(modal=ctx.pick(("can", "should", "will", "would")))
    subject = pronouns.personal(ctx.pick(("I", "you", "you", "we")), "Nom")
    if ctx.chance(0.35):
        subject = noun_phrase.noun_phrase(ctx, ("person",), "subj", definite=True)
    if wh == "why" and ctx.chance(0.2):
        tam = tam.but(negative=True)
    clause = clauses.verbal(ctx, frame=frame, subject=subject, subject_cls="person", tam=tam,
                            inverted=True, adjuncts=False, locative=wh != "where")  # fmt: skip
    node = words.adverb(wh)
    if wh == "how" and ctx.chance(0.35):
        node = words.adverb(ctx.pick(("often", "long", "quickly", "much")))
        node.before(words.adverb("how"), "advmod")
    clause.first(node, "advmod")
    return clause


def _how_adjective(ctx: Context) -> Node:
    """How far is the hotel?"""
    options = [
        (adjective, cls)
        for adjective, cls in (("long", "event"), ("big", "place"), ("old", "person"),
                               ("serious", "problem"), ("expensive", "service"), ("far", "place"),
                               ("reliable", "info"), ("fast", "vehicle"), ("good", "food"))
        if ctx.has(cls)
    ]  # fmt: skip
    adjective, cls = ctx.pick(options)
    subject = noun_phrase.noun_phrase(ctx, (cls,), "obj", full=True, definite=True)
    head = words.adjective(adjective)
    head.before(words.adverb("how"), "advmod")
    tense = "past" if ctx.chance(0.3) else "pres"
    form, tag_, feats = verb_group.finite_form("be", tense, subject.agr)
    head.after(Node("be", "AUX", form, tag_, feats), "cop")
    head.after(subject, "nsubj")
    return head


def wh_copular(ctx: Context) -> Node:
    """What is the best hotel? Who was the teacher?"""
    ctx.note("wh_copular_question")
    form = ctx.pick(("what", "what", "who", "where", "how"))
    classes = {
        "what": ("price", "problem", "idea", "document", "rule", "info"),
        "who": ("person",),
        "where": ("place", "document", "vehicle", "person"),
        "how": ("food", "event", "service", "weather", "art"),
    }[form]
    classes = tuple(cls for cls in classes if ctx.has(cls)) or ("person",)
    subject = noun_phrase.noun_phrase(ctx, classes, "obj", full=True, definite=True)
    head = _wh(form) if form in ("what", "who") else words.adverb(form)
    tense = "past" if ctx.chance(0.3) else "pres"
    fin, tag, feats = verb_group.finite_form("be", tense, subject.agr)
    copula = Node("be", "AUX", fin, tag, feats)
    if fin == "is" and ctx.chance(0.3 if ctx.informal else 0.1):
        ctx.note("contraction")
        copula.form, copula.glued = "'s", True
    head.after(copula, "cop")
    head.after(subject, "nsubj")
    return head


def tag(ctx: Context, root: Node) -> None:
    """Add a question tag or a tag word."""
    ctx.note("tag_question")
    node = words.interjection("right") if ctx.chance(0.6) else words.interjection("huh")
    words.comma(node, "left")
    root.after(node, "discourse")
