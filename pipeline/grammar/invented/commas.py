"""Punctuation: where the signs of a phrase go when the phrase moves, and which commas stay.

A comma divides a phrase from the rest of its sentence.  It goes to the end of a phrase that comes
before its head and to the beginning of one that comes after; all other signs keep their side.
"""

from __future__ import annotations

from ..node import Node
from .draft import Draft
from .order import order, place

OPENING = ("``", "-LRB-")
CLOSING = ("''", "-RRB-")


def hang(source: Node, target: Node, head: Node | None, draft: Draft) -> None:
    """Give a Talvori word the signs of its English counterpart; hyphens in words are left out."""
    commas = sum(_is_comma(child) for child in (*source.left, *source.right))
    for child in (*source.left, *source.right):
        if child.deprel != "punct" or child.xpos == "HYPH":
            continue
        sign = Node(child.form, "PUNCT", xpos=child.xpos)
        opens = any(child is other for other in source.left)
        if _is_comma(child) and commas == 1 and head:
            opens = place(target, head) > 0
        if opens:
            target.first(sign, "punct") if _is_comma(child) else target.before(sign, "punct")
        else:
            target.after(sign, "punct")
        draft.render(child, sign)


def _is_comma(node: Node) -> bool:
    return node.deprel == "punct" and node.form == ","


def tidy(root: Node) -> None:
    """Take out, in place, the commas next to another sign or at the edge of the sentence."""
    while surplus := _surplus(root):
        for node in root.walk():
            for side in (node.left, node.right):
                side[:] = [child for child in side if child is not surplus]


def _surplus(root: Node) -> Node | None:
    sequence = order(root)
    for position, node in enumerate(sequence):
        if node.upos != "PUNCT" or node.form != ",":
            continue
        before = sequence[position - 1] if position else None
        following = sequence[position + 1] if position + 1 < len(sequence) else None
        if before is None or (before.upos == "PUNCT" and before.xpos not in CLOSING):
            return node
        if following is None and not any(node is child for child in root.right):
            return node
        if following and following.upos == "PUNCT" and following.xpos not in OPENING:
            return node
    return None
