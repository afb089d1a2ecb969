r"""Raw text: from plain files, JSON lines, Parquet or a hub data set.

Of plain text every line that is not blank is one sentence, without syntax; of records every row is.
Where the corpus names an `annotator` a parser reads each line instead, and says which sentences it
holds, of which words, under which trees (`annotate`).

Else words are cut by one rule for every language that writes spaces between them. Letters and
digits make a word, together with the marks and invisible format characters on them (vowel signs,
accents, soft hyphens). An apostrophe or underscore between two letters joins (`don't`,
`snake_case`), so does a point or comma between two digits (`3.14`). Every other character that is
no space is a word of its own with its marks. So each character that is no space is in exactly one
word, in order. This is not UD's splitting (`don't` is two words there), and a run of Chinese or
Thai is one word.
"""

import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from datasets import IterableDataset

from pipeline.core.errors import UserError
from pipeline.corpora.annotate import Line, close_parser, open_parser, parsed_rows
from pipeline.corpora.base import describe, streamed
from pipeline.corpora.files import local_files, numbered_lines, utf8
from pipeline.corpora.hub import hub_records, open_corpus
from pipeline.corpora.rows import Row, fault_row, sentence_row, shown
from pipeline.corpora.tables import check_columns, field_of, is_table, records

EXAMPLE = "**/*.txt"
TREEBANKS = (".conllu", ".conllx", ".conll")
SPREADSHEETS = (".csv", ".tsv")


@dataclass(frozen=True)
class Text:
    """Raw text: either `path`, local files by their suffix, or `dataset`, a name on the hub.

    `column` holds the text in JSON lines, Parquet and hub data sets. `config`, `split` and
    `revision` choose on the hub; a revision is required, so that a run can be repeated.

    `annotator` is "stanza" or "spacy", or None for text without syntax. `annotator_model` is for
    spaCy the installed package of a pipeline or a folder, for Stanza a language, whose models are
    in `annotator_folder` or, with None, where Stanza puts what it downloads.
    """

    path: str | tuple[str, ...] | None = None
    dataset: str | None = None
    config: str | None = None
    split: str = "train"
    revision: str | None = None
    column: str = "text"
    annotator: str | None = None
    annotator_model: str | None = None
    annotator_folder: str | None = None
    limit: int | None = None
    shuffle_seed: int | None = None
    shuffle_buffer: int = 10_000

    @property
    def columns(self) -> dict[str, str | None]:
        """The column of the text, under the key that says so."""
        return {"column": self.column}

    def stream(self) -> IterableDataset:
        """All rows. Raises UserError for files, data sets, columns and parsers that are no use."""
        if (self.path is None) == (self.dataset is None):
            raise UserError(
                f"{describe(self)}: give either path (local files) or dataset (on the hub)"
            )
        if self.path is None:
            open_corpus(self, self.columns)
        else:
            for file in local_files(self.path, EXAMPLE):
                if file.lower().endswith(TREEBANKS):
                    raise UserError(
                        f"{file} is a treebank, by its name, and no text: read it with"
                        " corpus=conllu, or name it otherwise"
                    )
                if file.lower().endswith(SPREADSHEETS):
                    raise UserError(
                        f"{file} is a table, by its name, and its quotes and header no text: give"
                        " it as JSON lines or Parquet, with corpus.column, or name it otherwise"
                    )
                if is_table(file):
                    check_columns(file, self.columns)
        open_parser(self)
        return streamed(self, _sentences)


def _sentences(corpus: Text) -> Iterator[Row]:
    lines = _hub_lines(corpus) if corpus.path is None else _local_lines(corpus)
    parse = open_parser(corpus)
    if parse is None:
        for line in lines:
            yield sentence_row(*line, split_words(line.text)) if isinstance(line, Line) else line
        return
    try:
        yield from parsed_rows(parse, lines)
    finally:
        close_parser()


def _local_lines(corpus: Text) -> Iterator[Line | Row]:
    assert corpus.path is not None
    for file in local_files(corpus.path, EXAMPLE):
        if not is_table(file):
            yield from _plain_lines(file)
            continue
        for number, record in records(file, [corpus.column]):
            name = f"{os.path.basename(file)}:{number}"
            if isinstance(record, str):
                yield fault_row(file, number, name, record)
            else:
                yield from _line(file, number, name, field_of(record, corpus.column))


def _plain_lines(file: str) -> Iterator[Line | Row]:
    for number, line in numbered_lines(file):
        name = f"{os.path.basename(file)}:{number}"
        try:
            text = utf8(line)
        except ValueError as error:
            yield fault_row(file, number, name, str(error))
        else:
            yield from _line(file, number, name, text)


def _hub_lines(corpus: Text) -> Iterator[Line | Row]:
    for source, number, record in hub_records(corpus, corpus.columns):
        yield from _line(source, number, f"{source}:{number}", field_of(record, corpus.column))


def _line(source: str, number: int, name: str, text: object) -> Iterator[Line | Row]:
    """One line or its fault, or none where the text is blank."""
    if text is None:
        return
    if not isinstance(text, str):
        yield fault_row(source, number, name, f"text is no string: {shown(text)}")
    elif text := text.strip():
        yield Line(source, number, name, text)


def split_words(text: str) -> list[str]:
    """The words and punctuation marks of a text, by the rule above."""
    return _word_pattern().findall(text)


@cache
def _word_pattern() -> re.Pattern[str]:
    # Python's `re` has no class for marks and format characters, so it is spelled out from the
    # database that Python carries.
    extends = [
        code
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Mn", "Mc", "Me", "Cf")
    ]
    runs = [
        [code for _, code in run]
        for _, run in groupby(enumerate(extends), key=lambda pair: pair[1] - pair[0])
    ]
    marks = "[" + "".join(f"\\U{run[0]:08x}-\\U{run[-1]:08x}" for run in runs) + "]*"
    letters = rf"(?:[^\W_]{marks})+"
    joint = r"(?:['’_](?=[^\W_])|(?<=\d)[.,](?=\d))"
    return re.compile(rf"{letters}(?:{joint}{letters})*|\S{marks}")
