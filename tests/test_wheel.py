"""What is installed: built from the sources that are passed on, and used outside the checkout."""

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from pipeline.lake.sources import _SOURCES
from tests import tiny, warm
from tests.conftest import ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def test_there_is_one_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    released = re.findall(r"^## \[(\d\S*)\] - (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert released[0] == (VERSION, citation["date-released"])
    assert citation["version"] == VERSION


def test_every_source_of_a_column_is_cited():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    cited = {}
    for paper in citation["references"]:
        assert {"type", "title", "authors", "year", "notes"} <= set(paper)
        assert {"doi", "url", "journal"} & set(paper)
        cited[paper["authors"][0]["family-names"]] = f"{paper['year']} {paper['notes']}"
    for _, source in _SOURCES:
        first, year = re.findall(r"^(\w+) .*?(\d{4})", source)[0]
        assert year in cited[first]


def run(*command: str, cwd: Path, commands: tuple[Path, ...] = ()) -> str:
    """Its output, both streams; the checkout is on no path of it."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    # Each stage is a process of its own, and the tests share the cores.
    env["OMP_NUM_THREADS"] = "1"
    if commands:
        env["PATH"] = os.pathsep.join([*map(str, commands), "/usr/bin", "/bin"])
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Path, Path]:
    """The source distribution, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("built")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder)]
    run(*build, cwd=ROOT)
    (sdist,) = folder.glob("*.tar.gz")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    run(*pip, "-w", str(folder), str(sdist), cwd=folder)
    (wheel,) = folder.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def commands(built, tmp_path_factory) -> Path:
    """The programs of a fresh environment: the wheel, and the libraries that the tests run with."""
    home = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", str(home), cwd=home)
    python = home / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    run(*pip, "--no-deps", "--no-compile", str(built[1]), cwd=home)
    (packages,) = home.glob("lib/python*/site-packages")
    # Behind its own; what an editable install adds there is not read from here.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    place = run(str(python), "-c", "import pipeline; print(pipeline.__file__)", cwd=home)
    assert Path(place.strip()).is_relative_to(packages)
    return home / "bin"


def tracked(*below: str) -> set[str]:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *below]
    return set(run(*listed, cwd=ROOT).rstrip("\0").split("\0"))


@pytest.mark.promises
def test_a_wheel_holds_the_code_and_what_ships_with_it(built):
    sdist, wheel = built
    names = set(zipfile.ZipFile(wheel).namelist())
    code = {name for name in names if not re.search(r"\.dist-info/|^pipeline/project/", name)}
    assert code == tracked("pipeline")
    shipped = {n.removeprefix("pipeline/project/") for n in names if "/project/" in n}
    plain = {"dvc.yaml", ".dvcignore", ".gitignore", ".dvc/config", ".dvc/.gitignore"}
    assert shipped == {*tracked("conf"), *plain, "data/treebank/treebank.conllu"}
    assert f"headcensus-{VERSION}.dist-info/licenses/LICENSE" in names
    with tarfile.open(sdist) as archive:
        within = {name.partition("/")[2] for name in archive.getnames()}
    assert within - {"PKG-INFO", ""} <= tracked()
    assert within >= {*tracked("pipeline", "tests", "conf"), "LICENSE", "CITATION.cff"}
    assert not any(name.startswith(("reports", ".ci")) for name in within)


@pytest.mark.promises
def test_an_installed_headcensus_takes_a_project_from_nothing_to_its_report(commands, tmp_path):
    tiny.save(tmp_path / "model")

    def call(*words: str, cwd: Path = tmp_path, before: tuple[Path, ...] = ()) -> str:
        return run(*words, cwd=cwd, commands=(*before, commands))

    def repro(*before: Path) -> list[str]:
        said = call("python", "-m", "dvc", "repro", cwd=project, before=before)
        assert "arning" not in said
        return re.findall(r"^Running stage '([^'@]+)", said, re.MULTILINE)

    assert call("headcensus", "--version") == f"headcensus {VERSION}\n"
    assert "minilm" in call("headcensus", "list")
    call("headcensus", "init", "project")
    project = tmp_path / "project"
    # What its README asks for, and fewer sentences and controls than it has.
    edit(project / "conf/model/local.yaml", "path: ???", "path: ../model")
    edit(project / "conf/grid.yaml", "[minilm]", "[local]")
    edit(project / "conf/corpus/treebank.yaml", "limit: null", "limit: 30")
    grid = (project / "conf/grid.yaml").read_text(encoding="utf-8")
    for control in re.findall(r"  - (?!trained|shuffled_weights)\w.*\n", grid):
        edit(project / "conf/grid.yaml", control, "")

    stages = ["compose", "ingest", "measure", "measure", "aggregate", "atlas", "intervene"]
    (packages,) = commands.parent.glob("lib/python*/site-packages")
    with warm.headcensus(packages, commands / "python") as warmed:
        assert sorted(repro(warmed)) == sorted([*stages, "report"])
    for name in ("census.html", "census.md", "atlas.html", "interventions.html", "metrics.json"):
        assert (project / "reports" / name).is_file()
    lock = (project / "dvc.lock").read_text(encoding="utf-8")
    assert "path: ../model" in lock
    assert not any(str(place) in lock for place in (tmp_path, ROOT, commands.parent))
    # `compose` looks whether headcensus is another; it is not, and nothing more is done.
    assert repro() == ["compose"]
    assert (project / "dvc.lock").read_text(encoding="utf-8") == lock


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
