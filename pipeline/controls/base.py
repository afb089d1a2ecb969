"""Controls: what is changed of a model before it is measured, so that one knows what a count means.

Each control but `trained` is a null: it destroys one thing and keeps the rest. What is left of a
count under it is not due to what was destroyed.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import torch

if TYPE_CHECKING:
    from transformers import PreTrainedModel
else:
    # Its import takes seconds, and whoever only checks a config applies no control.
    PreTrainedModel = Any


class Control(Protocol):
    """A control's dataclass fields are its YAML keys; `seed` is the grid's."""

    def apply(self, model: PreTrainedModel, seed: int) -> PreTrainedModel:
        """The model under this control. It may change `model` in place, or give another one."""
        ...


@dataclass(frozen=True)
class Trained:
    """The model itself."""

    def apply(self, model: PreTrainedModel, seed: int) -> PreTrainedModel:
        return model


def generator(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """Everything a control draws comes from here: same seed, same model."""
    return torch.Generator(device).manual_seed(seed)
