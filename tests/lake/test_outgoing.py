"""A split for each cell of the lake."""

from pipeline.lake.layout import Cell, Lake
from pipeline.lake.manifest import File, Manifest
from pipeline.lake.outgoing import parts


def test_cells_are_told_apart_by_their_seed(tmp_path):
    lake = Lake(tmp_path)
    content = Manifest("heads", "f", (File("shard-00000.parquet", "0" * 64, 1),))
    cells = [Cell("m-1", "random_weights", seed, "c") for seed in range(3)]
    (part,) = parts(lake, {lake.measured("heads", cell): content for cell in cells}, False)
    where = "lake/heads/model=m-1/control=random_weights{}/corpus=c/*.parquet"
    assert part.splits == {
        f"m_1.random_weights{name}.c": where.format(word)
        for name, word in (("", ""), ("_1", "-1"), ("_2", "-2"))
    }
