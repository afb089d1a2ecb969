"""What interventions do: to which heads, to which class of keys, under which condition."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.core.names import CONDITIONS, DUMPED_ON, EDIT_CLASSES, ON_HEADS, ON_KEYS
from pipeline.engines.means import AtPlace
from pipeline.models.tap import Place


@dataclass(frozen=True)
class Interventions:
    """How much is done. Changed are the sentences whose row `every` divides, or the next of the
    shard that the model can read; watched those that `observe_every` divides. Heads whose mean mass
    on a class is above `threshold` are changed together too, and beside them `draws` times as many
    others. `heads`: `all` are changed one by one, or those that are `dumping`. `batch_pieces`
    bounds a batch.
    """

    classes: tuple[str, ...] = EDIT_CLASSES
    every: int = 100
    observe_every: int = 4
    heads: str = "all"
    threshold: float = 0.5
    draws: int = 3
    batch_pieces: int = 4096
    seed: int = 0


@dataclass(frozen=True)
class Change:
    """One thing that is done. `heads` are those it is done to, by the number of their call.

    `scope`: `head` and `layer` are one of them; `all` are all heads of the model; `dumping` those
    whose mean mass on the class is above a threshold, and `random-1` … as many others per layer, or
    all others where they are fewer.
    """

    scope: str
    condition: str
    key_class: str | None
    heads: dict[int, tuple[int, ...]]

    @property
    def first_call(self) -> int:
        return min(self.heads)

    @property
    def is_of_one_call(self) -> bool:
        return self.scope in ("head", "layer")


class Plan:
    """What is done to a model whose heads are those of `means`, call by call.

    Classes that are the same keys all over, as BERT's first piece and [CLS], are changed once and
    noted under both names.
    """

    def __init__(self, means: Sequence[AtPlace], how: Interventions):
        self.means = means
        self.how = how
        self._at = [_twins([at], how.classes) for at in means]
        self._everywhere = _twins(means, how.classes)

    def by_unit(self, calls: Sequence[range]) -> Iterator[tuple[int, list[Change]]]:
        """The number of each unit of the model, and what is first done in it. `calls` are those of
        each unit."""
        whole = list(self._of_model())
        for unit, of_unit in enumerate(calls):
            begin_here = [change for change in whole if change.first_call in of_unit]
            yield unit, begin_here + [c for call in of_unit for c in self._of_call(call)]

    def names(self, change: Change) -> list[str | None]:
        """The classes of keys that a change is done to: the same keys, whatever they are called."""
        twins = self._at[change.first_call] if change.is_of_one_call else self._everywhere
        return [a for a, b in twins.items() if b == change.key_class] or [change.key_class]

    def _of_call(self, k: int) -> Iterator[Change]:
        """What is done to the heads of one call: to each, and to all together.

        If not to every head, then to those that dump, on the classes that they dump on; of the
        others only what removing them does is known.
        """
        at = self.means[k]
        classes = _firsts(self._at[k])
        layer = tuple(range(at.n_heads))
        for condition, key_class in _done(classes):
            yield Change("layer", condition, key_class, {k: layer})
        for head in layer:
            done = _done(classes)
            if self.how.heads != "all":
                dumps = [c for c in classes if head in self._dumping(k, c)]
                done = _done(dumps) if dumps else [("no_head", None)]
            for condition, key_class in done:
                yield Change("head", condition, key_class, {k: (head,)})

    def _of_model(self) -> Iterator[Change]:
        """What is done to heads of all calls at once."""
        classes = _firsts(self._everywhere)
        for condition, key_class in _done(classes):
            heads = {
                k: tuple(range(at.n_heads))
                for k, at in enumerate(self.means)
                if key_class is None or key_class in at.values
            }
            yield Change("all", condition, key_class, heads)
        for key_class in (name for name in classes if name in DUMPED_ON):
            dumping = {
                k: self._dumping(k, key_class)
                for k, at in enumerate(self.means)
                if key_class in at.values
            }
            for scope, heads in self._beside(key_class, dumping):
                if some := {k: of_call for k, of_call in heads.items() if of_call}:
                    for condition in CONDITIONS:
                        yield Change(scope, condition, key_class, some)

    def _dumping(self, k: int, key_class: str) -> tuple[int, ...]:
        masses = self.means[k].masses.get(key_class)
        if masses is None:
            return ()
        return tuple((masses > self.how.threshold).nonzero().flatten().tolist())

    def _beside(
        self, key_class: str, dumping: dict[int, tuple[int, ...]]
    ) -> Iterator[tuple[str, dict[int, tuple[int, ...]]]]:
        """Heads that dump, and draws of others."""
        yield "dumping", dumping
        for n in range(1, self.how.draws + 1):
            draw = random.Random(f"{self.how.seed}/{key_class}/{n}")
            yield (
                f"random-{n}",
                {k: _others(self.means[k].n_heads, of, draw) for k, of in dumping.items()},
            )


def keys_of(change: Change, places: Sequence[Place]) -> dict[str, object]:
    """The columns of the lake that say what was done, but for the class of keys."""
    k, heads = next(iter(change.heads.items()))
    return {
        "scope": change.scope,
        "site": places[k].site if change.is_of_one_call else None,
        "layer": places[k].layer if change.is_of_one_call else None,
        "head": heads[0] if change.scope == "head" else None,
        "condition": change.condition,
        "n_heads": sum(len(of_call) for of_call in change.heads.values()),
    }


def _done(classes: Sequence[str]) -> list[tuple[str, str | None]]:
    on_keys = [(condition, name) for name in classes for condition in ON_KEYS]
    return [*on_keys, *((condition, None) for condition in ON_HEADS)]


def _others(n_heads: int, heads: tuple[int, ...], draw: random.Random) -> tuple[int, ...]:
    """As many heads of the same layer, as far as there are others."""
    others = [head for head in range(n_heads) if head not in heads]
    return tuple(sorted(draw.sample(others, min(len(heads), len(others)))))


def _twins(means: Sequence[AtPlace], classes: Sequence[str]) -> dict[str, str]:
    """Classes that are there, each with the first that has been the same keys all over."""

    def same(a: str, b: str) -> bool:
        there = [at for at in means if a in at.values or b in at.values]
        return all(a in at.values and b in at.values and at.same(a, b) for at in there)

    there = [name for name in classes if any(name in at.values for at in means)]
    return {name: next(a for a in there if a == name or same(a, name)) for name in there}


def _firsts(twins: dict[str, str]) -> list[str]:
    return [a for a, b in twins.items() if a == b]
