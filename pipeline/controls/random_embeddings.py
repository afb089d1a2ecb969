"""The rows of the input embedding permuted: every piece means another, and all else is trained.

What is left under it does not come from what the pieces are.
"""

from dataclasses import dataclass

import torch
from torch import nn

from pipeline.controls.base import PreTrainedModel, generator


@dataclass(frozen=True)
class RandomEmbeddings:
    """Keeps every weight but the order of the embedding's rows; special pieces move like others."""

    def apply(self, model: PreTrainedModel, seed: int) -> PreTrainedModel:
        embedding = model.get_input_embeddings()
        assert isinstance(embedding, nn.Embedding)
        weight = embedding.weight
        order = torch.randperm(len(weight), generator=generator(seed))
        with torch.no_grad():
            weight.copy_(weight[order])
        return model
