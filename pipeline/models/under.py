"""What a model reads of its sentences under a control: words in other orders, pieces replaced.

Whoever measures and whoever shows draw here, so that what is looked at is what was counted.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, runtime_checkable

from pipeline.core.sentence import Sentence
from pipeline.models.encode import Encoded, Encoder, Side, Skipped


@runtime_checkable
class Rewriting(Protocol):
    """The part of a control that changes what is read."""

    def order(self, n_words: int, draw: Callable[[], random.Random]) -> Sequence[int]:
        """In which order the words of a sentence are laid out before it is tokenized."""
        ...

    def pieces(
        self,
        ids: list[int],
        special: list[bool],
        vocabulary: Sequence[int],
        draw: Callable[[], random.Random],
    ) -> list[int]:
        """What is read instead of a sentence's pieces."""
        ...


def encode_under(
    rewriting: Rewriting,
    seed: int,
    encoder: Encoder,
    sentences: Sequence[Sentence],
    rows: Sequence[int],
) -> tuple[list[Encoded], Skipped]:
    """Sentences in pieces, and what the model cannot read.

    `rows` are those of the sentences in their corpus: whatever is drawn for a sentence hangs on its
    row and on no other sentence.
    """

    def draw(index: int, what: str) -> Callable[[], random.Random]:
        # Seeding takes longer than most of what is done for a sentence here, and few controls draw.
        return partial(random.Random, f"{seed}/{rows[index]}/{what}")

    def replaced(e: Encoded, side: Side, name: str) -> Side:
        ids = rewriting.pieces(side.ids, side.special, encoder.vocabulary, draw(e.index, name))
        if ids is side.ids:
            return side
        # What a decoder has to say is what it reads next, and an end.
        says = side.says and [*ids[1:], side.says[-1]]
        return replace(side, ids=ids, says=says)

    def order(index: int, sentence: Sentence, side: str) -> list[int]:
        """Of two sentences in one input each is laid out by itself."""
        laid: list[int] = []
        for k, words in enumerate(sentence.segments):
            chance = draw(index, f"{side} words" if k == 0 else f"{side} words of the second")
            laid += [words[w] for w in rewriting.order(len(words), chance)]
        return laid

    orders = [
        (order(i, s, "source"), order(i, s.target or s, "target") if encoder.has_target else [])
        for i, s in enumerate(sentences)
    ]
    encoded, skipped = encoder.encode(sentences, orders)
    return [
        Encoded(
            e.index,
            replaced(e, e.source, "source pieces"),
            e.target and replaced(e, e.target, "target pieces"),
        )
        for e in encoded
    ], skipped
