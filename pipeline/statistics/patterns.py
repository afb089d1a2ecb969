"""Patterns as a whole, for those who change them, draw them or learn from them."""

import torch

from pipeline.core.call import AttentionCall
from pipeline.core.shapes import Float, Tensor

AT_ONCE = 2**20
"""Weights that are looked at together (4 MiB) by who needs no pattern whole, where one head of one
sentence has not more. Of fewer there would be more steps, which cost more than the cache gains; and
what hangs on the square of a length does not grow with the batch."""


ON_A_GPU = 2**25
"""The same where that is no cache, and a launch takes as long as a million weights."""


def at_once(n_weights: int, device: torch.device) -> int:
    """How many of so many weights each are looked at together; at least one."""
    most = AT_ONCE if device.type == "cpu" else ON_A_GPU
    return max(1, most // max(1, n_weights))


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
    product = (call.query * call.scaling) @ of_heads(call.key, call).mT
    scores = capped_and_biased(product.float(), call)
    if not call.layout.all_visible:
        scores.masked_fill_(~call.layout.visible.unsqueeze(1), -torch.inf)
    return scores


def capped_and_biased(
    scores: Float[Tensor, "sentence head query key"], call: AttentionCall
) -> Float[Tensor, "sentence head query key"]:
    """Scores of a model that bounds them, or adds to them; others' are left as they are."""
    if call.softcap is not None:
        scores = torch.tanh(scores / call.softcap) * call.softcap
    if call.bias is not None:
        scores = scores + call.bias
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
    return pattern.to(call.value.dtype) @ of_heads(call.value, call)


def of_heads(tensor: Tensor, call: AttentionCall) -> Tensor:
    """Keys or values, one for each head of queries."""
    groups = call.query.shape[1] // tensor.shape[1]
    return tensor.repeat_interleave(groups, 1) if groups > 1 else tensor
