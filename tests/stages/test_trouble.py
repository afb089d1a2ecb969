"""What befalls a run from outside: a full disk, no leave to write, Ctrl-C. One line each."""

import errno
import os
from importlib import import_module
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from pipeline.engines import cell
from pipeline.lake import files
from pipeline.models.checkpoint import Checkpoint
from tests.stages import small


@pytest.mark.parametrize("stage", ["ingest", "measure", "aggregate"])
@pytest.mark.parametrize(
    ("number", "what"), [(errno.ENOSPC, "No space left"), (errno.EACCES, "Permission denied")]
)
def test_a_disk_that_fails_is_one_line(stage, number, what, words, root, monkeypatch, capfd):
    stages = ("ingest", "measure", "aggregate")
    for before in stages[: stages.index(stage)]:
        assert small.run(before, *words) == 0
    published = small.files(root)

    def fail(path):
        path.write_text("half")
        raise OSError(number, os.strerror(number), str(path))

    write_table = pq.write_table

    def fail_on_disk(table, where, **how):
        return fail(where) if isinstance(where, Path) else write_table(table, where, **how)

    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", fail_on_disk)
        patch.setattr(Path, "write_bytes", lambda path, content: fail(path))
        capfd.readouterr()
        assert small.run(stage, *words) == 1
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert what in err
    assert str(root) in err
    assert small.files(root) == published
    assert not list(root.rglob("*.tmp"))
    for after in stages[stages.index(stage) :]:
        assert small.run(after, *words) == 0


def test_a_root_that_turns_out_not_to_be_writable(words, root, monkeypatch, capfd):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", str(root))

    monkeypatch.setattr(files, "FileLock", refuse)
    assert small.run("run", *words) == 1
    err = capfd.readouterr().err
    assert err == f"headcensus: {root}: Permission denied; mend it, and the same command goes on\n"


def test_ctrl_c_is_one_line_and_the_next_run_goes_on(words, root, monkeypatch, capfd):
    measure, calls = cell.measure_shards, []

    def pressed(subject, shards, *rest):
        for sentences, first in shards:
            calls.append(first)
            if len(calls) == 2:
                raise KeyboardInterrupt
            yield from measure(subject, [(sentences, first)], *rest)

    monkeypatch.setattr(cell, "measure_shards", pressed)
    assert small.run("run", *words) == 130
    out, err = capfd.readouterr()
    assert (out, err) == ("", "headcensus: stopped; the same command goes on from here\n")
    assert not (root / "lake").exists()
    assert small.run("measure", *words) == 0
    assert calls == [0, 5, 5, 10]


FULL = [
    torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate"),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes"),
]


@pytest.mark.parametrize(("where", "fails_at"), [("wiring", 1), ("packing", 1), ("packing", 2)])
@pytest.mark.parametrize("error", FULL)
def test_a_model_that_a_device_does_not_hold(
    where, fails_at, error, words, root, monkeypatch, capfd
):
    """Nothing is wrong with its family then."""

    calls, forward = [], import_module(f"pipeline.models.{where}").forward

    def full(*given):
        calls.append(given)
        if len(calls) < fails_at:
            return forward(*given)
        raise error

    monkeypatch.setattr(f"pipeline.models.{where}.forward", full)
    assert small.run("run", *words) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert "cpu has too little memory for the model: give another measure.device" in err
    assert not (root / "lake").exists()


@pytest.mark.parametrize("error", [*FULL, MemoryError()])
def test_weights_that_there_is_no_memory_for(error, words, root, monkeypatch, capfd):
    """They are whole, and only too many."""

    def full(*_):
        raise error

    monkeypatch.setattr(Checkpoint, "load", full)
    assert small.run("run", *words) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert "too little memory for the model: give another measure.device, or a smaller" in err


@pytest.mark.parametrize("error", [*FULL, MemoryError()])
def test_too_little_memory_says_what_to_lower(error, words, root, monkeypatch, capfd):
    def full(*_):
        yield from ()
        raise error

    monkeypatch.setattr(cell, "measure_shards", full)
    assert small.run("run", *words) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert "measure.batch_pieces=1024: lower it" in err
    assert not (root / "lake").exists()
