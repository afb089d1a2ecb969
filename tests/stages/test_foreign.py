"""A lake may be anybody's: what its manifests and shards say of their making is not believed."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import UserError
from pipeline.lake import manifest
from pipeline.lake.files import sealed, sha256_of
from pipeline.lake.manifest import Manifest
from pipeline.lake.origins import making
from pipeline.lake.schema import MEASURED
from tests.stages import small

HEADS = f"lake/heads/{small.CELL}"
SAID = [b"xx", b"[1]", b"5", b"null", b"\xff", b"[" * 100_000]
"""What is no mapping."""


@pytest.fixture
def done(whole, root):
    small.copy(whole, root)


def write(folder: Path, content: Manifest) -> None:
    (folder / manifest.NAME).unlink()
    (folder / manifest.NAME).write_text(sealed(asdict(content)), encoding="utf-8")


def rewrite(folder: Path, change: Callable[[pa.Table], pa.Table]) -> Path:
    """Have the first file hold something else, and the manifest agree."""
    content = manifest.read(folder)
    first, *rest = content.files
    path = folder / first.name
    table = change(pq.ParquetFile(path).read())
    path.unlink()
    pq.write_table(table, path)
    write(folder, replace(content, files=(replace(first, sha256=sha256_of(path)), *rest)))
    return path


def say(folder: Path, key: str, value: bytes) -> None:
    """Have the first shard say something else of its making."""

    def change(table: pa.Table) -> pa.Table:
        said = {**table.schema.metadata, f"headcensus.{key}".encode(): value}
        return table.replace_schema_metadata(said)

    rewrite(folder, change)


def refusal(command: str, words: list[str], root: Path, capfd) -> str:
    """The one line that a command says instead of what it does."""
    given = small.with_atlas(words) if command != "publish" else [f"root={root}", "repo=a/b"]
    capfd.readouterr()
    assert small.run(command, *given) == 2
    line = capfd.readouterr().err
    assert line.count("\n") == 1
    return line


@pytest.mark.parametrize("value", SAID)
@pytest.mark.parametrize(
    ("key", "command"), [("lake", "aggregate"), ("model", "atlas"), ("libraries", "publish")]
)
def test_a_shard_that_says_anything(key, command, value, done, words, root, capfd):
    say(root / HEADS, key, value)
    line = refusal(command, words, root, capfd)
    assert f"{root / HEADS}/shard-00000.parquet" in line
    assert f"run the stage that writes {root / HEADS} again" in line


def without(table: pa.Table) -> pa.Table:
    return table.drop_columns([table.column_names[-1]])


def as_text(table: pa.Table) -> pa.Table:
    """The last column, whatever it holds, as words."""
    words = pa.array(["x"] * len(table))
    return table.set_column(table.num_columns - 1, table.column_names[-1], words)


@pytest.mark.parametrize("change", [without, as_text])
@pytest.mark.parametrize(
    ("folder", "command"),
    [
        ("sentences/corpus=conllu", "aggregate"),
        ("sentences/corpus=conllu", "measure"),
        *((f"lake/{table}/{small.CELL}", "aggregate") for table in MEASURED if table != "values"),
        ("tables", "report"),
        ("tables", "atlas"),
    ],
)
def test_files_of_another_version(folder, command, change, done, words, root, capfd):
    """Whole by their hashes, with other columns than this version's."""
    if command == "measure":
        shutil.rmtree(root / "lake")
    path = rewrite(root / folder, change)
    line = refusal(command, words, root, capfd)
    assert str(path) in line
    assert "another version of headcensus wrote it" in line
    found = small.run("verify", f"root={root}")
    assert found == 1
    assert str(path) in capfd.readouterr().out


@pytest.mark.parametrize("command", ["aggregate", "atlas", "publish"])
def test_a_cell_without_a_shard(command, done, words, root, capfd):
    write(root / HEADS, replace(manifest.read(root / HEADS), files=()))
    for path in (root / HEADS).glob("*.parquet"):
        path.unlink()
    line = refusal(command, words, root, capfd)
    assert f"run the stage that writes {root / HEADS} again" in line


def test_a_first_shard_that_is_no_parquet(done, root):
    content = manifest.read(root / HEADS)
    first, *rest = content.files
    path = root / HEADS / first.name
    path.unlink()
    path.write_bytes(b"PAR1 and no more")
    write(root / HEADS, replace(content, files=(replace(first, sha256=sha256_of(path)), *rest)))
    with pytest.raises(UserError, match=r"shard-00000\.parquet"):
        making(root / HEADS, "lake")


@pytest.mark.parametrize("rules", [None, 5, [1], "x"])
def test_tables_without_rules(rules, done, root, capfd):
    content = manifest.read(root / "tables")
    facts = {**content.facts, "rules": rules}
    write(root / "tables", replace(content, facts=facts))
    assert f"{root}/tables" in refusal("publish", [], root, capfd)


def test_a_card_of_any_versions_and_counts(done, root, capfd):
    said = {"torch": 5, "\ud800": "\ud800", "`|<b>": ["x"], "y": None}
    say(root / HEADS, "libraries", json.dumps(said).encode())
    content = manifest.read(root / HEADS)
    write(root / HEADS, replace(content, facts={**content.facts, "n_words": "many"}))
    capfd.readouterr()
    assert small.run("publish", f"root={root}", "repo=a/b") == 0
    assert capfd.readouterr().err == ""
