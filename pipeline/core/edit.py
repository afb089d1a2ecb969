"""Edits: what an intervention does to heads, as tensors."""

from dataclasses import dataclass

from pipeline.core.names import CONDITIONS
from pipeline.core.shapes import Bool, Float, Int, Tensor


@dataclass(frozen=True)
class Edit:
    """What is done in one attention call, row by row of a batch.

    `condition` counts in `CONDITIONS`; it is done to `heads` and, where it is about keys, to
    `keys`. `value` is the mean of the class's values, `output` that of the head's output.
    """

    condition: Int[Tensor, " row"]
    heads: Bool[Tensor, "row head"]
    keys: Bool[Tensor, "row #query key"]
    value: Float[Tensor, "row head value_channel"]
    output: Float[Tensor, "head value_channel"]

    def where(self, name: str) -> Bool[Tensor, "row 1 1"]:
        """Rows under a condition."""
        return (self.condition == CONDITIONS.index(name))[:, None, None]
