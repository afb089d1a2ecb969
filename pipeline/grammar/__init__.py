"""A generative grammar of English that writes its own dependency treebank.

Sentences are built as trees from a lexicon and a set of named constructions, so every tree is
correct by construction and follows the conventions of Universal Dependencies for English.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from .linearise import text, tokens
from .node import Node, Sentence
from .sentences import compose

__all__ = ["Node", "Sentence", "generate", "text", "tokens"]

SHORTEST = 3
LONGEST = 45


def generate(n: int, seed: int) -> Iterator[Sentence]:
    """Yield `n` distinct sentences; the same seed always gives the same ones.

    Sentences outside the range of lengths or equal to an earlier one are drawn again.
    """
    seen: set[str] = set()
    for index in range(n):
        attempt = 0
        while True:
            rng = random.Random(f"{seed}/{index}/{attempt}")
            sentence = compose(rng)
            attempt += 1
            written = text(tokens(sentence))
            if SHORTEST <= sentence.root.size() <= LONGEST and written.lower() not in seen:
                break
        seen.add(written.lower())
        sentence.sent_id = f"grammar-{index + 1:05d}"
        yield sentence
