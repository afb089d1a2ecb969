"""Where the largest weights are."""

import torch.nn.functional as F

from pipeline.core.shapes import Float, Int, Tensor


def first_largest(
    weights: Float[Tensor, "..."], dim: int
) -> tuple[Float[Tensor, "..."], Int[Tensor, "..."]]:
    """The largest weight along a dimension, the last or the last but one, and its first place.

    On a CPU torch looks for places one weight at a time. Pooling keeps places too, and looks at as
    many at once as a register holds, where what it does not pool lies side by side.
    """
    if weights.device.type != "cpu" or not weights.numel():
        return weights.max(dim)
    lines = weights if dim == -2 else weights.mT
    shape, n = lines.shape[:-2] + lines.shape[-1:], lines.shape[-2]
    if lines.is_contiguous():
        side_by_side = lines.reshape(-1, n, 1, shape[-1])
    else:
        # Turned around as one matrix, which is faster than one by one.
        side_by_side = lines.mT.reshape(-1, n).T.contiguous().view(1, n, 1, -1)
    largest, where = F.max_pool2d(side_by_side.permute(0, 3, 1, 2), (n, 1), return_indices=True)
    return largest.reshape(shape), where.reshape(shape)


def largest_of_columns(weights: Float[Tensor, "... row column"]) -> Float[Tensor, "... column"]:
    """Without places. Of columns too few to be looked at side by side, torch looks at one."""
    if weights.device.type == "cpu" and weights.shape[-1] < _FEW:
        return first_largest(weights, -2)[0]
    return weights.amax(-2)


_FEW = 32
