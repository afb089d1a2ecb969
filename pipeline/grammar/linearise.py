"""Linearisation: from an ordered tree to words in a row, and to text.

`order` is the only place that turns a tree into a sequence.  A language with another word order
needs another `order`; the rest (spelling, spacing, identifiers) follows from the sequence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .inflect import article
from .node import Node, Sentence

Order = Callable[[Node], list[Node]]

NO_SPACE_BEFORE = (",", ".", "?", "!", ":", ";", ")", "...", "??", "%")
NO_SPACE_AFTER = ("(", "$")


@dataclass(slots=True)
class Token:
    """A word in its place: `head` is the position of its governor, 0 for the root."""

    node: Node
    form: str
    position: int
    head: int
    space_after: bool
    glued: bool


def order(root: Node) -> list[Node]:
    """Return the nodes of a tree in English order: left dependents, head, right dependents."""
    sequence: list[Node] = []
    for child in root.left:
        sequence.extend(order(child))
    sequence.append(root)
    for child in root.right:
        sequence.extend(order(child))
    return sequence


def tokens(sentence: Sentence, arrange: Order = order) -> list[Token]:
    """Return the words of a sentence with positions, governors and spacing."""
    sequence = arrange(sentence.root)
    place = {id(node): position for position, node in enumerate(sequence, start=1)}
    governor = {id(sentence.root): 0}
    for node in sequence:
        for child in (*node.left, *node.right):
            governor[id(child)] = place[id(node)]
    forms = _forms(sequence, sentence.capitalise)
    return [
        Token(
            node,
            form,
            position,
            governor[id(node)],
            _space_after(node, sequence[position] if position < len(sequence) else None),
            node.glued,
        )
        for position, (node, form) in enumerate(zip(sequence, forms, strict=True), start=1)
    ]


def _forms(sequence: list[Node], capitalise: bool) -> list[str]:
    forms = [node.form for node in sequence]
    for position, node in enumerate(sequence[:-1]):
        if node.lemma == "a" and node.upos == "DET":
            following = position + 1
            while sequence[following].upos == "PUNCT":
                following += 1
            forms[position] = article(forms[following])
    if capitalise:
        first = next((i for i, node in enumerate(sequence) if node.upos != "PUNCT"), 0)
        if not forms[first].startswith(("www", "http")) and "@" not in forms[first]:
            forms[first] = forms[first][:1].upper() + forms[first][1:]
    return forms


def _space_after(node: Node, following: Node | None) -> bool:
    if following is None:
        return True
    if following.glued or following.xpos in ("''", "HYPH") or node.xpos in ("``", "HYPH"):
        return False
    if following.form in NO_SPACE_BEFORE and following.upos in ("PUNCT", "SYM"):
        return False
    return not (node.form in NO_SPACE_AFTER and node.upos in ("PUNCT", "SYM"))


def text(words: list[Token]) -> str:
    """Return the sentence as it is written."""
    return "".join(word.form + (" " if word.space_after else "") for word in words).rstrip()
