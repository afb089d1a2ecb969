"""Inflection: regular endings, each beginning with a vowel."""

from __future__ import annotations

from ..node import Node
from .stems import stem
from .verbs import CHAIN, Group

VERB = {
    "present": "a", "past": "i", "future": "u", "perfect": "evi", "infinitive": "e",
    "gerund": "an", "imperative": "o",
}  # fmt: skip
PASSIVE = "ol"
PLURAL = "ai"
GENITIVE = "un"
DEGREE = {"Cmp": "ari", "Sup": "orma"}
COMPARING = {"more": "Cmp", "most": "Sup"}
DEMONSTRATIVE = ("this", "that")


def inflected(node: Node, group: Group) -> str:
    """Return the Talvori form of an English word.

    `group` is the verb group that a verb or auxiliary belongs to.
    """
    if node.deprel in CHAIN:
        # Only the auxiliary that carries the tense is inflected.
        return stem(node) + (VERB[group.ending] if node is group.carrier else "")
    if node.deprel == "case":
        return stem(node)
    if node.upos == "VERB":
        return stem(node) + (PASSIVE if group.passive else "") + VERB[group.own]
    if node.upos in ("ADJ", "ADV"):
        return stem(node) + _degree(node)
    return stem(node) + _number(node) + _genitive(node)


def _degree(node: Node) -> str:
    periphrastic = [COMPARING.get(child.lemma) for child in node.left if child.deprel == "advmod"]
    value = next((value for value in periphrastic if value), node.feats.get("Degree", "Pos"))
    return DEGREE.get(value, "")


def _number(node: Node) -> str:
    counted = node.upos == "NOUN" or (node.upos in ("PRON", "DET") and node.lemma in DEMONSTRATIVE)
    return PLURAL if counted and node.feats.get("Number") == "Plur" else ""


def _genitive(node: Node) -> str:
    marked = any(child.deprel == "case" and child.upos == "PART" for child in node.right)
    return GENITIVE if marked or node.feats.get("Poss") == "Yes" else ""
