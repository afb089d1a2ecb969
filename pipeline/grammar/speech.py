"""Imperatives, addresses, thanks, reports and other acts of speech."""

from __future__ import annotations

from . import clauses, complements, names, noun_phrase, pronouns, verb_group, words
from .context import Context
from .embedded import object_gap
from .lexicon import FRAMES_BY_TOPIC, NON_AGENTIVE
from .node import Node
from .verb_group import Tam


def imperative(ctx: Context) -> Node:
    """Send me the report; don't forget it."""
    frames = [
        frame
        for family in ("transitive", "transitive", "ditransitive", "intransitive", "open")
        for frame in FRAMES_BY_TOPIC[ctx.topic][family]
        if "person" in frame.subjects and "s" not in frame.flags and "h" not in frame.flags
        and frame.lemma not in (*NON_AGENTIVE, "get", "have", "hope")
    ]  # fmt: skip
    frame = ctx.weigh([(frame, frame.weight) for frame in frames])
    negative = ctx.chance(0.14)
    ctx.note("negative_imperative" if negative else "imperative")
    tam = Tam(form="imp", negative=negative)
    node = clauses.verbal(ctx, frame=frame, subjectless=True, subject_cls="person", tam=tam)
    if ctx.chance(0.1) and not negative:
        node.first(words.adverb(ctx.pick(("just", "always", "never"))), "advmod")
    if ctx.chance(0.34):
        please(ctx, node)
    return node


def please(ctx: Context, root: Node) -> None:
    """Add please at the start or at the end."""
    ctx.note("discourse_word")
    node = words.interjection("please")
    if ctx.chance(0.85):
        root.first(node, "discourse")
    else:
        words.comma(node, "left")
        root.after(node, "discourse")


def lets(ctx: Context) -> Node:
    """Let's discuss it."""
    ctx.note("lets_imperative")
    ctx.note("contraction")
    head = Node("let", "VERB", xpos="VB", feats={"Mood": "Imp", "VerbForm": "Fin"})
    us = pronouns.personal("we", "Acc")
    us.form, us.glued = "'s", True
    head.after(us, "obj")
    frame = ctx.frame(ctx.pick(("transitive", "intransitive")), "person")
    inner = clauses.verbal(ctx, frame=frame, subjectless=True, tam=Tam(form="inf"))
    if ctx.chance(0.15):
        inner.first(words.negation(False), "advmod")
    head.after(inner, "xcomp")
    return head


def vocative(ctx: Context, root: Node) -> None:
    """Add the name of the person addressed."""
    ctx.note("vocative")
    node = names.first_name(ctx)
    if ctx.chance(0.5):
        words.comma(node)
        root.first(node, "vocative")
    else:
        words.comma(node, "left")
        root.after(node, "vocative")


def going_to(ctx: Context, subject: Node | None = None) -> Node:
    """I am going to sell the car."""
    ctx.note("going_to")
    subject = subject or noun_phrase.noun_phrase(ctx, ("person",), "subj")
    head = Node("go", "VERB", sense="go.future")
    tam = Tam(tense="past" if ctx.chance(0.15) else "pres", progressive=True,
              negative=ctx.chance(0.12))  # fmt: skip
    verb_group.build(ctx, head, tam, subject)
    head.after(clauses.infinitive(ctx, "person"), "xcomp")
    return head


def thanks(ctx: Context) -> Node:
    """Thank you for the quick reply."""
    head = Node("thank", "VERB", xpos="VBP")
    head.feats = {
        "Mood": "Ind",
        "Number": "Sing",
        "Person": "1",
        "Tense": "Pres",
        "VerbForm": "Fin",
    }
    head.after(pronouns.personal("you", "Acc"), "obj")
    if ctx.chance(0.3):
        inner = clauses.gerund(ctx, "person")
        inner.first(Node("for", "SCONJ", xpos="IN"), "mark")
        head.after(inner, "advcl")
        ctx.note("adverbial_gerund")
    else:
        classes = tuple(c for c in ("service", "message", "idea", "document", "info") if ctx.has(c))
        phrase = noun_phrase.noun_phrase(ctx, classes, "obl", full=True)
        phrase.first(words.adposition("for"), "case")
        head.after(phrase, "obl")
    return head


def reported(ctx: Context, content: Node, quoted: bool) -> Node:
    """Add who says it after the content: ..., she said."""
    past = True
    subject = noun_phrase.noun_phrase(ctx, ("person",), "subj")
    verb = ctx.pick(("say", "say", "say", "explain", "reply", "add", "announce"))
    head = Node(verb, "VERB", sense=f"{verb}.clausal")
    tam = Tam(tense="past" if past else "pres")
    verb_group.build(ctx, head, tam, subject, middle=False)
    if quoted:
        ctx.note("quotation")
        content.first(words.punct('"', True), "punct")
        words.comma(content)
        content.after(words.punct('"'), "punct")
        head.first(content, "ccomp")
        return head
    ctx.note("reporting_tail")
    words.comma(head, "left")
    content.after(head, "parataxis")
    return content


def indirect_object_gap(ctx: Context) -> Node:
    """What I need is a new car: a free relative as subject of a copula."""
    ctx.note("free_relative")
    head = noun_phrase.noun_phrase(ctx, ("idea", "problem"), "pred", full=True, definite=False)
    what = Node("what", "PRON", xpos="WP", feats={"PronType": "Rel"})
    what.after(object_gap(ctx, ""), "acl:relcl")
    form, tag_, feats = verb_group.finite_form("be", "pres", (3, "Sing"))
    head.first(Node("be", "AUX", form, tag_, feats), "cop")
    head.first(what, "nsubj")
    return head


def emphasise(ctx: Context, root: Node) -> None:
    """Add an emphatic reflexive where the subject is a personal pronoun."""
    subject = root.child("nsubj")
    followed = any(c.deprel in ("conj", "parataxis", "advcl", "ccomp") for c in root.right)
    if followed or subject is None:
        return
    if subject.upos == "PRON" and subject.lemma in ("I", "he", "she", "they", "we"):
        ctx.note("reflexive")
        root.after(complements.reflexive(subject.lemma), "obl:unmarked")
