"""Laws of how sentences are cut into batches, against every way of cutting them."""

import math
from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines.shard import batches
from pipeline.models.encode import Encoded, Side

LENGTHS = st.lists(st.integers(1, 9), max_size=7)
WITH_TRANSLATIONS = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), max_size=7)


def encoded(lengths: list[tuple[int, int]]) -> list[Encoded]:
    """Sentences of so many pieces, and their translations where these have any."""

    def side(n: int) -> Side:
        return Side([0] * n, [-1] * n, [False] * n, frozenset(), 0)

    return [Encoded(k, side(a), side(b) if b else None) for k, (a, b) in enumerate(lengths)]


def padded(batch: list[Encoded]) -> int:
    longest = max(len(e.source.ids) for e in batch)
    return len(batch) * (longest + max(len(e.target.ids) if e.target else 0 for e in batch))


@given(LENGTHS, st.integers(1, 60), st.booleans())
def test_few_batches_none_larger_than_it_need_be(lengths, batch_pieces, in_pairs):
    """Of all ways to cut the same order that keep within the size and have no more batches than
    there must be, made even where they come in pairs, none has a smaller largest one. A sentence
    that is too large stands alone."""
    cut = batches(encoded([(n, 0) for n in lengths]), batch_pieces, in_pairs)
    order = [e for batch in cut for e in batch]
    assert sorted(e.index for e in order) == list(range(len(lengths)))
    assert all(len(a.source.ids) >= len(b.source.ids) for a, b in pairwise(order))
    if not order:
        return

    def fits(batch: list[Encoded]) -> bool:
        return len(batch) == 1 or padded(batch) <= batch_pieces

    def ways(n_cuts: int):
        for at in combinations(range(1, len(order)), n_cuts):
            yield [order[a:b] for a, b in pairwise((0, *at, len(order)))]

    possible = [way for n in range(len(order)) for way in ways(n) if all(map(fits, way))]
    fewest = min(map(len, possible))
    allowed = 2 * math.ceil(fewest / 2) if in_pairs and fewest > 2 else fewest
    assert all(map(fits, cut))
    assert len(cut) <= allowed
    best = min(max(map(padded, way)) for way in possible if len(way) <= allowed)
    assert max(map(padded, cut)) == best


@given(st.integers(1, 60), st.integers(1, 4))
def test_sentences_of_one_length_are_shared_out(n_sentences, per_batch):
    """Among two lanes, and beyond eight batches among four."""
    cut = batches(encoded([(5, 0)] * n_sentences), 5 * per_batch, in_pairs=True)
    fewest = math.ceil(n_sentences / per_batch)
    lanes = 1 if fewest < 3 else 2 if fewest <= 8 else 4
    n_batches = lanes * math.ceil(fewest / lanes)
    assert max(map(len, cut)) == math.ceil(n_sentences / n_batches)


@given(WITH_TRANSLATIONS, st.integers(1, 60))
def test_beside_translations_no_batch_is_too_large(lengths, batch_pieces):
    cut = batches(encoded(lengths), batch_pieces)
    assert sorted(e.index for batch in cut for e in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or padded(batch) <= batch_pieces for batch in cut)
