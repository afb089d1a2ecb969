"""The engine of submitit: jobs of Slurm, each with some shards, a model loaded once in each.

As on Ray, a job computes and hands bytes back; the commit is that of the process that asked.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from pipeline.core.errors import UserError
from pipeline.engines.remotely import in_a_job
from pipeline.engines.work import Pool, ShardBytes, Task, Work

POLL_S = 0.2


@dataclass(frozen=True)
class OnSubmitit:
    """At most `workers` jobs at a time of `shards` each, with `cpus`, `gpus`, `memory_gb` and
    `minutes` for every one. `folder` is seen by all machines. `cluster` local: processes here."""

    cluster: Literal["slurm", "local"] = "slurm"
    folder: str = "data/_work/submitit"
    workers: int = 16
    shards: int = 4
    cpus: int = 4
    gpus: int = 0
    memory_gb: float = 16
    minutes: int = 120
    partition: str | None = None
    max_lost: int = 8

    def __post_init__(self) -> None:
        for key in ("workers", "shards", "cpus", "memory_gb", "minutes"):
            if not 0 < getattr(self, key) < math.inf:
                raise ValueError(f"{key}={getattr(self, key)}: give more than 0")
        for key in ("gpus", "max_lost"):
            if getattr(self, key) < 0:
                raise ValueError(f"{key}={getattr(self, key)}: give 0 or more")
        if "%" in self.folder:
            raise ValueError(f"folder={self.folder}: a % means something there; leave it out")

    def check(self) -> None:
        """Raises UserError as `pool` does."""
        self._executor()

    @contextmanager
    def pool(self) -> Iterator[Pool]:
        """Raises UserError where there is no submitit, or no Slurm."""
        executor = self._executor()
        from submitit.core.utils import FailedJobError

        def pool(
            work: Work,
            subject: Callable[[], Any],
            tasks: Iterator[Task],
            metadata: dict[str, str],
            progress: Callable[[int], object],
        ) -> Iterator[tuple[int, ShardBytes]]:
            def submitted(chunk: list[Task]) -> Any:
                try:
                    return executor.submit(in_a_job, work, subject, metadata, chunk, self.cpus)
                except FailedJobError as error:
                    reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
                    raise UserError(
                        f"engine=submitit: the cluster takes no such job ({reason}); mend engine.…"
                    ) from error

            for task, shard in _done(self, work.name, submitted, tasks):
                progress(len(task.sentences))
                yield task.number, shard

        yield pool

    def _executor(self) -> Any:
        try:
            import submitit
        except ImportError as error:
            raise UserError(
                "engine=submitit needs submitit: pip install 'headcensus[submitit]'"
            ) from error
        try:
            executor = submitit.AutoExecutor(Path(self.folder), cluster=self.cluster)
        except RuntimeError as error:
            raise UserError(f"engine.cluster={self.cluster}: {error}") from error
        executor.update_parameters(
            name="headcensus",
            cpus_per_task=self.cpus,
            gpus_per_node=self.gpus,
            mem_gb=self.memory_gb,
            timeout_min=self.minutes,
        )
        if self.partition is not None:
            executor.update_parameters(slurm_partition=self.partition)
        return executor


def _done(
    settings: OnSubmitit, name: str, submitted: Callable[[list[Task]], Any], tasks: Iterator[Task]
) -> Iterator[tuple[Task, ShardBytes]]:
    from submitit.core.utils import UncompletedJobError

    running: list[tuple[Any, list[Task]]] = []
    again: deque[list[Task]] = deque()
    n_lost = 0
    try:
        while True:
            while len(running) < settings.workers:
                chunk = again.popleft() if again else list(islice(tasks, settings.shards))
                if not chunk:
                    break
                running.append((submitted(chunk), chunk))
            if not running:
                return
            ended = [(job, chunk) for job, chunk in running if job.done()]
            if not ended:
                time.sleep(POLL_S)
            for job, chunk in ended:
                running.remove((job, chunk))
                try:
                    found = job.result()
                except UncompletedJobError as error:
                    n_lost += 1
                    if n_lost > settings.max_lost:
                        raise UserError(
                            f"{name}: engine=submitit has lost {n_lost} jobs, the last being"
                            f" {job.job_id} (see {settings.folder}; out of time, raise"
                            " engine.minutes); the same command goes on"
                        ) from error
                    # One by one: what was too long for a job is not so for several.
                    again.extend([task] for task in chunk)
                    continue
                if isinstance(found, Exception):
                    raise found
                yield from zip(chunk, found, strict=True)
    finally:
        for job, _ in running:
            job.cancel()
