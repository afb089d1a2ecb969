"""The architecture's own fresh initialisation: what the wiring does before it has learned anything.

At a standard deviation of 0.02 its patterns are nearly uniform, so that it is a weak null.
"""

from dataclasses import dataclass
from typing import Any

import torch

from pipeline.controls.base import Control, PreTrainedModel


@dataclass(frozen=True)
class RandomWeights(Control):
    """Keeps the architecture, destroys every weight."""

    def apply(self, model: PreTrainedModel, seed: int) -> PreTrainedModel:
        from transformers import AutoModel

        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            torch.manual_seed(seed)
            fresh = AutoModel.from_config(
                model.config,
                attn_implementation=model.config._attn_implementation,
                dtype=model.dtype,
            )
            if not isinstance(model, type(fresh)):
                fresh = _under(type(model)._from_config, model, fresh)
        return fresh.eval()


def _under(make: Any, model: PreTrainedModel, fresh: PreTrainedModel) -> PreTrainedModel:
    """A fresh language model's head above the fresh transformer that is measured without it."""
    whole = make(
        model.config, attn_implementation=model.config._attn_implementation, dtype=model.dtype
    )
    whole.base_model.load_state_dict(fresh.state_dict(), strict=False)
    return whole
