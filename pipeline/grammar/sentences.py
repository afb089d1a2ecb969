"""Whole sentences: the mix of sentence types, what surrounds a clause, and final punctuation."""

from __future__ import annotations

import random
from collections.abc import Callable

from . import (
    adverbials,
    clauses,
    coordination,
    expletives,
    fragments,
    pronouns,
    questions,
    speech,
    words,
)
from .context import Context
from .lexicon import TOPICS, closed
from .lexicon import names as lists
from .marks import marked
from .node import Node, Sentence
from .punctuation import tidy
from .verb_group import Tam

Maker = Callable[[Context], Node]

STATEMENTS: tuple[tuple[Maker, float], ...] = (
    (clauses.clause, 100),
    (expletives.extraposed, 6),
    (expletives.clausal_subject, 2),
    (expletives.outer_subject, 2),
    (speech.going_to, 5),
    (speech.indirect_object_gap, 1.2),
    (adverbials.result_clause, 1.5),
)
QUESTIONS: tuple[tuple[Maker, float], ...] = (
    (questions.yes_no, 40),
    (questions.wh_adverb, 24),
    (questions.wh_object, 15),
    (questions.wh_copular, 15),
    (questions.wh_subject, 9),
)
FRAGMENTS: tuple[tuple[Maker, float], ...] = (
    (fragments.nominal, 30),
    (fragments.adjectival, 11),
    (fragments.adverbial, 6),
    (fragments.greeting, 12),
    (fragments.closing, 12),
    (fragments.headline, 12),
    (fragments.date_line, 11),
    (fragments.contact_line, 24),
    (fragments.item_list, 10),
)
KINDS = (("statement", 73), ("question", 8), ("imperative", 7), ("fragment", 14), ("thanks", 1.2),
         ("lets", 1), ("web", 1))  # fmt: skip


def compose(rng: random.Random) -> Sentence:
    """Compose one sentence from a random source."""
    topic = TOPICS[int(rng.random() * len(TOPICS))]
    # A skewed allowance: many short sentences and a long tail, as in collected text.
    richness = 0.25 + 1.7 * rng.random() ** 1.4
    ctx = Context(rng, topic, richness, rng.random() < 0.5)
    kind = ctx.weigh(KINDS)
    maker = {"statement": statement, "question": question, "imperative": imperative,
             "fragment": fragment, "thanks": thanks, "lets": lets, "web": web}[kind]  # fmt: skip
    root = maker(ctx)
    root.deprel = "root"
    tidy(root)
    capitalise = not (ctx.informal and rng.random() < 0.05)
    return Sentence(root, (*ctx.used, *marked(root)), topic, capitalise)


def end(root: Node, mark: str) -> Node:
    """Attach the final punctuation mark."""
    if mark:
        root.after(words.punct(mark), "punct")
    return root


def statement(ctx: Context) -> Node:
    """Return a declarative sentence with what may surround it."""
    root = ctx.weigh(STATEMENTS)(ctx)
    _time_and_opening(ctx, root)
    if ctx.spend(0.17, 4):
        second = _second_clause(ctx, _tense(root))
        coordination.join_clauses(ctx, root, second)
    elif ctx.spend(0.14, 3):
        _side_by_side(ctx, root)
    if ctx.chance(0.035):
        root = speech.reported(ctx, root, ctx.chance(0.6))
    elif ctx.chance(0.02):
        fragments.remark(ctx, root)
    elif ctx.chance(0.012):
        speech.emphasise(ctx, root)
    _social(ctx, root)
    mark = ctx.weigh((((".", 80)), ("!", 12 if ctx.informal else 2), ("", 3), ("...", 2)))
    if ctx.informal and ctx.chance(0.03):
        ctx.note("emoticon")
        root = end(root, mark)
        root.after(Node(ctx.pick(closed.EMOTICONS), "SYM", xpos="NFP"), "discourse")
        return root
    return end(root, mark)


def _second_clause(ctx: Context, tense: str = "") -> Node:
    ctx.level += 1
    node = clauses.clause(ctx, tense=tense if tense == "past" else "")
    ctx.level -= 1
    return node


def _time_and_opening(ctx: Context, root: Node) -> None:
    if not ctx.chance(0.17 + 0.1 * ctx.richness):
        return
    adverbials.leading(ctx, root, _tense(root))


def _tense(root: Node) -> str:
    """Return the time that a finite clause refers to."""
    tense = "pres"
    for node in (root, *root.left):
        if node.feats.get("Tense") == "Past" and node.feats.get("VerbForm") == "Fin":
            tense = "past"
        if node.lemma in ("will", "can", "should", "may") and node.xpos == "MD":
            tense = "future"
    return tense


def _side_by_side(ctx: Context, root: Node) -> None:
    """Add a second clause after a semicolon, colon or dash."""
    ctx.note("semicolon_parataxis")
    second = _second_clause(ctx, _tense(root))
    mark = words.punct(ctx.pick((";", ":", "--", "-", ",", "...")))
    if mark.form == "-":
        mark.xpos = ","
    second.first(mark, "punct")
    root.after(second, "parataxis")


def _social(ctx: Context, root: Node) -> None:
    """Add discourse words, addresses, links and emoticons."""
    roll = ctx.rng.random()
    if roll < 0.022:
        ctx.note("discourse_word")
        node = words.interjection(ctx.pick(closed.INTERJECTIONS))
        if ctx.chance(0.8):
            words.comma(node)
        root.first(node, "discourse")
    elif roll < 0.034:
        speech.vocative(ctx, root)
    elif roll < 0.05 and ctx.informal:
        questions.tag(ctx, root)
    elif roll < 0.14:
        _topic(ctx, root)


def _topic(ctx: Context, root: Node) -> None:
    """Name the person before the clause that is about him or her."""
    subject = root.child("nsubj")
    if not subject or subject.lemma not in ("he", "she") or subject is not root.left[0]:
        return
    ctx.note("dislocated_topic")
    kin = ("brother", "father", "uncle", "husband", "son")
    if subject.lemma == "she":
        kin = ("sister", "mother", "aunt", "wife", "daughter")
    node = words.common(ctx.pick(kin))
    node.before(pronouns.possessive(ctx, "it"), "nmod:poss")
    words.comma(node)
    root.first(node, "dislocated")


def question(ctx: Context) -> Node:
    """Return a question with its mark."""
    root = ctx.weigh(QUESTIONS)(ctx)
    if ctx.chance(0.14):
        word = ctx.pick(("and", "so", "but", "also"))
        node = words.coordinator(word) if word in ("and", "but") else words.adverb(word)
        root.first(node, "cc" if node.upos == "CCONJ" else "advmod")
    elif ctx.chance(0.05):
        speech.vocative(ctx, root)
    if ctx.spend(0.05, 4):
        second = questions.yes_no(ctx)
        second.first(words.coordinator(ctx.pick(("and", "or"))), "cc")
        root.after(second, "conj")
        ctx.note("clause_coordination")
    return end(root, "?" if ctx.chance(0.96) else "??")


def imperative(ctx: Context) -> Node:
    """Return an imperative sentence."""
    root = speech.imperative(ctx)
    if ctx.chance(0.12) and not root.child("discourse"):
        ctx.level += 1
        condition = adverbials.finite_clause(ctx, Tam(), "condition")
        ctx.level -= 1
        words.comma(condition)
        root.first(condition, "advcl")
    elif ctx.chance(0.07):
        speech.vocative(ctx, root)
    if ctx.spend(0.15, 4):
        second = _second_clause(ctx)
        coordination.join_clauses(ctx, root, second)
    return end(root, ctx.weigh(((".", 75), ("!", 22), ("", 3))))


def web(ctx: Context) -> Node:
    """Return an invitation to look at a web page or to write to an address."""
    ctx.note("web_address")
    ctx.note("imperative")
    verb, table = ctx.pick((("visit", lists.WEB), ("see", lists.WEB), ("check", lists.WEB),
                            ("contact", lists.MAIL), ("e-mail", lists.MAIL)))  # fmt: skip
    feats = {"Mood": "Imp", "VerbForm": "Fin"}
    root = Node(verb, "VERB", xpos="VB", feats=feats, sense=f"{verb}.transitive")
    address = words.proper(ctx.pick(table))
    address.xpos = "ADD"
    root.after(address, "obj")
    if ctx.chance(0.7):
        lemma = ctx.pick(("information", "detail", "photo"))
        goal = words.common(lemma, "Sing" if lemma == "information" else "Plur")
        more = words.adjective("many" if goal.agr[1] == "Plur" else "much", "Cmp", "more")
        goal.before(more, "amod")
        goal.first(words.adposition("for"), "case")
        root.after(goal, "obl")
    if ctx.chance(0.35):
        speech.please(ctx, root)
    return end(root, ctx.pick((".", ".", "")))


def thanks(ctx: Context) -> Node:
    """Return thanks."""
    return end(speech.thanks(ctx), ctx.pick((".", ".", "!")))


def lets(ctx: Context) -> Node:
    """Return a let's sentence."""
    return end(speech.lets(ctx), ctx.pick((".", "!")))


def fragment(ctx: Context) -> Node:
    """Return a sentence without a finite verb, punctuated as its kind demands."""
    maker = ctx.weigh(FRAGMENTS)
    root = maker(ctx)
    if maker is fragments.greeting:
        mark = ctx.pick((",", ",", ",", "!", ":"))
    elif maker in (fragments.headline, fragments.date_line, fragments.contact_line):
        mark = ""
    elif maker in (fragments.closing, fragments.item_list):
        mark = ctx.pick((".", "", "", "!" if maker is fragments.closing else ""))
    elif maker is fragments.adverbial:
        mark = ctx.pick((".", ".", "?", "!"))
    else:
        mark = ctx.weigh(((".", 60), ("!", 28), ("?", 4), ("...", 4), ("", 8)))
    return end(root, mark)
