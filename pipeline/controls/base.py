"""Controls: what is changed of a model, or of what it reads, so that one knows what a count means.

Each control but `trained` is a null: it destroys one thing and keeps the rest. What is left of a
count under it is not due to what was destroyed.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor
from torch.nn import Parameter

from pipeline.core.call import AttentionCall

if TYPE_CHECKING:
    from transformers import PreTrainedModel
else:
    # Its import takes seconds, and whoever only checks a config applies no control.
    PreTrainedModel = Any


class Control:
    """Changes nothing; a control overrides what it changes.

    A control's dataclass fields are its YAML keys; `seed` is the grid's. What `draw` gives is
    seeded by it and by the sentence: the same sentence is always changed in the same way.
    """

    draws: ClassVar[bool] = True
    """Whether another seed is another control: one that draws nothing is given none."""

    def apply(self, model: PreTrainedModel, seed: int) -> PreTrainedModel:
        """The model under this control. It may change `model` in place, or give another one."""
        return model

    def call(self, call: AttentionCall) -> AttentionCall:
        """What a layer attends with instead. Sentences may lie end to end in it: who changes more
        than piece by piece asks for `call.padded()`, and may give that back."""
        return call

    def order(self, n_words: int, draw: Callable[[], random.Random]) -> Sequence[int]:
        """In which order the words of a sentence are laid out before it is tokenized."""
        return range(n_words)

    def pieces(
        self,
        ids: list[int],
        special: list[bool],
        vocabulary: Sequence[int],
        draw: Callable[[], random.Random],
    ) -> list[int]:
        """What is read instead of a sentence's pieces. `vocabulary`: all ids that are text."""
        return ids


@dataclass(frozen=True)
class Trained(Control):
    """The model itself."""

    draws = False


def parameters(model: PreTrainedModel) -> Iterator[Parameter]:
    """Each once, those of the transformer first, whatever stands above it: a control draws for it
    the same numbers with a language model's head and without."""
    seen: set[int] = set()
    for parameter in (*model.base_model.parameters(), *model.parameters()):
        if id(parameter) not in seen:
            seen.add(id(parameter))
            yield parameter


def matrices(model: PreTrainedModel) -> Iterator[Tensor]:
    """What of them was trained and turns vectors into others, each to be changed in place: that of
    each expert by itself. Biases turn nothing, those of several experts neither; and a table of
    sines, as Marian's of positions, is a parameter that was never trained."""
    kept = {id(p) for name, p in model.named_parameters() if name.endswith("bias")}
    for module in model.modules():
        if "Sinusoidal" in type(module).__name__:
            kept |= {id(p) for p in module.parameters()}
    for parameter in parameters(model):
        if parameter.dim() >= 2 and id(parameter) not in kept:
            yield from parameter.flatten(0, -3) if parameter.dim() > 2 else [parameter]


def generator(seed: int) -> torch.Generator:
    """Everything a control draws of weights comes from here: same seed, same model."""
    return torch.Generator().manual_seed(seed)
