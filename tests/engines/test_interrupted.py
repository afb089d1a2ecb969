"""Killed at every write, sync, replace, link and publish step: the same command goes on from there.

`Killed` stops the program at its n-th step, and from then on nothing is written or removed any
more: what a `finally` would still do, kill −9 does not. Then the program runs again, undisturbed.
"""

import os
import shutil
from collections.abc import Callable

import pyarrow.parquet as pq
import pytest

from tests.engines.little import Little, check_what_is_published
from tests.stages.small import files

STEPS = ((os, "replace"), (os, "link"), (os, "fsync"), (os, "unlink"), (pq, "write_table"))


class Killed(BaseException):
    pass


class Death:
    """Counts the steps that change the disk, and dies before step `at`, or half through it."""

    def __init__(self, monkeypatch, at: int | None = None):
        self.steps, self.at, self.dead = 0, at, False
        for module, name in STEPS:
            monkeypatch.setattr(module, name, self._step(getattr(module, name)))

    def _step(self, function: Callable) -> Callable:
        def step(*args, **kwargs):
            if self.dead:
                return None
            self.steps += 1
            if self.steps - 1 != self.at:
                return function(*args, **kwargs)
            if function.__name__ == "write_table":
                args[1].write_bytes(b"PAR1 half a fi")
            self.dead = True
            raise Killed

        return step


@pytest.fixture(autouse=True)
def no_sync(monkeypatch):
    """What a power cut would lose is not simulated here; syncing is counted, and costs time."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def older(root, monkeypatch) -> None:
    """A root that holds another corpus's results under the same names."""
    Little(root, word="mouse").run(monkeypatch)


def steps_of_a_run(root, monkeypatch) -> int:
    with monkeypatch.context() as patch:
        death = Death(patch)
        Little(root).run(patch)
    return death.steps


@pytest.mark.parametrize("over_older", [False, True], ids=["fresh", "over older results"])
def test_killed_at_every_step(over_older, tmp_path, monkeypatch):
    undisturbed = tmp_path / "undisturbed"
    start = tmp_path / "start"
    if over_older:
        older(start, monkeypatch)
        shutil.copytree(start, undisturbed)
    n_steps = steps_of_a_run(undisturbed, monkeypatch)
    assert n_steps > 80
    expected = files(undisturbed)
    root = tmp_path / "out"
    for at in range(n_steps):
        if over_older:
            shutil.copytree(start, root)
        with monkeypatch.context() as patch:
            death = Death(patch, at)
            with pytest.raises(Killed):
                Little(root).run(patch)
        assert death.dead
        check_what_is_published(root)
        again = Little(root)
        ours = again.finished_shards() if not over_older else set()
        again.run(monkeypatch)
        assert files(root) == expected, f"step {at}"
        assert not ours & set(again.measured), f"step {at}: finished shards were measured again"
        assert not list(root.rglob("*.tmp")), f"step {at}"
        shutil.rmtree(root)


def test_a_second_run_writes_nothing(tmp_path, monkeypatch):
    Little(tmp_path).run(monkeypatch)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "lake").rglob("*.parquet")}
    again = Little(tmp_path)
    again.run(monkeypatch)
    assert again.measured == []
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_changed_and_changed_back_uses_nothing_stale(tmp_path, monkeypatch):
    Little(tmp_path).run(monkeypatch)
    first = files(tmp_path)
    other = Little(tmp_path, identity={"weights": "w1"})
    other.run(monkeypatch)
    assert other.measured == [0, 2]
    assert files(tmp_path) != first
    back = Little(tmp_path)
    back.run(monkeypatch)
    assert files(tmp_path) == first
    assert back.measured == []


def test_a_process_of_the_same_number_left_a_second_name(tmp_path, monkeypatch):
    """Numbers come back, in containers at once: what lies at the temporary name is not written to."""
    Little(tmp_path).run(monkeypatch)
    (folder,) = (tmp_path / "lake/heads").rglob("corpus=c")
    (folder / "_manifest.json").unlink()
    shard = folder / "shard-00000.parquet"
    os.link(shard, folder / f".shard-00000.parquet.{os.getpid()}.tmp")
    os.link(shard, folder / f".shard-00001.parquet.{os.getpid()}.tmp")
    content = shard.read_bytes()
    again = Little(tmp_path)
    again.run(monkeypatch)
    assert shard.read_bytes() == content
    assert again.measured == []
    check_what_is_published(tmp_path)
