"""Ordered dependency trees.

A dependency tree says, for every word of a sentence, which other word governs it and by what
relation.  The grammar builds such trees from the top: a construction makes a head and hangs
dependents to the left and to the right of it.  The two lists are ordered from the outermost
dependent on the left to the outermost on the right, so a tree carries one canonical order of
English, while another linearisation remains free to reorder the same dependents by their
relations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

Agreement = tuple[int, str]


@dataclass(slots=True)
class Node:
    """One syntactic word with its dependents.

    `sense` names the meaning apart from the English spelling (lemma and part of speech unless a
    lexicon says otherwise).  `agr` is person and number for agreement.  `glued` marks a word
    written together with the one before it as one orthographic word (the n't of don't).
    """

    lemma: str
    upos: str
    form: str = ""
    xpos: str = "_"
    feats: dict[str, str] = field(default_factory=dict)
    deprel: str = "dep"
    left: list[Node] = field(default_factory=list)
    right: list[Node] = field(default_factory=list)
    sense: str = ""
    glued: bool = False
    agr: Agreement = (3, "Sing")

    def __post_init__(self) -> None:
        self.form = self.form or self.lemma
        self.sense = self.sense or f"{self.lemma}.{self.upos.lower()}"

    def before(self, child: Node, deprel: str) -> Node:
        """Attach `child` as the innermost left dependent and return it."""
        child.deprel = deprel
        self.left.append(child)
        return child

    def first(self, child: Node, deprel: str) -> Node:
        """Attach `child` as the outermost left dependent and return it."""
        child.deprel = deprel
        self.left.insert(0, child)
        return child

    def after(self, child: Node, deprel: str) -> Node:
        """Attach `child` as the outermost right dependent and return it."""
        child.deprel = deprel
        self.right.append(child)
        return child

    def walk(self) -> Iterator[Node]:
        """Yield the node and all its descendants, governors before dependents."""
        yield self
        for child in (*self.left, *self.right):
            yield from child.walk()

    def size(self) -> int:
        """Return how many words the subtree has."""
        return sum(1 for _ in self.walk())

    def child(self, deprel: str) -> Node | None:
        """Return the first dependent with the given relation, if there is one."""
        for node in (*self.left, *self.right):
            if node.deprel == deprel:
                return node
        return None


@dataclass(slots=True)
class Sentence:
    """A finished tree with the names of the constructions that went into it."""

    root: Node
    constructions: tuple[str, ...]
    topic: str
    capitalise: bool = True
    sent_id: str = ""
