"""What a model reads its heads' output by: found by watching it, not by the names of its modules.

Behind an attention call comes a linear layer whose input is that call's output, all heads side by
side. Where there is none, for a gate or a norm stands between, values have no one length in the
residual stream.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.shapes import Float, Tensor
from pipeline.statistics.portable import attend

Readout = Float[Tensor, "head value_channel residual"]


class Watch:
    """A kernel that remembers each call's output, and which layer took it next."""

    def __init__(self) -> None:
        self._outputs: list[Tensor] = []
        self._found: dict[int, nn.Module] = {}

    def __call__(self, call: AttentionCall) -> tuple[Tensor, Reduction]:
        output, reduction = attend(call)
        self._outputs.append(output)
        return output, reduction

    def _see(self, module: nn.Module, args: tuple) -> None:
        last = len(self._outputs) - 1
        if last < 0 or last in self._found or not args or not isinstance(args[0], Tensor):
            return
        side_by_side = self._outputs[last].transpose(1, 2).flatten()
        if args[0].numel() != len(side_by_side) or not side_by_side.any():
            return  # zeros would be anything's input
        if torch.equal(args[0].flatten(), side_by_side):
            self._found[last] = module

    @contextmanager
    def over(self, model: PreTrainedModel) -> Iterator[None]:
        linear = [m for m in model.modules() if isinstance(m, nn.Linear | Conv1D)]
        hooks = [module.register_forward_pre_hook(self._see) for module in linear]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def readouts(self) -> list[Readout | None]:
        """One per call. Calls whose outputs nobody takes as they are have None."""
        made: dict[int, Readout] = {}
        found = []
        for k, output in enumerate(self._outputs):
            module = self._found.get(k)
            if module is not None and id(module) not in made:
                made[id(module)] = _readout(module, output.shape[1])
            found.append(made[id(module)] if module is not None else None)
        return found


def _readout(module: nn.Module, n_heads: int) -> Readout:
    """Of W_O's rows of each head, turned into as few dimensions: W = (QR)ᵀ, so |vW| = |vRᵀ|."""
    assert isinstance(module.weight, Tensor)
    weight = module.weight.detach().float()
    rows = (weight if isinstance(module, Conv1D) else weight.T).unflatten(0, (n_heads, -1))
    return torch.linalg.qr(rows.mT, mode="r").R.mT.contiguous()
