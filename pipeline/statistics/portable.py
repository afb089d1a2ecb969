"""The portable kernel: attend and measure with plain torch operations, on any device.

A few heads of a few sentences at a time: their pattern stays in a processor's cache while it is
read over and over, memory grows neither with depth nor with the number of heads, and what grows
with the square of a length does not grow with the batch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

import torch
import torch.nn.functional as F

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.digest import Digest
from pipeline.core.layout import Layout
from pipeline.core.names import KEY_CLASSES
from pipeline.core.shapes import Float, Tensor
from pipeline.statistics.digests import digest_of, digest_without_trees, with_trees
from pipeline.statistics.masses import masses, sinks
from pipeline.statistics.norms import Correlation, outputs, spearman, transformed, value_norms
from pipeline.statistics.shape import reach, sharpness
from pipeline.statistics.trees import NOT_A_NODE

STATISTICS = (masses, sinks, sharpness, reach)
"""Each takes a digest and its layout, and gives sums by name."""

AT_ONCE = 2**18
"""Weights of the heads that are looked at together (1 MiB), where one head has not more."""
SENTENCES_AT_ONCE = 2**19
"""Weights that one head has in the sentences that are looked at together, where one has not more:
what hangs on the square of their length would grow with the batch otherwise."""


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
    n_sentences, n_queries, n_keys = call.layout.visible.shape
    few = max(1, SENTENCES_AT_ONCE // max(1, n_queries * n_keys))
    if n_sentences <= few:
        return _attend(call)
    parts = (_attend(call.rows(*part)) for part in call.layout.parts(few))
    outputs, reductions = zip(*parts, strict=True)
    return torch.cat(outputs), _below_each_other(reductions)


def _attend(
    call: AttentionCall,
) -> tuple[Float[Tensor, "sentence head query value_channel"], Reduction]:
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
        parts.append(
            (output, *digest_without_trees(pattern, layout, of_heads, call.trees, scores=scores))
        )
    output, digest, between = (_side_by_side(each) for each in zip(*parts, strict=True))
    return output, reduction(with_trees(digest, between, layout), layout, f, length)


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


def _below_each_other(parts: Sequence[Reduction]) -> Reduction:
    """Of all sentences what is given of some each. Pointers of all are as wide as the longest's."""
    first = parts[0]
    sums = {name: torch.cat([part.sums[name] for part in parts]) for name in first.sums}
    pointers = {}
    for name in first.pointers:
        given = [part.pointers[name] for part in parts]
        none = NOT_A_NODE if name.startswith("tree") else -1
        width = max(each.shape[-1] for each in given)
        wide = [F.pad(each, (0, width - each.shape[-1]), value=none) for each in given]
        pointers[name] = torch.cat(wide)
    return Reduction(sums, pointers)


def reduce(
    pattern: Float[Tensor, "sentence head query key"],
    layout: Layout,
    f: Float[Tensor, "sentence head key channel"] | None = None,
    trees: bool = True,
) -> Reduction:
    """Every statistic of one pattern; where its transformed values `f` are given, of both."""
    length = None if f is None else f.norm(dim=-1)
    return reduction(digest_of(pattern, layout, length, trees), layout, f, length)


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
