"""The verb group: tense, aspect, modality, negation, voice, agreement and contraction.

English marks them by a chain of auxiliaries in fixed order (modal, have, be of the progressive, be
of the passive, lexical verb).  The first member of a finite chain is inflected for tense and
agreement; each later member takes the form that the member before it demands.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from . import inflect, words
from .context import Context
from .lexicon import adverbs, closed
from .node import Agreement, Node

PAST_MODALS = ("would", "could", "might")
SHORT_NEGATIVE = {
    "can": "ca", "could": "could", "will": "wo", "would": "would", "should": "should", "do": "do",
    "does": "does", "did": "did", "is": "is", "are": "are", "was": "was", "were": "were",
    "have": "have", "has": "has", "had": "had",
}  # fmt: skip
CLITICS = {
    "am": "'m", "is": "'s", "are": "'re", "will": "'ll", "have": "'ve", "has": "'s", "had": "'d",
    "would": "'d",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tam:
    """Tense, aspect, modality, polarity and voice of a clause.

    `form` is fin for a finite clause, imp for an imperative, or the non-finite form of the first
    verb of the chain: inf, ger or part.
    """

    tense: str = "pres"
    modal: str = ""
    perfect: bool = False
    progressive: bool = False
    passive: bool = False
    negative: bool = False
    form: str = "fin"

    def but(self, **changes: object) -> Tam:
        """Return a copy with changes."""
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def time(self) -> str:
        """Return the time that adverbials of the clause may refer to."""
        if self.modal in ("will", "may", "should", "can"):
            return "future"
        if self.perfect:
            return "perfect"
        return self.tense


def choose_tam(ctx: Context, *, stative: bool = False, tense: str = "", plain: bool = False) -> Tam:
    """Choose tense, aspect, modality and polarity of a finite clause."""
    negative = ctx.chance(0.13 if not plain else 0.06)
    past_share = 0.27 if stative else 0.76
    if not tense and ctx.chance(0.17 if not plain else 0.12):
        modal = ctx.weigh(closed.MODALS)
        perfect = modal in ("could", "should", "must", "may", "might", "would") and ctx.chance(0.08)
        return Tam(modal=modal, negative=negative and modal != "must", perfect=perfect)
    if tense == "past" and ctx.chance(0.14):
        return Tam(modal=ctx.pick(PAST_MODALS), negative=negative)
    tense = tense or ("past" if ctx.chance(past_share) else "pres")
    roll = ctx.rng.random()
    if roll < (0.12 if stative or tense == "past" else 0.3):
        # The past perfect is rare outside narratives.
        tense = "pres" if ctx.chance(0.6) else tense
        return Tam(tense=tense, perfect=True, negative=negative)
    if roll < (0.2 if tense == "past" else 0.74) and not stative:
        return Tam(tense=tense, progressive=True, negative=negative)
    return Tam(tense=tense, negative=negative)


def finite_form(verb: str, tense: str, agr: Agreement) -> tuple[str, str, dict[str, str]]:
    """Return form, tag and features of a finite verb."""
    person, number = agr
    feats = {"Mood": "Ind", "Number": number, "Person": str(person),
             "Tense": "Past" if tense == "past" else "Pres", "VerbForm": "Fin"}  # fmt: skip
    third = agr == (3, "Sing")
    if verb == "be":
        if tense == "past":
            form = "was" if number == "Sing" and person != 2 else "were"
        else:
            form = "is" if third else "am" if agr == (1, "Sing") else "are"
    elif tense == "past":
        form = inflect.past(verb)
    else:
        form = inflect.third_person(verb) if third else verb
    tag = "VBD" if tense == "past" else "VBZ" if third else "VBP"
    return form, tag, feats


def inflected(verb: str, demand: str, tam: Tam, agr: Agreement, passive: bool = False) -> tuple:
    """Return form, tag and features of a verb in the form that its place in the chain demands."""
    if demand == "fin":
        return finite_form(verb, tam.tense, agr)
    if demand == "imp":
        return verb, "VB", {"Mood": "Imp", "VerbForm": "Fin"}
    if demand == "inf":
        return verb, "VB", {"VerbForm": "Inf"}
    if demand == "pp":
        feats = {"Tense": "Past", "VerbForm": "Part"}
        if passive:
            feats["Voice"] = "Pass"
        return inflect.participle(verb), "VBN", feats
    if demand == "ger":
        return inflect.ing(verb), "VBG", {"VerbForm": "Ger"}
    return inflect.ing(verb), "VBG", {"Tense": "Pres", "VerbForm": "Part"}


def build(
    ctx: Context,
    head: Node,
    tam: Tam,
    subject: Node | None,
    *,
    relation: str = "",
    inverted: bool = False,
    copula: bool = False,
    middle: bool = True,
    contract: bool = True,
) -> str:
    """Put subject, auxiliaries, negation and mid-position adverbs to the left of `head`.

    With `copula` the head is a non-verbal predicate and be is its cop dependent.  Return the form
    demanded of the lexical verb, so that a coordinated verb can be given the same form.
    """
    agr = subject.agr if subject else (3, "Sing")
    if subject and tam.negative and _is_negative(subject):
        tam = tam.but(negative=False)
    chain: list[tuple[str, str]] = []
    if tam.modal:
        chain.append((tam.modal, "aux"))
    if tam.perfect:
        chain.append(("have", "aux"))
    if tam.progressive:
        chain.append(("be", "aux"))
    if tam.passive:
        chain.append(("be", "aux:pass"))
    if copula:
        chain.append(("be", "cop"))
    existential = head.lemma == "be"
    if not chain and not existential and tam.form in ("fin", "imp"):
        if tam.negative or inverted:
            chain.append(("do", "aux"))
    elif not chain and existential and inverted:
        raise ValueError("an inverted existential needs an auxiliary")
    if tam.form == "imp" and copula and tam.negative:
        chain.insert(0, ("do", "aux"))

    nodes, demand = _auxiliaries(chain, tam, agr)
    if not copula:
        head.form, head.xpos, head.feats = inflected(head.lemma, demand, tam, agr, tam.passive)
    relation = relation or ("nsubj:pass" if tam.passive else "nsubj")
    _arrange(ctx, head, nodes, tam, subject, relation, inverted, middle, contract)
    return demand


def _is_negative(node: Node) -> bool:
    determiner = node.child("det")
    own = node.feats.get("PronType") == "Neg"
    return own or (determiner is not None and determiner.lemma == "no")


def _auxiliaries(chain: list[tuple[str, str]], tam: Tam, agr: Agreement) -> tuple[list[Node], str]:
    nodes: list[Node] = []
    demand = {"part": "ing"}.get(tam.form, tam.form)
    for position, (lemma, relation) in enumerate(chain):
        if lemma == tam.modal and position == 0:
            node = Node(lemma, "AUX", xpos="MD", feats={"VerbForm": "Fin"})
            demand = "inf"
        else:
            form, tag, feats = inflected(lemma, demand, tam, agr)
            node = Node(lemma, "AUX", form, tag, feats)
            demand = "inf" if lemma == "do" else "pp" if lemma == "have" else demand
            if lemma == "be":
                progressive = relation == "aux"
                demand = "ing" if progressive else "pp"
        node.deprel = relation
        nodes.append(node)
    return nodes, demand


def _arrange(
    ctx: Context,
    head: Node,
    nodes: list[Node],
    tam: Tam,
    subject: Node | None,
    relation: str,
    inverted: bool,
    middle: bool,
    contract: bool,
) -> None:
    negation = _negate(ctx, head, nodes, tam, inverted) if tam.negative else None
    first = nodes[0] if nodes else None
    if subject and first and not inverted and contract and not (negation and negation.glued):
        _contract(ctx, subject, first)
    if inverted and first:
        head.before(first, first.deprel)
        if negation and negation.glued:
            head.before(negation, "advmod")
        if subject:
            head.before(subject, relation)
        if negation and not negation.glued:
            head.before(negation, "advmod")
    else:
        if subject:
            head.before(subject, relation)
        if first:
            head.before(first, first.deprel)
        if negation:
            head.before(negation, "advmod")
    if middle and not inverted and tam.form == "fin" and ctx.chance(0.13):
        adverb = _middle_adverb(ctx, tam)
        if first is None and not ctx.chance(0.8):
            adverb = None
        if adverb:
            head.before(adverb, "advmod")
    for node in nodes[1:]:
        head.before(node, node.deprel)


def _middle_adverb(ctx: Context, tam: Tam) -> Node:
    if tam.perfect and not tam.negative and ctx.chance(0.6):
        return words.adverb(ctx.pick(("already", "just", "recently", "finally", "never", "always")))
    if tam.negative:
        return words.adverb(ctx.pick(("really", "even", "actually", "always", "usually")))
    if tam.tense == "pres" and not tam.progressive and not tam.modal and ctx.chance(0.4):
        return words.adverb(ctx.pick(adverbs.FREQUENCY))
    return words.adverb(ctx.pick(adverbs.MIDDLE))


def _negate(ctx: Context, head: Node, nodes: list[Node], tam: Tam, inverted: bool) -> Node:
    ctx.note("negation")
    short = ctx.chance(0.75 if ctx.informal else 0.2)
    if not nodes:
        return words.negation(False)
    first = nodes[0]
    if tam.form not in ("fin", "imp") or first.form not in SHORT_NEGATIVE:
        short = False
    if inverted and not short:
        short = first.form in SHORT_NEGATIVE and ctx.chance(0.9)
    if short:
        ctx.note("contraction")
        first.form = SHORT_NEGATIVE[first.form]
        return words.negation(True)
    node = words.negation(False)
    if first.form == "can" and not inverted:
        # Standard spelling joins these two words without changing either.
        ctx.note("contraction")
        node.glued = True
    return node


def _contract(ctx: Context, subject: Node, first: Node) -> None:
    if subject.upos != "PRON" or subject.right or subject.left:
        return
    if subject.feats.get("PronType") not in ("Prs", "Dem") or subject.form in ("these", "those"):
        return
    if subject.form in ("this",) or first.form not in CLITICS:
        return
    if subject.form == "that" and CLITICS[first.form] != "'s":
        return
    if first.lemma == "have" and first.deprel != "aux":
        return
    if ctx.chance(0.62 if ctx.informal else 0.08):
        ctx.note("contraction")
        first.form = CLITICS[first.form]
        first.glued = True
