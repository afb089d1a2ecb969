"""Adverbials: single adverbs, phrases of time and place, and adverbial clauses."""

from __future__ import annotations

from . import clauses, postmodifiers, times, words
from .context import Context
from .lexicon import Frame, adverbs, closed
from .lexicon.names import MONTHS, WEEKDAYS
from .node import Node
from .verb_group import Tam, choose_tam


def trailing(ctx: Context, head: Node, tam: Tam, frame: Frame, locative: bool) -> None:
    """Add adverbials after the verb and its complements."""
    clausal = frame.family == "clausal" or any(slot.kind.startswith("x") for slot in frame.slots)
    if clausal:
        return
    person = "person" in frame.subjects
    if person and "s" not in frame.flags and ctx.spend(0.09):
        manner(ctx, head, tam.passive)
    if locative and frame.family in ("transitive", "ditransitive") and ctx.spend(0.07, 2):
        place(ctx, head)
    if not _dated(head) and ctx.spend(0.17 if tam.form == "fin" else 0.12, 2):
        node, relation = times.adverbial(ctx, tam.time if tam.form == "fin" else "any")
        head.after(node, relation)
    elif ctx.chance(0.06) and not (head.right and head.right[-1].upos == "ADV"):
        final = adverbs.FINAL if tam.form == "fin" else ("again", "too", "anyway")
        head.after(words.adverb(ctx.pick(final)), "advmod")
    if frame.family == "transitive" and ctx.spend(0.05, 2):
        about(ctx, head)
    if ctx.level < 2 and ctx.spend(0.19, 5):
        adverbial_clause(ctx, head, tam, frame)


def _dated(head: Node) -> bool:
    """Tell whether the verb has a complement of time already."""
    return any(
        child.upos == "NUM" or child.lemma in (*MONTHS, *WEEKDAYS)
        for child in head.right
        if child.deprel == "obl"
    )


def after_predicate(ctx: Context, head: Node, tam: Tam) -> None:
    """Add adverbials after a non-verbal predicate."""
    if ctx.spend(0.09, 2):
        node, relation = times.adverbial(ctx, tam.time)
        head.after(node, relation)
    elif ctx.chance(0.05):
        head.after(words.adverb(ctx.pick(("too", "here", "now", "anyway", "though"))), "advmod")
    if ctx.level < 2 and ctx.spend(0.12, 5):
        ctx.level += 1
        head.after(finite_clause(ctx, tam), "advcl")
        ctx.level -= 1


def manner(ctx: Context, head: Node, passive: bool = False) -> None:
    """Add an adverb of manner, sometimes with a degree adverb."""
    options = adverbs.AGENTLESS_MANNER if passive else adverbs.MANNER
    node = words.adverb(ctx.pick(options))
    if ctx.chance(0.12) and node.lemma.endswith("ly") and node.lemma not in (
        "directly", "suddenly", "immediately", "personally", "gradually"):  # fmt: skip
        ctx.note("degree_adverb")
        node.before(words.adverb(ctx.pick(("very", "very", "so", "more", "too"))), "advmod")
    head.after(node, "advmod")


def place(ctx: Context, head: Node) -> None:
    """Add a place: a prepositional phrase or an adverb."""
    if ctx.chance(0.15):
        head.after(words.adverb(ctx.pick(adverbs.PLACE)), "advmod")
        return
    head.after(postmodifiers.prepositional(ctx, "in", ("place",), "obl"), "obl")


def about(ctx: Context, head: Node) -> None:
    """Add a companion, beneficiary or cause."""
    preposition, classes = ctx.pick(
        (("with", ("person",)), ("for", ("person",)), ("because of", ("problem",)),
         ("without", ("problem",)), ("despite", ("problem",)), ("due to", ("problem",)),
         ("instead of", ("thing",)), ("according to", ("person",)))
    )  # fmt: skip
    if not ctx.has(classes[0]):
        return
    head.after(postmodifiers.prepositional(ctx, preposition, classes, "obl"), "obl")


def finite_clause(ctx: Context, tam: Tam, kind: str = "") -> Node:
    """Return a finite adverbial clause with its subordinator."""
    kind = kind or ctx.weigh((("time", 30), ("condition", 27), ("reason", 26), ("concession", 9)))
    if kind == "condition" and tam.tense == "past" and not tam.modal:
        kind = "reason"
    ctx.note(f"adverbial_{kind}")
    tense = "past" if tam.tense == "past" and not tam.modal else "pres"
    inner = choose_tam(ctx, tense=tense, plain=True)
    if kind in ("time", "condition"):
        inner = inner.but(modal="", progressive=False, perfect=False)
        if kind == "time":
            inner = inner.but(negative=False)
    node = clauses.clause(ctx, tam=inner, tense=tense)
    lemma = ctx.pick(closed.SUBORDINATORS[kind])
    marker = words.subordinator(lemma)
    node.first(marker, "advmod" if lemma == "when" else "mark")
    return node


def adverbial_clause(ctx: Context, head: Node, tam: Tam, frame: Frame) -> None:
    """Add a finite clause, a purpose infinitive, a participle or a preposition with a gerund."""
    person = "person" in frame.subjects and not tam.passive
    kind = ctx.weigh(
        (("finite", 50), ("purpose", 26 if person and "s" not in frame.flags else 0),
         ("participle", 8 if person else 0), ("gerund", 14 if person else 0),
         ("sentential", 5 if tam.form == "fin" and ctx.level == 0 else 0), ("like", 1))
    )  # fmt: skip
    ctx.level += 1
    if kind == "purpose":
        ctx.note("adverbial_purpose")
        node = clauses.infinitive(ctx, "person", family="transitive")
        if ctx.chance(0.12):
            order = Node("in", "ADP", xpos="IN", feats={"ExtPos": "SCONJ"})
            order.after(words.common("order"), "fixed")
            node.first(order, "mark")
        head.after(node, "advcl")
    elif kind == "participle":
        ctx.note("adverbial_participle")
        node = clauses.gerund(ctx, "person", "part")
        words.comma(node, "left")
        head.after(node, "advcl")
    elif kind == "gerund":
        ctx.note("adverbial_gerund")
        node = clauses.gerund(ctx, "person")
        lemma = ctx.pick(("without", "by", "after", "before", "for", "without", "by"))
        node.first(Node(lemma, "SCONJ", xpos="IN"), "mark")
        head.after(node, "advcl")
    elif kind == "sentential":
        head.after(sentential_relative(ctx, tam), "advcl:relcl")
    else:
        node = finite_clause(ctx, tam)
        if ctx.chance(0.12):
            words.comma(node, "left")
        head.after(node, "advcl")
    ctx.level -= 1


def sentential_relative(ctx: Context, tam: Tam) -> Node:
    """Return which with a comment on the whole clause."""
    from . import verb_group

    ctx.note("sentential_relative")
    node = words.adjective(ctx.pick(("great", "nice", "good", "sad", "strange", "annoying", "fine",
                                     "true", "wonderful", "surprising")))  # fmt: skip
    degree = words.adverb(ctx.pick(("very", "really", "quite", "so"))) if ctx.chance(0.3) else None
    which = Node("which", "PRON", xpos="WDT", feats={"PronType": "Rel"})
    tense = "past" if tam.tense == "past" else "pres"
    verb_group.build(ctx, node, Tam(tense=tense), which, copula=True, middle=False)
    if degree:
        node.before(degree, "advmod")
    words.comma(node, "left")
    return node


def result_clause(ctx: Context) -> Node:
    """Return a clause with so and a consequence: so late that we left."""
    ctx.level += 1
    head = clauses.copular(ctx, simple=True)
    if head.upos == "ADJ" and not head.child("conj") and not any(
        child.deprel in ("advmod", "det") and child.upos == "ADV" for child in head.left
    ):  # fmt: skip
        ctx.note("result_clause")
        head.before(words.adverb("so"), "advmod")
        inner = clauses.verbal(ctx, tense="past" if ctx.chance(0.5) else "", adjuncts=False)
        if ctx.chance(0.7):
            inner.first(words.subordinator("that"), "mark")
        head.after(inner, "advcl")
    ctx.level -= 1
    return head


def leading(ctx: Context, root: Node, time: str) -> None:
    """Put an adverb, phrase or clause before the subject of a main clause."""
    kind = ctx.weigh((("adverb", 40), ("time", 24), ("clause", 24), ("phrase", 8), ("cc", 22)))
    if kind == "cc":
        root.first(words.coordinator(ctx.pick(("and", "but", "but", "and", "so"))), "cc")
        if root.left[0].lemma == "so":
            root.left[0] = words.adverb("so")
            root.left[0].deprel = "advmod"
        return
    if kind == "adverb":
        node, relation = words.adverb(ctx.pick(adverbs.SENTENCE)), "advmod"
        if ctx.chance(0.55) and node.lemma not in ("maybe", "so", "perhaps", "now", "then"):
            words.comma(node)
    elif kind == "time":
        node, relation = times.adverbial(ctx, time)
        if ctx.chance(0.6):
            words.comma(node)
    elif kind == "phrase" and ctx.has("place"):
        preposition = ctx.pick(("in", "in", "according to"))
        classes = ("place",) if preposition == "in" else ("person",)
        node = postmodifiers.prepositional(ctx, preposition, classes, "agent")
        relation = "obl"
        words.comma(node)
    else:
        tense = "past" if time == "past" else "pres"
        ctx.level += 1
        node, relation = finite_clause(ctx, Tam(tense=tense)), "advcl"
        ctx.level -= 1
        words.comma(node)
    root.first(node, relation)
