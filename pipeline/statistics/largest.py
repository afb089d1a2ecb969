"""Where the largest weights are."""

import torch

from pipeline.core.shapes import Float, Int, Tensor

_LONG = 100
"""Rows from which on the long way round is the shorter one, by measurement."""


def first_largest(
    weights: Float[Tensor, "..."], dim: int
) -> tuple[Float[Tensor, "..."], Int[Tensor, "..."]]:
    """The largest weight along a dimension, the last or the last but one, and its first place.

    On a CPU torch looks for places one weight at a time. In long rows several are looked at at once
    here: less the largest, a weight's sign is 0 where it is the largest and −1 elsewhere, and of
    the places with 0 the first counts most.
    """
    n = weights.shape[dim]
    if weights.device.type != "cpu" or n < _LONG:
        return weights.max(dim)
    largest = weights.amax(dim, keepdim=True)
    countdown = torch.arange(n, 0, -1, dtype=weights.dtype)
    if dim == -2:
        countdown = countdown.unsqueeze(-1)
    signs = (weights - largest).sign_()
    first = torch.add(countdown, signs, alpha=n, out=signs).amax(dim)
    return largest.squeeze(dim), (n - first).long()
