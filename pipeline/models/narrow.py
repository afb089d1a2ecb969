"""Outputs of layers in bfloat16 that are widened to float32 only for those who need that.

Between two such layers, an activation function at most, nobody does: so what lies between is half
as large, and made once instead of three times. Every number is what it would be by way of float32.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch.utils._pytree import tree_map_only

from pipeline.core.shapes import Tensor

_ACTIVATIONS = frozenset({F.gelu, F.relu, F.silu})
"""In bfloat16 torch computes them in float32 and rounds once: as if they were widened first."""


class Narrow(Tensor):
    """A bfloat16 tensor that is float32 to whoever reads it, but for `narrow`."""

    _behind: Callable[[Tensor], Tensor] | None = None
    """An activation function that was asked for, and is not computed yet."""
    _wide: Tensor | None = None
    """What it was read as; that may have been written to since."""

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in _ACTIVATIONS and len(args) == 1 and not kwargs.get("inplace"):
            (x,) = args
            if isinstance(x, Narrow) and x._is_untouched:
                found = held(_plain(x))
                found._behind = partial(func, **kwargs)
                return found
        args = tuple(_read(given) for given in args)
        return func(*args, **{name: _read(given) for name, given in kwargs.items()})

    @property
    def _is_untouched(self) -> bool:
        return self._behind is None and self._wide is None


def held(tensor: Tensor) -> Narrow:
    """A tensor of bfloat16, to be widened when it is read."""
    return tensor.as_subclass(Narrow)


def narrow(x: Tensor) -> Tensor:
    """What a layer in bfloat16 reads of x: itself, if nobody else has read it."""
    if not isinstance(x, Narrow):
        return x.to(torch.bfloat16)
    if x._wide is not None:
        return x._wide.to(torch.bfloat16)
    return _plain(x) if x._behind is None else x._behind(_plain(x))


def _read(given: Any) -> Any:
    if isinstance(given, Narrow):
        return _widened(given)
    # Only what may hold tensors is searched: that takes longer than most of what is done to one.
    if isinstance(given, (tuple, list, dict)):
        return tree_map_only(Narrow, _widened, given)
    return given


def _widened(x: Narrow) -> Tensor:
    if x._wide is None:
        wide = _plain(x).float()
        x._wide = wide if x._behind is None else x._behind(wide)
    return x._wide


def _plain(x: Narrow) -> Tensor:
    with torch._C.DisableTorchFunctionSubclass():
        return x.as_subclass(Tensor)
