"""Constructions that a finished tree shows, whatever was drawn on the way to it.

Tense, aspect and degree are chosen before it is known whether they fit: a question has its own
auxiliary, an adjective gives way to another. So these are not noted where they are chosen.
"""

from __future__ import annotations

from collections.abc import Callable

from .node import Node


def _has(node: Node, deprel: str, lemma: str) -> bool:
    return any(c.deprel == deprel and c.lemma == lemma for c in (*node.left, *node.right))


def _is_modified_by_noun(node: Node) -> bool:
    dependents = (c.upos for c in node.left if c.deprel == "compound")
    return node.upos == "NOUN" and any(upos in ("NOUN", "PROPN") for upos in dependents)


MARKS: dict[str, Callable[[Node], bool]] = {
    "modal": lambda node: node.xpos == "MD",
    "perfect": lambda node: _has(node, "aux", "have"),
    "progressive": lambda node: node.xpos == "VBG" and _has(node, "aux", "be"),
    "comparative_than": lambda node: _has(node, "case", "than"),
    "compound_noun": _is_modified_by_noun,
    "superlative": lambda node: node.feats.get("Degree") == "Sup",
}
"""By the name of a construction, whether a word is its mark."""


def marked(root: Node) -> list[str]:
    """Which of them the tree has."""
    nodes = list(root.walk())
    return [name for name, is_mark in MARKS.items() if any(map(is_mark, nodes))]
