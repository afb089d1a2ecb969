"""Files are whole or absent; equal tables give equal bytes; metadata travels inside."""

import os
import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import UserError
from pipeline.lake.files import (
    link,
    locked,
    sha256_of,
    sweep,
    write_atomic,
    write_table,
    write_text,
)
from pipeline.lake.schema import LAKE
from pipeline.lake.tables import TABLES

SCHEMAS = {**LAKE, **{f"tables/{name}": schema for name, schema in TABLES.items()}}


def example(schema: pa.Schema, n_rows: int = 3) -> pa.Table:
    """A value of each column's type, and a null."""
    of_type = {
        pa.string(): "wörd",
        pa.bool_(): True,
        pa.float32(): 0.1,
        pa.float64(): 0.1,
    }

    def value(kind: pa.DataType):
        if pa.types.is_list(kind):
            return [value(kind.value_type)] * 2
        if pa.types.is_fixed_size_list(kind):
            return [value(kind.value_type)] * kind.list_size
        if pa.types.is_struct(kind):
            return {field.name: value(field.type) for field in kind.fields}
        return of_type.get(kind, 7)

    return pa.table(
        [pa.array([value(f.type)] * (n_rows - 1) + [None], f.type) for f in schema], schema=schema
    )


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_table_comes_back_with_what_its_columns_mean(name, tmp_path):
    schema = SCHEMAS[name]
    table = example(schema)
    write_table(tmp_path / "a.parquet", table, {"headcensus.fingerprint": "f"})
    back = pq.ParquetFile(tmp_path / "a.parquet").read()
    assert back.equals(table)
    for field in back.schema:
        assert field.metadata[b"meaning"], field.name
        assert b"unit" in field.metadata
        for key in (b"meaning", b"unit", b"source"):
            assert field.metadata[key] == schema.field(field.name).metadata[key]
    assert back.schema.metadata[b"headcensus.fingerprint"] == b"f"


def test_equal_tables_give_equal_bytes(tmp_path):
    table = example(LAKE["heads"], 50)
    whole, pieces = tmp_path / "a" / "t.parquet", tmp_path / "b" / "u.parquet"
    write_table(whole, table, {"k": "v"})
    write_table(
        pieces, pa.concat_tables([table.slice(0, 7), table.slice(7)]).combine_chunks(), {"k": "v"}
    )
    assert whole.read_bytes() == pieces.read_bytes()
    write_table(whole, table, {"k": "w"})
    assert whole.read_bytes() != pieces.read_bytes()


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "before")

    def fail(temporary):
        temporary.write_text("half")
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        write_atomic(path, fail)
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_link_is_a_second_name_that_outlives_the_first(tmp_path):
    write_text(tmp_path / "a", "bytes")
    link(tmp_path / "a", tmp_path / "b")
    assert os.path.samefile(tmp_path / "a", tmp_path / "b")
    link(tmp_path / "a", tmp_path / "b")
    write_text(tmp_path / "a", "others")
    assert (tmp_path / "b").read_text() == "bytes"
    assert sha256_of(tmp_path / "a") != sha256_of(tmp_path / "b")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_a_process_of_the_same_number_died_here(tmp_path):
    """What lies at the temporary name may be a second name of finished bytes."""
    write_text(tmp_path / "finished", "bytes")
    write_text(tmp_path / "source", "new")
    for name, write in (
        ("a", lambda path: write_text(path, "new")),
        ("b", lambda path: link(tmp_path / "source", path)),
    ):
        os.link(tmp_path / "finished", tmp_path / f".{name}.{os.getpid()}.tmp")
        write(tmp_path / name)
        assert (tmp_path / name).read_text() == "new"
        assert (tmp_path / "finished").read_text() == "bytes"
    os.link(tmp_path / "source", tmp_path / f".c.{os.getpid()}.tmp")
    link(tmp_path / "source", tmp_path / "c")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b", "c", "finished", "source"]


def test_a_lock_is_held_by_one_at_a_time(tmp_path):
    said: list[str] = []
    with locked(tmp_path, 0):
        with (
            pytest.raises(UserError, match=f"held by process {os.getpid()} on"),
            locked(tmp_path, 0.05, said.append),
        ):
            pytest.fail("two held it")
        assert "waiting up to 0.05 s" in said[0]
    with locked(tmp_path, 0):
        pass


def test_a_waiting_run_goes_on_when_the_first_is_done(tmp_path):
    order: list[str] = []
    waits = threading.Event()

    def second():
        with locked(tmp_path, 10, lambda _: waits.set()):
            order.append("second")

    thread = threading.Thread(target=second)
    with locked(tmp_path, 0):
        thread.start()
        assert waits.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_lock_sweeps_what_the_dead_left_and_nothing_else(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below/.a.parquet.12.tmp").touch()
    (tmp_path / "kept.tmp").touch()
    (tmp_path / ".kept").touch()
    with locked(tmp_path, 0):
        assert not list(tmp_path.rglob(".*.tmp"))
    sweep(tmp_path)
    assert {"kept.tmp", ".kept", "below"} <= {p.name for p in tmp_path.iterdir()}
