"""Group D: the tree in a pattern, the maximum spanning tree of A + Aᵀ between words.

Htut et al. 2019 read trees off heads in this way.

Prim's algorithm for all sentences and heads of a batch at once, a word a step: on a device that is
faster than a solver per tree. Punctuation takes no part, as in the scoring of such trees.
"""

import torch

from pipeline.core.layout import Layout
from pipeline.core.shapes import Bool, Float, Int, Tensor
from pipeline.statistics.largest import first_largest

NO_PARENT, NOT_A_NODE = -1, -3
"""Of the word that a tree starts from; and of punctuation."""


def undirected(
    between_words: Float[Tensor, "sentence head word word"],
) -> Float[Tensor, "sentence head word word"]:
    """A + Aᵀ"""
    return between_words + between_words.transpose(2, 3)


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
    entered = _order(weights.flatten(0, 1), node.flatten(0, 1)).view(node.shape)
    found = [
        first_largest(of_head * (when.unsqueeze(-1) > when.unsqueeze(-2)), -1)
        for of_head, when in zip(weights.unbind(1), entered.unbind(1), strict=True)
    ]
    nearest, parent = (torch.stack(each, 1) for each in zip(*found, strict=True))
    parent = torch.where(nearest > 0, parent, NO_PARENT)
    return torch.where(node, parent, NOT_A_NODE).to(torch.int16)


def _order(
    weights: Float[Tensor, "tree word word"], node: Bool[Tensor, "tree word"]
) -> Float[Tensor, "tree word"]:
    """When each word enters its tree; infinity for what is no node. Few and small steps: this is
    the loop, and parents follow from the order.
    """
    n_trees, n_words = node.shape
    rows = weights.reshape(-1, n_words)
    first_row = torch.arange(0, n_trees * n_words, n_words, device=weights.device)
    barrier = torch.where(node, 0.0, -torch.inf)
    nearness = weights.new_zeros(n_trees, n_words)
    entering = [barrier.argmax(-1) + first_row]
    for _ in range(int(node.sum(1).max()) - 1):
        barrier.view(-1).index_fill_(0, entering[-1], -torch.inf)
        torch.maximum(nearness, rows.index_select(0, entering[-1]), out=nearness)
        entering.append((nearness + barrier).argmax(-1) + first_row)
    steps = torch.arange(len(entering), dtype=weights.dtype, device=weights.device)
    entered = torch.full_like(rows[:, 0], torch.inf)
    # A tree that is whole offers its first word again: the first time counts.
    at = torch.stack(entering)
    entered.scatter_reduce_(0, at.flatten(), steps[:, None].expand_as(at).flatten(), "amin")
    return entered.view(n_trees, n_words).masked_fill(~node, torch.inf)
