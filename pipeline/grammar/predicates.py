"""Non-verbal predicates, existential clauses, and clauses with a clausal subject."""

from __future__ import annotations

from . import clauses, noun_phrase, postmodifiers, premodifiers, words
from .context import Context
from .inflect import compare
from .lexicon import FRAMES_BY_TOPIC, Frame, Noun, adjectives, adverbs
from .node import Node
from .verb_group import Tam

PEOPLE = ("person", "kin")
EVALUATIVE = ("good", "great", "real", "big", "bad", "huge", "small", "nice", "terrible", "serious",
              "perfect", "excellent", "common", "strange", "new")  # fmt: skip
EVALUATIONS = {
    "place": ("place", "choice", "destination", "spot", "example"),
    "food": ("choice", "treat", "meal", "surprise"),
    "vehicle": ("deal", "choice", "bargain", "investment"),
    "device": ("deal", "choice", "bargain", "investment", "product"),
    "price": ("problem", "reason", "surprise", "factor"),
    "org": ("partner", "business", "example", "employer"),
    "other": ("problem", "idea", "mistake", "surprise", "success", "disaster", "example", "start",
              "change", "step", "way", "thing", "reason"),
}  # fmt: skip
ATTRIBUTIVE = (
    "original", "final", "former", "medical", "additional", "extra", "total", "left", "formal",
    "overall", "annual", "local", "major", "national", "rental", "monthly", "little", "right",
    "early", "attached", "basic", "special", "electric", "main", "public", "daily", "digital",
    "foreign", "single", "recent", "average", "full", "late", "official", "personal", "common",
    "minor", "rear", "front", "northern", "southern", "western", "eastern", "particular", "current",
    "used", "nuclear", "chemical", "constant", "permanent", "temporary", "written", "wild",
)  # fmt: skip


def predicate(ctx: Context, subject: Node, cls: str, *, simple: bool = False) -> Node:
    """Return a predicate that suits a subject of the class."""
    people = cls in PEOPLE
    options = [(adjectival, 52), (nominal, 26), (prepositional, 9 if cls != "price" else 0)]
    if not simple:
        options += [
            (comparative, 9),
            (equative, 3),
            (superlative, 3),
            (governing, 45 if people else 1),
        ]
        if not people:
            options += [(tough, 7)]
    return ctx.weigh(options)(ctx, subject, cls)


def adjectival(ctx: Context, subject: Node, cls: str) -> Node:
    """Nice; very good; cheap and clean."""
    ctx.note("copula_adjectival")
    options = _options(subject, cls)
    node = words.adjective(ctx.pick(options))
    if ctx.chance(0.3):
        premodifiers.degree(ctx, node)
    if ctx.spend(0.14):
        ctx.note("adjective_coordination")
        second = words.adjective(ctx.pick([word for word in options if word != node.lemma]))
        third = None
        if ctx.chance(0.2):
            third = words.adjective(
                ctx.pick([w for w in options if w not in (node.lemma, second.lemma)])
            )
            words.comma(third, "left")
            node.after(third, "conj")
            second.first(words.coordinator("and"), "cc")
            words.comma(second, "left")
        else:
            second.first(words.coordinator(ctx.pick(("and", "and", "and", "or"))), "cc")
        node.after(second, "conj")
    return node


def _options(subject: Node, cls: str) -> tuple[str, ...]:
    if subject.upos == "PRON" and cls not in PEOPLE:
        return adjectives.GENERAL_PREDICATES
    options = adjectives.BY_CLASS.get(cls, adjectives.GENERAL_PREDICATES)
    return tuple(word for word in options if word not in ATTRIBUTIVE)


def nominal(ctx: Context, subject: Node, cls: str) -> Node:
    """A doctor; the best place in town."""
    ctx.note("copula_nominal")
    number = subject.agr[1]
    if cls in PEOPLE:
        entry = ctx.noun(("person",))
        if entry.kind == "plural":
            entry = Noun("member", "person", "count", "in", ("team",))
        definite = ctx.chance(0.15)
        return noun_phrase.common_phrase(ctx, entry, "pred", number=number, definite=definite)
    lemma = ctx.pick(EVALUATIONS.get(cls, EVALUATIONS["other"]))
    entry = Noun(lemma, "evaluation", "count", "in", ())
    node = words.noun(entry, number)
    if ctx.chance(0.75):
        attribute = words.adjective(ctx.pick(EVALUATIVE))
        node.before(attribute, "amod")
        if ctx.chance(0.25):
            premodifiers.degree(ctx, attribute, attributive=True)
    if number == "Sing":
        roll = ctx.rng.random()
        opener = "a" if roll < 0.85 else "the"
        node.first(words.determiner(opener), "det")
    if ctx.spend(0.25, 2):
        target = noun_phrase.noun_phrase(ctx, ("person", "org", "event"), "nmod")
        target.first(words.adposition("for"), "case")
        node.after(target, "nmod")
    elif ctx.spend(0.2, 3):
        inner = clauses.infinitive(ctx, "person", family="transitive")
        ctx.note("infinitive_modifier")
        node.after(inner, "acl")
    return node


def prepositional(ctx: Context, subject: Node, cls: str) -> Node:
    """In the garden; from London; for you."""
    options = {
        "person": (("in", "place"), ("at", "event"), ("from", "region"), ("with", "person")),
        "document": (("about", "problem"), ("for", "person"), ("on", "furniture")),
        "event": (("on", "weekday"), ("in", "month"), ("for", "person"), ("in", "place")),
        "message": (("from", "person"), ("about", "problem")),
        "org": (("in", "region"), ("near", "place")),
        "place": (("near", "place"), ("in", "region")),
        "idea": (("for", "event"), ("about", "activity"), ("for", "person")),
        "service": (("for", "person"), ("from", "org")),
        "art": (("about", "person"), ("for", "person")),
        "food": (("for", "person"), ("from", "place")),
        "problem": (("with", "device"), ("with", "service"), ("in", "document")),
    }.get(cls, (("in", "place"), ("for", "person"), ("near", "place")))
    usable = [
        (preposition, (target,))
        for preposition, target in options
        if ctx.has(target) or target in ("region", "weekday", "month")
    ]
    if not usable:
        return adjectival(ctx, subject, cls)
    ctx.note("copula_prepositional")
    preposition, classes = ctx.pick(usable)
    return postmodifiers.prepositional(ctx, preposition, classes, "obl")


def comparative(ctx: Context, subject: Node, cls: str) -> Node:
    """Cheaper than the hotel; much more useful."""
    options = [word for word in _options(subject, cls) if word in adjectives.COMPARABLE]
    lemma = ctx.pick(options or ["good", "bad"])
    form = compare(lemma, "er")
    node = words.adjective(lemma, "Cmp", form) if form else words.adjective(lemma)
    if not form:
        more = Node("more", "ADV", xpos="RBR", feats={"Degree": "Cmp"})
        node.before(more, "advmod")
        if ctx.chance(0.25):
            more.before(words.adverb(ctx.pick(adverbs.COMPARATIVE_DEGREE)), "advmod")
    elif ctx.chance(0.25):
        node.before(words.adverb(ctx.pick(adverbs.COMPARATIVE_DEGREE)), "advmod")
    if ctx.chance(0.7):
        standard = _standard(ctx, subject, cls)
        standard.first(words.adposition("than"), "case")
        node.after(standard, "obl")
    return node


def _standard(ctx: Context, subject: Node, cls: str) -> Node:
    if subject.upos != "PRON" and ctx.has(cls) and cls not in PEOPLE:
        return noun_phrase.noun_phrase(ctx, (cls,), "obl", full=True)
    if cls in PEOPLE:
        return noun_phrase.noun_phrase(ctx, ("person",), "obl", avoid=subject.lemma)
    one = words.common("one")
    one.before(words.determiner("the"), "det")
    one.before(words.adjective(ctx.pick(("last", "other", "old", "first", "new"))), "amod")
    return one


def equative(ctx: Context, subject: Node, cls: str) -> Node:
    """As good as the old one."""
    ctx.note("equative_as")
    options = [word for word in _options(subject, cls) if word in adjectives.COMPARABLE]
    node = words.adjective(ctx.pick(options or ["good"]))
    node.before(words.adverb("as"), "advmod")
    standard = _standard(ctx, subject, cls)
    standard.first(words.adposition("as"), "case")
    node.after(standard, "obl")
    return node


def superlative(ctx: Context, subject: Node, cls: str) -> Node:
    """The best restaurant in town."""
    ctx.note("copula_nominal")
    target = cls if ctx.has(cls) else "problem"
    entry = ctx.noun((target,))
    if entry.kind != "count":
        return adjectival(ctx, subject, cls)
    node = words.noun(entry, subject.agr[1])
    lemma = ctx.pick([w for w in adjectives.COMPARABLE if w in _options(subject, cls)] or ["good"])
    node.before(words.determiner("the"), "det")
    node.before(premodifiers.superlative(ctx, lemma), "amod")
    postmodifiers.postmodify(ctx, node, entry, "pred")
    return node


def governing(ctx: Context, subject: Node, cls: str) -> Node:
    """Afraid of dogs; ready to leave; sure that it works."""
    kind = ctx.weigh((("oblique", 4), ("infinitive", 5), ("clause", 4 if ctx.level < 2 else 0)))
    if cls not in PEOPLE and kind == "clause":
        kind = "oblique"
    if kind == "infinitive":
        ctx.note("adjective_infinitive")
        node = words.adjective(ctx.pick(adjectives.INFINITIVE))
        node.after(clauses.infinitive(ctx, "person"), "xcomp")
    elif kind == "clause":
        ctx.note("adjective_clause")
        node = words.adjective(ctx.pick(adjectives.CLAUSAL))
        ctx.level += 1
        inner = clauses.clause(ctx)
        ctx.level -= 1
        if ctx.chance(0.5):
            inner.first(words.subordinator("that"), "mark")
        node.after(inner, "ccomp")
    else:
        ctx.note("adjective_oblique")
        usable = [
            (lemma, preposition, tuple(cls for cls in classes.split() if ctx.has(cls)))
            for lemma, (preposition, classes) in adjectives.OBLIQUE.items()
        ]
        lemma, preposition, classes = ctx.pick([row for row in usable if row[2]])
        node = words.adjective(lemma)
        avoid = subject.lemma if subject.upos == "PRON" else ""
        node.after(postmodifiers.prepositional(ctx, preposition, classes, "obl", avoid), "obl")
    if ctx.chance(0.3) and node.lemma not in ("able", "ready", "unable"):
        premodifiers.degree(ctx, node)
    return node


def tough(ctx: Context, subject: Node, cls: str) -> Node:
    """Easy to use."""
    frame = _object_frame(ctx, cls)
    if frame is None:
        return adjectival(ctx, subject, cls)
    ctx.note("tough_infinitive")
    node = words.adjective(ctx.pick(adjectives.TOUGH[:4]))
    if ctx.chance(0.3):
        premodifiers.degree(ctx, node)
    inner = clauses.verbal(ctx, frame=frame, subjectless=True, tam=Tam(form="inf"), skip="o",
                           adjuncts=False, coordinate=False)  # fmt: skip
    inner.first(words.infinitive_marker(), "mark")
    node.after(inner, "ccomp")
    return node


def _object_frame(ctx: Context, cls: str) -> Frame | None:
    frames = [
        frame
        for frame in FRAMES_BY_TOPIC[ctx.topic]["transitive"]
        if (slot := frame.slot("o"))
        and cls in slot.classes
        and "s" not in frame.flags
        and "person" in frame.subjects
        and all(other.optional for other in frame.slots if other.kind == "p")
    ]
    return ctx.pick(frames) if frames else None
