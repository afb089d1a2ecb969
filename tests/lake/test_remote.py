"""Copies of what a store holds: they come and go with it, and stay where they belong."""

import os

import fsspec
import pytest

from pipeline.core.errors import UserError
from pipeline.lake import remote

URL = "memory://lakes/one"


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield
    fsspec.filesystem("memory").store.clear()


def test_a_root_too_long_for_a_folder_is_refused():
    assert len(remote.mirror("memory://" + "a" * (255 - len("memory%3A%2F%2F"))).name) == 255
    with pytest.raises(UserError, match="give a shorter URL"):
        remote.mirror("memory://lakes/" + "é" * 45)


def test_a_key_that_leads_out_is_refused(tmp_path):
    """A store holds whatever keys somebody put there."""
    outside = tmp_path / "outside/_manifest.json"
    outside.parent.mkdir()
    outside.write_text("mine")
    way = os.path.relpath(outside, remote.mirror(URL))
    store = fsspec.filesystem("memory")
    store.pipe_file("/held", b"theirs")
    store.store[f"/lakes/one/{way}"] = store.store.pop("/held")  # whose names of files are tidy
    with pytest.raises(UserError, match="leads out of it"):
        remote.bring_manifests(remote.mirror(URL), "_manifest.json")
    with pytest.raises(UserError, match="leads out of it"):
        remote.listed(remote.mirror(URL))
    assert outside.read_text() == "mine"
    assert list(outside.parent.iterdir()) == [outside]


def test_a_copy_of_what_is_not_there_any_more_goes():
    path = remote.mirror(URL) / "lake/_manifest.json"
    path.parent.mkdir(parents=True)
    path.write_text("old")
    remote.fetch(path)
    assert not path.exists()


def test_copies_of_what_is_gone_go_and_what_is_there_alone_is_seen():
    folder = remote.mirror(URL) / "tables"
    folder.mkdir(parents=True)
    (folder / "gone.parquet").write_bytes(b"x")
    fsspec.filesystem("memory").pipe_file("/lakes/one/tables/heads.parquet", b"heads")
    remote.bring(folder, lambda path: True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "heads.parquet": b"heads"
    }
    remote.bring_manifests(remote.mirror(URL), "_manifest.json")
    assert [path.name for path in folder.iterdir()] == ["heads.parquet"]
