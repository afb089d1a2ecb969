"""Relative clauses and other clauses that modify a noun."""

from __future__ import annotations

from . import clauses, noun_phrase, pronouns, words
from .context import Context
from .lexicon import FRAMES_BY_TOPIC, Frame, Noun
from .node import Node
from .verb_group import Tam, choose_tam

PEOPLE = ("person", "group", "kin")
INFINITIVE_NOUNS = ("plan", "decision", "offer", "chance", "right", "option", "idea", "attempt")
THAT_NOUNS = (
    "fact", "idea", "claim", "hope", "feeling", "news", "rumor", "evidence", "proof", "fear",
    "statement", "announcement", "theory", "belief", "warning", "message", "promise", "story",
    "threat", "complaint", "concern", "risk", "opinion", "answer", "argument", "decision",
)  # fmt: skip


def relative_word(form: str, head: Node) -> Node:
    """Return a relative pronoun agreeing with the noun it refers to."""
    tag = "WP" if form in ("who", "whom", "what") else "WDT"
    feats = {"PronType": "Rel"}
    node = Node("who" if form == "whom" else form, "PRON", form, tag, feats)
    node.agr = head.agr
    return node


def modify(ctx: Context, head: Node, entry: Noun) -> bool:
    """Add one kind of clause to the noun; tell whether one was added."""
    if ctx.level >= 2:
        return False
    makers = [(subject_relative, 34), (object_relative, 26), (past_participle, 34),
              (present_participle, 20), (infinitive, 30)]  # fmt: skip
    if entry.cls in ("place", "region"):
        makers.append((where_relative, 34))
    if entry.lemma in THAT_NOUNS:
        makers.append((that_clause, 50))
    if entry.cls in PEOPLE:
        makers.append((whose_relative, 18))
    makers.append((pied_piping, 4))
    maker = ctx.weigh(makers)
    ctx.level += 1
    added = maker(ctx, head, entry)
    ctx.level -= 1
    return added


def _object_frames(ctx: Context, entry: Noun) -> list[Frame]:
    return [
        frame
        for frame in FRAMES_BY_TOPIC[ctx.topic]["transitive"]
        if (slot := frame.slot("o"))
        and (entry.cls in slot.classes or entry.lemma in slot.classes)
        and frame.lemma not in ctx.lemmas
    ]


def subject_relative(ctx: Context, head: Node, entry: Noun) -> bool:
    """The doctor who called."""
    if not any(entry.cls in f.subjects for f in FRAMES_BY_TOPIC[ctx.topic]["transitive"]):
        return False
    people = entry.cls in PEOPLE
    nonrestrictive = ctx.chance(0.16)
    form = "who" if people and ctx.chance(0.85) else "which" if nonrestrictive else "that"
    if form == "that" and ctx.chance(0.22) and not people:
        form = "which"
    ctx.note("relative_subject_who" if form == "who" else "relative_subject_that")
    subject = relative_word(form, head)
    if ctx.chance(0.2):
        clause = clauses.copular(ctx, subject=subject, subject_cls=entry.cls, simple=True)
    else:
        clause = clauses.verbal(ctx, subject=subject, subject_cls=entry.cls, family=ctx.weigh(
            (("transitive", 6), ("intransitive", 3))))  # fmt: skip
    if nonrestrictive:
        ctx.note("relative_nonrestrictive")
        words.comma(clause, "left")
        words.comma(clause)
    head.after(clause, "acl:relcl")
    return True


def object_relative(ctx: Context, head: Node, entry: Noun) -> bool:
    """The book (that) we read."""
    frames = _object_frames(ctx, entry)
    if not frames:
        return False
    frame = ctx.weigh([(frame, frame.weight) for frame in frames])
    ctx.lemmas.append(frame.lemma)
    if "person" in frame.subjects and ctx.chance(0.75):
        subject = pronouns.pronoun(ctx, "Nom")
    else:
        subject = noun_phrase.noun_phrase(ctx, frame.subjects, "subj", definite=True)
    clause = clauses.verbal(ctx, subject=subject, frame=frame, skip="o")
    if ctx.chance(0.55):
        ctx.note("relative_object_zero")
    else:
        ctx.note("relative_object_that")
        form = "whom" if entry.cls == "person" and ctx.chance(0.3) else "that"
        if form == "that" and entry.cls != "person" and ctx.chance(0.3):
            form = "which"
        clause.first(relative_word(form, head), "obj")
    head.after(clause, "acl:relcl")
    return True


def where_relative(ctx: Context, head: Node, entry: Noun) -> bool:
    """The town where they met."""
    ctx.note("relative_where")
    clause = clauses.verbal(ctx, family=ctx.pick(("transitive", "intransitive")), adjuncts=False,
                            locative=False)  # fmt: skip
    where = words.adverb("where")
    where.feats = {"PronType": "Rel"}
    clause.first(where, "advmod")
    head.after(clause, "acl:relcl")
    return True


def whose_relative(ctx: Context, head: Node, entry: Noun) -> bool:
    """The woman whose car broke down."""
    cls = ctx.pick(("vehicle", "animal", "job", "device", "document"))
    if not ctx.has(cls):
        return False
    frames = [f for f in FRAMES_BY_TOPIC[ctx.topic]["intransitive"] if cls in f.subjects]
    if not frames:
        return False
    ctx.note("relative_whose")
    subject = words.noun(ctx.noun((cls,)), "Sing")
    feats = {"Poss": "Yes", "PronType": "Rel"}
    subject.before(Node("whose", "PRON", xpos="WP$", feats=feats), "nmod:poss")
    clause = clauses.verbal(ctx, subject=subject, frame=ctx.pick(frames))
    head.after(clause, "acl:relcl")
    return True


def pied_piping(ctx: Context, head: Node, entry: Noun) -> bool:
    """The meeting at which they voted."""
    prepositions = {"event": "at", "place": "in", "document": "in", "vehicle": "in", "idea": "on"}
    if entry.cls not in prepositions:
        return False
    ctx.note("relative_pied_piping")
    clause = clauses.verbal(ctx, family="transitive", adjuncts=False, locative=False)
    pronoun = relative_word("which", head)
    pronoun.before(words.adposition(prepositions[entry.cls]), "case")
    clause.first(pronoun, "obl")
    head.after(clause, "acl:relcl")
    return True


def past_participle(ctx: Context, head: Node, entry: Noun) -> bool:
    """The report written by the committee."""
    frames = [f for f in _object_frames(ctx, entry) if "p" not in f.flags and not f.particle]
    if not frames:
        return False
    ctx.note("participle_past")
    frame = ctx.weigh([(frame, frame.weight) for frame in frames])
    clause = clauses.passive(ctx, frame, reduced=True)
    head.after(clause, "acl")
    return True


def present_participle(ctx: Context, head: Node, entry: Noun) -> bool:
    """The people working there."""
    family = ctx.pick(("transitive", "intransitive"))
    frames = [
        frame
        for frame in FRAMES_BY_TOPIC[ctx.topic][family]
        if entry.cls in frame.subjects and "s" not in frame.flags
    ]
    if not frames:
        return False
    ctx.note("participle_present")
    frame = ctx.weigh([(frame, frame.weight) for frame in frames])
    clause = clauses.verbal(ctx, frame=frame, tam=Tam(form="part"), subjectless=True)
    head.after(clause, "acl")
    return True


def infinitive(ctx: Context, head: Node, entry: Noun) -> bool:
    """A chance to win, a book to read."""
    if entry.cls in ("idea", "job") or entry.lemma in INFINITIVE_NOUNS:
        clause = clauses.infinitive(ctx, "person")
    else:
        frames = [frame for frame in _object_frames(ctx, entry) if "s" not in frame.flags]
        if not frames or entry.cls not in ("document", "art", "food", "thing"):
            return False
        frame = ctx.pick(frames)
        clause = clauses.verbal(ctx, frame=frame, tam=Tam(form="inf"), subjectless=True, skip="o")
        clause.first(words.infinitive_marker(), "mark")
    ctx.note("infinitive_modifier")
    head.after(clause, "acl")
    return True


def that_clause(ctx: Context, head: Node, entry: Noun) -> bool:
    """The claim that the bank failed."""
    ctx.note("noun_complement_clause")
    clause = clauses.clause(ctx, tam=choose_tam(ctx, plain=True))
    clause.first(words.subordinator("that"), "mark")
    head.after(clause, "acl")
    return True
