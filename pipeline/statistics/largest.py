"""Where the largest weights are."""

import torch
import torch.nn.functional as F

from pipeline.core.shapes import Float, Int, Tensor


def first_largest(
    weights: Float[Tensor, "..."], dim: int
) -> tuple[Float[Tensor, "..."], Int[Tensor, "..."]]:
    """The largest weight along a dimension, the last or the last but one, and its first place.

    On a CPU torch looks for places one weight at a time. Pooling keeps places too, and looks at as
    many at once as a register holds, where what it does not pool lies side by side; NumPy does
    along a line, which is worth it where a line is long.
    """
    if weights.device.type != "cpu" or not weights.numel():
        return weights.max(dim)
    lines = weights if dim == -2 else weights.mT
    if lines.shape[-2] >= _LONG and lines.mT.is_contiguous():
        where = torch.from_numpy(lines.mT.numpy().argmax(-1))
        return lines.gather(-2, where.unsqueeze(-2)).squeeze(-2), where
    lines = lines.contiguous()
    (*which, n, n_lines) = lines.shape
    side_by_side = lines.view(-1, n, 1, n_lines).permute(0, 3, 1, 2)
    largest, where = F.max_pool2d(side_by_side, (n, 1), return_indices=True)
    return largest.reshape(*which, n_lines), where.reshape(*which, n_lines)


_LONG = 96
"""Of shorter lines NumPy's call for each costs more than laying all of them out anew."""
