"""Readers. They believe the manifest alone; DuckDB and pandas read the same files without this."""

import hashlib
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import UserError
from pipeline.lake import manifest
from pipeline.lake.manifest import File
from pipeline.lake.remote import mirror
from pipeline.lake.schema import LAKE
from pipeline.lake.tables import TABLES


def scan(folder: Path) -> pl.LazyFrame:
    """The rows of a published folder, in order.

    Raises UserError where it is not published, or a file is not what was written: Polars would
    read flipped bits in silence.
    """
    content = manifest.verified(folder)
    files = manifest.paths(folder, content)
    if not files:
        return pl.from_arrow(LAKE[content.table].empty_table()).lazy()  # pyright: ignore
    return pl.scan_parquet(list(files), hive_partitioning=False)


def open_table(name: str, root: str | Path = "data") -> pl.LazyFrame:
    """One of the answers: heads, relations, alignments, dumps or census. `root` may be a URL.

    Raises ValueError for another name, UserError where the tables are not there or damaged.
    """
    if name not in TABLES:
        raise ValueError(f"no table {name!r}: there are {', '.join(TABLES)}")
    folder = mirror(str(root)) / "tables"
    manifest.verified(folder)
    return pl.scan_parquet(folder / f"{name}.parquet")


def read_shard(path: Path) -> pa.Table:
    """One shard as an Arrow table."""
    return pq.ParquetFile(path).read()


def read_whole_shard(folder: Path, file: File) -> pa.Table:
    """The same, of the bytes that the manifest lists and no others.

    Raises UserError where another run has published something else meanwhile.
    """
    content = (folder / file.name).read_bytes()
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise UserError(f"{folder / file.name} changed while it was being read: run this again")
    return pq.ParquetFile(pa.BufferReader(content)).read()
