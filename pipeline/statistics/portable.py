"""The portable kernel: attend and measure with plain torch operations, on any device.

A pattern lives as long as its own reduction, so memory does not grow with depth.
"""

import torch

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.layout import Layout
from pipeline.core.pieces import KEY_CLASSES
from pipeline.core.shapes import Float, Tensor
from pipeline.statistics.masses import masses, sinks
from pipeline.statistics.norms import outputs, transformed, value_norms
from pipeline.statistics.pointers import pointers
from pipeline.statistics.shape import reach, sharpness

STATISTICS = (masses, sinks, sharpness, reach)
"""Each takes a float32 pattern whose padding rows are 0, and its layout; it gives sums by name."""


def attention_pattern(call: AttentionCall) -> Float[Tensor, "sentence head query key"]:
    """The post-softmax pattern in float32. Rows of padding queries are 0."""
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
    if call.sinks is not None:
        sink = call.sinks.float()[:, None, None].expand(*scores.shape[:3], 1)
        pattern = torch.cat((scores, sink), -1).softmax(-1)[..., :-1]
    else:
        pattern = scores.softmax(-1)
    if not call.layout.all_visible:
        pattern = pattern.masked_fill(~call.layout.queries.real[:, None, :, None], 0.0)
    return pattern


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
    sums: dict[str, Tensor] = {}
    for statistic in STATISTICS:
        sums |= statistic(pattern, layout)
    found = pointers(pattern, layout, trees)
    if f is not None:
        length = f.norm(dim=-1)
        weighted = pattern * length.unsqueeze(2)
        sums |= value_norms(pattern, weighted, length, layout) | outputs(pattern, f, layout)
        by_norm = pointers(weighted, layout, trees=False)
        found |= {f"{name}_norm": words for name, words in by_norm.items()}
    return Reduction(sums, found)


_OF_UNIFORM = ("mass_", "segment_")


def baseline(layout: Layout) -> dict[str, Float[Tensor, " sentence"]]:
    """The masses of a uniform pattern, and how many queries and keys: facts of the batch alone."""
    uniform = masses(layout.uniform, layout)
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
