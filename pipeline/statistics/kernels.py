"""Kernels by name: what attends, and keeps of each pattern what statistics are made of."""

import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.errors import first_line, is_out_of_memory
from pipeline.core.shapes import Tensor
from pipeline.statistics import native, portable, similarity
from pipeline.statistics.trial import disagreement

Kernel = Callable[[AttentionCall], tuple[Tensor, Reduction]]


class NoKernel(Exception):
    """A kernel that was asked for cannot be had here; says why in one line."""


def _fused(call: AttentionCall) -> tuple[Tensor, Reduction]:
    # Triton is an extra: it is imported where its kernel is run, and nowhere else.
    from pipeline.statistics import fused

    return fused.attend(call)


def _fused_divergences(rows: Tensor) -> Tensor:
    from pipeline.statistics import fused_similarity

    return fused_similarity.js_divergences(rows)


def on_padded(kernel: Kernel) -> Kernel:
    """A kernel that reads packed calls too, by way of padded ones; so its output is padded."""
    return lambda call: kernel(call.padded())


KERNELS: dict[str, Kernel] = {
    "portable": on_padded(portable.attend),
    "cpp": native.attend,
    "triton": _fused,
}
DIVERGENCES: dict[str, Callable[[Tensor], Tensor]] = {
    "portable": similarity.js_divergences,
    "cpp": native.js_divergences,
    "triton": _fused_divergences,
}
"""How the heads of some rows are compared beside a kernel."""


def choose(asked: str, device: str, say: Callable[[str], object] = lambda line: None) -> str:
    """The name of the kernel for models on a device, made ready; `auto` is the fastest.

    `say` is told of what takes long, and of what `auto` cannot have. Raises NoKernel for a kernel
    that was asked for by its name and cannot be had.
    """
    if asked == "portable":
        return asked
    fastest = "triton" if _kind(device) == "cuda" else "cpp"
    try:
        if asked == "triton" or (asked == "auto" and fastest == "triton"):
            _need_triton(device, say)
            return "triton"
        _need_cpp(device, say)
    except NoKernel as error:
        if asked != "auto":
            raise
        say(f"headcensus: the portable kernel measures: {error}")
        return "portable"
    return "cpp"


def _need_cpp(device: str, say: Callable[[str], object]) -> None:
    if device != "cpu":
        raise NoKernel(f"the native kernel reads what is on a CPU, not on {device}")
    try:
        native.load(say)
    except native.CannotCompile as error:
        raise NoKernel(str(error)) from error
    _need_agreement("cpp", device)


def _need_triton(device: str, say: Callable[[str], object]) -> None:
    """On a CPU its kernel runs in Triton's interpreter, for tests of it alone."""
    if _kind(device) != "cuda" and not (device == "cpu" and _interpreted()):
        raise NoKernel(f"the triton kernel reads what is on a GPU (cuda), not on {device}")
    if find_spec("triton") is None:
        raise NoKernel("Triton is not installed: pip install 'headcensus[triton]'")
    if _kind(device) == "cuda":
        _need_driver()
        say(f"headcensus: the triton kernel is tried on {device}, and compiled if it is not yet")
        _need_agreement("triton", device)


def _need_driver() -> None:
    """Triton compiles what it talks to a GPU with when it is first asked to, and asks for a C
    compiler and Python's headers, which small images do not have."""
    try:
        from triton.runtime import driver

        driver.active.get_current_target()
    except Exception as error:  # whatever it comes upon
        raise NoKernel(
            f"Triton cannot be used here ({type(error).__name__}: {first_line(error)})"
        ) from error


def _need_agreement(name: str, device: str) -> None:
    if fault := _fault(name, device):
        raise NoKernel(f"the {name} kernel is not to be trusted on {device}: {fault}")


@cache
def _fault(name: str, device: str) -> str | None:
    try:
        differing = disagreement(KERNELS[name], DIVERGENCES[name], device)
    except Exception as error:  # whatever a compiler or a chip comes upon
        if is_out_of_memory(error):
            raise
        return f"it fails ({type(error).__name__}: {first_line(error)})"
    return differing and f"its {differing} is not that of the portable kernel"


def _interpreted() -> bool:
    return os.environ.get("TRITON_INTERPRET") == "1"


def _kind(device: str) -> str:
    return device.split(":")[0]
