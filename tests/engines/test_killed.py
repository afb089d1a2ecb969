"""Real processes: kill −9, Ctrl-C, and two runs at once. The slow ones; all others stay inside."""

import os
import random
import signal
import time

import pytest

from pipeline.core.errors import UserError
from pipeline.lake.files import locked
from tests.engines.processes import end_of, start, start_holder, wait_for
from tests.stages import small


@pytest.fixture
def many(words, sentences) -> list[str]:
    """Words for a run of 24 shards, so that there is a moment to be killed in."""
    sentences.write_text(small.conllu(48), encoding="utf-8")
    return [word for word in words if "shard_sentences" not in word] + ["ingest.shard_sentences=2"]


def records(root) -> dict:
    """When each finished shard was finished."""
    return {p: p.stat().st_mtime_ns for p in (root / "_work").rglob("shard-*.json")}


def has_begun(root, process) -> bool:
    holder = root / "_work/ingest-corpus=conllu/holder.txt"
    return holder.exists() and f"process {process.pid} " in holder.read_text()


@pytest.mark.slow
def test_kill_9_at_random_moments(many, root, tmp_path, capfd):
    """Killed again and again, each time going on from the last: then as if nothing had been."""
    kept = [word for word in many if not word.startswith("root=")]
    undisturbed = tmp_path / "undisturbed"
    began = time.monotonic()
    assert small.run("ingest", *kept, f"root={undisturbed}") == 0
    assert small.run("measure", *kept, f"root={undisturbed}") == 0
    takes_s = time.monotonic() - began
    assert small.run("aggregate", *kept, f"root={undisturbed}") == 0

    draw = random.Random(0)
    n_killed, finished = 0, {}
    for _ in range(3):
        process = start(tmp_path / "log", "run", *many)
        wait_for(lambda: has_begun(root, process))  # noqa: B023
        time.sleep(draw.uniform(0, takes_s / 2))
        n_killed += process.is_alive()
        process.kill()
        assert end_of(process) in (-signal.SIGKILL, 0)
        now = records(root)
        assert finished.items() <= now.items(), "a finished shard was measured again"
        finished = now
    assert n_killed >= 2
    assert end_of(start(tmp_path / "log", "run", *many)) == 0, (tmp_path / "log").read_text()
    assert finished.items() <= records(root).items()
    found = small.files(root)
    for name, content in small.files(undisturbed).items():
        assert found.pop(name) == content, name
    assert {name.split("/")[0] for name in found} == {"report"}
    assert not list(root.rglob("*.tmp"))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_at_once_and_resumes(how, many, root, tmp_path):
    log = tmp_path / "log"
    process = start(log, "run", *many)
    wait_for(lambda: len(records(root)) > 2)
    pressed = time.monotonic()
    os.kill(process.pid or 0, how)
    code = end_of(process)
    assert time.monotonic() - pressed < 2
    assert code == 130, log.read_text()
    assert log.read_text() == "headcensus: stopped; the same command goes on from here\n"
    assert not (root / "lake").exists()
    assert not list(root.rglob("*.tmp"))
    finished = records(root)
    assert end_of(start(log, "run", *many)) == 0, log.read_text()
    assert finished.items() <= records(root).items()
    # No bar, no warning of any library: the line of the first run, the two lines of the answer.
    assert log.read_text().count("\n") == 3


def test_an_orphan_is_named_and_cannot_be_joined(many, root, tmp_path, capfd):
    """Two runs of the same cell: the second waits, then says who holds it, and wrote nothing."""
    assert small.run("ingest", *many) == 0
    orphan = start(tmp_path / "log", "measure", *many)
    wait_for(lambda: records(root))
    assert small.run("measure", *many, "measure.lock_wait_s=0.05") == 2
    err = capfd.readouterr().err
    assert f"held by process {orphan.pid}" in err.splitlines()[-1]
    assert "waiting up to 0.05 s" in err.splitlines()[0]
    assert orphan.is_alive()
    assert end_of(orphan) == 0
    finished = records(root)
    assert small.run("measure", *many, "measure.lock_wait_s=0.05") == 0
    assert records(root) == finished


def test_a_killed_holder_frees_its_lock(tmp_path):
    holder = start_holder(tmp_path)
    wait_for((tmp_path / "held").exists)
    with pytest.raises(UserError, match=f"held by process {holder.pid}"), locked(tmp_path, 0):
        pass
    holder.kill()
    assert end_of(holder) == -signal.SIGKILL
    with locked(tmp_path, 1):
        assert f"process {os.getpid()}" in (tmp_path / "holder.txt").read_text()


@pytest.mark.parametrize(
    ("stage", "folder"),
    [
        ("ingest", "ingest-corpus=conllu"),
        ("measure", "model=local/control=trained/corpus=conllu"),
        ("aggregate", "tables"),
    ],
)
def test_every_stage_waits_for_its_lock(stage, folder, words, root, capfd):
    for before in ("ingest", "measure", "aggregate"):
        with locked(root / "_work" / folder, 0):
            if before == stage:
                published = small.files(root)
                assert small.run(stage, *words, "measure.lock_wait_s=0.05") == 2
                assert f"process {os.getpid()}" in capfd.readouterr().err.splitlines()[-1]
                assert small.files(root) == published
                break
        assert small.run(before, *words) == 0
    assert small.run(stage, *words) == 0
