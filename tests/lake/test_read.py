"""Readers believe the manifest alone."""

import polars as pl
import pyarrow as pa
import pytest

from pipeline.core.errors import UserError
from pipeline.lake import manifest, open_measured, open_sentences, open_table, scan
from pipeline.lake.files import sha256_of, write_table
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.manifest import File, Manifest
from pipeline.lake.origins import FACT, check_current, origins
from pipeline.lake.publish import publish_tables
from pipeline.lake.read import read_shard, read_whole_shard
from pipeline.lake.schema import LAKE
from pipeline.lake.tables import TABLES
from tests.lake.test_files import example
from tests.stages.small import DAMAGES, damage


@pytest.fixture
def published(tmp_path):
    lake = Lake(tmp_path)
    publish_tables(
        lake, {name: example(schema) for name, schema in TABLES.items()}, {"cells": ["x"]}
    )
    return tmp_path


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_opened_by_name(name, published):
    frame = open_table(name, published).collect()
    assert frame.columns == TABLES[name].names
    assert frame.height == 3


@pytest.mark.parametrize("name", ["r[1]", "r?", "r*"])
def test_a_root_is_no_pattern(name, tmp_path):
    tables = {of: example(schema) for of, schema in TABLES.items()}
    for folder in (name, "r1"):
        publish_tables(Lake(tmp_path / folder), tables, {"cells": ["x"]})
    assert open_table("heads", tmp_path / name).collect().height == 3
    shards(tmp_path / name, 3, 2)
    folder = tmp_path / name / "corpus=a=b"
    assert scan(folder).collect().equals(scan(str(folder)).collect())
    assert scan(folder).collect().height == 5


def test_open_table_names_what_there_is(published, tmp_path):
    with pytest.raises(ValueError, match=", ".join(TABLES)):
        open_table("forests", published)
    with pytest.raises(UserError, match="run the stage"):
        open_table("heads", tmp_path / "elsewhere")


@pytest.mark.parametrize("how", DAMAGES)
def test_damaged_tables_are_not_opened(how, published):
    damage(published / "tables/relations.parquet", how)
    with pytest.raises(UserError, match="run the stage"):
        open_table("relations", published)


def test_the_same_tables_are_the_same_bytes(published, tmp_path):
    other = tmp_path / "other"
    publish_tables(
        Lake(other), {name: example(schema) for name, schema in TABLES.items()}, {"cells": ["x"]}
    )
    for path in (published / "tables").iterdir():
        assert (other / "tables" / path.name).read_bytes() == path.read_bytes()


def shards(folder, *heights: int) -> Manifest:
    files = []
    for k, height in enumerate(heights):
        path = folder / f"work/shard-0000{k}.parquet"
        write_table(path, pa.table({"row": [10 * k + row for row in range(height)]}))
        files.append(File(path.name, sha256_of(path), height))
    content = Manifest("sentences", "f", tuple(files))
    manifest.publish(folder / "corpus=a=b", content, folder / "work")
    return content


def test_scan_gives_rows_in_order_and_no_hive_columns(tmp_path):
    shards(tmp_path, 3, 2)
    frame = scan(tmp_path / "corpus=a=b").collect()
    assert frame.to_dict(as_series=False) == {"row": [0, 1, 2, 10, 11]}
    table = read_shard(tmp_path / "corpus=a=b/shard-00001.parquet")
    assert table.column_names == ["row"]


def test_scan_of_no_files_has_the_schema(tmp_path):
    manifest.publish(tmp_path, Manifest("quarantine", "f", ()), tmp_path)
    frame = scan(tmp_path).collect()
    assert (frame.columns, frame.height) == (LAKE["quarantine"].names, 0)


@pytest.mark.parametrize("how", DAMAGES)
def test_scan_refuses_damage(how, tmp_path):
    shards(tmp_path, 3, 2)
    damage(tmp_path / "corpus=a=b/shard-00001.parquet", how)
    with pytest.raises(UserError, match="shard"):
        scan(tmp_path / "corpus=a=b")


def test_a_shard_is_read_as_listed_or_not_at_all(tmp_path):
    content = shards(tmp_path, 3, 2)
    folder = tmp_path / "corpus=a=b"
    assert read_whole_shard(folder, content.files[0]).num_rows == 3
    write_table(folder / content.files[0].name, pa.table({"row": [5, 6, 7]}))
    with pytest.raises(UserError, match="changed while it was being read"):
        read_whole_shard(folder, content.files[0])


def test_any_reader_finds_cells_by_hive(tmp_path):
    """Without this package: a plain scan of the folder gives the keys as strings."""
    write_table(tmp_path / "model=a%2Fb/control=c-1/shard-00000.parquet", pa.table({"row": [1]}))
    frame = pl.scan_parquet(tmp_path, hive_partitioning=True, try_parse_hive_dates=False).collect()
    assert frame.row(0, named=True) == {"row": 1, "model": "a/b", "control": "c-1"}


CELLS = [Cell("m/n", "trained", 0, "c"), Cell("m/n", "random", 1, "c")]


@pytest.fixture
def census(tmp_path):
    """Two cells that the tables count, and one that they do not; a corpus in two shards."""
    lake, work = Lake(tmp_path), tmp_path / "work"
    for k, cell in enumerate([*CELLS, Cell("m/n", "left", 0, "c")]):
        rows = example(LAKE["pointers"]).set_column(0, "sentence", pa.array([k] * 3, pa.int32()))
        publish(lake.measured("pointers", cell), "pointers", work, rows)
    publish(lake.sentences("c"), "sentences", work, *[example(LAKE["sentences"])] * 2)
    tables = {name: schema.empty_table() for name, schema in TABLES.items()}
    keys = [
        {"model": c.model, "control": c.control, "seed": c.seed, "corpus": c.corpus} for c in CELLS
    ]
    tables["census"] = pa.Table.from_pylist(keys, TABLES["census"])
    publish_tables(lake, tables, {})
    return tmp_path


def publish(folder, table, work, *shards):
    files = []
    for k, rows in enumerate(shards):
        path = work / f"shard-0000{k}.parquet"
        write_table(path, rows)
        files.append(File(path.name, sha256_of(path), len(rows)))
    manifest.publish(folder, Manifest(table, "f", tuple(files)), work)


def test_what_was_measured_comes_with_the_keys_of_the_tables(census):
    frame = open_measured("pointers", census).collect()
    keys = open_table("census", census).select("model", "control", "seed", "corpus").collect()
    assert frame.schema.names() == [*keys.columns, *LAKE["pointers"].names]
    assert [frame.schema[key] for key in keys.columns] == keys.dtypes
    assert frame.select(keys.columns).unique(maintain_order=True).equals(keys)
    assert frame["sentence"].to_list() == [0, 0, 0, 1, 1, 1]


def test_some_of_what_was_measured(census):
    frame = open_measured("pointers", census, model="m/n", control="random", seed=1, corpus="c")
    assert frame.collect()["sentence"].to_list() == [1, 1, 1]
    with pytest.raises(UserError, match=r"seed=7: there are m/n-trained-c, m/n-random-1-c$"):
        open_measured("pointers", census, seed=7)
    with pytest.raises(ValueError, match="heads, pointers"):
        open_measured("relations", census)
    with pytest.raises(UserError, match="holds no finished table"):
        open_measured("heads", census)


def test_sentences_come_with_their_rows(census):
    frame = open_sentences("c", census).collect()
    assert frame.columns == ["sentence", *LAKE["sentences"].names]
    assert frame["sentence"].to_list() == [0, 1, 2, 3, 4, 5]
    assert (
        frame.schema["sentence"] == open_measured("pointers", census).collect_schema()["sentence"]
    )
    with pytest.raises(UserError, match="holds no finished table"):
        open_sentences("d", census)


@pytest.mark.parametrize("linked", [False, True])
def test_what_was_measured_anew_is_not_what_the_tables_were_made_of(linked, census):
    """Also where the lake lies on another disk."""
    lake = Lake(census)
    if linked:
        (census / "lake").rename(census.with_name("elsewhere"))
        (census / "lake").symlink_to(census.with_name("elsewhere"))
    tables = {name: schema.empty_table() for name, schema in TABLES.items()}
    tables["census"] = open_table("census", census).collect().to_arrow().cast(TABLES["census"])
    for cell in CELLS:
        manifest.publish(lake.measured("heads", cell), Manifest("heads", "f", ()), census)
    publish_tables(lake, tables, {FACT: origins(lake, CELLS)})
    assert len(open_measured("pointers", census).collect()) == 6
    folder = lake.measured("heads", CELLS[0])
    (folder / manifest.NAME).unlink()
    manifest.publish(folder, Manifest("heads", "g", ()), census)
    with pytest.raises(UserError, match=r"was made before .* was made anew"):
        open_measured("pointers", census)
    # Of another cell that is no matter.
    assert len(open_measured("pointers", census, control="random").collect()) == 3
    manifest.withdraw(lake.sentences("c"))
    manifest.publish(lake.sentences("c"), Manifest("sentences", "g", ()), census)
    with pytest.raises(UserError, match=r"was made before .*sentences/corpus=c was made anew"):
        open_measured("pointers", census, control="random")


@pytest.mark.parametrize(
    "made_of",
    [
        *("x", ["x"], None, {"a": 1}),
        *({"../other": "f"}, {"/etc": "f"}, {"a\0b": "f"}, {"a" * 300: "f"}),
        *(
            {"tables/heads.parquet": "f"},
            {"tables": "f"},
            {"": "f"},
            {"sentences/../../other": "f"},
        ),
        *({f"sentences/corpus={value}": "f"} for value in ("a" * 300, "..", "a/../../..", "é")),
        {"lake/heads/model=../control=../corpus=/../../../../other": "f"},
    ],
)
def test_a_manifest_of_somebody_elses_is_not_followed(made_of, published, tmp_path):
    lake = Lake(published / "in")
    outside = Manifest("heads", "g", ())
    manifest.publish(published / "other", outside, tmp_path)
    publish_tables(lake, {name: example(s) for name, s in TABLES.items()}, {FACT: made_of})
    check_current(lake)


def test_a_shard_that_is_gone_has_changed(tmp_path):
    with pytest.raises(UserError, match="changed while it was being read"):
        read_whole_shard(tmp_path, File("shard-00000.parquet", "0" * 64, 1))
