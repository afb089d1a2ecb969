"""A full disk: no file at a final name that is not whole, and the same command goes on later."""

import errno
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.engines.little import Little, check_what_is_published, is_on_disk
from tests.stages.small import files

WRITES = (
    (pq, "write_table"), (os, "link"), (shutil, "copyfile"), (os, "fsync"), (Path, "write_text"),
    (Path, "write_bytes"),
)  # fmt: skip


class FullDisk:
    """From write `at` on there is no room."""

    def __init__(self, monkeypatch, at: int | None = None):
        self.writes, self.at = 0, at
        for owner, name in WRITES:
            monkeypatch.setattr(owner, name, self._write(getattr(owner, name)))

    def _write(self, function):
        def write(*args, **kwargs):
            if not is_on_disk(function, args):
                return function(*args, **kwargs)
            self.writes += 1
            if self.at is not None and self.writes > self.at:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return function(*args, **kwargs)

        return write


def test_no_room_at_every_write(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        disk = FullDisk(patch)
        Little(tmp_path / "undisturbed").run(patch)
    expected = files(tmp_path / "undisturbed")
    root = tmp_path / "out"
    for at in range(disk.writes):
        with monkeypatch.context() as patch:
            FullDisk(patch, at)
            with pytest.raises(OSError, match="No space left") as raised:
                Little(root).run(patch)
        assert Path(raised.value.filename).is_relative_to(root), f"write {at}"
        check_what_is_published(root)
        assert not list(root.rglob("*.tmp")), f"write {at}"
        again = Little(root)
        ours = again.finished_shards()
        again.run(monkeypatch)
        assert files(root) == expected, f"write {at}"
        assert not {first for first, _ in ours} & set(again.measured)
        shutil.rmtree(root)


def test_no_hard_links_is_no_obstacle(tmp_path, monkeypatch):
    Little(tmp_path / "linked").run(monkeypatch)

    def refuse(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    Little(tmp_path / "copied").run(monkeypatch)
    assert files(tmp_path / "copied") == files(tmp_path / "linked")
