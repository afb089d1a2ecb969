"""No weights at all between a layer's input and its scores: queries, keys and values are the input.

Each head takes its own slice of the input's channels. The raw dot product mostly finds itself, so
that what this control gives is reported with and without the diagonal.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot
from transformers.pytorch_utils import Conv1D

from pipeline.controls.base import Control, PreTrainedModel
from pipeline.controls.projections import (
    Projections,
    n_attentions,
    projections,
    width_in,
    width_out,
)
from pipeline.core.call import AttentionCall
from pipeline.core.errors import UserError


@dataclass(frozen=True)
class NoProjection(Control):
    """Identity query, key and value projections with zero biases; everything else stays trained.

    Channel j of key head g is channel (g·d + j) mod width of the input, d being a head's channels:
    heads that are wider together than the input start over. Query heads that share a key head take
    its slice. Across two sequences queries are a slice of the one, keys and values of the other.

    With `whole`, a head's weights come of all slices together, the input's whole vector, and their
    scores are divided by √heads more than a slice's: where a slice of d channels has 1/√d, that is
    1/√width. Then all heads of a layer attend alike.
    """

    draws = False
    whole: bool = False

    def call(self, call: AttentionCall) -> AttentionCall:
        if not self.whole:
            return call
        n_heads = call.query.shape[1]
        query, key = (
            t.transpose(1, 2).flatten(2).unsqueeze(1).expand(-1, n_heads, -1, -1)
            for t in (call.query, call.key)
        )
        return replace(call, query=query, key=key, scaling=call.scaling / n_heads**0.5)

    def apply(self, model: PreTrainedModel, seed: int) -> PreTrainedModel:
        """Raises UserError where not every layer's projections are found."""
        found = list(projections(model))
        if len(found) != n_attentions(model.config):
            raise UserError(
                f"control=no_projection: query, key and value projections of"
                f" {model.config.model_type} were found in {len(found)} of its"
                f" {n_attentions(model.config)} attention layers: leave this control out"
            )
        for attention in found:
            for layer, rows in zip(attention.layers, _rows(attention), strict=True):
                if len(rows) != width_out(layer):
                    raise UserError(
                        f"control=no_projection: a projection of {model.config.model_type} has"
                        f" {width_out(layer)} rows, not {len(rows)}: its heads are not all alike:"
                        " leave this control out"
                    )
                _set(layer, rows)
            if self.whole and not _is_whole(attention):
                raise UserError(
                    f"control=no_projection_whole: the heads of {model.config.model_type} do not"
                    " read their layer's input slice by slice, each channel once: no_projection"
                    " takes them as they are"
                )
        return model


def _is_whole(attention: Projections) -> bool:
    """Heads and key heads are as many, and together as wide as what they read."""
    width = width_in(attention.layers[0])
    return attention.groups == 1 and attention.n_key_heads * attention.size == width


def _rows(attention: Projections) -> list[Tensor]:
    """What each projection becomes, as [output, input]."""
    size, groups, n_keys = attention.size, attention.groups, attention.n_key_heads
    of_key = torch.arange(n_keys)
    of_query = of_key.repeat_interleave(groups)
    if len(attention.layers) == 3:
        heads = zip((of_query, of_key, of_key), attention.layers, strict=True)
        return [_slices(of, size, width_in(layer)) for of, layer in heads]
    of_row = torch.cat((of_query, of_key, of_key))
    if attention.by_head:
        of_row = of_key.repeat_interleave(3)
    return [_slices(of_row, size, width_in(attention.layers[0]))]


def _slices(heads: Tensor, size: int, width: int) -> Tensor:
    """Rows that read the slices of `heads`, one head after another."""
    channels = heads[:, None] * size + torch.arange(size)
    return one_hot(channels.flatten() % width, width)


def _set(layer: nn.Linear | Conv1D, rows: Tensor) -> None:
    """`rows` are [output, input]; Conv1D keeps its weight the other way round."""
    with torch.no_grad():
        layer.weight.copy_(rows.T if isinstance(layer, Conv1D) else rows)
        if layer.bias is not None:
            layer.bias.zero_()
