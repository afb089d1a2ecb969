"""Group D: the tree in a pattern, the maximum spanning tree of A + Aᵀ between words.

Htut et al. 2019 read trees off heads in this way.

Prim's algorithm for all sentences and heads of a batch at once, a word a step: on a device that is
faster than a solver per tree. Punctuation takes no part, as in the scoring of such trees.
"""

from typing import Any

import torch

from pipeline.core.layout import Layout
from pipeline.core.shapes import Bool, Float, Int, Tensor
from pipeline.statistics.largest import first_largest
from pipeline.statistics.patterns import at_once

NO_PARENT, NOT_A_NODE = -1, -3
"""Of the word that a tree starts from; and of punctuation."""


def undirected(
    between_words: Float[Tensor, "sentence head word word"],
    out: Float[Tensor, "sentence head word word"] | None = None,
) -> Float[Tensor, "sentence head word word"]:
    """A + Aᵀ."""
    return torch.add(between_words, between_words.mT, out=out)


def spanning_tree(
    weights: Float[Tensor, "sentence head word word"], layout: Layout
) -> Int[Tensor, "sentence head word"]:
    """Each word's parent in the tree that starts from the first word which is a node.

    Which word a tree starts from changes its parents, not its edges. Weights are `undirected` and
    not below 0; words that no weight above 0 joins are of several trees, each with a word without
    parent.
    """
    _, n_heads, n_words, _ = weights.shape
    node = layout.tree_words[:, None, :].expand(-1, n_heads, -1)
    if not n_words:
        return node.to(torch.int16)
    entered = _order(weights.flatten(0, 1), node.flatten(0, 1), layout.most_tree_words)
    entered = entered.view(node.shape)
    step = at_once(len(weights) * n_words**2, weights.device)
    found = [
        first_largest(_of_earlier(of_heads, when), -2)
        for of_heads, when in zip(weights.split(step, 1), entered.split(step, 1), strict=True)
    ]
    nearest, parent = (torch.cat(each, 1) for each in zip(*found, strict=True))
    parent = torch.where(nearest > 0, parent, NO_PARENT)
    return torch.where(node, parent, NOT_A_NODE).to(torch.int16)


def _of_earlier(
    weights: Float[Tensor, "sentence head word word"], entered: Float[Tensor, "sentence head word"]
) -> Float[Tensor, "sentence head word word"]:
    """In each word's column, its weights with words that entered before it. Of two words the same
    weight stands on either side, so that a column is as good as a row."""
    is_earlier = torch.empty_like(weights)  # what is bool would be multiplied slowly
    torch.lt(entered.unsqueeze(-1), entered.unsqueeze(-2), out=is_earlier)
    return is_earlier.mul_(weights)


def _order(
    weights: Float[Tensor, "tree word word"], node: Bool[Tensor, "tree word"], n_steps: int
) -> Float[Tensor, "tree word"]:
    """When each word enters its tree, which has `n_steps` nodes or fewer; infinity for what is no
    node. Few and small steps: this is the loop, and parents follow from the order.
    """
    n_trees, n_words = node.shape
    first_row = torch.arange(0, n_trees * n_words, n_words, device=weights.device)
    barrier = torch.where(node, 0.0, -torch.inf)
    at = first_row.new_empty(n_steps, n_trees)
    filled = (weights.reshape(-1, n_words), first_row, barrier, at)
    # On a CPU arrays that share their memory: such small steps of theirs take half the time.
    _enter(*([each.numpy() for each in filled] if weights.device.type == "cpu" else filled))
    step = torch.arange(len(at), dtype=weights.dtype, device=weights.device)
    entered = weights.new_full((n_trees * n_words,), torch.inf)
    # A tree that is whole offers its first word again: the first time counts.
    entered.scatter_reduce_(0, at.flatten(), step[:, None].expand_as(at).flatten(), "amin")
    return entered.view(n_trees, n_words).masked_fill(~node, torch.inf)


def _enter(rows: Any, first_row: Any, barrier: Any, at: Any) -> None:
    """Fills `at` with the row of the word that enters each tree, step by step. All are tensors, or
    all are arrays. `barrier` is overwritten."""
    of_tensors = isinstance(rows, Tensor)
    made: Any = torch if of_tensors else rows.__array_namespace__()
    gone = barrier.reshape(-1)
    offered = barrier + 0
    nearness = made.zeros_like(barrier)
    for entering in at:
        made.argmax(offered, -1, out=entering)
        entering += first_row
        gone[entering] = -torch.inf
        if of_tensors:
            torch.index_select(rows, 0, entering, out=offered)
        else:
            rows.take(entering, 0, offered, "clip")
        made.maximum(nearness, offered, out=nearness)
        made.add(nearness, barrier, out=offered)
