"""Real faults: kill −9 at every step, a full tmpfs, a stopped holder, a terminal's Ctrl-C."""

import fcntl
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.engines.little import Little, check_what_is_published
from tests.engines.processes import CONTEXT, end_of, start, wait_for
from tests.engines.test_interrupted import PROGRAMS, STEPS, SYNC, Death
from tests.stages import small

pytestmark = pytest.mark.faults


@pytest.fixture
def many(words, sentences) -> list[str]:
    """Words for a run of 24 shards."""
    sentences.write_text(small.conllu(48), encoding="utf-8")
    return [word for word in words if "shard_sentences" not in word] + ["ingest.shard_sentences=2"]


@pytest.fixture
def undisturbed(many, root, tmp_path) -> dict[str, bytes]:
    """What a run writes that nothing befalls, but for its report, which names its folder."""
    words = [word for word in many if not word.startswith("root=")]
    assert small.run("run", *words, f"root={tmp_path / 'undisturbed'}") == 0
    return small.finished(tmp_path / "undisturbed")


def n_records(root: Path) -> int:
    return len(list((root / "_work").rglob("shard-*.json")))


def _killed_at(program: str, root: Path, at: int | None) -> None:
    """In a process of its own: runs until step `at`, and is killed there."""
    with pytest.MonkeyPatch.context() as patch:
        Death(patch, at, lambda: os.kill(os.getpid(), signal.SIGKILL), (*STEPS, SYNC))
        PROGRAMS[program](Little(root), patch)


@pytest.mark.parametrize("program", PROGRAMS)
def test_kill_9_at_every_step(program, tmp_path, monkeypatch):
    """Every write, fsync, replace, link and removal, none left out."""
    with monkeypatch.context() as patch:
        n_steps = Death(patch, steps=(*STEPS, SYNC)).count(
            lambda: PROGRAMS[program](Little(tmp_path / "undisturbed"), patch)
        )
    expected, root = small.files(tmp_path / "undisturbed"), tmp_path / "out"
    assert n_steps > 30
    for at in range(n_steps):
        process = CONTEXT.Process(target=_killed_at, args=(program, root, at), daemon=True)
        process.start()
        assert end_of(process) == -signal.SIGKILL, f"step {at}"
        check_what_is_published(root)
        again = Little(root)
        ours = again.finished_shards()
        PROGRAMS[program](again, monkeypatch)
        assert small.files(root) == expected, f"step {at}"
        assert not {first for first, _ in ours} & set(again.measured), f"step {at}"
        assert not list(root.rglob("*.tmp")), f"step {at}"
        shutil.rmtree(root)


@pytest.fixture
def little_disk(tmp_path):
    """A tmpfs, and how to give it more room."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(size_kb: int, *options: str) -> int:
        how = ",".join([f"size={size_kb}k", *options])
        command = ["mount", "-t", "tmpfs", "-o", how, "none", str(folder)]
        return subprocess.run(command, capture_output=True).returncode

    if shutil.which("mount") is None or mount(64):
        pytest.skip("no leave to mount a tmpfs")
    yield folder, mount
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_tmpfs(many, undisturbed, little_disk, tmp_path, capfd):
    """Out of room again and again, with a little more each time: each time one line and nothing
    half-written, and at last what a large disk would hold."""
    disk, mount = little_disk
    words = [f"root={disk / 'out'}" if w.startswith("root=") else w for w in many]
    codes = []
    for size_kb in range(96, 16384, 640):
        assert mount(size_kb, "remount") == 0
        capfd.readouterr()
        codes.append(small.run("run", *words))
        if not codes[-1]:
            break
        err = capfd.readouterr().err
        assert codes[-1] == 1
        assert err.count("\n") == 1, err
        assert "No space left on device; mend it" in err
        assert not list((disk / "out").rglob("*.tmp"))
        for name, content in small.finished(disk / "out").items():
            if not name.startswith("quarantine"):
                assert undisturbed[name] == content, name
    assert codes[-1] == 0
    assert len(codes) > 3
    assert small.unlike(small.finished(disk / "out"), undisturbed) == []


def test_a_stopped_holder_is_waited_for_then_named(many, undisturbed, root, tmp_path, capfd):
    """SIGSTOP: it holds its lock and does nothing. A second run says who; then it goes on."""
    holder = start(tmp_path / "log", "run", *many)
    wait_for(lambda: n_records(root) > 2)
    os.kill(holder.pid or 0, signal.SIGSTOP)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    capfd.readouterr()
    began = time.monotonic()
    assert small.run("measure", *many, "measure.lock_wait_s=0.2") == 2
    assert time.monotonic() - began < 30
    err = capfd.readouterr().err.splitlines()
    assert f"held by process {holder.pid}" in err[-1]
    assert {path: path.stat().st_mtime_ns for path in before} == before
    os.kill(holder.pid or 0, signal.SIGCONT)
    assert end_of(holder) == 0, (tmp_path / "log").read_text()
    assert small.unlike(small.finished(root), undisturbed) == []


def test_a_stopped_holder_that_is_killed_frees_its_lock(many, undisturbed, root, tmp_path):
    holder = start(tmp_path / "log", "run", *many)
    wait_for(lambda: n_records(root) > 2)
    os.kill(holder.pid or 0, signal.SIGSTOP)
    waiting = start(tmp_path / "log", "run", *many)
    wait_for(lambda: "waiting up to 120 s" in (tmp_path / "log").read_text())
    os.kill(holder.pid or 0, signal.SIGKILL)
    assert end_of(waiting) == 0, (tmp_path / "log").read_text()
    assert small.unlike(small.finished(root), undisturbed) == []


def test_two_writers_at_once(many, undisturbed, root, tmp_path):
    """The same words: the second waits its turn, finds all done, and both are content."""
    logs = [tmp_path / name for name in ("one", "two")]
    processes = [start(log, "run", *many) for log in logs]
    assert [end_of(process) for process in processes] == [0, 0], [log.read_text() for log in logs]
    assert small.unlike(small.finished(root), undisturbed) == []


def test_two_writers_of_different_makings(many, root, tmp_path):
    """Other settings into the same folders: what is published in the end is of one making."""
    logs = [tmp_path / name for name in ("one", "two")]
    words = [many, [*many, "measure.trees=false"]]
    processes = [start(log, "measure", *w) for log, w in zip(logs, words, strict=True)]
    assert small.run("ingest", *many) == 0
    codes = [end_of(process) for process in processes]
    assert set(codes) <= {0, 2}
    assert small.run("measure", *many) == 0
    assert small.run("verify", f"root={root}") == 0


def _take_terminal() -> None:
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_ctrl_c_at_a_terminal(many, undisturbed, root):
    """The key itself, pressed while a bar is drawn: the terminal sends it to the whole group."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline.stages.cli", "run", *many],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        preexec_fn=_take_terminal,
    )
    os.close(follower)
    wait_for(lambda: n_records(root) > 2)
    pressed = time.monotonic()
    os.write(leader, b"\x03")
    shown = b""
    while True:
        try:
            piece = os.read(leader, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    assert process.wait(10) == 130
    assert time.monotonic() - pressed < 1
    os.close(leader)
    text = shown.decode()
    assert "sentences/s" in text  # a bar
    assert text.splitlines()[-1].endswith("headcensus: stopped; the same command goes on from here")
    assert "Traceback" not in text
    assert not list(root.rglob("*.tmp"))
    n_finished = n_records(root)
    assert small.run("run", *many) == 0
    assert n_records(root) >= n_finished
    assert small.unlike(small.finished(root), undisturbed) == []
