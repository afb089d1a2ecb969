"""Trained singular values between random singular vectors: trained geometry, no directions.

The fair null for geometry: what matrices of the trained spectrum do whatever they point at.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.controls.base import Control, PreTrainedModel, generator, matrices


@dataclass(frozen=True)
class SpectrumWeights(Control):
    """Keeps the singular values of every trained matrix, and all vectors."""

    def apply(self, model: PreTrainedModel, seed: int) -> PreTrainedModel:
        draw = generator(seed)
        with torch.no_grad():
            for matrix in matrices(model):
                values = torch.linalg.svdvals(matrix.float())
                left, right = (haar(n, len(values), draw) for n in matrix.shape)
                matrix.copy_((left * values) @ right.T)
        return model


def haar(n_rows: int, n_columns: int, draw: torch.Generator) -> Tensor:
    """Orthonormal columns, uniform over all such matrices (Mezzadri 2007, §5).

    QR alone is not: its signs hang on the algorithm. The diagonal of R sets them free.
    """
    q, r = torch.linalg.qr(torch.randn(n_rows, n_columns, generator=draw))
    return q * r.diagonal().sign()
