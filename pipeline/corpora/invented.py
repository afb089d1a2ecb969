"""The project's grammar with its translation into an invented language, made while it is read.

Everything about such a pair is known: trees on both sides, and which word renders which. So it is
parallel text whose gold standard has no errors, in any amount, and with nothing to download.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from datasets import IterableDataset

from pipeline.core.errors import UserError
from pipeline.core.sentence import Link
from pipeline.corpora.base import describe, streamed
from pipeline.corpora.rows import Row, pair_row, sentence_row
from pipeline.grammar import generate
from pipeline.grammar.invented import Side, translate


@dataclass(frozen=True)
class Invented:
    """The first `sentences` pairs that `seed` leads to; the same seed always leads to the same."""

    sentences: int = 2000
    seed: int = 1
    limit: int | None = None
    shuffle_seed: int | None = None
    shuffle_buffer: int = 10_000

    def stream(self) -> IterableDataset:
        """All rows. Raises UserError for a number of sentences that there cannot be."""
        if self.sentences < 1:
            raise UserError(f"{describe(self)}: sentences must be 1 or more")
        return streamed(self, _pairs)


def _pairs(corpus: Invented) -> Iterator[Row]:
    place = f"grammar with seed {corpus.seed}"
    for number, sentence in enumerate(generate(corpus.sentences, corpus.seed), start=1):
        pair = translate(sentence)
        source, target = (
            _row(place, number, pair.sent_id, side) for side in (pair.source, pair.target)
        )
        yield pair_row(source, target, [Link(*link) for link in pair.links])


def _row(place: str, number: int, sentence_id: str, side: Side) -> Row:
    return sentence_row(
        place,
        number,
        sentence_id,
        side.text,
        side.words,
        side.upos,
        side.governors,
        side.deprels,
    )
