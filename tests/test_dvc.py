"""`dvc repro` in a copy of the project: once, again, after an edit, with a smaller grid."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
import yaml

from pipeline.stages.identity import INTERVENING
from tests import tiny, warm
from tests.conftest import ROOT


def repro(project: Path, commands: Path) -> str:
    """The names of the stages that ran, with the `headcensus` of the folder `commands`."""
    path = os.pathsep.join([str(commands), str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["dvc", "repro"],
        cwd=project,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = (done.stdout + done.stderr).splitlines()
    return " ".join(line.split("'")[1] for line in lines if line.startswith("Running stage"))


def edit(file: Path, /, **values) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump({**content, **values}), encoding="utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """The tracked files, a tiny model in minilm's place, twelve sentences, two controls."""
    folder = tmp_path_factory.mktemp("clone")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listed, cwd=ROOT, text=True).split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    (folder / "dvc.lock").unlink(missing_ok=True)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    model = tiny.save(tmp_path_factory.mktemp("model"))
    edit(folder / "conf/model/minilm.yaml", path=str(model), package=None, sha256=None)
    edit(folder / "conf/corpus/treebank.yaml", limit=12)
    edit(folder / "conf/analysis/default.yaml", bootstrap=20)
    edit(folder / "conf/atlas/default.yaml", sentences=2)
    edit(folder / "conf/intervene/default.yaml", sentences=4, draws=1, classes=["sep"])
    edit(folder / "conf/grid.yaml", controls=["trained", "shuffled_weights-1"])
    return folder


def controls(project: Path) -> set[tuple[str, int]]:
    census = pl.read_parquet(project / "data/tables/census.parquet")
    return set(census.select("control", "seed").rows())


@pytest.fixture(scope="module")
def commands(project):
    with warm.headcensus(project) as folder:
        yield folder


def test_interventions_hang_on_the_code_that_they_are_hashed_by():
    """What makes them is what makes them anew."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    deps = [f"{path}/" for path in stages["intervene"]["deps"]]
    for name in (*INTERVENING, "models", "statistics", "core", "controls"):
        assert f"pipeline/{name}/" in deps


def test_the_pipeline_under_dvc(project, commands):
    first = repro(project, commands)
    for stage in (
        "compose",
        "ingest@treebank",
        "measure@minilm-trained-treebank",
        "aggregate",
        "atlas",
    ):
        assert stage in first
    assert "measure@minilm-shuffled_weights-1-treebank" in first
    assert controls(project) == {("trained", 0), ("shuffled_weights", 1)}
    for name in ("census.md", "census.html", "atlas.html", "metrics.json"):
        assert (project / "reports" / name).is_file()
    ours = [".gitignore", ".dvc/.gitignore"]
    assert [str(p.relative_to(project)) for p in project.rglob(".gitignore")] == ours

    assert repro(project, commands) == ""

    edit(project / "conf/report/default.yaml", title="Another title")
    assert repro(project, commands) == "compose report"
    assert "Another title" in (project / "reports/census.md").read_text(encoding="utf-8")

    edit(project / "conf/grid.yaml", controls=["trained"])
    assert repro(project, commands) == "compose aggregate atlas intervene report"
    assert controls(project) == {("trained", 0)}
    assert "shuffled_weights" not in (project / "reports/census.html").read_text(encoding="utf-8")
