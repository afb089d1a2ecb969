"""Digests of whole patterns, by plain torch operations on any device."""

from dataclasses import replace

import torch

from pipeline.core.digest import Digest, Distances, Pairs
from pipeline.core.layout import HALF_WIDTH, Layout
from pipeline.core.shapes import Float, Tensor
from pipeline.statistics.largest import first_largest, largest_of_columns
from pipeline.statistics.pointers import between_words, nodes_pointer, pointers, queries_first
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


def with_trees(
    digest: Digest, weights: Float[Tensor, "sentence head word word"] | None, layout: Layout
) -> Digest:
    """Trees are for all heads at once: the search for them is a loop of small steps."""
    if weights is None:
        return digest
    return replace(digest, pointers=digest.pointers | {"tree": spanning_tree(weights, layout)})


def digest_without_trees(
    pattern: Float[Tensor, "sentence head query key"],
    layout: Layout,
    length: Float[Tensor, "sentence head key"] | None,
    trees: bool,
    points: bool = True,
    entropy: Float[Tensor, "sentence head query"] | None = None,
) -> tuple[Digest, Float[Tensor, "sentence head word word"] | None]:
    """The digest without trees, and what these are read off, where they are asked for. It is made
    fastest of a pattern whose keys come first in memory, and whose `entropy` is known."""
    largest, where = first_largest(pattern, -1)
    received = pattern.sum(2)
    few = layout.few_keys[:, None, :, None].expand(-1, pattern.shape[1], -1, pattern.shape[2])
    between = between_words(pattern, layout, length) if points else {}
    turned = queries_first(between)
    found = pointers(between, turned)
    of_trees = None
    if points and layout.is_self and trees:
        found["tree_max"] = nodes_pointer(between["", ""], layout)
        of_trees = undirected(turned["", ""], between["", ""].mT)
    pairs = segments = distances = weighted = None
    if layout.is_self:
        pairs, weighted = _pairs(pattern, received, layout, length)
        flat = pattern.mT.flatten(2)
        distances = _distances(pattern, flat, received, layout)
        if layout.queries.segment is not None:
            segments = flat @ layout.segments
    digest = Digest(
        received=received,
        entropy=entropies(pattern) if entropy is None else entropy,
        largest=largest,
        where=where,
        content=largest_of_columns((pattern * layout.content_keys[:, None, None]).mT),
        columns=pattern.mT.gather(2, few),
        pointers=found,
        pairs=pairs,
        weighted=weighted,
        distances=distances,
        segments=segments,
    )
    return digest, of_trees


def _pairs(
    pattern: Float[Tensor, "sentence head query key"],
    received: Float[Tensor, "sentence head key"],
    layout: Layout,
    length: Float[Tensor, "sentence head key"] | None,
) -> tuple[Pairs, Pairs | None]:
    """Of the pattern, and of the one weighted by `length`."""
    itself = pattern.diagonal(dim1=-2, dim2=-1)
    before, behind = (pattern.diagonal(d, dim1=-2, dim2=-1) for d in (-1, 1))
    sentence, query, key = layout.same_word
    same_word = pattern[sentence, :, query, key]
    # What a key gets, less what is counted already: few weights, where the others are many.
    other = received - itself
    other[..., :-1] -= before
    other[..., 1:] -= behind
    if len(layout.far_in_word):
        far = layout.far_in_word
        heads = torch.arange(pattern.shape[1], device=pattern.device)
        at = (sentence[far, None], heads, key[far, None])
        other.index_put_(at, -same_word[far], accumulate=True)
    other = other.clamp_(min=0).mul_(layout.unclassed_keys.mT)
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


def _distances(
    pattern: Float[Tensor, "sentence head query key"],
    flat: Float[Tensor, "sentence head pair"],
    received: Float[Tensor, "sentence head key"],
    layout: Layout,
) -> Distances:
    if flat.shape[-1] <= _FEW_PAIRS:
        near = flat @ layout.near
    else:
        offsets = range(-HALF_WIDTH, HALF_WIDTH + 1)
        diagonals = [pattern.diagonal(d, dim1=-2, dim2=-1).sum(-1) for d in offsets]
        near = torch.stack(diagonals, -1)
    # One product each: a product with few columns reads its table as slowly as with many.
    below, distance, displacement = (flat @ column for column in layout.distances)
    above = (received.sum(-1) - near.sum(-1) - below).clamp_(min=0)
    bins = torch.cat((near, below.unsqueeze(-1), above.unsqueeze(-1)), -1)
    return Distances(bins, distance, displacement)


_FEW_PAIRS = 2**13
"""So many or fewer are added up sooner by one product than by seventeen diagonals."""
