"""What interventions do: to which heads, to which class of keys, under which condition."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.edit import CONDITIONS, ON_HEADS, ON_KEYS, Edit
from pipeline.core.shapes import Tensor
from pipeline.engines.means import DUMPED_ON, AtPlace
from pipeline.models.tap import Place
from pipeline.statistics.edited import attend_edited, class_keys
from pipeline.statistics.portable import attention_pattern, output_of


@dataclass(frozen=True)
class Change:
    """One thing that is done. `heads` are those it is done to, by the number of their call.

    `scope`: `head` and `layer` are one of them; `all` are all heads of the model; `dumping` those
    whose mean mass on the class is above a threshold, and `random-1` … as many others per layer.
    """

    scope: str
    condition: str
    key_class: str | None
    heads: dict[int, tuple[int, ...]]

    @property
    def first_call(self) -> int:
        return min(self.heads)


def of_call(
    k: int, at: AtPlace, classes: Sequence[str], threshold: float, every_head: bool
) -> list[Change]:
    """What is done to the heads of one call: to each, and to all together.

    If not to `every_head`, then to those that dump, on the classes that they dump on; of the others
    only what removing them does is known.
    """
    layer = tuple(range(at.n_heads))
    found = [Change("layer", what, of, {k: layer}) for what, of in _done(classes)]
    for head in layer:
        dumps = [c for c in classes if c in at.masses and at.masses[c][head] > threshold]
        done = _done(classes if every_head else dumps)
        if not every_head and not dumps:
            done = [("no_head", None)]
        found += [Change("head", what, of, {k: (head,)}) for what, of in done]
    return found


def of_model(
    means: Sequence[AtPlace],
    classes: Sequence[Sequence[str]],
    threshold: float,
    n_draws: int,
    seed: int,
) -> list[Change]:
    """What is done to heads of all calls at once. `classes` are those of each call."""
    everywhere = {k: tuple(range(at.n_heads)) for k, at in enumerate(means)}
    known = list(dict.fromkeys(name for of_call in classes for name in of_call))
    found = []
    for condition, key_class in _done(known):
        heads = {k: h for k, h in everywhere.items() if key_class in (None, *classes[k])}
        found.append(Change("all", condition, key_class, heads))
    for key_class in (name for name in known if name in DUMPED_ON):
        dumping = {
            k: tuple((at.masses[key_class] > threshold).nonzero().flatten().tolist())
            for k, at in enumerate(means)
            if key_class in classes[k]
        }
        sets = {"dumping": {k: heads for k, heads in dumping.items() if heads}}
        for n in range(1, n_draws + 1):
            draw = random.Random(f"{seed}/{key_class}/{n}")
            sets[f"random-{n}"] = {
                k: _others(means[k].n_heads, heads, draw) for k, heads in sets["dumping"].items()
            }
        found += [
            Change(scope, condition, key_class, heads)
            for scope, heads in sets.items()
            if heads
            for condition in CONDITIONS
        ]
    return found


def _done(classes: Sequence[str]) -> list[tuple[str, str | None]]:
    on_keys = [(condition, name) for name in classes for condition in ON_KEYS]
    return [*on_keys, *((condition, None) for condition in ON_HEADS)]


def _others(n_heads: int, heads: tuple[int, ...], draw: random.Random) -> tuple[int, ...]:
    """As many heads of the same layer, others as far as there are."""
    others = [head for head in range(n_heads) if head not in heads]
    drawn = draw.sample(others, min(len(heads), len(others)))
    return tuple(sorted(drawn + draw.sample(list(heads), len(heads) - len(drawn))))


class Editing:
    """A kernel that does a change to each row of a batch, from a model's call `first` on."""

    def __init__(self, changes: Sequence[Change], means: Sequence[AtPlace], first: int):
        self.changes = changes
        self.means = means
        self._next = first

    def __call__(self, call: AttentionCall) -> tuple[Tensor, Reduction]:
        k, self._next = self._next, self._next + 1
        if any(k in change.heads for change in self.changes):
            return attend_edited(call, self._edit(k, call)), Reduction()
        return output_of(attention_pattern(call), call), Reduction()

    def _edit(self, k: int, call: AttentionCall) -> Edit:
        device, at = call.query.device, self.means[k]
        condition = [CONDITIONS.index(change.condition) for change in self.changes]
        heads = torch.zeros(len(self.changes), at.n_heads, dtype=torch.bool)
        for row, change in enumerate(self.changes):
            heads[row, list(change.heads.get(k, ()))] = True
        value = torch.zeros(len(self.changes), *at.output.shape)
        n_keys = call.layout.visible.shape[2]
        keys = torch.zeros(len(self.changes), 1, n_keys, dtype=torch.bool, device=device)
        for name in {c.key_class for c in self.changes if c.key_class and k in c.heads}:
            rows = [c.key_class == name and k in c.heads for c in self.changes]
            value[rows] = at.values[name]
            of_class = torch.tensor(rows, device=device)[:, None, None]
            keys = keys | (class_keys(call.layout, name) & of_class)
        return Edit(
            torch.tensor(condition, device=device),
            heads.to(device),
            keys,
            value.to(device),
            at.output.to(device),
        )


def first_unit(change: Change, calls: Sequence[range]) -> int:
    """The unit of a model in which a change is first made; `calls` are those of each unit."""
    return next(k for k, of_unit in enumerate(calls) if change.first_call in of_unit)


def keys_of(change: Change, places: Sequence[Place]) -> dict[str, object]:
    """The columns of the lake that say what was done."""
    (k, heads), *more = change.heads.items()
    is_of_one_call = not more and change.scope in ("head", "layer")
    return {
        "scope": change.scope,
        "site": places[k].site if is_of_one_call else None,
        "layer": places[k].layer if is_of_one_call else None,
        "head": heads[0] if change.scope == "head" else None,
        "key_class": change.key_class,
        "condition": change.condition,
    }
