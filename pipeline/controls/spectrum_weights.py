"""Trained singular values between random singular vectors: trained geometry, no directions.

The fair null for geometry: what matrices of the trained spectrum do whatever they point at.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.controls.base import Control, PreTrainedModel, generator, parameters


@dataclass(frozen=True)
class SpectrumWeights(Control):
    """Keeps the singular values of every parameter with two or more axes, and all vectors."""

    def apply(self, model: PreTrainedModel, seed: int) -> PreTrainedModel:
        draw = generator(seed)
        with torch.no_grad():
            for parameter in parameters(model):
                if parameter.dim() >= 2:
                    matrix = parameter.flatten(1).float()
                    values = torch.linalg.svdvals(matrix)
                    left, right = (haar(n, len(values), draw) for n in matrix.shape)
                    parameter.copy_(((left * values) @ right.T).view_as(parameter))
        return model


def haar(n_rows: int, n_columns: int, draw: torch.Generator) -> Tensor:
    """Orthonormal columns, uniform over all such matrices (Mezzadri 2007, §5).

    QR alone is not: its signs hang on the algorithm. The diagonal of R sets them free.
    """
    q, r = torch.linalg.qr(torch.randn(n_rows, n_columns, generator=draw))
    return q * r.diagonal().sign()
