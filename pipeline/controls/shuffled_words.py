"""The words of a sentence in random order, its arcs with them: syntax, or words that go together?

A head that still joins a verb with its object does so by what they mean, not by where they stand.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.controls.base import Control


@dataclass(frozen=True)
class ShuffledWords(Control):
    """Keeps the model and the words; pointers keep the words' numbers, and so arcs follow them.

    Baselines do not: the offset is that of the words as the corpus has them.
    """

    def order(self, n_words: int, draw: Callable[[], random.Random]) -> Sequence[int]:
        order = list(range(n_words))
        draw().shuffle(order)
        return order
