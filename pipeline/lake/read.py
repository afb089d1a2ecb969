"""Readers. They believe the manifest alone; DuckDB and pandas read the same files without this."""

from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from pipeline.lake import manifest
from pipeline.lake.schema import LAKE
from pipeline.lake.tables import TABLES


def scan(folder: Path) -> pl.LazyFrame:
    """The rows of a published folder, in order. Raises UserError where it is not published."""
    content = manifest.read(folder)
    files = manifest.paths(folder, content)
    if not files:
        return pl.from_arrow(LAKE[content.table].empty_table()).lazy()  # pyright: ignore
    return pl.scan_parquet(files, hive_partitioning=False)


def open_table(name: str, root: str | Path = "data") -> pl.LazyFrame:
    """One of the answers: heads, relations, dumps or census.

    Raises ValueError for another name, UserError where the tables are not there.
    """
    if name not in TABLES:
        raise ValueError(f"no table {name!r}: there are {', '.join(TABLES)}")
    folder = Path(root) / "tables"
    manifest.read(folder)
    return pl.scan_parquet(folder / f"{name}.parquet")


def read_shard(path: Path):
    """One shard as an Arrow table."""
    return pq.read_table(path, partitioning=None)
