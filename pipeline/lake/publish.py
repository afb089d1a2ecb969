"""Finished tables go out together, or not at all."""

import hashlib
from collections.abc import Mapping

import pyarrow as pa

from pipeline.lake import manifest
from pipeline.lake.files import locked, sha256_of, write_table
from pipeline.lake.layout import Lake
from pipeline.lake.manifest import File, Manifest
from pipeline.lake.tables import TABLES


def publish_tables(
    lake: Lake, tables: Mapping[str, pa.Table], facts: dict, lock_wait_s: float = 120.0
) -> None:
    """Write every table, then say so: a reader sees all of them or none."""
    work = lake.work / "tables"
    with locked(work, lock_wait_s):
        files = []
        for name in TABLES:
            path = work / f"{name}.parquet"
            write_table(path, tables[name])
            files.append(File(path.name, sha256_of(path), tables[name].num_rows))
        made_of = hashlib.sha256("".join(f.sha256 for f in files).encode()).hexdigest()[:32]
        manifest.publish(lake.tables, Manifest("tables", made_of, tuple(files), facts), work)
