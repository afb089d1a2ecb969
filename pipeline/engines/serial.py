"""The serial engine: cells one after the other in this process, with a progress bar."""

from collections.abc import Callable, Sequence
from typing import Any

from pipeline.engines.cell import Job, measure_cell
from pipeline.engines.progress import Bar
from pipeline.lake import manifest
from pipeline.lake.layout import Lake


def run(lake: Lake, jobs: Sequence[tuple[Job, Callable[[], Any]]]) -> None:
    """Measure every job's cell. What it raises: see `measure_cell`."""
    total = sum(manifest.read(lake.sentences(job.cell.corpus)).n_rows for job, _ in jobs)
    with Bar(total=total, unit=" sentences") as shown:
        for job, subject in jobs:
            shown.set_description(job.cell.name, refresh=False)
            measure_cell(lake, job, subject, shown.update, say=shown.say)
