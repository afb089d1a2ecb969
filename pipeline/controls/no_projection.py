"""No weights at all between a layer's input and its scores: queries, keys and values are the input.

Each head takes its own slice of the input's channels. The raw dot product mostly finds itself, so
that what this control gives is reported with and without the diagonal.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from pipeline.controls.base import PreTrainedModel
from pipeline.core.errors import UserError

_SEPARATE = (
    ("query", "key", "value"),  # BERT, RoBERTa, ELECTRA, ALBERT, Splinter
    ("q_lin", "k_lin", "v_lin"),  # DistilBERT
    ("q_proj", "k_proj", "v_proj"),  # Llama and its kin, OPT, BART
)
_STACKED = ("c_attn", "Wqkv", "qkv_proj")
"""One projection, all queries, then all keys, then all values: GPT-2, ModernBERT, Phi-3."""

_BY_HEAD = ("query_key_value",)
"""One projection, query, key and value of each head together: GPT-NeoX."""


@dataclass(frozen=True)
class NoProjection:
    """Identity query, key and value projections with zero biases; everything else stays trained."""

    def apply(self, model: PreTrainedModel, seed: int) -> PreTrainedModel:
        """Raises UserError where projections are grouped, of another width, or not found.

        Where several query heads share a key there is no slice that is theirs alone.
        """
        n_found = sum(_without_projection(module, model.config) for module in model.modules())
        n_layers = _n_attentions(model.config)
        if n_found != n_layers:
            raise UserError(
                f"control=no_projection: query, key and value projections of"
                f" {model.config.model_type} were found in {n_found} of its {n_layers} layers"
            )
        return model


def _without_projection(module: nn.Module, config) -> bool:
    """Make a module's projections the identity, if it has such. True where it had."""
    for names in _SEPARATE:
        found = [getattr(module, name, None) for name in names]
        if all(isinstance(p, nn.Linear) for p in found):
            for projection in found:
                assert isinstance(projection, nn.Linear)
                _set(projection, torch.eye(projection.in_features), config)
            return True
    for name in (*_STACKED, *_BY_HEAD):
        fused = getattr(module, name, None)
        if isinstance(fused, nn.Linear | Conv1D):
            width = fused.weight.shape[0 if isinstance(fused, Conv1D) else 1]
            identity = torch.eye(width)
            if name in _BY_HEAD:
                of_heads = identity.view(config.num_attention_heads, 1, -1, width)
                rows = of_heads.expand(-1, 3, -1, -1).reshape(3 * width, width)
            else:
                rows = identity.repeat(3, 1)
            _set(fused, rows, config)
            return True
    return False


def _set(projection: nn.Linear | Conv1D, rows: Tensor, config) -> None:
    """`rows` are [output, input]; Conv1D keeps its weight the other way round."""
    weight = rows.T if isinstance(projection, Conv1D) else rows
    if projection.weight.shape != weight.shape:
        raise UserError(
            f"control=no_projection: a projection of {config.model_type} is"
            f" {tuple(projection.weight.shape)}, not {tuple(weight.shape)}: its heads have no"
            " slices of the input that are theirs alone"
        )
    with torch.no_grad():
        projection.weight.copy_(weight)
        if projection.bias is not None:
            projection.bias.zero_()


def _n_attentions(config) -> int:
    """Attention modules with weights of their own: ALBERT's layers share theirs."""
    groups = getattr(config, "num_hidden_groups", None)
    return groups * config.inner_group_num if groups else config.num_hidden_layers
