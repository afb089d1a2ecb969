"""Paired timings: contestants take turns, so that a machine which drifts drifts for all of them."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass
class Times:
    """Of one contestant: seconds of each round, and bytes over what it held before, at the peak."""

    seconds: list[float] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def peak(self) -> float | None:
        return statistics.median(self.peaks) if self.peaks else None

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
    """A round that is not counted, then `rounds` of them: A B C, A B C, …"""
    times = {name: Times() for name in contestants}
    for k in range(rounds + 1):
        for name, run in contestants.items():
            seconds, peak = _once(run)
            if k:
                times[name].seconds.append(seconds)
                times[name].peaks += [] if peak is None else [peak]
        say(f"round {k} of {rounds}")
    return times


def _once(run: Callable[[], object]) -> tuple[float, int | None]:
    gc.collect()
    before = _forget_peak()
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    return seconds, None if before is None else max(0, _memory("VmHWM") - before)


def _forget_peak() -> int | None:
    """Resident bytes now, the peak being counted from here; None where there is no telling."""
    try:
        _CLEAR.write_text("5", encoding="ascii")
        return _memory("VmRSS")
    except OSError:
        return None


def _memory(name: str) -> int:
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
