"""Means that interventions start from, against sums written out one by one."""

import numpy as np
import pyarrow as pa
import pytest

from pipeline.core.errors import UserError
from pipeline.engines.means import read
from pipeline.lake import manifest
from pipeline.lake.files import sha256_of, write_table
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.manifest import File, Manifest
from pipeline.lake.schema import LAKE
from pipeline.models.tap import Place

CELL = Cell("m", "trained", 0, "c")
CLASSES = ("sep", "punct", "word", "output")
HEADS, CHANNELS = 3, 2


def _values(draw: np.random.Generator, shard: int) -> list[dict]:
    """The second shard has no punctuation; heads do not stand in order."""
    return [
        {
            **{"site": site, "layer": layer, "head": head, "key_class": name},
            "n_pieces": 0 if (shard, name) == (1, "punct") else 1 + shard + len(name),
            "value": draw.normal(size=CHANNELS).astype(np.float32).tolist()
            if (shard, name) != (1, "punct")
            else [0.0] * CHANNELS,
        }
        for site, layer in (("encoder", 0), ("encoder", 1), ("cross", 0))
        for head in reversed(range(HEADS))
        for name in CLASSES
    ]


def _heads(draw: np.random.Generator, sentence: int) -> list[dict]:
    return [
        {
            **{"sentence": sentence, "site": site, "layer": layer, "head": head},
            "n_queries": 4 + sentence,
            **{f"mass_{name}": float(draw.uniform(0, 4)) for name in ("sep", "cls", "first")},
        }
        for site, layer in (("encoder", 0), ("encoder", 1), ("cross", 0))
        for head in reversed(range(HEADS))
    ]


@pytest.fixture
def shards(tmp_path) -> dict[str, list[list[dict]]]:
    draw, lake = np.random.default_rng(0), Lake(tmp_path)
    made = {
        "values": [_values(draw, shard) for shard in range(2)],
        "heads": [_heads(draw, sentence) for sentence in range(3)],
    }
    manifest.publish(lake.sentences("c"), Manifest("sentences", "of c", ()), tmp_path)
    for name, of_shards in made.items():
        work, files = lake.work / name, []
        for k, rows in enumerate(of_shards):
            path = work / f"shard-{k:05}.parquet"
            write_table(path, pa.Table.from_pylist(rows, LAKE[name]))
            files.append(File(path.name, sha256_of(path), len(rows)))
        content = Manifest(name, "f", tuple(files), {"sentences": "of c"})
        manifest.publish(lake.measured(name, CELL), content, work)
    return made


@pytest.mark.parametrize(("site", "layer"), [("encoder", 1), ("cross", 0)])
def test_means_are_over_all_shards(shards, site, layer, tmp_path):
    places = [Place("encoder", 0), Place("encoder", 1), Place("cross", 0)]
    found = read(Lake(tmp_path), CELL, places)[places.index(Place(site, layer))]

    def rows(name: str, head: int) -> list[dict]:
        at = {"site": site, "layer": layer, "head": head}
        return [row for of in shards[name] for row in of if at.items() <= row.items()]

    assert found.n_heads == HEADS
    for head in range(HEADS):
        for name in CLASSES:
            there = [row for row in rows("values", head) if row["key_class"] == name]
            n = sum(row["n_pieces"] for row in there)
            mean = sum(np.array(row["value"]) for row in there) / n
            np.testing.assert_allclose(found.values[name][head], mean, rtol=1e-6)
            assert found.n_keys[name] == n
        there = rows("heads", head)
        for name in ("sep", "cls", "first"):
            share = sum(row[f"mass_{name}"] for row in there) / sum(r["n_queries"] for r in there)
            assert float(found.masses[name][head]) == pytest.approx(share)
    np.testing.assert_array_equal(found.output, found.values["output"])
    # What is before a word is one of the words; across two sequences nothing is.
    assert ("previous_word" in found.values) == (site != "cross")


def test_means_over_other_sentences_are_not_started_from(shards, tmp_path):
    lake = Lake(tmp_path)
    manifest.publish(lake.sentences("c"), Manifest("sentences", "others", ()), tmp_path)
    with pytest.raises(UserError, match="measured over other sentences"):
        read(lake, CELL, [Place("encoder", 0)])
