"""What batches add to the totals of a shard, written out."""

import torch

from pipeline.core.moving import Coming
from pipeline.engines.totals import SiteSums, Totals
from pipeline.models.tap import Place
from pipeline.statistics.edited import VALUE_CLASSES
from pipeline.statistics.norms import OUTPUT_CLASSES

N_VALUES = len(VALUE_CLASSES) + 1


def batch(number: float, n: int) -> SiteSums:
    """Of two layers with two heads, two channels each, every sum of which is `number`."""

    def full(*shape: int) -> Coming:
        return Coming(torch.full(shape, number))

    n_pieces = list(range(n, n + N_VALUES))
    sizes = {"value": [4, 4], "output": [4, 4]}
    outputs, energies = full(len(OUTPUT_CLASSES), 8), full(len(OUTPUT_CLASSES), 4)
    return SiteSums(
        [2, 2], 3 * n, n_pieces, n, sizes, outputs, energies, full(N_VALUES, 8), full(4, 4)
    )


def test_batches_add_up_in_double_precision_and_keep_their_layers():
    totals = Totals([Place("encoder", 1), Place("encoder", 4)])
    for number, n in ((2.0**24, 5), (1.0, 7)):
        totals.add({"encoder": batch(number, n)})
    tables = totals.tables()
    sums = {name: table.to_pylist() for name, table in tables.items()}
    exact = 2.0**24 + 1
    assert {row["js_divergence"] for row in sums["similarity"]} == {exact}
    assert {row["n_queries"] for row in sums["similarity"]} == {12}
    assert {row["energy"] for row in sums["outputs"]} == {exact}
    assert {row["n_queries"] for row in sums["outputs"]} == {36}
    for name, column in (("outputs", "output"), ("values", "value")):
        assert {n for row in sums[name] for n in row[column]} == {exact}
        places = [(row["layer"], row["head"]) for row in sums[name][:4]]
        assert places == [(1, 0), (1, 1), (4, 0), (4, 1)]
    names = (*VALUE_CLASSES, "output")
    n_pieces = {row["key_class"]: row["n_pieces"] for row in sums["values"]}
    assert n_pieces == {name: 12 + 2 * k for k, name in enumerate(names)}
