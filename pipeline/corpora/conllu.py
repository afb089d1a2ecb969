"""CoNLL-U: the format of Universal Dependencies, read one sentence at a time.

A sentence is a block of lines up to a blank line: comments (`# sent_id = …`, `# text = …`), then
one line per word with ten columns between TABs. Two kinds of line are no words and must not shift
the governors: a multiword token (`3-4 don't`, the surface form over words 3 and 4) and an empty
node (`5.1`, of the enhanced graph only). Source: universaldependencies.org/format.html.

Blocks are cut from bytes and decoded one by one, so that whatever is wrong with a block, a bad byte
or a cycle, keeps out that sentence alone. A block of comments only is no sentence and no fault.
IDs, heads and comments are parsed by the `conllu` library. The columns are not: its splitter also
splits at two spaces, and a form may contain spaces.

A sentence whose HEADs are all `_` is not annotated: it has no tree, and that is no fault. The same
goes for UPOS and DEPREL.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from conllu.exceptions import ParseException
from conllu.parser import parse_comment_line, parse_id_value, parse_int_value
from datasets import IterableDataset

from pipeline.core.errors import UserError
from pipeline.corpora.base import streamed
from pipeline.corpora.files import UTF8_BOM, local_files, numbered_lines, utf8
from pipeline.corpora.rows import Row, fault_row, sentence_row, shown

EXAMPLE = "**/*.conllu"
N_COLUMNS = 10
ID, FORM, UPOS, HEAD, DEPREL, MISC = 0, 1, 3, 6, 7, 9
USED = {FORM: "FORM", UPOS: "UPOS", HEAD: "HEAD", DEPREL: "DEPREL"}

MAX_BLOCK_BYTES = 1 << 25
"""No sentence is this long: a file that goes on without a blank line is not held in memory."""

HEAD_BYTES = 1 << 16
WORD_LINE = re.compile(rb"^[0-9]+\t", re.MULTILINE)

Block = list[tuple[int, bytes]]


@dataclass(frozen=True)
class Conllu:
    """CoNLL-U files: a path, several, or globs (`**` too), read in sorted order."""

    path: str | tuple[str, ...]
    limit: int | None = None
    shuffle_seed: int | None = None
    shuffle_buffer: int = 10_000

    def stream(self) -> IterableDataset:
        """All rows. Raises UserError where a file is missing, unreadable, empty or binary."""
        for file in local_files(self.path, EXAMPLE):
            _check_is_text(file)
        return streamed(self, _rows)


def _rows(corpus: Conllu) -> Iterator[Row]:
    for file in local_files(corpus.path, EXAMPLE):
        n_sentences = 0
        for block in blocks(file):
            row = parse_block(file, block)
            if row is not None:
                n_sentences += 1
                yield row
                if row["fault"] is not None:
                    yield from _glued(file, block)
        if n_sentences == 0:
            raise UserError(
                f"{file}: no sentence in this file; give a CoNLL-U file, or leave it out"
            )


def _check_is_text(file: str) -> None:
    """Raise UserError for a file that cannot be CoNLL-U, before its first sentence is asked for."""
    with open(file, "rb") as handle:
        start = handle.read(HEAD_BYTES)
    if not start.strip():
        if len(start) < HEAD_BYTES:
            raise UserError(f"{file}: is empty; give a CoNLL-U file, or leave it out")
    elif b"\x00" in start and not WORD_LINE.search(start):
        raise UserError(f"{file}: is binary or not UTF-8; give a CoNLL-U file as plain UTF-8 text")


def blocks(file: str) -> Iterator[Block]:
    """The runs of numbered lines between blank lines (empty, or of spaces only).

    Raises UserError where a run is longer than `MAX_BLOCK_BYTES`.
    """
    block: Block = []
    size = 0
    for number, line in numbered_lines(file):
        if not block:  # files that were put together have a mark in the middle too
            line = line.removeprefix(UTF8_BOM)
        if line.strip(b" \r"):
            block.append((number, line))
            size += len(line)
            if size > MAX_BLOCK_BYTES:
                raise UserError(
                    f"{file}:{block[0][0]}: {MAX_BLOCK_BYTES >> 20} MiB without a blank line; "
                    "sentences end at blank lines, give a CoNLL-U file"
                )
        elif block:
            yield block
            block, size = [], 0
    if block:
        yield block


class Damage(Exception):
    """What is wrong with a block, and on which line."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


@dataclass
class _Words:
    """The words of a block as they are read, column by column."""

    lines: list[int] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    upos: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    deprels: list[str] = field(default_factory=list)
    surface: list[str] = field(default_factory=list)


def parse_block(file: str, block: Block) -> Row | None:
    """The row of one block: a sentence or its fault. None where it holds comments only."""
    first_line = block[0][0]
    name = f"{_base(file)}:{first_line}"
    comments = dict(reversed(list(_comments(block))))
    sentence_id = comments.get("sent_id", name)
    if all(line.startswith(b"#") for _, line in block):
        return None
    try:
        words = _read_words(block)
        governors = _governors(words)
        deprels = _labels(words.deprels, words.lines, "DEPREL") if governors else None
        upos = None if set(words.upos) <= {"_"} else words.upos
    except Damage as damage:
        return fault_row(file, damage.line, sentence_id, damage.reason)
    text = comments.get("text", "".join(words.surface).rstrip(" "))
    return sentence_row(
        file, first_line, sentence_id, text, words.forms, upos, governors, deprels, words.lines
    )


def _base(file: str) -> str:
    return file.replace("\\", "/").rsplit("/", 1)[-1]


def _glued(file: str, block: Block) -> Iterator[Row]:
    """Faults of the other sentences of a damaged block: that no blank line stands before them.

    Each is counted, so that a file without blank lines is not one damaged sentence.
    """
    begins = [index for index, (_, line) in enumerate(block) if line.startswith(b"1\t")]
    for before, index in pairwise(begins):
        number = block[index][0]
        named = dict(_comments(block[before:index])).get("sent_id")
        name = f"{_base(file)}:{number}" if named is None else named
        yield fault_row(file, number, name, "no blank line before this sentence")


def _comments(block: Block) -> Iterator[tuple[str, str]]:
    # Comments name the sentence even where it is damaged, so bad bytes are replaced here; that
    # the block as a whole is UTF-8 is checked with its words.
    for _, line in block:
        if line.startswith(b"#"):
            for key, value in parse_comment_line(line.decode("utf-8", "replace")):
                if value:
                    yield key, value


def _read_words(block: Block) -> _Words:
    """Raises Damage for a bad byte, a bad column, and IDs that are out of order."""
    words = _Words()
    covered = 0  # last word of the multiword token read last
    for number, raw in block:
        try:
            line = utf8(raw)
        except ValueError as error:
            raise Damage(number, str(error)) from None
        if line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) != N_COLUMNS:
            hint = "; separate them by TAB" if len(columns) == 1 and len(line.split()) > 1 else ""
            raise Damage(number, f"{len(columns)} columns, not {N_COLUMNS}{hint}")
        n_words = len(words.forms)
        gap = "" if "SpaceAfter=No" in columns[MISC].split("|") else " "
        if columns[ID] != str(n_words + 1):
            covered = _read_other(columns, number, n_words, covered)
            if "-" in columns[ID]:
                words.surface.append(columns[FORM] + gap)
            continue
        for column, title in USED.items():
            if not columns[column]:
                raise Damage(number, f"word {n_words + 1}: empty {title}")
        words.lines.append(number)
        words.forms.append(columns[FORM])
        words.upos.append(columns[UPOS])
        words.heads.append(columns[HEAD])
        words.deprels.append(columns[DEPREL])
        if n_words >= covered:
            words.surface.append(columns[FORM] + gap)
    if covered > len(words.forms):
        reason = f"multiword token ends at word {covered}, the sentence at {len(words.forms)}"
        raise Damage(block[-1][0], reason)
    if not words.forms:
        raise Damage(next(n for n, line in block if not line.startswith(b"#")), "no words")
    return words


def _read_other(columns: list[str], number: int, n_words: int, covered: int) -> int:
    """Check a line that is not the next word; returns where the latest multiword token ends.

    Raises Damage unless it is a multiword token before its first word, or an empty node in place.
    """
    shown_id = shown(columns[ID])
    try:
        parsed = parse_id_value(columns[ID])
    except (ParseException, ValueError):
        raise Damage(number, f"ID {shown_id} is no ID") from None
    match parsed:
        case (int(first), "-", int(last)):
            if first <= covered:
                raise Damage(number, f"multiword token {shown_id} overlaps the one before it")
            if first != n_words + 1:
                raise Damage(number, f"multiword token {shown_id} stands before word {n_words + 1}")
            if not columns[FORM].strip(" "):
                raise Damage(number, f"multiword token {shown_id}: empty FORM")
            return last
        case (int(after), ".", _):
            if after != n_words:
                raise Damage(number, f"empty node {shown_id} stands after word {n_words}")
            return covered
    raise Damage(number, f"ID {shown_id} where {n_words + 1} is due: IDs count 1, 2, 3, …")


def _governors(words: _Words) -> list[int] | None:
    """Raises Damage for a HEAD that is no integer, or missing from some words but not from all."""
    heads = _labels(words.heads, words.lines, "HEAD")
    if heads is None:
        return None
    governors = []
    for index, head in enumerate(heads):
        try:
            governor = parse_int_value(head)
        except (ParseException, ValueError):
            governor = None
        if governor is None:
            reason = f"word {index + 1}: HEAD {shown(head)} is no integer"
            raise Damage(words.lines[index], reason)
        governors.append(governor)
    return governors


def _labels(labels: list[str], lines: list[int], title: str) -> list[str] | None:
    """A column, or None where every word has `_`. Raises Damage where only some have."""
    if "_" not in labels:
        return labels
    if all(label == "_" for label in labels):
        return None
    index = labels.index("_")
    raise Damage(lines[index], f"word {index + 1}: no {title} (_), while other words have one")
