"""The portable kernel: attend and measure with plain torch operations, on any device.

A few heads of a few sentences at a time: memory grows neither with depth nor with the number of
heads, and what grows with the square of a length does not grow with the batch.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

import torch
import torch.nn.functional as F

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.digest import Digest
from pipeline.core.layout import HIDDEN, Layout
from pipeline.core.shapes import Float, Tensor
from pipeline.statistics.digests import (
    OfRows,
    digest_without_trees,
    room_for_trees,
    with_trees,
)
from pipeline.statistics.largest import first_largest
from pipeline.statistics.masses import masses, sinks
from pipeline.statistics.norms import (
    Values,
    given_by_class,
    transformed,
    value_norms,
    values_of,
)
from pipeline.statistics.patterns import at_once, capped_and_biased, of_heads, output_of
from pipeline.statistics.shape import reach, sharpness
from pipeline.statistics.trees import NOT_A_NODE

STATISTICS = (masses, sinks, sharpness, reach)
"""Each takes a digest and its layout, and gives sums by name."""


def attend(
    call: AttentionCall,
) -> tuple[Float[Tensor, "sentence head query value_channel"], Reduction]:
    """The call's output and what is kept of its pattern."""
    n_sentences, n_queries, n_keys = call.layout.visible.shape
    # Half of what is looked at together: of all heads, what is between words is held beside.
    few = at_once(2 * n_queries * n_keys, call.query.device)
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
    all_heads = replace(call, key=of_heads(call.key, call), value=of_heads(call.value, call))
    # Heads of a piece side by side, as the model goes on with them.
    (n_sentences, n_heads, n_queries, _), n_channels = call.query.shape, call.value.shape[-1]
    output = call.value.new_empty(n_sentences, n_queries, n_heads, n_channels).transpose(1, 2)
    joined = room_for_trees(n_heads, layout) if call.trees else None
    for heads in _few_heads(call):
        part = _only(all_heads, heads)
        pattern, of_rows = _softened(_scores(part), part)
        output[:, heads] = output_of(pattern, part)
        lengths = None if length is None else length[:, heads]
        room = None if joined is None else joined[:, heads]
        parts.append(digest_without_trees(pattern, layout, lengths, room, of_rows))
    digest = with_trees(_side_by_side(parts), joined, layout)
    return output, reduction(digest, layout, values_of(f, length, digest, layout))


def _scores(call: AttentionCall) -> Float[Tensor, "sentence head query key"]:
    """What the softmax is taken of, in bits: 2 is raised to it, which is faster than e. In memory
    keys come first and queries lie side by side: what is asked of a query's row is then asked of
    many rows at once."""
    queries, keys = call.query.flatten(0, 1), call.key.flatten(0, 1)
    is_plain = call.softcap is None and call.bias is None
    scale = call.scaling * (_BITS if is_plain else 1)
    product = queries.new_empty(len(queries), keys.shape[1], queries.shape[1])
    product.baddbmm_(keys, queries.mT, beta=0, alpha=scale)
    scores = product.unflatten(0, call.query.shape[:2]).mT.float()
    if not is_plain:
        # A bias of −∞ hides a key.
        scores = capped_and_biased(scores, call).clamp_(min=HIDDEN).mul_(_BITS)
    if call.layout.all_visible:
        return scores
    return torch.minimum(scores, call.layout.ceiling, out=scores)


_BITS = 1 / math.log(2)


def _softened(
    scores: Float[Tensor, "sentence head query key"], call: AttentionCall
) -> tuple[Float[Tensor, "sentence head query key"], OfRows]:
    """The pattern, and what scores say of its rows. Its entropy takes no logarithm of weights: that
    is what scores are, but for one number a row. Scores are overwritten."""
    highest, where = first_largest(scores, -1)
    most = highest = highest.unsqueeze(-1)
    sink = None if call.sinks is None else call.sinks.float()[:, None, None] * _BITS
    if sink is not None:
        most = torch.maximum(most, sink)
    less = scores.sub_(most)
    pattern = less.exp2()
    total = of_keys = pattern.sum(-1, keepdim=True)
    if sink is not None:
        total = of_keys + (sink - most).exp2()
    share = 1 / total
    if call.bias is not None or call.layout.hides:
        share.masked_fill_(most <= HIDDEN, torch.nan)  # a row that sees nothing is no number
    if not call.layout.all_visible:
        share.masked_fill_(~call.layout.queries.real[:, None, :, None], 0.0)
    pattern.mul_(share)
    of_keys = (of_keys * share).squeeze(-1)
    # Both are above 0: nothing cancels.
    bits = total.log2().squeeze(-1) * of_keys - less.mul_(pattern).sum(-1)
    largest = share if sink is None else (highest - most).exp2() * share
    return pattern, OfRows(of_keys, bits / _BITS, largest.squeeze(-1), where)


def _few_heads(call: AttentionCall) -> Iterator[slice]:
    n_sentences, n_heads, n_queries, _ = call.query.shape
    step = at_once(n_sentences * n_queries * call.key.shape[2], call.query.device)
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
        readout=None,
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


def reduction(digest: Digest, layout: Layout, values: Values | None) -> Reduction:
    """Every statistic of a digest."""
    sums: dict[str, Tensor] = {}
    for statistic in STATISTICS:
        sums |= statistic(digest, layout)
    if values is not None:
        sums |= value_norms(digest, values.length, layout)
        sums |= given_by_class(values.given, values.energy)
    return Reduction(sums, digest.pointers)
