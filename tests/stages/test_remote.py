"""A root on an object store: the same bytes, the same faults named, nothing measured twice.

fsspec's store in memory stands for all of them; tests/stages/test_s3.py asks a server.
"""

import shutil
from pathlib import Path

import fsspec
import pytest

from pipeline.engines import cell
from pipeline.lake import manifest, remote
from pipeline.lake.files import write_text
from pipeline.lake.manifest import File, Manifest
from pipeline.lake.read import open_table
from tests.atlas import back
from tests.stages import small

URL = "memory://lakes/one"
HEADS = "lake/heads/model=local/control=trained/corpus=conllu"


@pytest.fixture(autouse=True)
def mirrors(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(remote, "_mirrors", lambda: tmp_path / "mirrors")
    yield tmp_path / "mirrors"
    fsspec.filesystem("memory").store.clear()


@pytest.fixture
def afar(words) -> list[str]:
    return [f"root={URL}" if word.startswith("root=") else word for word in words]


@pytest.fixture
def n_measured(monkeypatch) -> list[int]:
    """First row of each shard that is measured."""
    calls: list[int] = []
    measure = cell.measure_shards

    def counting(subject, shards, *rest):
        return measure(subject, (calls.append(shard[1]) or shard for shard in shards), *rest)

    monkeypatch.setattr(cell, "measure_shards", counting)
    return calls


def stored() -> dict[str, bytes]:
    store = fsspec.filesystem("memory")
    return {
        name.removeprefix("/lakes/one/"): store.cat_file(name) for name in store.find("/lakes/one")
    }


def flip(name: str) -> None:
    content = bytearray(stored()[name])
    content[len(content) // 2] ^= 1
    fsspec.filesystem("memory").pipe_file(f"/lakes/one/{name}", bytes(content))


def test_the_store_holds_what_a_folder_would(words, afar, root, n_measured, capfd):
    assert small.run("run", *words) == 0
    capfd.readouterr()
    assert small.run("run", *afar) == 0
    assert f"report: {URL}/report/census.html" in capfd.readouterr().out
    here, there = small.files(root), stored()
    assert here.keys() == there.keys()
    said = {name for name in here if name.startswith("report/") and here[name] != there[name]}
    # Reports name the folder that their tables lie in; markup keeps it from becoming a link.
    for name in said:
        told = there[name].decode().replace("&#58;", ":")
        assert here[name].decode().replace(str(root), URL).splitlines() == told.splitlines()
    assert {name: here[name] for name in here.keys() - said} == {
        name: there[name] for name in there.keys() - said
    }
    n_measured.clear()
    assert small.run("run", *afar) == 0
    assert small.run("verify", f"root={URL}") == 0
    assert stored() == there
    assert n_measured == []


def test_what_is_in_the_store_alone_is_seen(afar, mirrors, capfd):
    """Whatever copies are here: pages beside a report, figures that it no longer has, and the whole
    report where it is published."""
    atlas = small.with_atlas(afar)
    assert small.run("run", *atlas) == 0
    store = fsspec.filesystem("memory")
    store.pipe_file("/lakes/one/report/figures/gone.svg", b"<svg/>")
    shutil.rmtree(mirrors)
    assert small.run("report", *afar) == 0
    assert b"atlas.html#" in stored()["report/census.html"]
    assert "report/figures/gone.svg" not in stored()
    shutil.rmtree(mirrors)
    capfd.readouterr()
    assert small.run("publish", "repo=a/b", "texts=true", f"root={URL}") == 0
    out = capfd.readouterr().out
    for name in stored():
        assert ("report/" not in name) or name in out


def test_another_machine_goes_on_from_the_store(afar, mirrors, n_measured):
    assert small.run("run", *afar) == 0
    there = stored()
    shutil.rmtree(mirrors)
    n_measured.clear()
    assert open_table("heads", URL).collect().height == 12
    assert small.run("verify", f"root={URL}") == 0
    assert small.run("run", *afar) == 0
    assert n_measured == []
    assert stored() == there


@pytest.mark.parametrize("how", ["flipped", "missing", "one too many", "no manifest"])
def test_damage_there_is_named_and_mended(how, afar, n_measured, capfd):
    assert small.run("run", *afar) == 0
    there = stored()
    store, name = fsspec.filesystem("memory"), f"{HEADS}/shard-00001.parquet"
    if how == "flipped":
        flip(name)
    elif how == "missing":
        store.rm_file(f"/lakes/one/{name}")
    elif how == "no manifest":
        name = f"{HEADS}/_manifest.json"
        store.rm_file(f"/lakes/one/{name}")
    else:
        name = f"{HEADS}/shard-99999.parquet"
        store.pipe_file(f"/lakes/one/{name}", b"")
    n_measured.clear()
    capfd.readouterr()
    assert small.run("verify", f"root={URL}") == 1
    out = capfd.readouterr().out
    assert f"{URL}/{HEADS if how == 'no manifest' else name}" in out
    assert str(remote.mirror(URL)) not in out
    # Of flipped bits the copy that is here knows nothing, and is right; of all else one is told.
    if how != "flipped":
        assert small.run("aggregate", *afar) == 2
        assert f"{URL}/{HEADS}" in capfd.readouterr().err
    assert small.run("repair", *afar) == 0
    assert stored() == there
    assert n_measured == []
    assert small.run("verify", f"root={URL}") == 0


def test_a_text_is_shown_with_what_the_census_found(afar, mirrors):
    """Also by a machine that has no copy yet; without a census the page does as well."""
    atlas = ["atlas", *small.with_atlas(afar), "atlas.text=dogs bark"]
    page = "report/atlas-text.html"
    for stage in ("ingest", "measure", "aggregate"):
        assert small.run(*atlas) == 0
        assert not back.document(stored()[page].decode())["subjects"][0]["sites"][0].get("roles")
        assert small.run(stage, *afar) == 0
    shutil.rmtree(mirrors)
    assert small.run(*atlas) == 0
    assert back.document(stored()[page].decode())["subjects"][0]["sites"][0]["roles"]


def test_a_flip_is_seen_by_whoever_has_no_copy(afar, mirrors, capfd):
    assert small.run("run", *afar) == 0
    flip(f"{HEADS}/shard-00001.parquet")
    shutil.rmtree(mirrors)
    capfd.readouterr()
    assert small.run("aggregate", *afar) == 2
    assert f"{URL}/{HEADS}/shard-00001.parquet is damaged" in capfd.readouterr().err


def test_a_copy_that_is_damaged_is_brought_anew(afar):
    assert small.run("run", *afar) == 0
    there = stored()
    small.damage(remote.mirror(URL) / HEADS / "shard-00000.parquet", "flipped")
    assert small.run("aggregate", *afar) == 0
    assert stored() == there


@pytest.fixture
def brought(monkeypatch) -> list[str]:
    """Names of the shards that are read from the store."""
    calls: list[str] = []
    store = type(fsspec.filesystem("memory"))
    cat_file = store.cat_file

    def counting(self, path, *rest, **more):
        calls.append(path)
        return cat_file(self, path, *rest, **more)

    monkeypatch.setattr(store, "cat_file", counting)
    return calls


def test_a_shard_that_is_here_is_not_brought_again(afar, mirrors, brought):
    assert small.run("run", *afar) == 0
    shard = f"/lakes/one/{HEADS}/shard-00000.parquet"
    for command in (["aggregate", *afar], ["publish", f"root={URL}", "repo=a/b"]):
        shutil.rmtree(mirrors)
        brought.clear()
        assert small.run(*command) == 0
        assert brought.count(shard) == 1
    brought.clear()
    assert small.run("aggregate", *afar) == 0
    assert shard not in brought


def test_of_two_runs_one_is_told(tmp_path):
    """Both withdraw, both write their files; the first to put its manifest has published."""
    folder = remote.mirror(URL) / "tables"
    (tmp_path / "heads.parquet").write_bytes(b"ours")
    ours, theirs = (
        Manifest("tables", making, (File("heads.parquet", sha, 1),))
        for making, sha in (
            ("ours", manifest.sha256_of(tmp_path / "heads.parquet")),
            ("theirs", ""),
        )
    )
    link = manifest.link

    def meanwhile(source: Path, target: Path) -> None:
        link(source, target)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(manifest, "link", lambda *_: None)
            manifest.publish(folder, theirs, tmp_path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest, "link", meanwhile)
        with pytest.raises(Exception, match="another run has published something else") as caught:
            manifest.publish(folder, ours, tmp_path)
    assert f"{URL}/tables" in str(caught.value)
    assert manifest.read(folder) == theirs
    # When the other is done, the same again.
    manifest.publish(folder, ours, tmp_path)
    assert manifest.verified(folder) == ours


def test_a_store_that_does_not_answer_is_named(afar, monkeypatch, capfd):
    assert small.run("ingest", *afar) == 0
    there = stored()

    def down(*_, **__):
        raise ConnectionError("nobody\nthere")

    monkeypatch.setattr(fsspec.implementations.memory.MemoryFileSystem, "pipe_file", down)
    capfd.readouterr()
    assert small.run("measure", *afar) == 1
    assert capfd.readouterr().err == (
        f"headcensus: {URL}/{HEADS}/shard-00000.parquet: the store answers: nobody; mend it, and"
        " the same command goes on\n"
    )
    monkeypatch.undo()
    assert stored() == there


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["run", "root=nosuch://x/y"], "root=nosuch://x/y: Protocol not known"),
        (["verify", "root=nosuch://x/y"], "root=nosuch://x/y: Protocol not known"),
        (
            ["run", "root=file:///x/y"],
            "root=file:///x/y: that is a folder of this machine; give root=/x/y",
        ),
        (["verify", "root=file://"], "root=file://: that is a folder of this machine; give root=/"),
        (["verify", "root=s3://"], "root=s3://: of which store?"),
        (["verify", "root=local:///"], "root=local:///: that is a folder of this machine"),
        (["compose", f"root={URL}"], f"root={URL}: DVC's stages work in a folder"),
        (["nursery", f"root={URL}"], f"root={URL}: models are trained into a folder"),
        (["verify", f"root={URL}"], f"{URL} holds nothing that was finished"),
        (["aggregate", f"root={URL}"], f"{URL}/sentences/corpus=treebank holds no finished"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(command, says, capfd):
    assert small.run(*command) == 2
    err = capfd.readouterr().err
    assert err.startswith(f"headcensus: {says}")
    assert err.count("\n") == 1


def test_a_library_that_is_not_there_is_named(monkeypatch, capfd):
    def missing(*_, **__):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec, "url_to_fs", missing)
    assert small.run("verify", "root=s3://bucket/x") == 2
    assert "pip install 'headcensus[s3]'" in capfd.readouterr().err


def test_a_workshop_stays_on_its_machine():
    """That of a lake within a lake too, as `calibrate` has one."""
    lake = remote.mirror(URL) / "calibration"
    for name in ("_work/x.txt", "lake/x.txt"):
        write_text(lake / name, "x")
    assert set(stored()) == {"calibration/lake/x.txt"}
    remote.forget(remote.mirror(URL))
    assert list(lake.rglob("*.txt")) == [lake / "_work/x.txt"]
