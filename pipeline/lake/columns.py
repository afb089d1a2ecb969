"""Whether files have the columns that are read of them: a lake may be of another version."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import UserError, first_line
from pipeline.lake import manifest
from pipeline.lake.files import local
from pipeline.lake.manifest import File, Manifest
from pipeline.lake.remote import shown
from pipeline.lake.schema import LAKE
from pipeline.lake.tables import TABLES


def whole(folder: Path) -> Manifest:
    """`manifest.verified`, of files that have the columns of their table here.

    All files of a folder are of one making, so that the first speaks for them. Raises UserError.
    """
    content = manifest.verified(folder)
    check(folder, content, content.files[:1])
    return content


def check(folder: Path, content: Manifest, files: tuple[File, ...]) -> None:
    """Raises UserError where one of the files has other columns than its table."""
    for file in files:
        if fault := otherwise(folder / file.name, content):
            raise UserError(
                f"{fault}: another version of headcensus wrote it; run the stage that writes"
                f" {shown(folder)} again"
            )


def otherwise(path: Path, content: Manifest) -> str | None:
    """In words the first column that a file of a published folder has in another way than its table
    has it, or lacks; None where all are as they should be."""
    try:
        there = pq.read_schema(local(path))
    except (OSError, ValueError, pa.ArrowException) as error:
        return f"{shown(path)} is no Parquet file: {first_line(error)}"
    of = TABLES.get(path.stem) if content.table == "tables" else LAKE.get(content.table)
    if of is None:
        return f"{shown(path)} is of no table that there is: {content.table}"
    for column in of:
        at = there.get_field_index(column.name)
        if at < 0:
            return f"{shown(path)} has no column {column.name}"
        if there.field(at).type != column.type:
            kind = there.field(at).type
            return f"{shown(path)} has {column.name} as {kind}, not as {column.type}"
    if more := [name for name in there.names if name not in of.names]:
        return f"{shown(path)} has a column {more[0]} of no meaning"
    return None
