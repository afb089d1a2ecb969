"""The entries of every trained matrix permuted: trained scale, no structure.

The fair null for sharpness: what large trained weights do by their size alone.
"""

from dataclasses import dataclass

import torch

from pipeline.controls.base import Control, PreTrainedModel, generator, matrices


@dataclass(frozen=True)
class ShuffledWeights(Control):
    """Keeps the multiset of entries of every trained matrix, and all vectors.

    Biases and layer norms are vectors: they are the scale that is kept.
    """

    def apply(self, model: PreTrainedModel, seed: int) -> PreTrainedModel:
        draw = generator(seed)
        with torch.no_grad():
            for matrix in matrices(model):
                order = torch.randperm(matrix.numel(), generator=draw)
                matrix.copy_(matrix.flatten()[order].view_as(matrix))
        return model
