"""The engine that needs nothing: shards one after the other, in this process."""

from collections import deque
from collections.abc import Callable, Iterator
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
    taken: deque[int] = deque()

    def noted() -> Iterator[Task]:
        for task in tasks:
            taken.append(task.number)
            yield task

    for shard in work.shards(subject(), noted(), progress):
        yield taken.popleft(), in_bytes(shard, metadata)


@dataclass(frozen=True)
class Serial:
    """The engine that needs nothing. `shards` come as batches on as many threads as torch has."""

    @contextmanager
    def pool(self) -> Iterator[Pool]:
        yield in_this_process
