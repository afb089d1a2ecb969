"""Parallel text: sentences with their translations, and word alignments where somebody made them.

Two plain files hold a sentence on each line, line i of one the translation of line i of the other;
alignments stand in a third file of as many lines, in Pharaoh's format. Or both sides stand in one
record of JSON lines, Parquet or a hub data set, the alignment in a column of it.

Where sentences are aligned, words are what stands between spaces, for that is what the alignments
count. Elsewhere they are cut as in raw text. Lists of words are taken as they are.

A pair that is blank on both sides is no pair and is skipped, and its blank line of alignments with
it; one that is blank on one side, or has links all the same, is damaged. Plain files are counted
before the first row: where they do not have the same number of lines, nobody knows which sentences
belong together.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, fields

from datasets import IterableDataset

from pipeline.core.errors import UserError
from pipeline.corpora.base import describe, streamed
from pipeline.corpora.files import count_lines, local_files, numbered_lines
from pipeline.corpora.hub import hub_records, open_corpus
from pipeline.corpora.pairs import SIDES, Dialect, pair_rows
from pipeline.corpora.rows import Row, fault_row
from pipeline.corpora.tables import Record, check_columns, field_of, is_table, records

EXAMPLE = "**/*.jsonl"
STRUCT = "translation"
"""Where translation sets of the hub keep their texts, by language."""

PLAIN = (*SIDES, "alignments", "possible_alignments")
HUB = ("config", "split", "revision")
RECORDS = (
    *("source_column", "target_column", "source_language", "target_language"),
    "alignment_column",
)


@dataclass(frozen=True)
class Parallel:
    """Parallel text: `source` and `target`, two plain files, or `path`, or `dataset` on the hub.

    Records have a column for each side; `translation.de` reaches into a struct. The two languages
    are short for the columns of a translation set, `translation.en` and `translation.de`.

    `alignments`, or the column of records, holds links in Pharaoh's format, counted from
    `alignment_base`, the target first where `alignment_reversed`. All links of
    `possible_alignments` are possible, unless the other file has them as sure.

    `words` is "auto" (see above), "spaces", or "rule" for the rule of raw text.
    """

    source: str | None = None
    target: str | None = None
    alignments: str | None = None
    possible_alignments: str | None = None
    path: str | tuple[str, ...] | None = None
    dataset: str | None = None
    config: str | None = None
    split: str = "train"
    revision: str | None = None
    source_column: str = "source"
    target_column: str = "target"
    source_language: str | None = None
    target_language: str | None = None
    alignment_column: str | None = None
    alignment_base: int = 0
    alignment_reversed: bool = False
    words: str = "auto"
    limit: int | None = None
    shuffle_seed: int | None = None
    shuffle_buffer: int = 10_000

    @property
    def columns(self) -> dict[str, str | None]:
        """Which column each part of a pair stands in, under the key that says so."""
        aligned = {"alignment_column": self.alignment_column}
        if self.source_language is None:
            texts = {"source_column": self.source_column, "target_column": self.target_column}
        else:
            texts = {
                "source_language": f"{STRUCT}.{self.source_language}",
                "target_language": f"{STRUCT}.{self.target_language}",
            }
        return {**texts, **aligned}

    @property
    def dialect(self) -> Dialect:
        """How the texts and alignments are written."""
        aligned = self.alignments is not None or self.alignment_column is not None
        by_spaces = self.words == "spaces" or (self.words == "auto" and aligned)
        return Dialect(by_spaces, self.alignment_base, self.alignment_reversed)

    def stream(self) -> IterableDataset:
        """All rows. Raises UserError for keys that do not go together, and unusable input."""
        _check_keys(self)
        if self.source is not None:
            _check_line_counts(_plain_files(self))
            return streamed(self, _plain_pairs)
        if self.dataset is not None:
            open_corpus(self, self.columns)
            return streamed(self, _hub_pairs)
        for file in local_files(self.path or (), EXAMPLE):
            if not is_table(file):
                raise UserError(
                    f"{file}: path is for JSON lines and Parquet, by their suffix; "
                    "give plain files as source and target"
                )
            check_columns(file, self.columns)
        return streamed(self, _local_pairs)


def _check_keys(corpus: Parallel) -> None:
    """Raise UserError for keys that do not go together, or have values that there are not."""
    here = describe(corpus)
    ways = [key for key in ("source", "path", "dataset") if getattr(corpus, key) is not None]
    if len(ways) != 1 or (corpus.source is None) != (corpus.target is None):
        raise UserError(f"{here}: give source and target (plain files), or path, or dataset (hub)")
    needless = {"source": HUB + RECORDS, "path": PLAIN + HUB, "dataset": PLAIN}[ways[0]]
    for field in fields(corpus):
        if field.name in needless and getattr(corpus, field.name) != field.default:
            raise UserError(f"{here}: {field.name} does not go with {ways[0]}; leave out one")
    if corpus.possible_alignments is not None and corpus.alignments is None:
        raise UserError(f"{here}: possible_alignments needs alignments, the sure ones")
    if (corpus.source_language is None) != (corpus.target_language is None):
        raise UserError(f"{here}: give both source_language and target_language, or neither")
    if corpus.source_language and (corpus.source_column, corpus.target_column) != (
        Parallel.source_column,
        Parallel.target_column,
    ):
        raise UserError(f"{here}: give either languages or columns of the texts")
    if corpus.alignment_base not in (0, 1):
        raise UserError(f"{here}: alignment_base is the number of the first word, 0 or 1")
    if corpus.words not in ("auto", "spaces", "rule"):
        raise UserError(f"{here}: words is auto, spaces or rule")
    if corpus.words == "rule" and (corpus.alignments or corpus.alignment_column):
        raise UserError(f"{here}: alignments count words between spaces; words=rule cuts others")


def _plain_files(corpus: Parallel) -> list[str]:
    found: list[str] = []
    for key in PLAIN:
        path = getattr(corpus, key)
        if path is None:
            continue
        file, *more = local_files(path, "corpus.en")
        if more:
            raise UserError(f"{path}: {len(more) + 1} files match; {key} is one file")
        if is_table(file):
            raise UserError(f"{file}: {key} is a plain file; give a file of records as path")
        found.append(file)
    return found


def _check_line_counts(files: list[str]) -> None:
    """Raise UserError unless all have as many lines as the first."""
    n_lines = [count_lines(file) for file in files]
    for file, n in zip(files, n_lines, strict=True):
        if n != n_lines[0]:
            raise UserError(
                f"{files[0]} has {n_lines[0]} lines, {file} has {n}: line i of one belongs to "
                "line i of the other; give files that match, blank lines included"
            )


def _plain_pairs(corpus: Parallel) -> Iterator[Row]:
    files = _plain_files(corpus)
    for lines in zip(*map(numbered_lines, files), strict=True):
        number = lines[0][0]
        parts = [(file, line) for file, (_, line) in zip(files, lines, strict=True)]
        name = f"{os.path.basename(files[0])}:{number}"
        yield from pair_rows(corpus.dialect, number, name, parts[:2], parts[2:])


def _local_pairs(corpus: Parallel) -> Iterator[Row]:
    wanted = [column for column in corpus.columns.values() if column is not None]
    for file in local_files(corpus.path or (), EXAMPLE):
        for number, record in records(file, wanted):
            name = f"{os.path.basename(file)}:{number}"
            if isinstance(record, str):
                yield fault_row(file, number, name, record)
            else:
                yield from _record_pairs(corpus, file, number, name, record)


def _hub_pairs(corpus: Parallel) -> Iterator[Row]:
    for source, number, record in hub_records(corpus, corpus.columns):
        yield from _record_pairs(corpus, source, number, f"{source}:{number}", record)


def _record_pairs(
    corpus: Parallel, file: str, number: int, name: str, record: Record
) -> Iterator[Row]:
    *texts, aligned = (
        None if column is None else field_of(record, column) for column in corpus.columns.values()
    )
    links = [] if aligned is None else [(file, aligned)]
    yield from pair_rows(corpus.dialect, number, name, [(file, text) for text in texts], links)
