"""How rows of sentences are put together."""

from types import SimpleNamespace

import pytest
import torch

from pipeline.core.errors import UserError
from pipeline.core.moving import Coming
from pipeline.engines.rows import Named, Rows, SiteRows, _Pointers
from pipeline.models.encode import Encoded, Side
from pipeline.models.tap import Place


def test_more_pointers_than_an_offset_counts_are_refused():
    """Offsets of lists are 32 bits: beyond, they would start anew."""
    side = SimpleNamespace(n_words=1 << 15)
    with pytest.raises(UserError, match=r"lower ingest\.shard_sentences"):
        _Pointers((), [side] * 16, 1 << 12)


def test_of_a_sentence_alone_among_pairs_segments_are_null():
    """Not 0: in it there is nothing to tell apart."""

    def side(second: int | None) -> Side:
        return Side([0, 0], [0, 1], [False] * 2, frozenset(), 2, second=second)

    encoded = [Encoded(k, side(second)) for k, second in enumerate((1, 2, None))]
    rows = Rows([Place("encoder", 0)], encoded)
    numbers = Named(["segment_own"], Coming(torch.full((1, 3, 1), 0.5)))
    shared = Named(["uniform_segment_own"], Coming(torch.full((1, 3, 1), 0.25)))
    rows.add(encoded, {"encoder": SiteRows([1], shared, numbers, {}, {})})
    heads = rows.tables(0)["heads"].to_pydict()
    assert heads["segment_own"] == [0.5, None, None]
    assert heads["uniform_segment_own"] == [0.25, None, None]
