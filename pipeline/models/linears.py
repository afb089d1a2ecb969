"""Linear layers by oneDNN: on some processors twice as fast as torch's own choice of library.

In float32 its sums run in another order, which changes last digits. In bfloat16 what goes in, the
weights and what comes out have 8 bits of mantissa (sums are float32); all that is between layers,
attention included, is computed in float32.
"""

from typing import Literal

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from pipeline.core.errors import UserError
from pipeline.core.shapes import Tensor
from pipeline.models.narrow import held, narrow

Linears = Literal["torch", "onednn", "onednn_bf16"]
"""Who multiplies: torch as it sees fit, or oneDNN in float32 or bfloat16."""

_ROWS = 1024
"""Rows that weights are laid out for; any number of them is multiplied."""


def on_onednn(model: PreTrainedModel, linears: Linears) -> PreTrainedModel:
    """The model with every linear layer of float32 weights multiplied by oneDNN; it can no longer
    learn, and later changes to those weights have no effect. They are held twice.

    Raises UserError where the model is not in float32 on a CPU, torch came without oneDNN, or the
    processor cannot do what is asked.
    """
    if linears == "torch":
        return model
    if model.device.type != "cpu" or model.dtype != torch.float32:
        kind = str(model.dtype).removeprefix("torch.")
        raise UserError(
            f"measure.linears={linears}: oneDNN is for float32 on a CPU, and this model is {kind}"
            f" on {model.device.type}; leave measure.linears=torch"
        )
    if not torch.backends.mkldnn.is_available():
        raise UserError(
            f"measure.linears={linears}: this torch was built without oneDNN;"
            " leave measure.linears=torch"
        )
    if linears == "onednn_bf16" and not multiplies_bfloat16():
        raise UserError(
            "measure.linears=onednn_bf16: oneDNN multiplies no bfloat16 on this processor (it needs"
            " AVX-512); take measure.linears=onednn"
        )
    packed = _InBfloat16 if linears == "onednn_bf16" else _Packed
    for module in model.modules():
        if type(module) is nn.Linear or type(module) is Conv1D:
            weight = module.weight.mT if isinstance(module, Conv1D) else module.weight
            module.forward = packed(weight.detach(), module.bias)  # pyrefly: ignore
    return model


def multiplies_bfloat16() -> bool:
    """Whether oneDNN does so on this processor."""
    return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()


class _Packed:
    """What a linear layer does, its weights laid out for oneDNN."""

    dtype = torch.float32

    def __init__(self, weight: Tensor, bias: Tensor | None):
        weight = weight.to(self.dtype).contiguous()
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight, _ROWS)
        self._bias = None if bias is None else bias.detach().to(self.dtype)

    def __call__(self, x: Tensor) -> Tensor:
        return torch.ops.mkldnn._linear_pointwise(x, self._weight, self._bias, "none", [], "")


class _InBfloat16(_Packed):
    """Reads float32 and gives float32, as those see it who are not of its kind."""

    dtype = torch.bfloat16

    def __call__(self, x: Tensor) -> Tensor:
        return held(super().__call__(narrow(x)))
