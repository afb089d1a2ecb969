"""The engine of Ray: a pool of actors, each with one model loaded, given shards as they come free.

Ray computes and sends bytes; it commits nothing. A worker that is lost, alone or with its machine,
costs the shards that it had: they are given to another, and the bytes come out the same.
"""

import itertools
import logging
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch

from pipeline.core.errors import UserError, first_line
from pipeline.engines.remotely import done, loaded
from pipeline.engines.work import Pool, ShardBytes, Task, Work

AHEAD = 2
"""Shards that a worker has: one at work, and one to go on with."""
PATIENCE_S = 300.0
"""For how long not one worker may be there."""


@dataclass(frozen=True)
class OnRay:
    """`workers` null: as many as there is room for. Each has `cpus` (of which it takes whole ones
    for threads) and `gpus`, shares of one included. `address` null: a Ray that ends with the run.
    So many workers may be lost as `max_lost` says."""

    workers: int | None = None
    cpus: float = 0.9
    gpus: float = 0.0
    address: str | None = None
    max_lost: int = 8

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise ValueError(f"workers={self.workers}: give 1 or more, or null")
        if not 0 < self.cpus < float("inf"):
            raise ValueError(f"cpus={self.cpus:g}: give more than 0")
        if not 0 <= self.gpus < float("inf"):
            raise ValueError(f"gpus={self.gpus:g}: give 0 or more")
        if self.max_lost < 0:
            raise ValueError(f"max_lost={self.max_lost}: give 0 or more")

    def check(self) -> None:
        """Raises UserError where there is no Ray, or no answer from it, or this machine has less
        than its workers want. What a cluster has, and whether `auto` finds one, the pool says."""
        _ray()
        _check_reached(self.address)
        if self.address is None:
            # Ray may be let have less of it.
            self.n_workers(
                {"CPU": float(os.cpu_count() or 1), "GPU": float(torch.accelerator.device_count())}
            )

    @contextmanager
    def pool(self) -> Iterator[Pool]:
        """Raises UserError where there is no Ray, or no room on it for this pool and others."""
        ray = _connected(self.address)
        try:
            yield _Pool(ray, self, self.n_workers(ray.cluster_resources()))
        finally:
            ray.shutdown()

    def n_workers(self, resources: dict[str, float]) -> int:
        """Raises UserError where they would leave nothing of the CPUs, or want more GPUs than there
        are: Ray would wait for ever."""
        cpus, gpus = resources.get("CPU", 0.0), resources.get("GPU", 0.0)
        n = self.workers
        if n is None:
            n = int((cpus - 1e-9) // self.cpus)
            n = max(1, min(n, int((gpus + 1e-9) // self.gpus)) if self.gpus else n)
        if n * self.cpus > cpus - 1e-9:
            raise UserError(
                f"engine=ray: workers={n} of {self.cpus:g} CPUs each leave nothing of the"
                f" {cpus:g} there are to the rest: lower engine.workers or engine.cpus"
            )
        if n * self.gpus > gpus + 1e-9:
            raise UserError(
                f"engine=ray: workers={n} want {self.gpus:g} GPUs each, and there are {gpus:g}:"
                " lower engine.workers or engine.gpus"
            )
        return n


def _ray() -> Any:
    # Nothing is told to anybody, and a worker without GPUs keeps what it sees of them.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise UserError("engine=ray needs Ray: pip install 'headcensus[ray]'") from error
    return ray


def _connected(address: str | None) -> Any:
    ray = _ray()
    _check_reached(address)
    own: dict[str, Any] = {"include_dashboard": False} if address is None else {}
    try:
        ray.init(
            address=address or "local",
            log_to_driver=False,
            logging_level=logging.ERROR,
            **own,
        )
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise UserError(f"engine.address={address}: no Ray there ({first_line(error)})") from error
    return ray


def _check_reached(address: str | None) -> None:
    """Ray itself tries for minutes, then ends the process."""
    host, colon, port = (address or "").rpartition(":")
    if not colon:
        return
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except (OSError, ValueError) as error:
        raise UserError(f"engine.address={address}: no Ray there ({error})") from error


class _Actor:
    """In a process of its own."""

    def __init__(self, n_threads: int):
        self._n_threads = n_threads
        self._work: Work | None = None

    def load(self, shared: tuple[Work, Callable[[], Any], dict[str, str]]) -> None:
        self._work, load, self._metadata = shared
        self._subject = None  # two models need not fit at a time
        self._subject = loaded(self._work, load, self._n_threads)

    def measure(self, task: Task) -> ShardBytes:
        assert self._work is not None
        return done(self._work, self._subject, task, self._metadata)


@dataclass
class _Pool:
    ray: Any
    settings: OnRay
    n_workers: int
    n_lost: int = 0
    workers: list[Any] = field(default_factory=list)

    def _new(self) -> Any:
        s = self.settings
        actor = self.ray.remote(num_cpus=s.cpus, num_gpus=s.gpus)(_Actor)
        return actor.remote(max(1, int(s.cpus)))

    def __call__(
        self,
        work: Work,
        subject: Callable[[], Any],
        tasks: Iterator[Task],
        metadata: dict[str, str],
        progress: Callable[[int], object],
    ) -> Iterator[tuple[int, ShardBytes]]:
        while len(self.workers) < self.n_workers:
            self.workers.append(self._new())
        yield from _Cell(self, work, self.ray.put((work, subject, metadata)), tasks).run(progress)


class _Cell:
    """One cell on the pool: who has which task, and which are to be given out again."""

    def __init__(self, pool: _Pool, work: Work, shared: Any, tasks: Iterator[Task]):
        self._pool, self._work, self._shared = pool, work, shared
        self._tasks = tasks
        self._again: deque[Task] = deque()
        self._loading: dict[Any, Any] = {}
        self._given: dict[Any, tuple[Any, Task]] = {}
        self._free: deque[Any] = deque()
        for worker in pool.workers:
            self._load(worker)

    def _load(self, worker: Any) -> None:
        self._loading[worker.load.remote(self._shared)] = worker

    def _next(self) -> Task | None:
        return self._again.popleft() if self._again else next(self._tasks, None)

    def run(self, progress: Callable[[int], object]) -> Iterator[tuple[int, ShardBytes]]:
        ray, seen = self._pool.ray, time.monotonic()
        while True:
            while self._free and (task := self._next()) is not None:
                worker = self._free.popleft()
                self._given[worker.measure.remote(task)] = (worker, task)
            if not self._given and not self._again:  # no worker is there yet, or all is done
                task = self._next()
                if task is None:
                    return
                self._again.append(task)
            # A second at most: Ctrl-C is heard between.
            found, _ = ray.wait([*self._given, *self._loading], num_returns=1, timeout=1.0)
            for ref in found:
                seen = time.monotonic()
                if (result := self._taken(ref)) is not None:
                    task, shard = result
                    progress(len(task.sentences))
                    yield task.number, shard
            if time.monotonic() - seen > PATIENCE_S and not self._given:
                raise UserError(
                    f"engine=ray: not one worker could be started in {PATIENCE_S:g} s: the cluster"
                    " is taken, or gone; the same command goes on"
                )

    def _taken(self, ref: Any) -> tuple[Task, ShardBytes] | None:
        """What came of a reference: a shard, or a worker that is there or lost."""
        errors = self._pool.ray.exceptions
        worker, task = self._given.pop(ref, (None, None))
        loading = self._loading.pop(ref, None)
        try:
            result = self._pool.ray.get(ref)
        except errors.RayTaskError as error:
            if isinstance(error.cause, errors.RaySystemError | ImportError):
                said = str(error.cause).removeprefix("System error: ").strip().splitlines()
                reason = (said or [type(error.cause).__name__])[0]
                raise UserError(
                    f"{self._work.name}: engine=ray: a worker cannot take what it is given"
                    f" ({reason}): packages, and files of your own beside conf/, must lie where all"
                    " machines see them"
                ) from error
            raise error.cause from None  # as if it had been raised here
        except errors.RayError as error:
            self._lost(loading or worker, task, error)
            return None
        if loading is not None:
            self._free.extend(itertools.repeat(loading, AHEAD))
            return None
        self._free.append(worker)
        assert task is not None
        return task, result

    def _lost(self, worker: Any, task: Task | None, error: Exception) -> None:
        """The worker, or what it had sent. Its other tasks will be missed one by one."""
        pool = self._pool
        if task is not None:
            self._again.append(task)
        if worker not in pool.workers:  # it was mourned already
            return
        pool.n_lost += 1
        if pool.n_lost > pool.settings.max_lost:
            raise UserError(
                f"{self._work.name}: engine=ray has lost {pool.n_lost} workers, the last with:"
                f" {first_line(error)}; the same command goes on, engine.max_lost bears more"
            ) from error
        self._free = deque(free for free in self._free if free is not worker)
        pool.ray.kill(worker)
        replaced = pool._new()
        pool.workers[pool.workers.index(worker)] = replaced
        self._load(replaced)
