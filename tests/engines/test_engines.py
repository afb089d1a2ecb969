"""Any engine, any number of workers, any order of completion: the same bytes.

Here in one process; the real ones, and what befalls them, are in test_ray.py and test_submitit.py.
"""

import math
import random
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from pipeline.core.errors import MeasurementError, UserError
from pipeline.engines.on_ray import OnRay
from pipeline.engines.on_submitit import OnSubmitit
from pipeline.engines.remotely import done, in_a_job, loaded
from pipeline.engines.rows import table
from pipeline.engines.serial import in_this_process
from pipeline.engines.work import Shard, Task, Work
from pipeline.stages import measure
from tests.stages import small


@dataclass
class Shuffled:
    """Does what a worker does, and hands it back in an order of its own."""

    seed: int
    given: list[int] = field(default_factory=list)

    @contextmanager
    def pool(self):
        def pool(work, subject, tasks, metadata, progress):
            tasks = list(tasks)
            made = loaded(work, subject, 1)
            random.Random(self.seed).shuffle(tasks)
            for task in tasks:
                self.given.append(task.number)
                progress(len(task.sentences))
                yield task.number, done(work, made, task, metadata)

        yield pool


def test_the_order_of_completion_changes_nothing(words, root, tmp_path, monkeypatch):
    """Of measuring, and of intervening, which begins with a census."""
    asked = [word for word in words if not word.startswith("root=")]
    assert small.run("intervene", *asked, f"root={root}") == 0
    orders = []

    def shuffled(_):
        orders.append(Shuffled(seed=1))
        return orders[-1]

    monkeypatch.setattr(measure, "engine_of", shuffled)
    monkeypatch.setattr("pipeline.stages.intervene.engine_of", shuffled)
    assert small.run("intervene", *asked, f"root={tmp_path / 'other'}") == 0
    assert len(orders) == 2
    assert all(len(o.given) == 3 and o.given != sorted(o.given) for o in orders)
    found, expected = small.files(tmp_path / "other"), small.files(root)
    assert found.keys() == expected.keys()
    for name, content in expected.items():
        assert name.startswith("report/") or found[name] == content, name


def test_what_a_job_says_of_its_input_comes_back_as_itself():
    class Work:
        name, asked = "m-trained-c", None

        def shards(self, *_):
            raise MeasurementError("layer 3 head 1: NaN in sentence s5")

    found = in_a_job(Work(), lambda: None, {}, [()], 1)  # type: ignore
    assert isinstance(found, MeasurementError)
    assert str(found) == "layer 3 head 1: NaN in sentence s5"

    def nothing_there():
        raise RuntimeError("No CUDA GPUs are available\nmore")

    def stopped():
        raise type("Stopped", (Exception,), {"__module__": "submitit.core.utils"})

    with pytest.raises(Exception, match=r"^$") as caught:
        in_a_job(Work(), stopped, {}, [()], 1)  # type: ignore
    assert type(caught.value).__name__ == "Stopped"
    # What a control of one's own raises is no loss of a job, to be tried again and again.
    found = in_a_job(Work(), lambda: [][0], {}, [()], 1)  # type: ignore
    assert isinstance(found, IndexError)
    found = in_a_job(Work(), nothing_there, {}, [()], 1)  # type: ignore
    assert isinstance(found, UserError)
    assert "m-trained-c: a worker cannot load it (No CUDA GPUs are available)" in str(found)


@pytest.mark.parametrize(
    "asked",
    [{"memory_gb": math.nan}, {"memory_gb": math.inf}, {"folder": "jobs/%j"}, {"shards": 0}],
)
def test_what_no_cluster_can_be_asked_for(asked):
    (key,) = asked
    with pytest.raises(ValueError, match=f"{key}="):
        OnSubmitit(**asked)


@pytest.mark.parametrize(
    ("asked", "cpus", "gpus", "n"),
    [
        ({}, 8, 0, 8),
        ({}, 2, 0, 2),
        ({"cpus": 1}, 8, 0, 7),
        ({"workers": 3}, 8, 0, 3),
        ({"cpus": 4}, 8, 0, 1),
        ({"gpus": 1.0}, 64, 4, 4),
        ({"gpus": 0.5}, 64, 4, 8),
        ({"gpus": 0.5, "cpus": 16}, 64, 4, 3),
    ],
)
def test_a_pool_leaves_room(asked, cpus, gpus, n):
    settings = OnRay(**asked)
    assert settings.n_workers({"CPU": cpus, "GPU": gpus}) == n
    assert n * settings.cpus < cpus


@pytest.mark.parametrize(
    ("asked", "cpus", "gpus", "says"),
    [
        ({"workers": 8, "cpus": 1}, 8, 0, "workers=8 of 1 CPUs each leave nothing of the 8"),
        ({"workers": 9}, 8, 0, "lower engine.workers or engine.cpus"),
        ({"cpus": 8}, 8, 0, "workers=1 of 8 CPUs"),
        ({}, 0, 0, "leave nothing of the 0 there are"),
        ({"workers": 2, "gpus": 1}, 8, 1, "workers=2 want 1 GPUs each, and there are 1"),
        ({"gpus": 1}, 8, 0, "want 1 GPUs each, and there are 0"),
    ],
)
def test_a_pool_that_would_starve_the_rest_is_refused(asked, cpus, gpus, says):
    with pytest.raises(UserError, match=says):
        OnRay(**asked).n_workers({"CPU": cpus, "GPU": gpus})


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("engine.workers=0", "engine.workers=0: give 1 or more, or null"),
        ("engine.cpus=0", "engine.cpus=0: give more than 0"),
        ("engine.gpus=-1", "engine.gpus=-1: give 0 or more"),
        ("engine.wrokers=2", "unknown key engine.wrokers: did you mean workers?"),
        ("engine.workers=two", "engine.workers='two'"),
    ],
)
def test_what_an_engine_cannot_be_is_said_in_a_line(word, says, words, root, capfd):
    assert small.run("measure", *words, "engine=ray", word) == 2
    err = capfd.readouterr().err
    assert err.startswith(f"headcensus: {says}")
    assert err.count("\n") == 1
    assert not root.exists()


def test_an_engine_that_there_is_not_names_those_there_are(words, root, capfd):
    assert small.run("measure", *words, "engine=rai") == 2
    assert capfd.readouterr().err == (
        "headcensus: engine=rai: there is no such engine; did you mean ray? there are ray, serial,"
        " submitit\n"
    )
    assert not root.exists()


@pytest.mark.parametrize(("engine", "library"), [("ray", "ray"), ("submitit", "submitit")])
def test_a_library_that_is_not_there_is_named(engine, library, words, root, monkeypatch, capfd):
    monkeypatch.setitem(__import__("sys").modules, library, None)
    assert small.run("run", *words, f"engine={engine}") == 2
    assert f"pip install 'headcensus[{library}]'" in capfd.readouterr().err
    assert not root.exists()


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("engine.workers=9999", "workers=9999 of 0.9 CPUs each leave nothing of the"),
        ("engine.gpus=999", "workers=1 want 999 GPUs each"),
    ],
)
def test_what_this_machine_has_not_is_said_before_a_corpus_is_read(word, says, words, root, capfd):
    pytest.importorskip("ray")
    assert small.run("run", *words, "engine=ray", word) == 2
    err = capfd.readouterr().err
    assert says in err
    assert err.count("\n") == 1
    assert not root.exists()


@dataclass(frozen=True)
class Checking:
    """An engine of one's own, whose `check` is a setting."""

    check: bool = True

    @contextmanager
    def pool(self):
        yield None


def test_a_field_of_an_engine_may_be_called_check():
    config = {"engine": {"_target_": f"{__name__}.Checking"}}
    assert measure.engine_of([config]) == Checking()


@pytest.mark.parametrize("fault", [MeasurementError("not to be trusted"), KeyboardInterrupt()])
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_what_was_measured_before_a_fault_is_handed_over(device, fault):
    """At once; or, beside a device, while the next is measured: of that there may be none."""
    measured: list[int] = []

    def make(subject, shards, asked, progress):
        for k, _ in enumerate(shards):
            if k == 2:
                raise fault
            measured.append(k)
            values = table("values", {"site": np.full(k, "encoder")})
            yield Shard({"values": values}, {"n_sentences": k})

    subject = SimpleNamespace(model=SimpleNamespace(device=torch.device(device)))
    work = Work("cell", make, SimpleNamespace(batch_pieces=64), "measure")
    tasks = iter([Task(number, [], 0) for number in (5, 3, 8)])
    made = in_this_process(work, lambda: subject, tasks, {}, lambda n: None)
    for k, number in enumerate((5, 3)):
        found, encoded = next(made)
        assert (found, encoded.files["values"][1]) == (number, k)
        assert measured == (list(range(k + 1)) if device == "cpu" else [0, 1])
    with pytest.raises(type(fault)):
        next(made)
