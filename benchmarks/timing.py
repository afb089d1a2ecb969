"""Paired timings: contestants take turns, so that a machine which drifts drifts for all of them.

The order is drawn anew for each round: what ran before leaves caches and memory in another state.
"""

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch


@dataclass
class Times:
    """Of one contestant: seconds of each round."""

    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def over(self, other: "Times") -> tuple[float, float, float]:
        """Ratio round by round: the median, the least, the most."""
        pairs = zip(self.seconds, other.seconds, strict=True)
        ratios = sorted(a / b for a, b in pairs)
        return statistics.median(ratios), ratios[0], ratios[-1]


def interleaved(
    contestants: Mapping[str, Callable[[], object]],
    rounds: int,
    say: Callable[[str], object] = lambda line: None,
) -> dict[str, Times]:
    """A round that is not counted, then `rounds` of them: A B C, B A C, …"""
    times = {name: Times() for name in contestants}
    draw = random.Random(0)
    for k in range(rounds + 1):
        for name in draw.sample(list(contestants), len(contestants)):
            seconds = _once(contestants[name])
            if k:
                times[name].seconds.append(seconds)
        say(f"round {k} of {rounds}")
    return times


def _once(run: Callable[[], object]) -> float:
    gc.collect()
    _wait()
    start = time.perf_counter()
    run()
    _wait()
    return time.perf_counter() - start


def _wait() -> None:
    """For what was queued on a GPU."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
