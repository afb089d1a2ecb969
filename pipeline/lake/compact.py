"""Small shards put together: a table with few rows per shard has few files, not one per shard.

Each shard is a row group of its own, so that whoever adds shards up one by one still can. Which
shards share a file hangs on their rows alone: any engine and any order write the same bytes.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.lake.files import local, sha256_of, write_groups
from pipeline.lake.manifest import File
from pipeline.lake.read import read_shard

ROWS_A_FILE = 1 << 17


def compacted(work: Path, files: Sequence[File]) -> tuple[File, ...]:
    """Write the files of `work` put together beside them. Gives what is to be published."""
    found = []
    for first, group in _groups(files):
        name = f"shards-{first:05d}.parquet"
        # A shard says what it was made of, and so does what it is put into.
        schema = pq.read_schema(local(work / group[0].name))
        write_groups(work / name, schema, (read_shard(work / file.name) for file in group))
        n_rows = sum(file.n_rows for file in group)
        found.append(File(name, sha256_of(work / name), n_rows))
    return tuple(found)


def _groups(files: Sequence[File]) -> Iterator[tuple[int, list[File]]]:
    """Consecutive files, and the number of the first of them."""
    group: list[File] = []
    for k, file in enumerate(files):
        if group and sum(one.n_rows for one in group) + file.n_rows > ROWS_A_FILE:
            yield k - len(group), group
            group = []
        group.append(file)
    if group:
        yield len(files) - len(group), group


def read_shards(paths: Iterable[Path]) -> Iterator[pa.Table]:
    """Of files that were put together each shard that has rows."""
    for path in paths:
        file = pq.ParquetFile(local(path))
        for k in range(file.num_row_groups):
            yield file.read_row_group(k)
