"""Kernels by name: what attends, and keeps of each pattern what statistics are made of."""

from collections.abc import Callable

import torch

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.shapes import Tensor
from pipeline.statistics import native, portable

Kernel = Callable[[AttentionCall], tuple[Tensor, Reduction]]
KERNELS: dict[str, Kernel] = {"portable": portable.attend, "cpp": native.attend}


class NoKernel(Exception):
    """A kernel that was asked for cannot be had here; says why in one line."""


def choose(
    asked: str,
    device: str,
    dtype: torch.dtype,
    say: Callable[[str], object] = lambda line: None,
) -> str:
    """The name of the kernel for models of a dtype on a device, made ready; `auto` is the fastest.

    `say` is told of what takes long, and of what `auto` cannot have. Raises NoKernel for a kernel
    that was asked for by its name and cannot be had.
    """
    if asked == "portable":
        return asked
    try:
        if device != "cpu" or dtype != torch.float32:
            kind = str(dtype).removeprefix("torch.")
            raise NoKernel(f"the native kernel reads float32 on a CPU, not {kind} on {device}")
        try:
            native.load(say)
        except native.CannotCompile as error:
            raise NoKernel(str(error)) from error
    except NoKernel as error:
        if asked != "auto":
            raise
        say(f"headcensus: the portable kernel measures: {error}")
        return "portable"
    return "cpp"
