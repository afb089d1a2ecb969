"""The entries of every trained matrix permuted: trained scale, no structure.

The fair null for sharpness: what large trained weights do by their size alone.
"""

from dataclasses import dataclass

import torch

from pipeline.controls.base import Control, PreTrainedModel, generator, parameters


@dataclass(frozen=True)
class ShuffledWeights(Control):
    """Keeps the multiset of entries of every parameter with two or more axes, and all vectors.

    Biases and layer norms are vectors: they are the scale that is kept.
    """

    def apply(self, model: PreTrainedModel, seed: int) -> PreTrainedModel:
        draw = generator(seed)
        with torch.no_grad():
            for parameter in parameters(model):
                if parameter.dim() >= 2:
                    order = torch.randperm(parameter.numel(), generator=draw)
                    parameter.copy_(parameter.flatten()[order].view_as(parameter))
        return model
