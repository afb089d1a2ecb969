"""A translation under way: the Talvori tree and the links collected so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..node import Node


@dataclass(slots=True)
class Draft:
    """A Talvori tree with links (English word, Talvori word, sure) between nodes.

    `made` finds the counterpart of an English word by its identity.
    """

    root: Node
    links: list[tuple[Node, Node, bool]] = field(default_factory=list)
    made: dict[int, Node] = field(default_factory=dict)

    def render(self, source: Node, target: Node) -> None:
        """Note that one word renders the other, alone or together with further words."""
        self.links.append((source, target, True))
        self.made.setdefault(id(source), target)

    def merge(self, source: Node, target: Node) -> None:
        """Note that a word shows in the inflection of the other, or in a word added to it."""
        self.links.append((source, target, False))

    def add(self, word: str, upos: str, deprel: str, head: Node) -> Node:
        """Hang a word of no English word's own on a Talvori word and return it."""
        return head.after(Node(word, upos), deprel)
