"""The verb group: which ending the English chain of auxiliaries comes to, and where it goes.

Talvori keeps modals (but will), the be of the progressive and the copula as words behind the verb.
Have, do, will and the be of the passive become endings.  Tense stands on the be of the progressive
if there is one, else on the copula, else on the verb.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..node import Node

CHAIN = ("aux", "aux:pass", "cop")
FINITE = ("present", "past", "future", "perfect", "imperative")


@dataclass(frozen=True, slots=True)
class Group:
    """A verb group as Talvori sees it.

    `ending` is what the whole chain amounts to, `own` the ending of the lexical verb itself,
    `carrier` the English word whose counterpart takes `ending`.
    """

    ending: str
    own: str
    passive: bool
    carrier: Node


def group(head: Node, governor: Group | None) -> Group:
    """Return the verb group of a predicate; `governor` is that of the first conjunct, if any."""
    chain = [child for child in (*head.left, *head.right) if child.deprel in CHAIN]
    passive = head.feats.get("Voice") == "Pass"
    if not chain and governor and _continues(head):
        return Group(governor.own, governor.own, passive, head)
    carrier = head
    for link in chain:
        if link.deprel == "cop" or is_progressive(link):
            carrier = link
            break
    ending = _ending(head, chain)
    own = "gerund" if carrier.deprel == "aux" else ending
    return Group(ending, own, passive, carrier)


def is_progressive(node: Node) -> bool:
    """Tell whether the word is the be of the progressive."""
    return node.deprel == "aux" and node.lemma == "be"


def is_word(node: Node) -> bool:
    """Tell whether an auxiliary has a word of its own in Talvori."""
    modal = node.xpos == "MD" and node.lemma != "will"
    return modal or node.deprel == "cop" or is_progressive(node)


def _continues(head: Node) -> bool:
    """Tell whether a second conjunct shares the auxiliaries of the first."""
    finite = head.feats.get("VerbForm") == "Fin"
    return head.deprel == "conj" and not finite and head.child("mark") is None


def _ending(head: Node, chain: list[Node]) -> str:
    modal = next((link.lemma for link in chain if link.xpos == "MD"), "")
    if modal == "will":
        return "future"
    if any(link.lemma == "have" for link in chain if link.deprel == "aux"):
        return "perfect"
    if modal:
        return "infinitive"
    feats = (chain[0] if chain else head).feats
    if feats.get("Mood") == "Imp":
        return "imperative"
    form = feats.get("VerbForm")
    past = feats.get("Tense") == "Past"
    if form == "Inf":
        return "infinitive"
    if form == "Ger" or (form == "Part" and not past):
        return "gerund"
    return "past" if past else "present"
