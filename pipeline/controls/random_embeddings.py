"""The rows of the input embedding permuted: every piece means another, and all else is trained.

What is left under it does not come from what the pieces are.
"""

from dataclasses import dataclass
from typing import Any

import torch

from pipeline.controls.base import Control, PreTrainedModel, generator


@dataclass(frozen=True)
class RandomEmbeddings(Control):
    """Keeps every weight but the order of the embedding's rows; special pieces move like others."""

    def apply(self, model: PreTrainedModel, seed: int) -> PreTrainedModel:
        # A decoder may have an embedding of its own; most often it shares the encoder's.
        both = model.config.is_encoder_decoder
        stacks = [model.get_encoder(), model.get_decoder()] if both else [model]
        weights: list[Any] = [stack.get_input_embeddings().weight for stack in stacks]
        for weight in {id(weight): weight for weight in weights}.values():
            order = torch.randperm(len(weight), generator=generator(seed))
            with torch.no_grad():
                weight.copy_(weight[order])
        return model
