"""What engines are given and give back. An engine computes; it writes nothing.

Whoever asked it for shards writes them and their records, in whatever order they come, so that the
commit is one process's own and workers need no disk of ours. Whoever only checks a config imports
this and no model.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from pipeline.core.errors import room_or
from pipeline.core.sentence import Sentence
from pipeline.lake.files import encoded


@dataclass(frozen=True)
class Shard:
    """What one shard adds to the lake, and what it had to leave out."""

    tables: dict[str, pa.Table]
    counts: dict[str, int]


class Task(NamedTuple):
    """Shard `number` of a corpus, whose first sentence is row `first` of it."""

    number: int
    sentences: Sequence[Sentence]
    first: int


class Work(NamedTuple):
    """What is done to a shard; see `cell.Job`. `name` is that of the cell."""

    name: str
    make: Callable[..., Iterator[Shard]]
    asked: Any
    section: str

    def shards(
        self, subject: Any, tasks: Iterator[Task], progress: Callable[[int], object]
    ) -> Iterator[Shard]:
        """In the order of the tasks. Raises UserError where the device has too little memory."""
        shards = ((task.sentences, task.first) for task in tasks)
        with room_or(
            f"{self.name}: the device has too little memory for {self.section}.batch_pieces="
            f"{self.asked.batch_pieces}: lower it"
        ):
            yield from self.make(subject, shards, self.asked, progress)


class ShardBytes(NamedTuple):
    """A shard as the bytes of its files, each with its number of rows."""

    files: dict[str, tuple[bytes, int]]
    counts: dict[str, int]


def in_bytes(shard: Shard, metadata: dict[str, str]) -> ShardBytes:
    """Each of its tables with `metadata`, side by side: a corpus's last shard has nothing else at
    work beside it."""
    with ThreadPoolExecutor() as pool:
        files = pool.map(lambda rows: encoded(rows, metadata), shard.tables.values())
        sizes = [rows.num_rows for rows in shard.tables.values()]
        found = dict(zip(shard.tables, zip(files, sizes, strict=True), strict=True))
    return ShardBytes(found, shard.counts)


class Pool(Protocol):
    """Runs tasks of one cell after another's, until its engine's context ends."""

    def __call__(
        self,
        work: Work,
        subject: Callable[[], Any],
        tasks: Iterator[Task],
        metadata: dict[str, str],
        progress: Callable[[int], object],
    ) -> Iterator[tuple[int, ShardBytes]]:
        """Each task's number and shard, in any order. `subject` loads what is measured, wherever
        that is done; `metadata` goes into the files; `progress` is told of sentences. Raises what
        work on a shard raises."""
        ...
