"""What an engine is, and the serial one: shards one after the other, in this process.

An engine computes; it writes nothing. Whoever asked it for shards writes them and their records, in
whatever order they come, so that the commit is one process's own and workers need no disk of ours.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import torch

from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.engines.shard import Shard, measure_shards


class Task(NamedTuple):
    """Shard `number` of a corpus, whose first sentence is row `first` of it."""

    number: int
    sentences: Sequence[Sentence]
    first: int


class Work(NamedTuple):
    """What is done to a shard; see `cell.Job`. `name` is that of the cell."""

    name: str
    make: Callable[..., Iterator[Shard]] | None
    asked: Any
    section: str

    def shards(
        self, subject: Any, tasks: Iterator[Task], progress: Callable[[int], object]
    ) -> Iterator[Shard]:
        """In the order of the tasks. Raises UserError where the device has too little memory."""
        shards = ((task.sentences, task.first) for task in tasks)
        try:
            yield from (self.make or measure_shards)(subject, shards, self.asked, progress)
        except torch.OutOfMemoryError as error:
            raise UserError(
                f"{self.name}: the device has too little memory for {self.section}.batch_pieces="
                f"{self.asked.batch_pieces}: lower it"
            ) from error


class Encoded(NamedTuple):
    """A shard as the bytes of its files, each with its number of rows: what workers send."""

    files: dict[str, tuple[bytes, int]]
    counts: dict[str, int]


class Pool(Protocol):
    """Runs tasks of one cell after another's, until its engine's context ends."""

    def __call__(
        self,
        work: Work,
        subject: Callable[[], Any],
        tasks: Iterator[Task],
        metadata: dict[str, str],
        progress: Callable[[int], object],
    ) -> Iterator[tuple[int, Shard | Encoded]]:
        """Each task's number and shard, in any order. `subject` loads what is measured, wherever
        that is done; `metadata` goes into the files that are encoded there; `progress` is told of
        sentences. Raises what work on a shard raises."""
        ...


def in_this_process(
    work: Work,
    subject: Callable[[], Any],
    tasks: Iterator[Task],
    metadata: dict[str, str],
    progress: Callable[[int], object],
) -> Iterator[tuple[int, Shard | Encoded]]:
    taken: deque[int] = deque()

    def noted() -> Iterator[Task]:
        for task in tasks:
            taken.append(task.number)
            yield task

    for shard in work.shards(subject(), noted(), progress):
        yield taken.popleft(), shard


@dataclass(frozen=True)
class Serial:
    """The engine that needs nothing. `shards` come as batches on as many threads as torch has."""

    @contextmanager
    def pool(self) -> Iterator[Pool]:
        yield in_this_process
