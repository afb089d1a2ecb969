"""Undirected attachment against a loop over sentences, arcs and heads."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from pipeline.analysis import bootstrap
from pipeline.analysis.arcs import Arcs
from pipeline.analysis.halves import confirming
from pipeline.analysis.hits import Pointers
from pipeline.analysis.trees import READINGS, TreeTally
from pipeline.lake.schema import NO_PIECE, NOT_A_NODE

N, N_HEADS = 40, 3
PLACES = pl.DataFrame(
    {"site": ["encoder"] * N_HEADS, "layer": [0] * N_HEADS, "head": range(N_HEADS)}
)
LISTS = pa.list_(pa.int16())


def made() -> tuple[dict[int, dict[str, np.ndarray]], dict[int, list[tuple[int, int]]]]:
    """Pointers [head, word] of each sentence that was read, and the arcs of every one. Some words
    are punctuation, some have no piece, and they have arcs as others do."""
    draw = np.random.default_rng(0)
    pointed, arcs = {}, {}
    for s in range(N):
        n = int(draw.integers(2, 10))
        arcs[s] = [(d, int(draw.choice([w for w in range(n) if w != d]))) for d in range(1, n)]
        if s % 7 == 3:
            continue
        pointed[s] = {c: draw.integers(-1, n, (N_HEADS, n)) for c in READINGS.values()}
        for words, what in ((draw.random(n) < 0.2, NOT_A_NODE), (draw.random(n) < 0.1, NO_PIECE)):
            for pointers in pointed[s].values():
                pointers[:, words] = what
    return pointed, arcs


def tally(pointed, arcs, first: int, end: int, confirms: np.ndarray, number: int, found: TreeTally):
    rows = [
        {"sentence": s} | {name: pointers[h].tolist() for name, pointers in pointed[s].items()}
        for s in range(first, end)
        if s in pointed
        for h in range(N_HEADS)
    ]
    kinds = pa.schema({"sentence": pa.int32()} | dict.fromkeys(READINGS.values(), LISTS))
    pointers = Pointers(pa.Table.from_pylist(rows, schema=kinds), first, end - first)
    of_shard = [(s - first, d, g) for s in range(first, end) for d, g in arcs[s]]
    columns = (np.array(column) for column in zip(*of_shard, strict=True))
    shard = Arcs(*columns, np.array(["obj"] * len(of_shard)))
    weights = bootstrap.weights(end - first, 50, 0, number)
    found.add(shard, pointers, confirms[first:end], weights)


@pytest.mark.parametrize("cuts", [[], [13, 30]])
def test_counts_equal_plain_loops(cuts):
    pointed, arcs = made()
    confirms = confirming(np.arange(N), 0)
    found = TreeTally()
    for number, (first, end) in enumerate(zip([0, *cuts], [*cuts, N], strict=True)):
        tally(pointed, arcs, first, end, confirms, number, found)
    frame = found.frame(PLACES)
    n_all = n = chain = 0
    by_chance = pointing = 0.0
    hits = {
        (half, reading, h): 0 for half in (0, 1) for reading in READINGS for h in range(N_HEADS)
    }
    for s, of in pointed.items():
        nodes = [w for w, p in enumerate(of["tree"][0]) if p > NO_PIECE]
        for d, g in arcs[s]:
            if d not in nodes or g not in nodes:
                continue
            n_all += 1
            if confirms[s]:
                n += 1
                chain += abs(nodes.index(d) - nodes.index(g)) == 1
                by_chance += 2 / len(nodes)
                pointing += 1 - (1 - 1 / (len(nodes) - 1)) ** 2
            for reading, column in READINGS.items():
                for h in range(N_HEADS):
                    right = of[column][h][d] == g or of[column][h][g] == d
                    hits[int(confirms[s]), reading, h] += right
    assert set(frame["n_all"]) == {n_all}
    assert set(frame["n"]) == {n}
    assert frame["uuas_chain"].to_list() == pytest.approx([chain / n] * N_HEADS)
    assert frame["uuas_random"].to_list() == pytest.approx([by_chance / n] * N_HEADS)
    assert frame["uuas_random_max"].to_list() == pytest.approx([pointing / n] * N_HEADS)
    for reading in READINGS:
        for h, row in enumerate(frame.iter_rows(named=True)):
            fitting, confirmed = (hits[half, reading, h] for half in (0, 1))
            assert row[f"hits_{reading}_all"] == fitting + confirmed
            assert row[f"hits_{reading}"] == confirmed
            assert row[f"uuas_{reading}"] == pytest.approx(confirmed / n)
            assert row[f"uuas_{reading}_fitting"] == pytest.approx(fitting / (n_all - n))
            ends = row[f"uuas_{reading}_low"], row[f"uuas_{reading}_high"]
            assert ends[0] < row[f"uuas_{reading}"] < ends[1]


def test_the_interval_is_of_the_confirming_half():
    """A head that is right there alone is right however sentences are drawn."""
    confirms = confirming(np.arange(N), 0)
    arcs = {s: [(0, 1)] for s in range(N)}
    pointed = {
        s: {c: np.array([[1 if confirms[s] else -1, -1, -1]] * N_HEADS) for c in READINGS.values()}
        for s in range(N)
    }
    found = TreeTally()
    tally(pointed, arcs, 0, N, confirms, 0, found)
    row = found.frame(PLACES).row(0, named=True)
    assert [row[f"uuas_max{end}"] for end in ("", "_low", "_high", "_fitting")] == [1, 1, 1, 0]
    assert row["uuas_chain"] == 1
    assert row["uuas_random"] == pytest.approx(2 / 3)


def test_without_trees_there_is_no_table():
    """Across two sequences there are none, nor where no arc joins two nodes."""
    found = TreeTally()
    assert found.frame(PLACES).is_empty()
    confirms = np.ones(N, bool)
    everywhere = {s: [(0, 1)] for s in range(N)}
    punctuation = {c: np.array([[NOT_A_NODE, 0]] * N_HEADS) for c in READINGS.values()}
    tally(dict.fromkeys(range(N), punctuation), everywhere, 0, N, confirms, 0, found)
    assert found.frame(PLACES).is_empty()
