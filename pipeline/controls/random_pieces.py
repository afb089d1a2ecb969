"""The pieces of a sentence replaced by random ones: positions and special pieces are all it keeps.

A sink survives that, syntax cannot: what a head still finds, it finds by position.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.controls.base import Control


@dataclass(frozen=True)
class RandomPieces(Control):
    """Keeps the model, the length of every sentence, its special pieces and its words' lengths."""

    def pieces(
        self,
        ids: list[int],
        special: list[bool],
        vocabulary: Sequence[int],
        draw: Callable[[], random.Random],
    ) -> list[int]:
        pairs = zip(ids, special, strict=True)
        chance = draw()
        return [piece if is_special else chance.choice(vocabulary) for piece, is_special in pairs]
