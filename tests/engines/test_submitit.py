"""Jobs of submitit, as processes here: the bytes of the serial engine, whatever is lost."""

import gc
import os
import signal
import threading
import time
from dataclasses import replace

import pytest

from pipeline.core.errors import UserError
from pipeline.engines.on_submitit import OnSubmitit, _done
from tests.stages import small

# A job that has given its result may take a moment more to end, and nobody waits for it.
pytestmark = [pytest.mark.faults, pytest.mark.filterwarnings("ignore:subprocess:ResourceWarning")]

submitit = pytest.importorskip("submitit")
utils = pytest.importorskip("submitit.core.utils")
FailedJobError, UncompletedJobError = utils.FailedJobError, utils.UncompletedJobError


@pytest.fixture(autouse=True)
def jobs_go_with_their_test():
    yield
    gc.collect()


@pytest.fixture
def asked(words, sentences, tmp_path) -> list[str]:
    """Eight shards, two to a job."""
    sentences.write_text(small.conllu(16), encoding="utf-8")
    kept = [word for word in words if not word.startswith(("root=", "ingest.shard"))]
    return [*kept, "ingest.shard_sentences=2"]


@pytest.fixture
def jobs(tmp_path) -> list[str]:
    return [
        "engine=submitit",
        "engine.cluster=local",
        f"engine.folder={tmp_path / 'jobs'}",
        "engine.workers=2",
        "engine.shards=2",
        "engine.cpus=1",
    ]


def test_jobs_and_serial_give_the_same_bytes(asked, jobs, root, tmp_path):
    assert small.run("run", *asked, f"root={root}") == 0
    assert small.run("run", *asked, *jobs, f"root={tmp_path / 'other'}") == 0
    assert small.unlike(small.finished(tmp_path / "other"), small.finished(root)) == []


def test_a_lost_job_is_given_out_again(asked, jobs, root, tmp_path, monkeypatch):
    assert small.run("run", *asked, f"root={root}") == 0
    begun = []
    submit = submitit.AutoExecutor.submit

    def noted(self, *args, **kwargs):
        begun.append(submit(self, *args, **kwargs))
        return begun[-1]

    def kill_the_first():
        while not begun:
            time.sleep(0.05)
        os.kill(int(begun[0].job_id), signal.SIGKILL)

    monkeypatch.setattr(submitit.AutoExecutor, "submit", noted)
    killer = threading.Thread(target=kill_the_first)
    killer.start()
    assert small.run("run", *asked, *jobs, f"root={tmp_path / 'other'}") == 0
    killer.join()
    assert len(begun) == 6  # four of two shards, and those of the lost one by one
    assert small.unlike(small.finished(tmp_path / "other"), small.finished(root)) == []


def test_what_is_wrong_is_said_as_ever(asked, jobs, root, capfd):
    words = [*asked, f"root={root}"]
    assert small.run("ingest", *words) == 0
    capfd.readouterr()
    # A worker on a machine without the device.
    from pipeline.core.errors import UserError
    from pipeline.engines import on_submitit

    def cannot(*_):
        return UserError("a worker cannot load it")

    # One at a time: a local job that is cancelled says so itself, with a traceback.
    one_by_one = [*jobs, "engine.workers=1"]
    one_by_one.remove("engine.workers=2")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(on_submitit, "in_a_job", cannot)
        assert small.run("measure", *words, *one_by_one) == 2
    assert capfd.readouterr().err == "headcensus: a worker cannot load it\n"
    assert not (root / "lake").exists()


def test_a_job_that_the_cluster_does_not_take_is_said(asked, jobs, root, monkeypatch, capfd):
    def refused(*_, **__):
        raise FailedJobError("sbatch:\nerror: invalid partition specified: nope")

    monkeypatch.setattr(submitit.AutoExecutor, "submit", refused)
    assert small.run("run", *asked, *jobs, f"root={root}") == 2
    line = capfd.readouterr().err.splitlines()[-1]
    assert "takes no such job (error: invalid partition specified: nope)" in line


def test_what_was_too_long_for_a_job_is_given_out_one_by_one():
    given = []

    class Lost:
        job_id = "1"

        def __init__(self, chunk):
            self.chunk = chunk

        def done(self):
            return True

        def result(self):
            if len(self.chunk) > 1:
                raise UncompletedJobError("out of time")
            return [f"shard {self.chunk[0]}"]

    def submitted(chunk):
        given.append(list(chunk))
        return Lost(chunk)

    settings = OnSubmitit(cluster="local", shards=3, workers=1, max_lost=1)
    found = list(_done(settings, "cell", submitted, iter(range(3))))
    assert given == [[0, 1, 2], [0], [1], [2]]
    assert found == [(k, f"shard {k}") for k in range(3)]
    with pytest.raises(UserError, match=r"lost 1 jobs.*out of time, raise engine.minutes"):
        list(_done(replace(settings, max_lost=0), "cell", submitted, iter(range(3))))


def test_no_slurm_is_said_in_a_line(asked, root, capfd):
    words = [*asked, f"root={root}"]
    assert small.run("ingest", *words) == 0
    capfd.readouterr()
    assert small.run("measure", *words, "engine=submitit") == 2
    err = capfd.readouterr().err
    assert err.startswith("headcensus: engine.cluster=slurm: ")
    assert err.count("\n") == 1
