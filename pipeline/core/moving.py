"""Tensors between the CPU and a device, so that nobody waits who need not.

A GPU does what it is given in its turn. Whoever asks it for a number in between waits until all
before is done, and meanwhile gives it nothing to go on with.
"""

import torch

from pipeline.core.shapes import Tensor


def sent(tensor: Tensor, device: torch.device | str) -> Tensor:
    """A tensor on a device. From the CPU to a GPU it goes when its turn comes: nobody waits."""
    if torch.device(device).type != "cuda" or tensor.device.type != "cpu":
        return tensor.to(device)
    return tensor.contiguous().pin_memory().to(device, non_blocking=True)


def index_sent(index: Tensor | slice, device: torch.device) -> Tensor | slice:
    """Which rows, for a tensor on a device."""
    return index if isinstance(index, slice) else sent(index, device)


WITH_DOUBLE = {"cpu", "cuda"}
"""Kinds of devices that have double precision; Apple's has not."""


def sum_in_double(tensor: Tensor, dim: int) -> Tensor:
    there = tensor if tensor.device.type in WITH_DOUBLE else tensor.cpu()
    return there.sum(dim, dtype=torch.double)


class Coming:
    """A tensor on its way to the CPU. Who takes it waits for what the device had been given until
    then, and for nothing that it was given since."""

    def __init__(self, tensor: Tensor):
        on_gpu = tensor.device.type == "cuda"
        self._here = tensor.to("cpu", non_blocking=on_gpu)
        self._there = torch.cuda.current_stream(tensor.device).record_event() if on_gpu else None

    def taken(self) -> Tensor:
        if self._there is not None:
            self._there.synchronize()
        return self._here
