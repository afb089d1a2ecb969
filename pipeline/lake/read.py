"""Readers. They believe the manifest alone; DuckDB and pandas read the same files without this."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import UserError
from pipeline.lake import manifest
from pipeline.lake.columns import check
from pipeline.lake.files import local
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.manifest import File, Manifest
from pipeline.lake.origins import check_current
from pipeline.lake.remote import mirror, shown
from pipeline.lake.schema import LAKE, MEASURED
from pipeline.lake.tables import CELL_KEYS, TABLES


def scan(folder: str | Path) -> pl.LazyFrame:
    """The rows of a published folder, in order; it may be a URL.

    Raises UserError where it is not published, or a file is not what was written: Polars would
    read flipped bits in silence.
    """
    folder = mirror(folder) if isinstance(folder, str) else folder
    content = manifest.verified(folder)
    files = manifest.paths(folder, content)
    if not files:
        return frame_of(LAKE[content.table].empty_table()).lazy()
    # A root may have characters of a pattern in its name.
    return pl.scan_parquet(list(files), hive_partitioning=False, glob=False)


def frame_of(table: pa.Table) -> pl.DataFrame:
    """A table for Polars, which says by its types alone that it may be a column."""
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def open_table(name: str, root: str | Path = "data") -> pl.LazyFrame:
    """One of the answers, as heads, relations or census: docs/lake.md has all. `root` may be a URL.

    Raises ValueError for another name, UserError where the tables are not there or damaged.
    """
    if name not in TABLES:
        raise ValueError(f"no table {name!r}: there are {', '.join(TABLES)}")
    folder = mirror(str(root)) / "tables"
    manifest.verified(folder)
    return pl.scan_parquet(folder / f"{name}.parquet", glob=False)


def read_tables(
    root: Path, of: Manifest, names: Iterable[str] = tuple(TABLES)
) -> dict[str, pl.DataFrame]:
    """Answers in memory, all of the making `of`.

    Raises UserError where they are not there, damaged or of another version, or another run has
    published others.
    """
    folder = root / "tables"
    content = manifest.verified(folder)
    check(folder, content, content.files)
    found = {name: pl.read_parquet(folder / f"{name}.parquet", glob=False) for name in names}
    if not content == of == manifest.read(folder):
        raise UserError(f"{shown(folder)} was made anew while it was being read: run this again")
    return found


def open_measured(
    name: str,
    root: str | Path = "data",
    *,
    model: str | None = None,
    control: str | None = None,
    seed: int | None = None,
    corpus: str | None = None,
) -> pl.LazyFrame:
    """What the tables were made of: heads, pointers, outputs, similarity or values, raw.

    Rows of every cell that the tables count and that has what is given of its keys; the four keys
    come first, as in the tables. `root` may be a URL.

    Raises ValueError for another name, UserError where there is no such cell, files are not there
    or damaged, or one of these cells was made anew since.
    """
    if name not in MEASURED:
        raise ValueError(f"nothing measured is called {name!r}: there are {', '.join(MEASURED)}")
    asked = {"model": model, "control": control, "seed": seed, "corpus": corpus}
    asked = {key: value for key, value in asked.items() if value is not None}
    cells = open_table("census", root).select(key.name for key in CELL_KEYS)
    wanted = [Cell(*row) for row in cells.filter(**asked).collect().iter_rows()]
    if not wanted:
        there = ", ".join(Cell(*row).name for row in cells.collect().iter_rows())
        said = ", ".join(f"{key}={value}" for key, value in asked.items())
        raise UserError(f"{root} has no cell with {said}: there are {there}")
    lake = Lake(mirror(str(root)))
    check_current(lake, wanted)
    return pl.concat([_with_keys(cell, scan(lake.measured(name, cell))) for cell in wanted])


def _with_keys(cell: Cell, rows: pl.LazyFrame) -> pl.LazyFrame:
    keys = (pl.lit(getattr(cell, key.name)).alias(key.name) for key in CELL_KEYS)
    return rows.select(*keys, pl.all()).cast({"seed": pl.Int32})


def open_sentences(corpus: str, root: str | Path = "data") -> pl.LazyFrame:
    """The sentences of a corpus, each with its row there, `sentence`, by which the rows of `heads`
    and `pointers` name it. `root` may be a URL.

    Raises UserError where they are not there or damaged.
    """
    rows = scan(Lake(mirror(str(root))).sentences(corpus))
    return rows.with_row_index("sentence").cast({"sentence": pl.Int32})


def read_shard(path: Path) -> pa.Table:
    """One shard as an Arrow table."""
    return pq.ParquetFile(local(path)).read()


def read_whole_shard(folder: Path, file: File) -> pa.Table:
    """The same, of the bytes that the manifest lists and no others.

    Raises UserError where another run has published something else meanwhile.
    """
    try:
        content = (folder / file.name).read_bytes()
    except FileNotFoundError:
        content = b""
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise UserError(f"{folder / file.name} changed while it was being read: run this again")
    return pq.ParquetFile(pa.BufferReader(content)).read()
