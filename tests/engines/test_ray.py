"""Ray itself, in processes of its own: the bytes of one, whatever is killed meanwhile."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.engines.processes import wait_for
from tests.stages import small

pytestmark = pytest.mark.faults

ray = pytest.importorskip("ray")

N_SHARDS = 24


@pytest.fixture(scope="module")
def many(checkpoint, tmp_path_factory) -> list[str]:
    """Words for a run of 24 shards, without a root."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "some.conllu").write_text(small.conllu(2 * N_SHARDS), encoding="utf-8")
    words = small.words(checkpoint, folder / "some.conllu", folder)
    kept = [word for word in words if not word.startswith(("root=", "ingest.shard"))]
    return [*kept, "ingest.shard_sentences=2", "control=[trained,random_weights]"]


@pytest.fixture(scope="module")
def serial(many, tmp_path_factory) -> dict[str, bytes]:
    root = tmp_path_factory.mktemp("serial")
    assert small.run("run", *many, f"root={root}") == 0
    return small.finished(root)


def records(root: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in (root / "_work").rglob("shard-*.json")}


def start(log: Path, *words: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "pipeline.stages.cli", *words]
    with log.open("a") as stream:
        return subprocess.Popen(command, stdout=stream, stderr=stream, start_new_session=True)


def actors(of: int) -> list[int]:
    """Processes of workers, among those that process `of` began."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                command = (folder / "cmdline").read_bytes()
                if b"ray::" in command and b"_Actor" in command and of in _above(int(folder.name)):
                    found.append(int(folder.name))
            except (OSError, ValueError):  # it has ended meanwhile
                continue
    return found


def _above(process: int) -> set[int]:
    found = set()
    while process > 1:
        stat = Path(f"/proc/{process}/stat").read_text()
        process = int(stat.rpartition(")")[2].split()[1])
        found.add(process)
    return found


def test_two_workers_and_serial_give_the_same_bytes(many, serial, tmp_path, capfd):
    assert small.run("run", *many, f"root={tmp_path}", "engine=ray", "engine.workers=2") == 0
    assert small.unlike(small.finished(tmp_path), serial) == []
    # Nothing of Ray's own is said; our bar speaks where a machine needs more than half a minute.
    assert [line for line in capfd.readouterr().err.splitlines() if " sentences" not in line] == []
    assert not ray.is_initialized()


def test_a_killed_worker_changes_nothing(many, serial, tmp_path):
    log, root = tmp_path / "log", tmp_path / "out"
    words = [*many, f"root={root}", "engine=ray", "engine.workers=2"]
    process = start(log, "run", *words)
    wait_for(lambda: len(records(root)) > 1)
    for _ in range(2):
        (victim, *_) = actors(process.pid)
        os.kill(victim, signal.SIGKILL)
        time.sleep(0.5)
    assert process.wait(240) == 0, log.read_text()
    assert small.unlike(small.finished(root), serial) == []
    assert "Traceback" not in log.read_text()


def test_workers_that_are_killed_again_and_again_are_said(many, tmp_path):
    log, root = tmp_path / "log", tmp_path / "out"
    words = [*many, f"root={root}", "engine=ray", "engine.workers=2", "engine.max_lost=1"]
    process = start(log, "run", *words)
    wait_for(lambda: len(records(root)) > 1)
    deadline = time.monotonic() + 200
    while process.poll() is None and time.monotonic() < deadline:
        for victim in actors(process.pid):
            os.kill(victim, signal.SIGKILL)
        time.sleep(0.2)
    assert process.wait(10) == 2, log.read_text()
    # Of each lost worker Ray has a line of its own.
    (line,) = [one for one in log.read_text().splitlines() if "(raylet)" not in one]
    assert "engine=ray has lost 2 workers, the last with:" in line
    assert "engine.max_lost bears more" in line


def test_a_killed_driver_leaves_nobody_and_another_engine_goes_on(many, serial, tmp_path):
    log, root = tmp_path / "log", tmp_path / "out"
    process = start(log, "run", *many, f"root={root}", "engine=ray", "engine.workers=2")
    wait_for(lambda: len(records(root)) > 3)
    workers = actors(process.pid)
    process.kill()
    process.wait()
    wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    done = records(root)
    assert small.run("run", *many, f"root={root}") == 0
    assert done.items() <= records(root).items(), "a finished shard was measured again"
    assert small.unlike(small.finished(root), serial) == []


def test_ctrl_c_stops_at_once(many, serial, tmp_path):
    log, root = tmp_path / "log", tmp_path / "out"
    process = start(log, "run", *many, f"root={root}", "engine=ray", "engine.workers=2")
    wait_for(lambda: len(records(root)) > 3)
    pressed = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(20) == 130, log.read_text()
    assert time.monotonic() - pressed < 3
    assert log.read_text() == "headcensus: stopped; the same command goes on from here\n"
    assert small.run("run", *many, f"root={root}") == 0
    assert small.unlike(small.finished(root), serial) == []


def test_what_is_wrong_with_a_model_is_said_as_ever(many, tmp_path, monkeypatch, capfd):
    """A checkpoint whose numbers are none: the line of the serial engine, from a worker."""
    import torch
    from safetensors.torch import load_file, save_file

    (given,) = [word for word in many if word.startswith("model.path=")]
    broken = tmp_path / "broken"
    small.copy(Path(given.partition("=")[2]), broken)
    (file,) = broken.glob("*.safetensors")
    weights = load_file(file)
    name = next(name for name in weights if name.endswith("attention.self.query.weight"))
    weights[name] = torch.full_like(weights[name], torch.nan)
    save_file(weights, file, {"format": "pt"})
    words = [f"model.path={broken}" if w.startswith("model.path=") else w for w in many]
    lines = []
    for engine in ("serial", "ray"):
        root = tmp_path / engine
        assert small.run("ingest", *words, f"root={root}") == 0
        capfd.readouterr()
        assert small.run("measure", *words, f"root={root}", f"engine={engine}") == 1
        lines.append(capfd.readouterr().err)
        assert not (root / "lake").exists()
    assert "rows sum to nan" in lines[0]
    assert lines[0] == lines[1]
    assert lines[0].count("\n") == 1


def test_a_file_that_workers_do_not_see_is_said(many, tmp_path, monkeypatch, capfd):
    """A control of one's own that this process alone can import."""
    source = tmp_path / "only_here.py"
    source.write_text(
        "from dataclasses import dataclass\n"
        "from pipeline.controls.base import Control\n\n\n"
        "@dataclass(frozen=True)\n"
        "class Mine(Control):\n"
        "    pass\n",
        encoding="utf-8",
    )
    spec = importlib.util.spec_from_file_location("only_here", source)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "only_here", module)
    spec.loader.exec_module(module)
    project = tmp_path / "project"
    assert small.run("init", project) == 0
    (project / "conf/control/mine.yaml").write_text("_target_: only_here.Mine\n", encoding="utf-8")
    monkeypatch.chdir(project)
    kept = [word for word in many if not word.startswith("control=")]
    capfd.readouterr()
    words = [*kept, "control=mine", "root=out", "engine=ray", "engine.workers=1"]
    assert small.run("run", *words) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert "No module named 'only_here'" in err
    assert "where all machines see them" in err


def test_a_killed_node_changes_nothing(many, serial, tmp_path):
    """A cluster of two machines, simulated by Ray: one of them goes with the workers on it."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False}
    )
    try:
        node = cluster.add_node(num_cpus=2)
        cluster.wait_for_nodes()
        log, root = tmp_path / "log", tmp_path / "out"
        where = [
            f"root={root}",
            "engine=ray",
            "engine.workers=3",
            f"engine.address={cluster.address}",
        ]
        process = start(log, "run", *many, *where)
        wait_for(lambda: len(records(root)) > 1)
        cluster.remove_node(node, allow_graceful=False)
        assert process.wait(240) == 0, log.read_text()
        assert small.unlike(small.finished(root), serial) == []
        assert "Traceback" not in log.read_text()
    finally:
        cluster.shutdown()


def test_no_ray_where_one_is_said_to_be(many, tmp_path, capfd):
    root = f"root={tmp_path}"
    assert small.run("ingest", *many, root) == 0
    capfd.readouterr()
    assert small.run("measure", *many, root, "engine=ray", "engine.address=127.0.0.1:1") == 2
    err = capfd.readouterr().err
    assert err.startswith("headcensus: engine.address=127.0.0.1:1: no Ray there")
    assert err.count("\n") == 1
