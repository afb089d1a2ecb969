"""Sentences without a finite verb: headlines, greetings, lists, dates, remarks."""

from __future__ import annotations

from . import (
    names,
    noun_phrase,
    postmodifiers,
    premodifiers,
    pronouns,
    times,
    verb_group,
    words,
)
from .context import Context
from .lexicon import FRAMES_BY_TOPIC, adjectives, closed
from .lexicon import names as lists
from .node import Node
from .verb_group import Tam


def nominal(ctx: Context) -> Node:
    """Great food and friendly staff!"""
    ctx.note("fragment_noun")
    classes = ("food", "service", "place", "problem", "idea", "event", "document", "art", "price")
    entry = ctx.noun((ctx.pick_class(tuple(cls for cls in classes if ctx.has(cls))),))
    head = noun_phrase.common_phrase(ctx, entry, "root")
    if not head.child("amod") and not head.right:
        opening = ("det", "nmod:poss", "nummod", "det:predet", "cc:preconj")
        position = sum(child.deprel in opening for child in head.left)
        adjective = words.adjective(ctx.pick(adjectives.BY_CLASS[entry.cls]))
        adjective.deprel = "amod"
        head.left.insert(position, adjective)
    if ctx.chance(0.25):
        postmodifiers.coordinate(ctx, head, entry)
    return head


def adjectival(ctx: Context) -> Node:
    """Very friendly and helpful."""
    ctx.note("fragment_adjective")
    node = words.adjective(ctx.pick(adjectives.GENERAL_PREDICATES))
    if ctx.chance(0.45):
        premodifiers.degree(ctx, node)
    if ctx.chance(0.3):
        options = [word for word in adjectives.GENERAL_PREDICATES if word != node.lemma]
        second = words.adjective(ctx.pick(options))
        second.first(words.coordinator("and"), "cc")
        node.after(second, "conj")
        ctx.note("adjective_coordination")
    return node


def adverbial(ctx: Context) -> Node:
    """On Monday morning; not yet."""
    ctx.note("fragment_adverbial")
    if ctx.chance(0.35):
        node = words.adverb(ctx.pick(("yet", "really", "always", "here", "again", "now")))
        if ctx.chance(0.5):
            node.before(words.negation(False), "advmod")
        return node
    node, _ = times.adverbial(ctx, ctx.pick(("past", "future")))
    return node


def greeting(ctx: Context) -> Node:
    """Dear Anna,"""
    ctx.note("greeting")
    form = ctx.pick(closed.GREETINGS)
    person = names.person_name(ctx) if ctx.chance(0.35) else names.first_name(ctx)
    if form == "Dear":
        dear = words.adjective("dear", form="Dear")
        person.first(dear, "amod")
        return person
    node = words.interjection(form.lower())
    if ctx.chance(0.85):
        node.after(person, "vocative")
        if ctx.chance(0.3):
            words.comma(person, "left")
    return node


def closing(ctx: Context) -> Node:
    """Thanks, John"""
    ctx.note("closing")
    form = ctx.pick(closed.CLOSINGS)
    node = words.common(form.lower().removesuffix("s"), "Plur")
    node.form = form.lower()
    if form == "Thanks":
        node = Node("thanks", "NOUN", xpos="NN", feats={"Number": "Sing"})
    if form == "Love":
        node = words.common("love")
    if form == "Regards" and ctx.chance(0.7):
        node.before(words.adjective(ctx.pick(("best", "kind", "warm"))), "amod")
    if form == "Thanks" and ctx.chance(0.5):
        classes = tuple(c for c in ("service", "message", "idea", "info", "event") if ctx.has(c))
        phrase = noun_phrase.noun_phrase(ctx, classes, "obl", full=True, definite=True)
        phrase.first(words.adposition("for"), "case")
        node.after(phrase, "nmod")
        return node
    if form == "Thanks" and ctx.chance(0.5):
        node.after(words.adverb(ctx.pick(("again", "so"))), "advmod")
        if node.right[-1].lemma == "so":
            node.right[-1] = words.adverb("much")
            node.right[-1].deprel = "advmod"
            node.right[-1].before(words.adverb("so"), "advmod")
    if ctx.chance(0.8):
        name = names.first_name(ctx)
        words.comma(name, "left")
        node.after(name, "parataxis")
    return node


def headline(ctx: Context) -> Node:
    """Bank announces new plan"""
    ctx.note("headline")
    frames = [
        frame
        for frame in FRAMES_BY_TOPIC[ctx.topic]["transitive"]
        if "person" in frame.subjects and "s" not in frame.flags and "p" not in frame.flags
    ]
    frame = ctx.weigh([(frame, frame.weight) for frame in frames])
    subject = _bare(ctx, ("person", "org") if ctx.has("org") else ("person",))
    slot = frame.slot("o")
    target = _bare(ctx, (ctx.pick_class(slot.classes),)) if slot else None
    head = Node(frame.lemma, "VERB", sense=f"{frame.lemma}.{frame.family}")
    verb_group.build(ctx, head, Tam(), subject, middle=False)
    if target:
        head.after(target, "obj")
    if frame.particle:
        head.right.insert(0, Node(frame.particle, "ADP", xpos="RP", deprel="compound:prt"))
    if ctx.chance(0.6):
        head.after(postmodifiers.prepositional(ctx, "in", ("region",), "obl"), "obl")
    return head


def _bare(ctx: Context, classes: tuple[str, ...]) -> Node:
    cls = ctx.pick_class(classes)
    name = names.maybe_name(ctx, cls, "subj")
    if name:
        return name
    entry = ctx.noun((cls,))
    return noun_phrase.common_phrase(ctx, entry, "subj", bare=True)


def date_line(ctx: Context) -> Node:
    """Monday, May 5, 2008"""
    ctx.note("date_line")
    day = words.numeral(str(1 + int(ctx.rng.random() * 28)))
    day.before(words.proper(ctx.pick(lists.MONTHS)), "nmod:unmarked")
    year = words.numeral(str(1998 + int(ctx.rng.random() * 14)))
    words.comma(year, "left")
    day.after(year, "nmod:unmarked")
    if ctx.chance(0.4):
        clock = times.clock(ctx)
        day.after(clock, "list")
        return day
    if ctx.chance(0.6):
        week = words.proper(ctx.pick(lists.WEEKDAYS))
        words.comma(day, "left")
        week.after(day, "appos")
        return week
    return day


def contact_line(ctx: Context) -> Node:
    """Anna Weber, Phone 555-0134"""
    ctx.note("contact_line")
    head = names.person_name(ctx)
    if ctx.chance(0.5):
        organisation = names.organisation_name(ctx)
        words.comma(organisation, "left")
        head.after(organisation, "list")
    for label in ("phone", "fax", "e-mail"):
        if not ctx.chance(0.55):
            continue
        field = words.common(label)
        if ctx.chance(0.4):
            words.comma(field, "left")
        value = (
            words.proper(ctx.pick(lists.MAIL))
            if label == "e-mail"
            else words.numeral(f"555-01{int(ctx.rng.random() * 90) + 10}")
        )
        value.first(words.punct(":"), "punct")
        field.after(value, "appos")
        head.after(field, "list")
    return head


def item_list(ctx: Context) -> Node:
    """Topics: budget, training and travel"""
    ctx.note("item_list")
    cls = ctx.pick(tuple(c for c in ("document", "problem", "event", "idea", "food") if ctx.has(c)))
    head = words.common(ctx.pick(("topic", "item", "question", "note", "subject")), "Plur")
    if ctx.chance(0.4):
        head.before(words.adjective(ctx.pick(("main", "other", "new", "open"))), "amod")
    previous = None
    for position in range(2 + int(ctx.rng.random() * 3)):
        entry = ctx.noun((cls,))
        node = noun_phrase.common_phrase(ctx, entry, "pred", bare=True)
        if position == 0:
            node.first(words.punct(":"), "punct")
            head.after(node, "appos")
            previous = node
        elif previous:
            words.comma(node, "left")
            previous.after(node, "conj")
    return head


def remark(ctx: Context, root: Node) -> None:
    """Add a bracketed remark to a finished clause."""
    ctx.note("parenthetical")
    choice = ctx.weigh((("np", 4), ("adj", 3), ("clause", 4)))
    if choice == "adj":
        node = adjectival(ctx)
    elif choice == "np":
        node = nominal(ctx)
    else:
        from . import clauses

        ctx.level += 2
        node = clauses.copular(ctx, subject=pronouns.personal("it", "Nom"), simple=True)
        ctx.level -= 2
    if ctx.chance(0.7):
        words.enclose(node, "(", ")")
    else:
        node.first(words.punct("-" if ctx.chance(0.5) else "--"), "punct")
        node.left[0].xpos = ","
    root.after(node, "parataxis")
