"""The engine that needs nothing: shards one after the other, in this process."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pipeline.engines.work import Pool, ShardBytes, Task, Work, in_bytes


def in_this_process(
    work: Work,
    subject: Callable[[], Any],
    tasks: Iterator[Task],
    metadata: dict[str, str],
    progress: Callable[[int], object],
) -> Iterator[tuple[int, ShardBytes]]:
    """What is measured on a device takes seconds a shard, and as long to encode: it is encoded
    while the next is measured. Elsewhere it is handed over at once, so that nothing is lost."""
    taken: deque[int] = deque()

    def noted() -> Iterator[Task]:
        for task in tasks:
            taken.append(task.number)
            yield task

    made = subject()
    model = getattr(made, "model", None)
    n_behind = int(model is not None and model.device.type != "cpu")
    behind: deque[tuple[int, Future[ShardBytes]]] = deque()

    def handed(n_left: int) -> Iterator[tuple[int, ShardBytes]]:
        while len(behind) > n_left:
            number, coming = behind.popleft()
            yield number, coming.result()

    with ThreadPoolExecutor(1) as aside:
        try:
            for shard in work.shards(made, noted(), progress):
                behind.append((taken.popleft(), aside.submit(in_bytes, shard, metadata)))
                yield from handed(n_behind)
        except (Exception, KeyboardInterrupt):
            yield from handed(0)  # what was measured before
            raise
        yield from handed(0)


@dataclass(frozen=True)
class Serial:
    """The engine that needs nothing. `shards` come as batches on as many threads as torch has."""

    @contextmanager
    def pool(self) -> Iterator[Pool]:
        yield in_this_process
