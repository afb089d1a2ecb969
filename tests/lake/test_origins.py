"""What tables say of what they were made of."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.lake import manifest
from pipeline.lake.files import sha256_of, write_table
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.manifest import File, Manifest
from pipeline.lake.origins import grain, making, origins
from pipeline.lake.schema import LAKE
from tests.lake.test_files import example

CELLS = [Cell("m", "trained", 0, "c"), Cell("m", "random", 1, "c")]


def measured(lake: Lake, cell: Cell, said: dict | None) -> None:
    """A cell of one shard; what it says of `lake` in its making."""
    work = lake.work / cell.partition
    metadata = {} if said is None else {"headcensus.lake": json.dumps(said)}
    write_table(work / "shard-00000.parquet", example(LAKE["heads"]), metadata)
    file = File("shard-00000.parquet", sha256_of(work / "shard-00000.parquet"), 3)
    content = Manifest("heads", f"of {cell.name}", (file,))
    manifest.publish(lake.measured("heads", cell), content, work)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (("sentence", "sentence"), "sentence"),
        (("sentence", "shard"), "shard"),
        (("shard", "sentence"), "shard"),
        (("shard", "shard"), "shard"),
        ((None, None), "sentence"),
    ],
)
def test_one_cell_by_shard_makes_the_tables_so(said, expected, tmp_path):
    lake = Lake(tmp_path)
    for cell, by in zip(CELLS, said, strict=True):
        measured(lake, cell, by and {"grain": by})
    assert grain(lake, CELLS) == expected


def test_each_folder_has_its_fingerprint(tmp_path):
    lake = Lake(tmp_path)
    for cell in CELLS:
        measured(lake, cell, {})
    manifest.publish(lake.sentences("c"), Manifest("sentences", "of c", ()), tmp_path)
    assert origins(lake, CELLS) == {
        "sentences/corpus=c": "of c",
        "lake/heads/model=m/control=trained/corpus=c": "of m-trained-c",
        "lake/heads/model=m/control=random-1/corpus=c": "of m-random-1-c",
    }


def test_a_shard_without_any_metadata_says_nothing(tmp_path):
    """As another program writes it."""
    path = tmp_path / "shard-00000.parquet"
    pq.write_table(pa.table({"row": [1]}), path, store_schema=False)
    content = Manifest("heads", "f", (File(path.name, sha256_of(path), 1),))
    manifest.publish(tmp_path / "out", content, tmp_path)
    assert making(tmp_path / "out", "lake", "model") == {}
