"""`lake.grain=shard`: sums of a shard's rows, and the same answers but for what is said lost."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from pipeline.core.errors import UserError
from pipeline.engines.cell import Job, _check_grain
from pipeline.engines.grain import over_shard
from pipeline.engines.shard import Asked
from pipeline.lake import manifest
from pipeline.lake.layout import Cell
from pipeline.lake.manifest import File, Manifest
from pipeline.lake.read import open_table, scan
from pipeline.lake.schema import LAKE
from tests.stages import small

CELL = "lake/{}/model=local/control=trained/corpus=conllu"
LOST = ["sentence", "spearman", *(f"alpha_{k}" for k in range(4))]
KEYS = ["site", "layer", "head"]


@pytest.fixture
def both(words, sentences, root, tmp_path):
    """A census of 48 sentences in 24 shards, by sentence and by shard."""
    sentences.write_text(small.conllu(48), encoding="utf-8")
    words = [word for word in words if not word.startswith(("root=", "ingest.shard"))]
    words += ["ingest.shard_sentences=2", "control=[trained,random_weights]"]
    small.tables(*words, f"root={root}")
    small.tables(*words, f"root={tmp_path / 'added'}", "lake.grain=shard")
    return root, tmp_path / "added"


def test_rows_are_the_sums_and_answers_are_the_same(both):
    by_sentence, by_shard = (scan(root / CELL.format("heads")).collect() for root in both)
    assert by_shard.height == 24 * 12
    assert by_shard.select(pl.col(LOST).is_not_null().any()).row(0) == (False,) * len(LOST)
    numbers = [c for c in by_sentence.columns if c not in (*KEYS, *LOST)]
    shards = by_sentence.with_columns(shard=pl.col("sentence") // 2)
    for name in numbers:
        if shards[name].null_count() == len(shards):
            assert by_shard[name].null_count() == len(by_shard)
            continue
        listed = shards.schema[name].base_type() is pl.Array
        of_rows = np.stack(shards[name].to_list()) if listed else shards[name].to_numpy()
        # Two sentences in each shard, heads in order in each.
        expected = of_rows.reshape(24, 2, 12, -1).astype(float).sum(1).reshape(24 * 12, -1)
        found = np.stack(by_shard[name].to_list()) if listed else by_shard[name].to_numpy()
        np.testing.assert_allclose(found.reshape(24 * 12, -1), expected, rtol=1e-6, err_msg=name)
    for table in ("relations", "trees", "nulls"):
        ours, theirs = (open_table(table, root).collect() for root in both)
        assert ours.equals(theirs), table
    ours, theirs = (open_table("heads", root).collect() for root in both)
    lost = [c for c in ours.columns if c.startswith(("alpha_", "sink_rate_")) or c == "spearman"]
    drawn = [c for c in ours.columns if c.endswith(("_low", "_high"))]
    assert theirs.select(pl.col(lost).is_not_null().any()).row(0) == (False,) * len(lost)
    for name in ours.columns:
        if name in (*lost, *drawn) or ours.schema[name] not in (pl.Float32, pl.Float64):
            continue
        np.testing.assert_allclose(ours[name].to_numpy(), theirs[name].to_numpy(), rtol=1e-5)
    assert ours["n_sentences"].equals(theirs["n_sentences"])
    assert theirs.select(
        (pl.col("mass_first_low") <= pl.col("mass_first"))
        & (pl.col("mass_first") <= pl.col("mass_first_high"))
    )["mass_first_low"].all()
    # A shard is drawn as a whole: intervals are like those of sentences, and not of nothing.
    widths = [(t["mass_first_high"] - t["mass_first_low"]).mean() for t in (ours, theirs)]
    assert 0.4 < widths[1] / widths[0] < 2.5
    said = [manifest.read(root / "tables").facts["grain"] for root in both]
    assert said == ["sentence", "shard"]


def test_too_few_shards_are_refused_before_anything_is_measured(words, root, capfd):
    assert small.run("ingest", *words) == 0
    capfd.readouterr()
    assert small.run("measure", *words, "lake.grain=shard") == 2
    err = capfd.readouterr().err
    assert err.startswith(
        "headcensus: lake.grain=shard: the shards of conllu are 3, and intervals need 20"
    )
    assert err.count("\n") == 1
    assert not (root / "lake").exists()


def test_sites_are_added_up_apart():
    """Two sentences, a site of one head and one of two, and a column that one site has not."""
    columns = {
        "sentence": [4, 5, 4, 4, 5, 5],
        "site": ["encoder"] * 2 + ["cross"] * 4,
        "layer": [0] * 6,
        "head": [0, 0, 0, 1, 0, 1],
        "n_queries": [3, 4, 1, 1, 2, 2],
        "mass_first": [0.5, 0.25, 1.0, 2.0, 3.0, 4.0],
        "mass_self": [1.0, 2.0, None, None, None, None],
        "alpha_0": [0.1] * 6,
    }
    rows = len(columns["site"])
    table = pa.Table.from_arrays(
        [
            pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(rows, f.type)
            for f in LAKE["heads"]
        ],
        schema=LAKE["heads"],
    )
    found = over_shard(table).select([*columns])
    assert found.to_pydict() == {
        "sentence": [None] * 3,
        "site": ["encoder", "cross", "cross"],
        "layer": [0, 0, 0],
        "head": [0, 0, 1],
        "n_queries": [7, 3, 3],
        "mass_first": [0.75, 4.0, 6.0],
        "mass_self": [3.0, None, None],
        "alpha_0": [None] * 3,
    }
    assert over_shard(table.slice(0, 0)).num_rows == 0


def test_the_size_of_shards_that_is_named_makes_enough_of_them():
    corpus = Manifest("sentences", "f", tuple(File(f"{k}", "", 50) for k in range(2)))
    job = Job(Cell("m", "trained", 0, "c"), {}, Asked(64, grain="shard"))
    with pytest.raises(UserError, match=r"give ingest\.shard_sentences=5, or keep"):
        _check_grain(job, corpus)
