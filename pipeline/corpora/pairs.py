"""One pair of parallel text: from what stands in a file or a record to the row of a sentence.

Each piece of a pair, a side or an alignment, comes with the name of the file it stands in, so that
whatever is wrong with it is reported there. Plain files give bytes, records give strings or lists.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.corpora import pharaoh
from pipeline.corpora.files import utf8
from pipeline.corpora.parquet import strings
from pipeline.corpora.rows import Row, fault_row, pair_row, sentence_row, shown
from pipeline.corpora.text import split_words

SIDES = ("source", "target")

Part = tuple[str, object]
"""The file or data set where a piece of a pair stands, and what stands there."""


@dataclass(frozen=True)
class Dialect:
    """How texts and alignments are written.

    `by_spaces`: words are what stands between spaces, else they are cut by the rule of raw text.
    `base` and `swapped` are those of `pharaoh.parse`.
    """

    by_spaces: bool
    base: int
    swapped: bool


def pair_rows(
    dialect: Dialect, line: int, name: str, sides: Sequence[Part], alignments: Sequence[Part]
) -> Iterator[Row]:
    """One row, or none where both sides are blank; a fault stands where its piece does.

    `sides` are source and target; `alignments`, which may be none, first the one with sure links.
    """
    texts, links = [], []
    at = sides[0][0]
    try:
        for key, part in zip(SIDES, sides, strict=True):
            at, value = part
            texts.append(_words(key, value, dialect.by_spaces))
        n_words = len(texts[0][1]), len(texts[1][1])
        if 0 in n_words and any(n_words):
            blank = n_words.index(0)
            at = sides[blank][0]
            raise ValueError(f"{SIDES[blank]}: blank, while the other side is not")
        for order, part in enumerate(alignments):
            at, value = part
            links += pharaoh.parse(
                _text("alignment", value),
                n_words,
                base=dialect.base,
                swapped=dialect.swapped,
                possible=order > 0,
            )
    except ValueError as error:
        yield fault_row(at, line, name, str(error))
        return
    if any(n_words):
        source, target = (
            sentence_row(at, line, name, text, words)
            for (at, _), (text, words) in zip(sides, texts, strict=True)
        )
        yield pair_row(source, target, links if alignments else None)


def _words(key: str, value: object, by_spaces: bool) -> tuple[str, list[str]]:
    """Text and words of one side, no words where it is blank. Raises ValueError for other things.

    A list of empty words is not blank but damaged, which its row says.
    """
    if value is None:
        return "", []
    if isinstance(value, list):
        words = strings(value, key) or []
        return " ".join(words), words
    text = _text(key, value)
    if not text.strip():
        return "", []
    return text.strip(), pharaoh.spaced(text) if by_spaces else split_words(text)


def _text(key: str, value: object) -> str:
    """Raises ValueError where a value is no text, or bytes are not UTF-8."""
    try:
        text = utf8(value) if isinstance(value, bytes) else value
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None
    if not isinstance(text, str):
        raise ValueError(f"{key}: no string: {shown(value)}")
    return text
