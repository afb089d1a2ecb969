"""Tiles: which words they hold, asked of a sentence and asked of a batch."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.core.layout import Layout
from pipeline.core.names import KEY_CLASSES
from pipeline.core.pieces import Pieces
from pipeline.statistics.tiles import SIZE, Uncut, fits, longest_word, tiling

LONGEST = longest_word(SIZE)


def layout_of(words: Sequence[int]) -> Layout:
    n = len(words)
    pieces = Pieces(
        ids=torch.ones(1, n, dtype=torch.long),
        lengths=torch.tensor([n]),
        word=torch.tensor([words]),
        n_words=torch.tensor([max(words) + 1]),
        classes=torch.zeros(1, n, len(KEY_CLASSES), dtype=torch.bool),
    )
    return Layout(pieces, pieces, torch.ones(1, n, n, dtype=torch.bool))


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(1, LONGEST + 2)), min_size=1, max_size=5))
@example([(0, LONGEST)])
@example([(0, LONGEST + 1)])
@example([(0, 1), (-1, 1), (0, 1)])
@example([(-1, LONGEST + 2), (-1, 9)])
def test_a_sentence_fits_where_it_is_cut(runs):
    words = [word for word, n in runs for _ in range(n)]
    layout = layout_of(words)
    if fits(words):
        tiles = tiling(layout, SIZE).keys
        edges = tiles.starts[0].tolist()
        assert (edges[0], edges[-1]) == (0, len(words))
        for start, end in pairwise(edges):
            assert end - start <= SIZE
            assert not (0 < start < len(words) and words[start - 1] == words[start] >= 0)
    else:
        for _ in range(2):  # the second time it is known
            with pytest.raises(Uncut, match="a word"):
                tiling(layout, SIZE)
