"""The portable kernel: attend and measure with plain torch operations, on any device.

A few heads at a time: their pattern stays in a processor's cache while it is read over and over,
and memory grows neither with depth nor with the number of heads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

import torch

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.digest import Digest, Distances, Pairs
from pipeline.core.layout import HALF_WIDTH, Layout
from pipeline.core.names import KEY_CLASSES
from pipeline.core.shapes import Float, Int, Tensor
from pipeline.statistics.largest import first_largest
from pipeline.statistics.masses import masses, sinks
from pipeline.statistics.norms import Correlation, outputs, spearman, transformed, value_norms
from pipeline.statistics.pointers import between_words, nodes_pointer, pointers
from pipeline.statistics.shape import entropies, reach, sharpness
from pipeline.statistics.trees import spanning_tree, undirected

STATISTICS = (masses, sinks, sharpness, reach)
"""Each takes a digest and its layout, and gives sums by name."""

AT_ONCE = 2**18
"""Weights of the heads that are looked at together (1 MiB), where one head has not more."""


def attention_pattern(call: AttentionCall) -> Float[Tensor, "sentence head query key"]:
    """The post-softmax pattern in float32. Rows of padding queries are 0."""
    return pattern_and_leak(call)[0]


def pattern_and_leak(
    call: AttentionCall,
) -> tuple[Float[Tensor, "sentence head query key"], Float[Tensor, "sentence head query"] | None]:
    """The pattern, and what a learned sink takes of each row, where there is one."""
    return _softmax(_scores(call), call)


def _scores(call: AttentionCall) -> Float[Tensor, "sentence head query key"]:
    """What the softmax is taken of; −∞ for keys out of sight."""
    scores = (call.query * call.scaling) @ _of_heads(call.key, call).transpose(-1, -2)
    scores = scores.float()
    if call.softcap is not None:
        scores = torch.tanh(scores / call.softcap) * call.softcap
    if call.bias is not None:
        scores = scores + call.bias
    if not call.layout.all_visible:
        scores.masked_fill_(~call.layout.visible.unsqueeze(1), -torch.inf)
    return scores


def _softmax(
    scores: Float[Tensor, "sentence head query key"], call: AttentionCall
) -> tuple[Float[Tensor, "sentence head query key"], Float[Tensor, "sentence head query"] | None]:
    leak = None
    if call.sinks is not None:
        sink = call.sinks.float()[:, None, None].expand(*scores.shape[:3], 1)
        with_sink = torch.cat((scores, sink), -1).softmax(-1)
        pattern, leak = with_sink[..., :-1], with_sink[..., -1]
    else:
        pattern = scores.softmax(-1)
    if not call.layout.all_visible:
        pattern = pattern.masked_fill(~call.layout.queries.real[:, None, :, None], 0.0)
    return pattern, leak


def output_of(
    pattern: Float[Tensor, "sentence head query key"], call: AttentionCall
) -> Float[Tensor, "sentence head query value_channel"]:
    """What a pattern makes of the call's values."""
    return pattern.to(call.value.dtype) @ _of_heads(call.value, call)


def _of_heads(tensor: Tensor, call: AttentionCall) -> Tensor:
    """Keys or values, one for each head of queries."""
    groups = call.query.shape[1] // tensor.shape[1]
    return tensor.repeat_interleave(groups, 1) if groups > 1 else tensor


def attend(
    call: AttentionCall,
) -> tuple[Float[Tensor, "sentence head query value_channel"], Reduction]:
    """The call's output and what is kept of its pattern."""
    f = None if call.readout is None else transformed(call)
    length = None if f is None else f.norm(dim=-1)
    layout, parts = call.layout, []
    all_heads = replace(call, key=_of_heads(call.key, call), value=_of_heads(call.value, call))
    for heads in _few_heads(call):
        part = _only(all_heads, heads)
        scores = _scores(part)
        pattern, _ = _softmax(scores, part)
        output = output_of(pattern, part)
        of_heads = None if length is None else length[:, heads]
        parts.append((output, *_digest(pattern, layout, of_heads, call.trees, scores=scores)))
    output, digest, between = (_side_by_side(each) for each in zip(*parts, strict=True))
    return output, reduction(_with_trees(digest, between, layout), layout, f, length)


def _few_heads(call: AttentionCall) -> Iterator[slice]:
    n_sentences, n_heads, n_queries, _ = call.query.shape
    step = max(1, AT_ONCE // max(1, n_sentences * n_queries * call.key.shape[2]))
    yield from (slice(first, first + step) for first in range(0, n_heads, step))


def _only(call: AttentionCall, heads: slice) -> AttentionCall:
    """A call of some of its heads, for as much as a pattern and its output need."""
    bias = call.bias
    return replace(
        call,
        query=call.query[:, heads],
        key=call.key[:, heads],
        value=call.value[:, heads],
        bias=bias if bias is None or bias.shape[1] == 1 else bias[:, heads],
        sinks=None if call.sinks is None else call.sinks[heads],
    )


def _side_by_side(parts: Sequence[Any]) -> Any:
    """Of all heads what is given of a few each: tensors, or what holds tensors, or nothing."""
    first = parts[0]
    if first is None or len(parts) == 1:
        return first
    if isinstance(first, Tensor):
        return torch.cat(list(parts), 1)
    if isinstance(first, dict):
        return {name: _side_by_side([part[name] for part in parts]) for name in first}
    names = [f.name for f in fields(first)]
    return type(first)(**{name: _side_by_side([getattr(p, name) for p in parts]) for name in names})


def reduce(
    pattern: Float[Tensor, "sentence head query key"],
    layout: Layout,
    f: Float[Tensor, "sentence head key channel"] | None = None,
    trees: bool = True,
) -> Reduction:
    """Every statistic of one pattern; where its transformed values `f` are given, of both."""
    length = None if f is None else f.norm(dim=-1)
    return reduction(digest_of(pattern, layout, length, trees), layout, f, length)


def digest_of(
    pattern: Float[Tensor, "sentence head query key"],
    layout: Layout,
    length: Float[Tensor, "sentence head key"] | None = None,
    trees: bool = True,
    points: bool = True,
) -> Digest:
    """`length` is that of each key's transformed value. Without `points` there are no pointers."""
    digest, between = _digest(pattern, layout, length, trees, points)
    return _with_trees(digest, between, layout)


def _with_trees(digest: Digest, between: Tensor | None, layout: Layout) -> Digest:
    """Trees are for all heads at once: the search for them is a loop of small steps."""
    if between is None:
        return digest
    return replace(digest, pointers=digest.pointers | {"tree": spanning_tree(between, layout)})


def _digest(
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


def reduction(
    digest: Digest,
    layout: Layout,
    f: Float[Tensor, "sentence head key channel"] | None,
    length: Float[Tensor, "sentence head key"] | None,
    correlate: Correlation = spearman,
) -> Reduction:
    """Every statistic of a digest, whichever kernel gave it."""
    sums: dict[str, Tensor] = {}
    for statistic in STATISTICS:
        sums |= statistic(digest, layout)
    if f is not None:
        assert length is not None
        sums |= value_norms(digest, length, layout, correlate) | outputs(digest, f, layout)
    return Reduction(sums, digest.pointers)


_OF_UNIFORM = ("mass_", "segment_")


def baseline(layout: Layout) -> dict[str, Float[Tensor, " sentence"]]:
    """The masses of a uniform pattern, and how many queries and keys: facts of the batch alone."""
    uniform = masses(digest_of(layout.uniform, layout, points=False), layout)
    n_keys = layout.key_classes.sum(1)
    return {
        "n_queries": layout.query_groups[:, 0].sum(-1),
        "n_queries_cls": layout.query_groups[:, 1].sum(-1),
        "n_queries_sep": layout.query_groups[:, 2].sum(-1),
        "n_queries_choice": (layout.n_visible > 1).sum(-1).float(),
        "n_keys": layout.keys.lengths.float(),
        **{f"n_keys_{name}": n_keys[:, k] for k, name in enumerate(KEY_CLASSES)},
        **{f"uniform_{k}": v.squeeze(1) for k, v in uniform.items() if k.startswith(_OF_UNIFORM)},
    }
