"""The engine that needs nothing: shards one after the other, in this process."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pipeline.engines.work import Encoded, Pool, Task, Work, in_bytes


def in_this_process(
    work: Work,
    subject: Callable[[], Any],
    tasks: Iterator[Task],
    metadata: dict[str, str],
    progress: Callable[[int], object],
) -> Iterator[tuple[int, Encoded]]:
    """A shard is encoded while the next is measured."""
    taken: deque[int] = deque()

    def noted() -> Iterator[Task]:
        for task in tasks:
            taken.append(task.number)
            yield task

    last: tuple[int, Future[Encoded]] | None = None
    with ThreadPoolExecutor(1) as aside:
        try:
            for shard in work.shards(subject(), noted(), progress):
                this = taken.popleft(), aside.submit(in_bytes, shard, metadata)
                if last is not None:
                    yield last[0], last[1].result()
                last = this
        except Exception:
            # What was measured before is not lost.
            if last is not None:
                yield last[0], last[1].result()
            raise
        if last is not None:
            yield last[0], last[1].result()


@dataclass(frozen=True)
class Serial:
    """The engine that needs nothing. `shards` come as batches on as many threads as torch has."""

    @contextmanager
    def pool(self) -> Iterator[Pool]:
        yield in_this_process
