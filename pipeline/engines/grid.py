"""The cells of a grid, one after the other, with a progress bar."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from pipeline.engines.cell import Job, measure_cell
from pipeline.engines.progress import Bar
from pipeline.engines.serial import Serial
from pipeline.engines.work import Pool
from pipeline.lake import manifest
from pipeline.lake.layout import Lake


class Engine(Protocol):
    """One may have a method `check` as well, which raises UserError where it is known before any
    corpus is read that there will be no pool."""

    def pool(self) -> AbstractContextManager[Pool]:
        """Raises UserError, before anything is begun, where it cannot be had as asked for."""
        ...


def measure_grid(
    lake: Lake, jobs: Sequence[tuple[Job, Callable[[], Any]]], engine: Engine | None = None
) -> list[str]:
    """Measure every job's cell; gives their fingerprints. What it raises: see `measure_cell`, and
    the engine's pool."""
    fingerprints = []
    total = sum(manifest.read(lake.sentences(job.cell.corpus)).n_rows for job, _ in jobs)
    with (engine or Serial()).pool() as pool, Bar(total=total, unit=" sentences") as shown:
        for job, subject in jobs:
            shown.set_description(job.cell.name, refresh=False)
            made = measure_cell(lake, job, subject, shown.update, shown.say, pool)
            fingerprints.append(made)
    return fingerprints
