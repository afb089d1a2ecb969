"""Small shards put together: nothing lost, in few files, whatever their number."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.lake import compact
from pipeline.lake.compact import compacted, read_shards
from pipeline.lake.files import sha256_of, write_table
from pipeline.lake.manifest import File

SCHEMA = pa.schema([pa.field("n", pa.int64(), metadata={"unit": "pieces"})])


@pytest.fixture
def work(tmp_path):
    def work(*lengths: int) -> tuple[File, ...]:
        files = []
        for k, n_rows in enumerate(lengths):
            path = tmp_path / f"shard-{k:05d}.parquet"
            rows = pa.table({"n": [100 * k + row for row in range(n_rows)]}, SCHEMA)
            write_table(path, rows, {"headcensus.fingerprint": "f"})
            files.append(File(path.name, sha256_of(path), n_rows))
        return compacted(tmp_path, files)

    return work


@pytest.mark.parametrize(
    ("lengths", "of_files"),
    [
        ((3, 3, 3, 3, 3), [9, 6]),
        ((10,), [10]),
        ((11, 1), [11, 1]),
        ((0, 4, 0, 5, 2, 0), [9, 2]),
        ((0, 0), [0]),
        ((), []),
    ],
)
def test_every_shard_comes_back(lengths, of_files, work, tmp_path, monkeypatch):
    monkeypatch.setattr(compact, "ROWS_A_FILE", 10)
    files = work(*lengths)
    assert [file.n_rows for file in files] == of_files
    paths = [tmp_path / file.name for file in files]
    found = [shard["n"].to_pylist() for shard in read_shards(paths)]
    assert found == [[100 * k + r for r in range(n)] for k, n in enumerate(lengths) if n]
    for file, path in zip(files, paths, strict=True):
        assert sha256_of(path) == file.sha256
        assert pq.read_metadata(path).num_rows == file.n_rows
        schema = pq.read_schema(path)
        assert schema.equals(SCHEMA)
        assert schema.metadata[b"headcensus.fingerprint"] == b"f"
        assert schema.field("n").metadata[b"unit"] == b"pieces"


def test_a_file_is_called_by_the_first_of_its_shards(work, monkeypatch):
    monkeypatch.setattr(compact, "ROWS_A_FILE", 10)
    names = [file.name for file in work(5, 5, 9, 2, 2, 2)]
    assert names == [f"shards-{first:05d}.parquet" for first in (0, 2, 3)]


def test_the_same_shards_give_the_same_bytes(work):
    assert work(3, 0, 4) == work(3, 0, 4)
