"""Digests of whole patterns, by plain torch operations on any device."""

from dataclasses import replace

import torch

from pipeline.core.digest import Digest, Distances, Pairs
from pipeline.core.layout import HALF_WIDTH, Layout
from pipeline.core.shapes import Float, Int, Tensor
from pipeline.statistics.largest import first_largest
from pipeline.statistics.pointers import between_words, nodes_pointer, pointers
from pipeline.statistics.shape import entropies
from pipeline.statistics.trees import spanning_tree, undirected


def digest_of(
    pattern: Float[Tensor, "sentence head query key"],
    layout: Layout,
    length: Float[Tensor, "sentence head key"] | None = None,
    trees: bool = True,
    points: bool = True,
) -> Digest:
    """`length` is that of each key's transformed value. Without `points` there are no pointers."""
    digest, between = digest_without_trees(pattern, layout, length, trees, points)
    return with_trees(digest, between, layout)


def with_trees(digest: Digest, between: Tensor | None, layout: Layout) -> Digest:
    """Trees are for all heads at once: the search for them is a loop of small steps."""
    if between is None:
        return digest
    return replace(digest, pointers=digest.pointers | {"tree": spanning_tree(between, layout)})


def digest_without_trees(
    pattern: Float[Tensor, "sentence head query key"],
    layout: Layout,
    length: Float[Tensor, "sentence head key"] | None,
    trees: bool,
    points: bool = True,
    scores: Float[Tensor, "sentence head query key"] | None = None,
) -> tuple[Digest, Float[Tensor, "sentence head word word"] | None]:
    """The digest without trees, and what these are read off, where they are asked for. `scores` are
    what the pattern is the softmax of; they are overwritten."""
    largest, where = first_largest(pattern, -1)
    few = layout.few_keys[:, None, None, :].expand(-1, *pattern.shape[1:3], -1)
    between = between_words(pattern, layout, length) if points else {}
    found = pointers(between)
    of_trees = None
    if points and layout.is_self and trees:
        found["tree_max"] = nodes_pointer(between["", ""], layout)
        of_trees = undirected(between["", ""])
    pairs = segments = distances = weighted = None
    if layout.is_self:
        pairs, weighted = _pairs(pattern, layout, length)
        distances = _distances(pattern, layout)
        if layout.queries.segment is not None:
            segments = pattern.flatten(2) @ layout.segments
    digest = Digest(
        received=pattern.sum(2),
        entropy=entropies(pattern) if scores is None else _entropy(pattern, scores, largest, where),
        largest=largest,
        where=where,
        content=(pattern * layout.content_keys[:, None, None]).amax(-1),
        columns=pattern.gather(3, few).mT,
        pointers=found,
        pairs=pairs,
        weighted=weighted,
        distances=distances,
        segments=segments,
    )
    return digest, of_trees


def _entropy(
    pattern: Float[Tensor, "sentence head query key"],
    scores: Float[Tensor, "sentence head query key"],
    largest: Float[Tensor, "sentence head query"],
    where: Int[Tensor, "sentence head query"],
) -> Float[Tensor, "sentence head query"]:
    """As `entropies`, without a logarithm of every weight: scores are those but for one number a
    row, and that is known of the largest."""
    less = scores.gather(-1, where.unsqueeze(-1)).squeeze(-1) - largest.log()
    less = torch.where(largest > 0, less, 0.0)  # padding's rows have no weight
    # Out of sight a weight of 0 meets a logarithm of −∞, and is to give 0.
    return -scores.sub_(less.unsqueeze(-1)).clamp_(min=_LEAST).mul_(pattern).sum(-1)


_LEAST = -200.0
"""Less than the logarithm of any weight above 0."""


def _pairs(
    pattern: Float[Tensor, "sentence head query key"],
    layout: Layout,
    length: Float[Tensor, "sentence head key"] | None,
) -> tuple[Pairs, Pairs | None]:
    """Of the pattern, and of the one weighted by `length`."""
    itself = pattern.diagonal(dim1=-2, dim2=-1)
    before, behind = (pattern.diagonal(d, dim1=-2, dim2=-1) for d in (-1, 1))
    sentence, query, key = layout.same_word
    same_word = pattern[sentence, :, query, key]
    other = (pattern * layout.other_keys).sum(2)
    nothing = pattern.new_zeros(pattern.shape[:2])

    def by_sentence(weights: Tensor) -> Tensor:
        return nothing.index_add(0, sentence, weights)

    plain = Pairs(itself, before.sum(-1), behind.sum(-1), by_sentence(same_word), other.sum(-1))
    if length is None:
        return plain, None
    return plain, Pairs(
        itself * length,
        (before * length[..., :-1]).sum(-1),
        (behind * length[..., 1:]).sum(-1),
        by_sentence(same_word * length[sentence, :, key]),
        (other * length).sum(-1),
    )


def _distances(pattern: Float[Tensor, "sentence head query key"], layout: Layout) -> Distances:
    near = range(-HALF_WIDTH, HALF_WIDTH + 1)
    flat = pattern.flatten(2)
    # One product each: a product with few columns reads its table as slowly as with many.
    below, above, back, ahead = (flat @ column for column in layout.distances)
    bins = [pattern.diagonal(d, dim1=-2, dim2=-1).sum(-1) for d in near]
    return Distances(torch.stack([*bins, below, above], -1), back + ahead, ahead - back)
