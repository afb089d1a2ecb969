"""Parsers for raw text: where its sentences end, what their words are, and the trees over them.

Stanza and spaCy are known. Each is an extra of its own, imported only where a corpus asks for it.
Their models are files on this machine and never fetched from here. Both run on the CPU over a few
lines at a time, in order, so that on one machine the same text always has the same trees.

Words are the parser's, and not those of the rule of raw text. Under a UD model they are syntactic
words: Stanza reads `du` as `de le`. spaCy has tokens of white space too, which are no words here;
what hangs on one hangs on the word above it. Labels are those that the model was trained on, which
for spaCy seldom are UD's. A parser errs, and heads are then compared with its errors too; a tree is
taken as it is, and what is no tree is damage.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple, Protocol

from pipeline.core.errors import UserError
from pipeline.corpora.base import describe
from pipeline.corpora.parsers import Parse, load_spacy, load_stanza
from pipeline.corpora.rows import Row, fault_row, sentence_row

CHUNK_CHARACTERS = 20_000
"""Lines are parsed together up to so many: one by one they take several times as long."""

MAX_CHARACTERS = 100_000
"""A parser holds a whole line in memory, in this length about a gigabyte of it."""


class Line(NamedTuple):
    """A text of a corpus and where it stands; what is in it is called `name`."""

    source: str
    number: int
    name: str
    text: str


class Annotated(Protocol):
    """A corpus that says which parser is to read it, or none."""

    @property
    def annotator(self) -> str | None: ...
    @property
    def annotator_model(self) -> str | None: ...
    @property
    def annotator_folder(self) -> str | None: ...


def open_parser(corpus: Annotated) -> Parse | None:
    """The corpus's parser, None where it asks for none. Raises UserError where it cannot be had."""
    here = describe(corpus)
    name, model, folder = corpus.annotator, corpus.annotator_model, corpus.annotator_folder
    if name is None:
        if model is not None or folder is not None:
            raise UserError(f"{here}: a model of which annotator? give annotator, stanza or spacy")
        return None
    if name not in ("stanza", "spacy"):
        raise UserError(f"{here}: annotator is stanza, spacy or null")
    if not model:
        example = {"stanza": "a language, as en", "spacy": "the package or folder of a pipeline"}
        raise UserError(f"{here}: annotator={name} needs annotator_model, {example[name]}")
    if folder is not None and name == "spacy":
        raise UserError(f"{here}: annotator_folder is for stanza; annotator_model may be a folder")
    return _load(name, model, folder)


def close_parser() -> None:
    """Let go of the parser, which may take more memory than what is measured."""
    _load.cache_clear()


@lru_cache(maxsize=1)
def _load(name: str, model: str, folder: str | None) -> Parse:
    return load_spacy(model) if name == "spacy" else load_stanza(model, folder)


def parsed_rows(parse: Parse, lines: Iterable[Line | Row]) -> Iterator[Row]:
    """The rows of all sentences of all lines, those of a line numbered where it has several.

    Rows among the lines are faults, which keep their place.
    """
    chunk: list[Line] = []
    n_characters = 0
    for line in map(_parseable, lines):
        if isinstance(line, Line):
            chunk.append(line)
            n_characters += len(line.text)
            if n_characters < CHUNK_CHARACTERS:
                continue
        yield from _chunk_rows(parse, chunk)
        chunk, n_characters = [], 0
        if not isinstance(line, Line):
            yield line
    yield from _chunk_rows(parse, chunk)


def _parseable(line: Line | Row) -> Line | Row:
    """The line, or its fault: damaged characters are found before a parser trips over them."""
    if not isinstance(line, Line):
        return line
    if len(line.text) > MAX_CHARACTERS:
        reason = f"{len(line.text)} characters, more than {MAX_CHARACTERS} to be parsed"
        return fault_row(line.source, line.number, line.name, reason)
    row = sentence_row(*line, line.text.split())
    return line if row["fault"] is None else row


def _chunk_rows(parse: Parse, lines: list[Line]) -> Iterator[Row]:
    for line, sentences in zip(lines, parse([line.text for line in lines]), strict=True):
        source, number, name, _ = line
        if not sentences:
            yield fault_row(source, number, name, "the parser finds no word in it")
        for order, sentence in enumerate(sentences, start=1):
            sentence_id = name if len(sentences) == 1 else f"{name}.{order}"
            yield sentence_row(source, number, sentence_id, *sentence)
