"""Digests of whole patterns, by plain torch operations on any device."""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

from pipeline.core.digest import Digest, Distances, Pairs
from pipeline.core.layout import HALF_WIDTH, Layout
from pipeline.core.shapes import Float, Int, Tensor
from pipeline.statistics.largest import first_largest
from pipeline.statistics.pointers import between_words, nodes_pointer, pointers
from pipeline.statistics.trees import spanning_tree, undirected


@dataclass(frozen=True)
class OfRows:
    """What a digest says of each query by itself, see there; and all of its weights."""

    total: Float[Tensor, "sentence head query"]
    entropy: Float[Tensor, "sentence head query"]
    largest: Float[Tensor, "sentence head query"]
    where: Int[Tensor, "sentence head query"]


def room_for_trees(n_heads: int, layout: Layout) -> Float[Tensor, "sentence head word word"] | None:
    """To be filled with what trees are read off; None where there are none to be read."""
    n_sentences, n_words = layout.key_words.first.shape
    shape = (n_sentences, n_heads, n_words, n_words)
    return torch.empty(shape, device=layout.visible.device) if layout.is_self else None


def with_trees(
    digest: Digest, joined: Float[Tensor, "sentence head word word"] | None, layout: Layout
) -> Digest:
    """Trees are for all heads at once: the search for them is a loop of small steps."""
    if joined is None:
        return digest
    return replace(digest, pointers=digest.pointers | {"tree": spanning_tree(joined, layout)})


def digest_without_trees(
    pattern: Float[Tensor, "sentence head query key"],
    layout: Layout,
    length: Float[Tensor, "sentence head key"] | None,
    joined: Float[Tensor, "sentence head word word"] | None,
    of_rows: OfRows,
) -> Digest:
    """The digest without trees; what these are read off is put where `joined` is. `length` is that
    of each key's transformed value. It is made fastest of a pattern whose keys come first in
    memory."""
    received = pattern.sum(2)
    few = layout.few_keys[:, None, :, None].expand(-1, pattern.shape[1], -1, pattern.shape[2])
    between = between_words(pattern, layout, length)
    found = pointers(between)
    if joined is not None:
        found["tree_max"] = nodes_pointer(between["", ""], layout)
        undirected(between["", ""], joined)
    pairs = segments = distances = weighted = None
    if layout.is_self:
        pairs, weighted = _pairs(pattern, received, layout, length)
        keys_first = pattern.mT.contiguous()
        distances = _distances(keys_first, received, of_rows.total, layout)
        if layout.queries.segment is not None:
            segments = keys_first.flatten(2) @ layout.segments
    return Digest(
        received=received,
        entropy=of_rows.entropy,
        largest=of_rows.largest,
        where=of_rows.where,
        content=largest_content(pattern.mT, layout),
        columns=pattern.mT.gather(2, few),
        pointers=found,
        pairs=pairs,
        weighted=weighted,
        distances=distances,
        segments=segments,
    )


def largest_content(
    pattern: Float[Tensor, "sentence head key query"], layout: Layout
) -> Float[Tensor, "sentence head query"]:
    """Without the few rows of special keys, which are put back: no other pattern is made."""
    sentence, key = layout.special_keys
    with torch.inference_mode():  # a pattern that was made in it may be written to in it alone
        kept = pattern[sentence, :, key]
        pattern[sentence, :, key] = 0.0
        largest, _ = first_largest(pattern, -2)
        pattern[sentence, :, key] = kept
    return largest


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
    pattern: Float[Tensor, "sentence head key query"],
    received: Float[Tensor, "sentence head key"],
    total: Float[Tensor, "sentence head query"],
    layout: Layout,
) -> Distances:
    near, flat = _near(pattern, layout), pattern.flatten(2)
    # One product each: a product with few columns reads its table as slowly as with many.
    below, distance = (flat @ column for column in layout.distances)
    # Σ A (key − query), by what each key gets and each query gives.
    displacement = (received - total) @ layout.positions
    above = (received.sum(-1) - near.sum(-1) - below).clamp_(min=0)
    bins = torch.cat((near, below.unsqueeze(-1), above.unsqueeze(-1)), -1)
    return Distances(bins, distance, displacement)


def _near(
    pattern: Float[Tensor, "sentence head key query"], layout: Layout
) -> Float[Tensor, "sentence head offset"]:
    """Sums over the pairs of each signed distance of not more than `HALF_WIDTH`."""
    at_least = HALF_WIDTH + 1
    missing = max(0, at_least - pattern.shape[-1])
    pattern = F.pad(pattern, (0, missing, 0, missing)) if missing else pattern
    n, flat = pattern.shape[-1], pattern.flatten(2)
    # The queries around each key. The first key's and the last's would lie beyond the ends.
    around = flat[..., n + 1 - HALF_WIDTH :].unfold(-1, 2 * HALF_WIDTH + 1, n + 1)
    near = (around * layout.around).sum(-2)
    near[..., -at_least:] += flat[..., :at_least]
    near[..., :at_least] += flat[..., -at_least:]
    return near.flip(-1)
