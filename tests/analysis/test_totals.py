"""What the lake holds a row of per shard: added up over shards, and divided once."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from pipeline.analysis.totals import OutputTally, similarity
from pipeline.lake.schema import LAKE


def outputs(n_queries: int, *rows: tuple[int, str, list[float], float]) -> pa.Table:
    """Of a shard: head, class, what the class gave to all queries together, its squared length."""
    keys = {"site": "encoder", "layer": 0, "n_queries": n_queries}
    given = [
        keys | {"head": head, "key_class": name, "output": output, "energy": energy}
        for head, name, output, energy in rows
    ]
    return pa.Table.from_pylist(given, schema=LAKE["outputs"])


def test_constancy_is_over_the_queries_of_all_shards():
    """Head 0 gives (1, 0) to each of 5 queries; head 1 (0, 2) to four of them and −(0, 2) to one;
    to [SEP] no query gives anything."""
    tally = OutputTally()
    nothing = [(head, "sep", [0.0, 0.0], 0.0) for head in range(2)]
    tally.add(outputs(3, (0, "cls", [3.0, 0.0], 3.0), (1, "cls", [0.0, 6.0], 12.0), *nothing))
    tally.add(outputs(0))
    tally.add(outputs(2, (0, "cls", [2.0, 0.0], 2.0), (1, "cls", [0.0, 0.0], 8.0), *nothing))
    found = tally.constancies()
    assert found["constancy_cls"] == pytest.approx([1.0, (6 / 5) ** 2 / 4])
    assert np.isnan(found["constancy_sep"]).all()
    assert "constancy_first" not in found


def test_constancy_of_heads_of_several_widths():
    """Where layers differ in width (Gemma 4), each head's output is its own."""
    tally = OutputTally()
    for _ in range(2):
        wide = (1, "cls", [2.0, 2.0, 0.0, 0.0], 8.0)
        tally.add(outputs(2, (0, "cls", [2.0, 0.0], 2.0), wide))
    assert tally.constancies()["constancy_cls"] == pytest.approx([1.0, 0.5])


def divergences(n_queries: int, *values: float) -> pa.Table:
    rows = [
        {"site": "encoder", "layer": 0, "head": 0, "other_layer": 0, "other_head": k + 1}
        | {"n_queries": n_queries, "js_divergence": value}
        for k, value in enumerate(values)
    ]
    return pa.Table.from_pylist(rows, schema=LAKE["similarity"])


def test_divergences_are_means_over_the_queries_of_all_shards():
    shards = [divergences(0), divergences(3, 0.6, 0.9), divergences(0), divergences(1, 0.2, 0.7)]
    found = similarity(shards)
    assert found["other_head"].to_list() == [1, 2]
    assert found["n_queries"].to_list() == [4, 4]
    assert found["js_divergence"].to_list() == pytest.approx([0.2, 0.4])
    assert similarity([divergences(0)]).is_empty()
    assert isinstance(similarity([]), pl.DataFrame)
