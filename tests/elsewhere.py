"""The command line beside a device that is not there: python -m tests.elsewhere FILE run … then ….

Tensors `elsewhere` stand on the CPU and say that they do not. As on a GPU they are not mixed with
those that do, and NumPy cannot see them: what would first fail on such a machine fails here.
What operations were done there is written to FILE. A process of its own: torch is told of another
device, and not for a while.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

from pipeline.core.moving import WITH_DOUBLE
from pipeline.stages import cli

NAME = "elsewhere"
INDEXED = {"aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_"}
MOVED = {"aten::_to_copy", "aten::copy_"}
DONE: set[str] = set()


class Elsewhere(torch.Tensor):
    """`here` is the tensor that stands for it."""

    here: torch.Tensor

    @staticmethod
    def __new__(cls, here: torch.Tensor):
        made = torch.Tensor._make_wrapper_subclass(
            cls,
            here.shape,
            strides=here.stride(),
            storage_offset=here.storage_offset(),
            dtype=here.dtype,
            device=torch.device(NAME, 0),
        )
        made.here = here
        return made

    def tolist(self) -> Any:
        return self.here.tolist()

    def numpy(self, *_: Any, **__: Any) -> Any:
        raise TypeError(f"numpy sees nothing of what is {NAME}")

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return done(func, args, kwargs or {})


class There(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return done(func, args, kwargs or {})


class Lists(TorchFunctionMode):
    """`torch.tensor` fills a tensor by its address, and none is elsewhere."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        device = kwargs.get("device")
        if func is torch.tensor and device is not None and is_there(torch.device(device)):
            return func(*args, **kwargs | {"device": "cpu"}).to(device)
        return func(*args, **kwargs)


def is_there(device: torch.device) -> bool:
    return device.type == NAME


def done(func: Any, args: tuple, kwargs: dict) -> Any:
    """An operation, where its tensors are or where it is asked for."""
    leaves = tree_leaves((args, kwargs))
    there = {id(x.here): x for x in leaves if isinstance(x, Elsewhere)}
    devices = [x for x in leaves if isinstance(x, torch.device)]
    if not there and not any(map(is_there, devices)):
        return func(*args, **kwargs)
    name = func._schema.name
    DONE.add(func.name().removeprefix("aten::"))
    if there and name not in MOVED:
        not_mixed(name, (args[0], *args[2:]) if name in INDEXED else leaves)

    def standing_for(x: Any) -> Any:
        if isinstance(x, Elsewhere):
            return x.here
        return torch.device("cpu") if isinstance(x, torch.device) else x

    args_here, kwargs_here = tree_map(standing_for, (args, kwargs))
    made = func(*args_here, **kwargs_here)
    if args_here and made is args_here[0]:  # in place
        return args[0]
    if devices and not is_there(devices[-1]):
        return made

    def over_there(x: Any) -> Any:
        if not isinstance(x, torch.Tensor):
            return x
        if x.dtype == torch.double and NAME not in WITH_DOUBLE:
            raise TypeError(f"{name}: there is no double precision {NAME}, as on Apple's GPUs")
        return there[id(x)] if id(x) in there else Elsewhere(x)

    return tree_map(over_there, made)


def not_mixed(name: str, leaves: Any) -> None:
    """A number may be anywhere; so may indices, which are not looked at."""
    for x in leaves:
        if isinstance(x, torch.Tensor) and not isinstance(x, Elsewhere) and x.dim():
            raise RuntimeError(f"{name}: what is here, {tuple(x.shape)}, and what is {NAME}")


@contextmanager
def both() -> Iterator[None]:
    with There(), Lists():
        yield


def prepare() -> None:
    """Tell torch of the device, and threads that start from now on."""
    _setup_privateuseone_for_python_backend(NAME)
    # A module's parameters are made anew as they move: tensors of two kinds share no memory.
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    # Views of what was made outside of it do not go with inference mode.
    torch.inference_mode = lambda mode=True: torch.no_grad()
    run = threading.Thread.run

    def run_in_both(thread: threading.Thread) -> None:
        with both():
            run(thread)

    threading.Thread.run = run_in_both


def main() -> int:
    prepare()
    with both():
        for is_break, words in groupby(sys.argv[2:], lambda word: word == "then"):
            if not is_break and (code := cli.main(list(words))):
                return code
    Path(sys.argv[1]).write_text("\n".join(sorted(DONE)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
