"""Whether what a tap measured can be trusted: each row of a pattern is a distribution."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from pipeline.core.errors import MeasurementError
from pipeline.core.shapes import Bool, Float, Tensor
from pipeline.models.tap import Place, Tap


@dataclass(frozen=True)
class RowSums:
    """What the rows of each call's pattern sum to, by sentence and head, in the mean over queries;
    `leaks` as `Measured` has it. Not looked at: a device need not be waited for."""

    places: Sequence[Place]
    means: Sequence[Float[Tensor, "sentence _"]]  # sites may differ in their heads
    leaks: Sequence[bool]
    are_fine: Bool[Tensor, ""]

    def blame(self, names: Sequence[str]) -> None:
        """Raises MeasurementError for the first that is not 1, naming layer, head and sentence."""
        for place, means, leaks in zip(self.places, self.means, self.leaks, strict=True):
            for sentence, head in (~_near_1(means, leaks)).nonzero().tolist():
                raise MeasurementError(
                    f"{place.site} layer {place.layer} head {head}, {names[sentence]}: rows sum to"
                    f" {float(means[sentence, head]):g} on average, not to 1"
                )


def row_sums(tap: Tap, places: Sequence[Place]) -> RowSums:
    """Raises MeasurementError where a call is missing."""
    if len(tap.calls) != len(places):
        raise MeasurementError(
            f"the tap saw {len(tap.calls)} attention calls of a forward pass, not {len(places)}"
        )
    # Layers together: on a device each step takes as long as many numbers.
    alike: dict[tuple, list[int]] = {}
    for k, call in enumerate(tap.calls):
        shape = call.reduction.sums["row_sum"].shape
        alike.setdefault((id(call.layout), call.leaks, shape), []).append(k)
    means: dict[int, Tensor] = {}
    fine = []
    for of_one in alike.values():
        calls = [tap.calls[k] for k in of_one]
        sums = torch.stack([call.reduction.sums["row_sum"] for call in calls])
        found = sums / calls[0].layout.queries.lengths[:, None]
        fine.append(_near_1(found, calls[0].leaks).all())
        means |= zip(of_one, found, strict=True)
    in_order = [means[k] for k in range(len(places))]
    leaks = [call.leaks for call in tap.calls]
    return RowSums(places, in_order, leaks, torch.stack(fine).all())


def check(tap: Tap, places: Sequence[Place], names: Sequence[str]) -> None:
    """Raises MeasurementError where a call is missing, or a pattern's rows do not sum to 1.

    `names` says what to call each sentence of the batch.
    """
    sums = row_sums(tap, places)
    if not sums.are_fine:
        sums.blame(names)


def _near_1(means: Float[Tensor, "..."], leaks: bool) -> Bool[Tensor, "..."]:
    # Written so that NaN fails: no comparison with NaN is true.
    enough = leaks | (means >= 1 - ROW_SUM_TOLERANCE)
    return (means <= 1 + ROW_SUM_TOLERANCE) & enough


ROW_SUM_TOLERANCE = 1e-4
"""Patterns are float32 whatever the model's dtype; softmax in float32 errs by about 1e-7 a row."""
