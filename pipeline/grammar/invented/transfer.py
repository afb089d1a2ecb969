"""Transfer: from an English tree to a Talvori tree, and the links between their words.

The dependents of the new tree all hang on the right, save for signs that open a phrase; the order
is settled later.  A word that has no counterpart hands its own dependents to its governor.
"""

from __future__ import annotations

from ..node import Node
from . import particles
from .commas import hang
from .draft import Draft
from .morphology import COMPARING, inflected
from .stems import preverb, stem
from .verbs import CHAIN, FINITE, Group, group, is_word

MULTIWORD = ("fixed", "compound:prt")


def transfer(root: Node) -> Draft:
    """Return the Talvori tree of a sentence with its links."""
    draft = Draft(root)
    draft.root = _counterpart(root, None, None, draft)
    particles.question(root, draft)
    particles.topic(draft.root, draft)
    return draft


def _counterpart(source: Node, head: Node | None, above: Group | None, draft: Draft) -> Node:
    """Return the counterpart of a word with those of all its dependents.

    `head` is the Talvori governor and `above` the verb group of the English one.
    """
    verbs = group(source, above if head and head.upos == "VERB" else None)
    target = Node(stem(source), source.upos, xpos=source.xpos, deprel=source.deprel)
    target.feats, target.sense = dict(source.feats), source.sense
    target.form = inflected(source, above if source.deprel in CHAIN and above else verbs)
    if source.upos == "VERB":
        target.feats["VerbForm"] = "Fin" if verbs.own in FINITE else "Inf"
    draft.render(source, target)
    _dependents(source, target, verbs, draft)
    for word in _merged(source):
        tensed = word.deprel in ("aux", "mark")
        draft.merge(word, draft.made[id(verbs.carrier)] if tensed else target)
    if source.deprel != "case" and (own := preverb(source)):
        draft.render(source, draft.add(own, "PART", "compound:prt", target))
    particles.mark(source, target, head, draft)
    hang(source, target, head, draft)
    return target


def _dependents(source: Node, target: Node, verbs: Group, draft: Draft) -> None:
    merged = _merged(source)
    for child in (*source.left, *source.right):
        if child.deprel in ("punct", "expl"):
            continue
        if child.deprel in MULTIWORD:
            draft.render(child, target)
        elif any(child is word for word in merged):
            _dependents(child, target, verbs, draft)
        else:
            target.right.append(_counterpart(child, target, verbs, draft))


def _merged(source: Node) -> list[Node]:
    """Return the dependents that become inflections of the word or of its auxiliary."""
    return [child for child in (*source.left, *source.right) if _is_merged(child, source)]


def _is_merged(child: Node, source: Node) -> bool:
    if child.deprel in CHAIN:
        return not is_word(child)
    if child.deprel == "advmod":
        return child.lemma in COMPARING and child.upos == "ADV" and source.upos in ("ADJ", "ADV")
    if child.upos == "DET":
        return child.lemma in ("the", "a")
    return child.upos == "PART" and child.deprel in ("mark", "case")
