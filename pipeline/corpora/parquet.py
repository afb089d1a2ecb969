"""Ready-made sentences: Parquet or JSON lines with one list of words per row.

Words, and optionally parts of speech, governors and relations, stand in columns that the YAML
names. Governors follow UD: 1-based, 0 for the root; strings of digits are accepted, since that is
how some data sets store them. Each row is checked, and a bad one quarantined by its row number.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from datasets import IterableDataset

from pipeline.core.errors import UserError
from pipeline.corpora.base import streamed
from pipeline.corpora.files import local_files
from pipeline.corpora.rows import Row, fault_row, sentence_row, shown
from pipeline.corpora.tables import Record, check_columns, field_of, records

EXAMPLE = "**/*.parquet"


@dataclass(frozen=True)
class Parquet:
    """Local Parquet or JSON lines files (by their suffix) with these columns."""

    path: str | tuple[str, ...]
    words: str = "words"
    upos: str | None = None
    governors: str | None = None
    deprels: str | None = None
    sentence_id: str | None = None
    text: str | None = None
    limit: int | None = None
    shuffle_seed: int | None = None
    shuffle_buffer: int = 10_000

    @property
    def columns(self) -> dict[str, str | None]:
        """Which column each part of a sentence stands in."""
        keys = ("words", "upos", "governors", "deprels", "sentence_id", "text")
        return {key: getattr(self, key) for key in keys}

    def stream(self) -> IterableDataset:
        """All rows.

        Raises UserError for a file that cannot be read, or lacks a named column, and for half a
        tree: without its other half it would be left out unsaid.
        """
        halves = {"governors": self.governors, "deprels": self.deprels}
        given = [key for key, column in halves.items() if column is not None]
        if len(given) == 1:
            (lacks,) = halves.keys() - set(given)
            raise UserError(
                f"corpus.{given[0]} without corpus.{lacks}: a tree takes both; give"
                f" corpus.{lacks}=COLUMN, or neither"
            )
        for file in local_files(self.path, EXAMPLE):
            check_columns(file, self.columns)
        return streamed(self, _rows)


def _rows(corpus: Parquet) -> Iterator[Row]:
    wanted = sorted({column for column in corpus.columns.values() if column is not None})
    for file in local_files(corpus.path, EXAMPLE):
        for number, record in records(file, wanted):
            name = f"{os.path.basename(file)}:{number}"
            if isinstance(record, str):
                yield fault_row(file, number, name, record)
            else:
                yield record_row(file, number, name, record, corpus.columns)


def record_row(
    source: str, line: int, name: str, record: Record, columns: dict[str, str | None]
) -> Row:
    """The row of one record, or of its fault; `columns` says where each part of it stands.

    `name` is the sentence's name where the record has none.
    """

    def value(key: str) -> object:
        column = columns.get(key)
        return None if column is None else field_of(record, column)

    sentence_id, text = value("sentence_id"), value("text")
    name = name if sentence_id is None or sentence_id == "" else str(sentence_id)
    try:
        words = strings(value("words"), "words")
        upos = strings(_annotation(value("upos")), "upos")
        governors = _integers(_annotation(value("governors")), "governors")
        deprels = strings(_annotation(value("deprels")), "deprels")
    except ValueError as error:
        return fault_row(source, line, name, str(error))
    return sentence_row(
        source,
        line,
        name,
        text if isinstance(text, str) and text else " ".join(words or []),
        words or [],
        upos,
        governors,
        deprels if governors is not None else None,
    )


def _annotation(value: object) -> object:
    """The value, or None where it is CoNLL-U's way to leave every word without it."""
    blank = isinstance(value, list) and value and all(item in (None, "_") for item in value)
    return None if blank else value


def _list(value: object, key: str) -> list[object] | None:
    if value is None or isinstance(value, list):
        return value
    raise ValueError(f"{key} is no list: {shown(value)}")


def strings(value: object, key: str) -> list[str] | None:
    """Raises ValueError unless the value is None or a list of strings."""
    items = _list(value, key)
    for index, item in enumerate(items or []):
        if not isinstance(item, str):
            raise ValueError(f"word {index + 1}: {shown(item)} in {key} is no string")
    return items  # pyrefly: ignore


def _integers(value: object, key: str) -> list[int] | None:
    """Raises ValueError unless the value is None, or a list of integers, or of digits."""
    items = _list(value, key)
    if items is None:
        return None
    integers = []
    for index, item in enumerate(items):
        if isinstance(item, str) and item.isascii() and item.isdigit() and len(item) < 10:
            item = int(item)
        if not isinstance(item, int) or isinstance(item, bool):
            raise ValueError(f"word {index + 1}: {shown(item)} in {key} is no integer")
        integers.append(item)
    return integers
