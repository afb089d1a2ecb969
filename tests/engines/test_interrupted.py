"""Killed at every write, replace, link and publish step: the same command goes on from there.

`Killed` stops the program at its n-th step, and from then on nothing is written or removed any
more: what a `finally` would still do, kill −9 does not. Then the program runs again, undisturbed.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.engines.little import Little, check_what_is_published, is_on_disk
from tests.stages.small import copy, files

STEPS = (
    (os, "replace"), (os, "link"), (os, "unlink"), (pq, "write_table"), (Path, "write_bytes"),
)  # fmt: skip
SYNC = (os, "fsync")
"""It changes nothing that a process sees: whoever dies before it leaves what one leaves who dies
before the step that follows. Only real kills count it."""


class Killed(BaseException):
    pass


def raise_killed() -> None:
    raise Killed


class Death:
    """Counts the steps that change the disk, and dies before step `at`, or half through it."""

    def __init__(
        self, monkeypatch, at: int | None = None, die: Callable = raise_killed, steps: tuple = STEPS
    ):
        self.steps, self.at, self.dead, self.die = 0, at, False, die
        for module, name in steps:
            monkeypatch.setattr(module, name, self._step(getattr(module, name)))

    def count(self, run: Callable[[], object]) -> int:
        run()
        return self.steps

    def _step(self, function: Callable) -> Callable:
        def step(*args, **kwargs):
            if self.dead:
                return None
            if function.__name__ == "unlink" and not os.path.lexists(args[0]):
                return function(*args, **kwargs)
            if not is_on_disk(function, args):
                return function(*args, **kwargs)
            self.steps += 1
            if self.steps - 1 != self.at:
                return function(*args, **kwargs)
            if function.__name__.startswith("write_"):
                path = args[1] if function.__name__ == "write_table" else args[0]
                path.write_text("PAR1 half a fi")
            self.dead = True
            self.die()

        return step


PROGRAMS = {"lake": Little.run, "tables": Little.tables}


@pytest.mark.parametrize("over_older", [False, True], ids=["fresh", "over older results"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_killed_at_every_step(program, over_older, tmp_path, monkeypatch):
    run = PROGRAMS[program]
    undisturbed, start, root = (tmp_path / name for name in ("undisturbed", "start", "out"))
    start.mkdir()
    if over_older:
        # Another corpus's results stand under the same names.
        run(Little(start, word="mouse"), monkeypatch)
    copy(start, undisturbed)
    with monkeypatch.context() as patch:
        n_steps = Death(patch).count(lambda: run(Little(undisturbed), patch))
    assert n_steps > 30
    expected = files(undisturbed)
    for at in range(n_steps):
        copy(start, root)
        old = Little(root).finished_shards()
        with monkeypatch.context() as patch:
            death = Death(patch, at)
            with pytest.raises(Killed):
                run(Little(root), patch)
        assert death.dead
        check_what_is_published(root)
        again = Little(root)
        ours = again.finished_shards() - old
        run(again, monkeypatch)
        assert files(root) == expected, f"step {at}"
        assert not {first for first, _ in ours} & set(again.measured), f"step {at}: measured again"
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
    """Numbers come back, in containers at once: what lies at the temporary name is left."""
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
