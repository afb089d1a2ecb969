"""A forward pass taken up in the middle: layers below are run once, and what they gave is reused.

Layers are found by watching a pass, not by name: the outermost members of module lists in which an
attention call is made. While a pass is taken up, those below are stood in for by what they gave.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_map
from transformers import PreTrainedModel

from pipeline.core.shapes import Int, Tensor
from pipeline.models.tap import Place, Tap, forward


@dataclass(frozen=True)
class Unit:
    """One run of a layer, and which attention calls of a pass are made in it.

    `leads`: its output is read by more than the next unit's layer, as an encoder's last is.
    """

    module: nn.Module
    calls: range
    leads: bool = False


@dataclass(frozen=True)
class Kept:
    """What each unit gave in a pass over `n_sentences`."""

    n_sentences: int
    outputs: list[Any]


def units(model: PreTrainedModel, tap: Tap, places: Sequence[Place]) -> list[Unit]:
    """The units of a pass over the tap's pieces, in their order.

    A model whose calls are not all made in such layers is one unit: nothing of it can be reused.
    """
    runs: list[tuple[nn.Module, range]] = []
    started: list[int] = []

    def enter(module: nn.Module, args: tuple) -> None:
        started.append(len(tap.calls))

    def leave(module: nn.Module, args: tuple, output: Any) -> None:
        calls = range(started.pop(), len(tap.calls))
        if calls:
            runs.append((module, calls))

    with _hooked(_layers(model), enter, leave):
        forward(model, tap)
    if [k for _, calls in runs for k in calls] != list(range(len(places))):
        return [Unit(model, range(len(places)))]
    ends = [places[calls[0]].site for _, calls in runs]
    return [
        Unit(module, calls, k + 1 == len(runs) or ends[k + 1] != ends[k])
        for k, (module, calls) in enumerate(runs)
    ]


def keep(model: PreTrainedModel, tap: Tap, of: Sequence[Unit]) -> tuple[Any, Kept]:
    """Run the model whole. Gives its output, and what the units gave."""
    outputs: list[Any] = []

    def leave(module: nn.Module, args: tuple, output: Any) -> None:
        outputs.append(output)

    with _hooked({unit.module for unit in of}, None, leave):
        output = forward(model, tap)
    return output, Kept(len(tap.source.ids), outputs)


def resume(
    model: PreTrainedModel,
    tap: Tap,
    of: Sequence[Unit],
    first: int,
    kept: Kept,
    rows: Int[Tensor, " row"],
) -> Any:
    """Run the model from unit `first` on, over rows of the sentences that `kept` is of.

    `tap` has those rows, and the places from that unit's first call on.
    """
    waiting: dict[nn.Module, deque] = defaultdict(deque)
    for k, unit in enumerate(of[:first]):
        # What the next stand-in does not look at need not be copied for each row.
        read = k == first - 1 or unit.leads
        waiting[unit.module].append(_rows(kept, k, rows) if read else kept.outputs[k])
    with _stood_in(waiting):
        return forward(model, tap)


def _rows(kept: Kept, k: int, rows: Tensor) -> Any:
    def chosen(value: Any) -> Any:
        is_of_sentences = isinstance(value, Tensor) and value.shape[:1] == (kept.n_sentences,)
        return value[rows] if is_of_sentences else value

    with torch.inference_mode():
        return tree_map(chosen, kept.outputs[k])


def _layers(model: PreTrainedModel) -> set[nn.Module]:
    lists = [name for name, module in model.named_modules() if isinstance(module, nn.ModuleList)]
    outermost = [a for a in lists if not any(a.startswith(f"{b}.") for b in lists)]
    return {layer for name in outermost for layer in model.get_submodule(name).children()}


@contextmanager
def _hooked(modules: set[nn.Module], enter: Any, leave: Any) -> Iterator[None]:
    hooks = [module.register_forward_hook(leave) for module in modules]
    if enter is not None:
        hooks += [module.register_forward_pre_hook(enter) for module in modules]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def _stood_in(waiting: dict[nn.Module, deque]) -> Iterator[None]:
    """A module gives what waits for it, run by run, and then what it gives itself."""
    before = {module: vars(module).get("forward") for module in waiting}

    def stand_in(module: nn.Module, outputs: deque) -> None:
        own = module.forward

        def forward(*args: Any, **kwargs: Any) -> Any:
            return outputs.popleft() if outputs else own(*args, **kwargs)

        module.forward = forward

    for module, outputs in waiting.items():
        stand_in(module, outputs)
    try:
        yield
    finally:
        for module, own in before.items():
            del module.forward
            if own is not None:
                module.forward = own
