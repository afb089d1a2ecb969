"""No weights at all between a layer's input and its scores: queries, keys and values are the input.

Each head takes its own slice of the input's channels. The raw dot product mostly finds itself, so
that what this control gives is reported with and without the diagonal.
"""

from dataclasses import dataclass

import torch
from torch import nn
from transformers import PreTrainedModel

from pipeline.core.errors import UserError

_PROJECTIONS = (
    ("query", "key", "value"),  # BERT, RoBERTa, ELECTRA, ALBERT
    ("q_lin", "k_lin", "v_lin"),  # DistilBERT
    ("q_proj", "k_proj", "v_proj"),  # Llama and its kin, OPT, BART
)


@dataclass(frozen=True)
class NoProjection:
    """Identity query, key and value projections with zero biases; everything else stays trained."""

    def apply(self, model: PreTrainedModel, seed: int) -> PreTrainedModel:
        """Raises UserError for a family whose projections are fused, grouped or unknown."""
        n_found = 0
        for module in model.modules():
            for names in _PROJECTIONS:
                found = (getattr(module, name, None) for name in names)
                projections = [p for p in found if isinstance(p, nn.Linear)]
                if len(projections) == len(names):
                    for projection in projections:
                        _make_identity(projection, model.config.model_type)
                    n_found += 1
        n_layers = _n_attentions(model.config)
        if n_found != n_layers:
            raise UserError(
                f"control=no_projection: {model.config.model_type} has separate query, key and"
                f" value projections in {n_found} of its {n_layers} layers"
            )
        return model


def _n_attentions(config) -> int:
    """Attention modules with weights of their own: ALBERT's layers share theirs."""
    groups = getattr(config, "num_hidden_groups", None)
    return groups * config.inner_group_num if groups else config.num_hidden_layers


def _make_identity(projection: nn.Linear, family: str) -> None:
    if projection.in_features != projection.out_features:
        raise UserError(
            f"control=no_projection: {family} projects {projection.in_features} channels to"
            f" {projection.out_features}: there is no identity"
        )
    with torch.no_grad():
        projection.weight.copy_(torch.eye(projection.in_features))
        if projection.bias is not None:
            projection.bias.zero_()
