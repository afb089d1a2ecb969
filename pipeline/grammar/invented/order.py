"""The word order of Talvori: every relation has its place before or after the head.

Dependents of the same place keep their English order.  A tree is put in a row subtree by subtree,
so phrases stay together.
"""

from __future__ import annotations

from ..node import Node

# Outermost on the left first; negative places are before the head.
PLACES = {
    "vocative": -90, "dislocated": -85, "advcl": -80, "csubj": -70, "nsubj:outer": -68,
    "obl:unmarked": -65, "nsubj": -60, "nsubj:pass": -60, "obl": -50, "obl:agent": -50,
    "iobj": -45, "obj": -40, "ccomp": -35, "xcomp": -34, "acl": -30, "acl:relcl": -31,
    "nmod": -25, "nmod:unmarked": -25,
    "flat": 4, "nmod:desc": 6, "compound": 10, "amod": 20, "nummod": 24, "clf": 25,
    "nmod:poss": 30, "det": 35, "det:predet": 36,
    "cc:preconj": 53, "conj": 55, "appos": 65, "list": 70, "advcl:relcl": 72, "parataxis": 75,
    "discourse": 80, "cc": 85,
}  # fmt: skip
FOCUS = -15
ADVERB = -10
NUMBER = -5
PREVERB = -1
DEGREE = 22
# The end of a phrase: before the conjuncts, or after them if it holds for all.
TAIL = {"advmod": 42, "aux": 44, "cop": 43, "case": 40, "mark": 50}
BEHIND_CONJUNCTS = 16
RELATIVE = 45
FULL_STOP = 95
OUTSIDE = 100
RELATIVE_CLAUSES = ("acl:relcl", "advcl:relcl")
SUBJECTS = ("nsubj", "nsubj:pass", "csubj")


def order(root: Node) -> list[Node]:
    """Return the nodes of a Talvori tree in their order.

    What hangs on the left are the signs that open a phrase; they come first.
    """
    ranked = sorted(((place(child, root), child) for child in root.right), key=_rank)
    rows = [order(child) for child in root.left]
    rows += [order(child) for rank, child in ranked if rank < 0]
    rows.append([root])
    rows += [order(child) for rank, child in ranked if rank > 0]
    return [node for row in rows for node in row]


def _rank(entry: tuple[int, Node]) -> int:
    return entry[0]


def place(child: Node, head: Node) -> int:
    """Return the place of a dependent, as it would be on the right."""
    relation = child.deprel
    if relation == "punct":
        return OUTSIDE if child.xpos in ("''", "-RRB-", ",") else FULL_STOP
    if relation == "discourse" and child.upos == "SYM":
        return OUTSIDE
    if relation == "compound:prt":
        return PREVERB
    kind = child.feats.get("PronType")
    if kind == "Rel" and _is_bare(child, head):
        return RELATIVE
    if kind == "Int" and relation != "det" and not child.right:
        return FOCUS
    if relation == "advmod" and child.upos != "PART":
        return ADVERB if head.upos == "VERB" else DEGREE
    if relation == "nummod" and head.form == "%":
        return NUMBER
    if relation in TAIL:
        return TAIL[relation] + (BEHIND_CONJUNCTS if shared(relation, head) else 0)
    return PLACES[relation]


def _is_bare(child: Node, head: Node) -> bool:
    """Tell whether a relative word stands alone as a dependent of its own clause."""
    return head.deprel in RELATIVE_CLAUSES and child.deprel != "nmod:poss" and not child.right


def shared(relation: str, head: Node) -> bool:
    """Tell whether a word at the end of a phrase holds for all its conjuncts."""
    others = [child for child in head.right if child.deprel == "conj"]
    if relation in ("case", "mark"):
        return all(other.child(relation) is None for other in others)
    return not any(
        other.feats.get("VerbForm") == "Fin"
        or any(grandchild.deprel in (*SUBJECTS, "aux", "cop") for grandchild in other.right)
        for other in others
    )
