"""Tidying of punctuation after a tree is complete.

Constructions enclose their material in commas without knowing what comes next; a comma that ends
up before a stronger mark, after another comma or at the edge of the sentence is taken out.
"""

from __future__ import annotations

from .linearise import order
from .node import Node

STRONGER = (".", "?", "!", ":", ";", ")", ",", "...", "--", "??")


def tidy(root: Node) -> None:
    """Remove superfluous commas in place."""
    while True:
        sequence = order(root)
        surplus = _surplus(sequence)
        if surplus is None:
            return
        _remove(root, surplus)


def _surplus(sequence: list[Node]) -> Node | None:
    for position, node in enumerate(sequence):
        if node.form == "." and position and sequence[position - 1].form.endswith("."):
            # The full stop of an abbreviation ends the sentence too.
            return node
        if node.upos != "PUNCT" or node.form != ",":
            continue
        following = sequence[position + 1] if position + 1 < len(sequence) else None
        before = sequence[position - 1] if position else None
        if before is None:
            return node
        if following is None:
            # Letters open and close with a comma of their own, attached to the root.
            if node.deprel == "punct" and node in sequence_root_marks(sequence):
                continue
            return node
        if following.upos == "PUNCT" and following.form in STRONGER:
            return node
        if following.upos == "PUNCT" and following.form == "-" and following.xpos == ",":
            return node
        if before.upos == "PUNCT" and before.form in ("(", ":", ";", "--"):
            return node
        if before.upos == "PUNCT" and before.xpos in ("``", ","):
            return node
    return None


def sequence_root_marks(sequence: list[Node]) -> list[Node]:
    """Return the marks that hang on the root at the right edge of the sentence."""
    root = next(node for node in sequence if node.deprel == "root")
    return [node for node in root.right[-1:] if node.upos == "PUNCT"]


def _remove(root: Node, target: Node) -> None:
    for node in root.walk():
        for side in (node.left, node.right):
            for position, child in enumerate(side):
                if child is target:
                    del side[position]
                    return
