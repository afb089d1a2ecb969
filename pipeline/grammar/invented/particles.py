"""The words that Talvori adds: object marker, classifier, topic particle, question particle."""

from __future__ import annotations

from ..node import Node
from .closed import CLASSIFIER, CLASSIFIERS, OBJECT, QUESTION, TOPIC
from .draft import Draft
from .verbs import CHAIN

SUBJECTS = ("nsubj", "nsubj:pass")
ASKED_ABOUT = (*SUBJECTS, "nsubj:outer", "csubj", "expl")
CLAUSES = ("ccomp", "xcomp", "csubj", "advcl", "acl", "acl:relcl", "parataxis", "conj")
NOMINAL = ("NOUN", "PROPN")


def mark(source: Node, target: Node, head: Node | None, draft: Draft) -> None:
    """Add the marker of a direct object, or the classifier of a counted noun."""
    if source.deprel == "obj" and source.feats.get("PronType") not in ("Int", "Rel"):
        draft.merge(source, draft.add(OBJECT, "PART", "case", target))
    if source.deprel == "nummod" and head and head.upos == "NOUN":
        kind = head.sense.rpartition(".")[2]
        draft.merge(source, draft.add(CLASSIFIERS.get(kind, CLASSIFIER), "PART", "clf", target))


def topic(root: Node, draft: Draft) -> None:
    """Add the particle behind a nominal subject of the main clause."""
    for child in root.right:
        if child.deprel in SUBJECTS and child.upos in NOMINAL:
            draft.add(TOPIC, "PART", "case", child)


def question(source: Node, draft: Draft) -> None:
    """Add the particle of a question that has no question word.

    In English such a question begins with its auxiliary or copula, or has a mark at least.
    """
    dependents = [*source.left, *source.right]
    openers = [child for child in dependents if child.deprel in (*CHAIN, *ASKED_ABOUT)]
    if all(child.deprel in CHAIN for child in openers) or _asks_for_a_word(source):
        return
    inverted = openers[0].deprel in CHAIN
    if inverted or any("?" in child.form for child in source.right if child.deprel == "punct"):
        particle = draft.add(QUESTION, "PART", "discourse", draft.root)
        if inverted:
            draft.merge(openers[0], particle)


def _asks_for_a_word(source: Node) -> bool:
    """Tell whether there is a question word in the clause itself."""
    near = [child for child in (*source.left, *source.right) if child.deprel not in CLAUSES]
    nodes = [source, *near, *(inner for child in near for inner in child.walk())]
    return any(node.feats.get("PronType") == "Int" for node in nodes)
