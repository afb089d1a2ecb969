"""Parquet and JSON lines: files of records, read a batch or a line at a time.

A record is a plain dict. What cannot be read as one, a line that is not JSON or lacks a column that
is asked for, comes as the reason in words, so that the corpus above can quarantine it and go on. A
value of null is there, and blank.
"""

import json
import os
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import UserError, first_line
from pipeline.corpora.files import numbered_lines, utf8
from pipeline.corpora.rows import shown

PARQUET = (".parquet", ".pq")
JSON_LINES = (".jsonl", ".ndjson", ".json")
BATCH_ROWS = 1_000

Record = dict[str, object]


def is_table(file: str) -> bool:
    """Whether the name says that the file holds records."""
    return file.lower().endswith(PARQUET + JSON_LINES)


def check_columns(file: str, columns: dict[str, str | None]) -> None:
    """Raise UserError unless the file's first record has the columns that the keys ask for.

    `columns` maps a YAML key to the column it names; None asks for nothing.
    """
    present = _column_names(file)
    for key, column in columns.items():
        if column is not None and column not in present:
            raise UserError(
                f"{file}: no column {column!r} (key `{key}`); "
                f"the columns there are: {', '.join(present) or 'none'}"
            )


def _column_names(file: str) -> list[str]:
    if file.lower().endswith(PARQUET):
        with _open_parquet(file) as parquet:
            try:
                return schema_columns(parquet.schema_arrow)
            except Exception as error:
                raise UserError(
                    f"{file}: its schema cannot be read: {first_line(error)}; get the file anew"
                ) from error
    first = None
    for number, record in records(file, []):
        if not isinstance(record, str):
            return record_columns(record)
        first = first or f"{file}:{number}: {record}; JSON lines has one JSON object on each line"
    raise UserError(first or f"{file}: is empty; give a file with records, or leave it out")


def schema_columns(schema: Iterable[pa.Field]) -> list[str]:
    """The columns of a schema; a field of a struct is one too, with a dot, as in `struct.field`."""
    names = []
    for field in schema:
        inner = field.type.fields if pa.types.is_struct(field.type) else ()
        names += [field.name, *(f"{field.name}.{name}" for name in schema_columns(inner))]
    return names


def record_columns(record: Record) -> list[str]:
    """The columns of a record, named as those of a schema."""
    names = []
    for name, value in record.items():
        inner = record_columns(value) if isinstance(value, dict) else ()
        names += [name, *(f"{name}.{within}" for within in inner)]
    return names


def field_of(record: Record, column: str) -> object:
    """What the record has in a column, perhaps within a struct; None where it has no such."""
    if column in record:
        return record[column]
    for name, value in record.items():
        if isinstance(value, dict) and column.startswith(f"{name}."):
            return field_of(value, column.removeprefix(f"{name}."))
    return None


def _has(record: Record, column: str) -> bool:
    """Whether there is such a column; within a struct that is null there is."""
    if column in record:
        return True
    return any(
        value is None or (isinstance(value, dict) and _has(value, column[len(name) + 1 :]))
        for name, value in record.items()
        if column.startswith(f"{name}.")
    )


def records(file: str, columns: list[str]) -> Iterator[tuple[int, Record | str]]:
    """The file's records, each with its 1-based line or row, or the reason why it is none.

    Of Parquet only `columns` are read. Raises UserError for a file that is not what its name says.
    """
    if file.lower().endswith(PARQUET):
        return _parquet_records(file, columns)
    return _json_records(file, columns)


def _open_parquet(file: str) -> pq.ParquetFile:
    try:
        # A relative name with a colon would be taken for a URL.
        return pq.ParquetFile(os.path.abspath(file))
    # Of names of columns that are no text Python says so itself.
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: is no readable Parquet file: {first_line(error)}") from error


def _parquet_records(file: str, columns: list[str]) -> Iterator[tuple[int, Record | str]]:
    number = 0
    with _open_parquet(file) as parquet:
        try:
            for batch in parquet.iter_batches(BATCH_ROWS, columns=columns):
                for record in batch.to_pylist():
                    number += 1
                    yield number, record
        # Values that Python cannot hold, as a date in the year 300000, raise errors of their own.
        except Exception as error:
            raise UserError(
                f"{file}: damaged after row {number}: {first_line(error)}; get the file anew"
            ) from error


def _json_records(file: str, columns: list[str]) -> Iterator[tuple[int, Record | str]]:
    for number, line in numbered_lines(file):
        if not line.strip():
            continue
        try:
            text = utf8(line)
        except ValueError as error:
            yield number, str(error)
            continue
        try:
            record = json.loads(text)
        except RecursionError:
            yield number, "not JSON: nested too deeply"
        except ValueError as error:
            yield number, f"not JSON: {first_line(error)}"
        else:
            yield number, _damage(record, columns) or record


def _damage(record: object, columns: list[str]) -> str | None:
    if not isinstance(record, dict):
        return f"no object: {shown(record)}"
    lacks = next((column for column in columns if not _has(record, column)), None)
    return None if lacks is None else f"no column {lacks!r} in this record"
