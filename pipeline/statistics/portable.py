"""The portable kernel: attend and measure with plain torch operations, on any device.

A pattern lives as long as its own reduction, so memory does not grow with depth.
"""

import torch

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.digest import Digest, Distances, Pairs
from pipeline.core.layout import N_BINS, Layout
from pipeline.core.pieces import KEY_CLASSES
from pipeline.core.shapes import Float, Tensor
from pipeline.statistics.masses import masses, sinks
from pipeline.statistics.norms import outputs, transformed, value_norms
from pipeline.statistics.pointers import pointers
from pipeline.statistics.shape import entropies, reach, sharpness

STATISTICS = (masses, sinks, sharpness, reach)
"""Each takes a digest and its layout, and gives sums by name."""


def attention_pattern(call: AttentionCall) -> Float[Tensor, "sentence head query key"]:
    """The post-softmax pattern in float32. Rows of padding queries are 0."""
    return pattern_and_leak(call)[0]


def pattern_and_leak(
    call: AttentionCall,
) -> tuple[Float[Tensor, "sentence head query key"], Float[Tensor, "sentence head query"] | None]:
    """The pattern, and what a learned sink takes of each row, where there is one."""
    groups = call.query.shape[1] // call.key.shape[1]
    key = call.key.repeat_interleave(groups, 1) if groups > 1 else call.key
    scores = (call.query * call.scaling) @ key.transpose(-1, -2)
    scores = scores.float()
    if call.softcap is not None:
        scores = torch.tanh(scores / call.softcap) * call.softcap
    if call.bias is not None:
        scores = scores + call.bias
    if not call.layout.all_visible:
        scores.masked_fill_(~call.layout.visible.unsqueeze(1), -torch.inf)
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


def attend(
    call: AttentionCall,
) -> tuple[Float[Tensor, "sentence head query value_channel"], Reduction]:
    """The call's output and what is kept of its pattern."""
    pattern = attention_pattern(call)
    f = None if call.readout is None else transformed(call)
    return output_of(pattern, call), reduce(pattern, call.layout, f, call.trees)


def output_of(
    pattern: Float[Tensor, "sentence head query key"], call: AttentionCall
) -> Float[Tensor, "sentence head query value_channel"]:
    """What a pattern makes of the call's values."""
    groups = call.query.shape[1] // call.value.shape[1]
    value = call.value.repeat_interleave(groups, 1) if groups > 1 else call.value
    return pattern.to(value.dtype) @ value


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
    largest, where = pattern.max(-1)
    special = layout.keys.in_class("special")[:, None, None, :]
    few = layout.few_keys[:, None, None, :].expand(-1, *pattern.shape[1:3], -1)
    found = pointers(pattern, layout, trees) if points else {}
    pairs = segments = distances = weighted = None
    if layout.is_self:
        pairs, distances = _pairs(pattern, layout), _distances(pattern, layout)
        if layout.queries.segment is not None:
            segments = pattern.flatten(2) @ layout.segments
    if length is not None:
        by_norm = pattern * length.unsqueeze(2)
        weighted = _pairs(by_norm, layout) if layout.is_self else None
        of_norm = pointers(by_norm, layout, trees=False)
        found |= {f"{name}_norm": words for name, words in of_norm.items()}
    return Digest(
        received=pattern.sum(2),
        entropy=entropies(pattern),
        largest=largest,
        where=where,
        content=pattern.masked_fill(special, 0.0).amax(-1),
        columns=pattern.gather(3, few).mT,
        pointers=found,
        pairs=pairs,
        weighted=weighted,
        distances=distances,
        segments=segments,
    )


def reduction(
    digest: Digest,
    layout: Layout,
    f: Float[Tensor, "sentence head key channel"] | None,
    length: Float[Tensor, "sentence head key"] | None,
) -> Reduction:
    """Every statistic of a digest, whichever kernel gave it."""
    sums: dict[str, Tensor] = {}
    for statistic in STATISTICS:
        sums |= statistic(digest, layout)
    if f is not None:
        assert length is not None
        sums |= value_norms(digest, length, layout) | outputs(digest, f, layout)
    return Reduction(sums, digest.pointers)


def _pairs(pattern: Float[Tensor, "sentence head query key"], layout: Layout) -> Pairs:
    same_word, other = (pattern.flatten(2) @ layout.pairs).unbind(-1)
    return Pairs(
        itself=pattern.diagonal(dim1=-2, dim2=-1),
        before=pattern.diagonal(-1, dim1=-2, dim2=-1).sum(-1),
        behind=pattern.diagonal(1, dim1=-2, dim2=-1).sum(-1),
        same_word=same_word,
        other=other,
    )


def _distances(pattern: Float[Tensor, "sentence head query key"], layout: Layout) -> Distances:
    columns = pattern.flatten(2) @ layout.offsets
    return Distances(columns[..., :N_BINS], columns[..., N_BINS], columns[..., N_BINS + 1])


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
