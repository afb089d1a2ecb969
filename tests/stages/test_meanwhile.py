"""What other runs, trainers and readers do meanwhile: no table, page or cell is of two makings."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipeline.analysis import aggregate as analysis
from pipeline.atlas import exemplars
from pipeline.core.errors import UserError
from pipeline.engines import grid
from pipeline.lake import manifest
from pipeline.lake.files import sweep
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.read import read_tables
from pipeline.models.checkpoint import Checkpoint
from pipeline.report import interventions
from tests.stages import small


@pytest.fixture
def others(words, tmp_path) -> list[str]:
    """The words of a census of other sentences, as many."""
    path = tmp_path / "others.conllu"
    path.write_text(small.conllu(12, seed=9), encoding="utf-8")
    return [f"corpus.path={path}" if w.startswith("corpus.path=") else w for w in words]


@pytest.fixture
def own(words, checkpoint, tmp_path) -> list[str]:
    """The words with a checkpoint that may be written to: `own`, the same bytes."""
    shutil.copytree(checkpoint, tmp_path / "own")
    return [w.replace(str(checkpoint), str(tmp_path / "own")) for w in words]


def said(capfd) -> str:
    line = capfd.readouterr().err
    assert line.count("\n") == 1, line
    return line


def test_tables_are_of_the_sentences_that_the_run_was_asked_for(
    words, others, root, monkeypatch, capfd
):
    measured = grid.measure_grid

    def meanwhile(*given):
        with monkeypatch.context() as patch:
            patch.setattr(grid, "measure_grid", measured)
            assert small.run("ingest", *others) == 0
        return measured(*given)

    monkeypatch.setattr(grid, "measure_grid", meanwhile)
    assert small.run("run", *words) == 2
    assert "sentences/corpus=conllu was made anew by another run" in said(capfd)
    assert not (root / "tables").exists()


def test_shards_that_are_replaced_while_they_are_read_are_said(
    words, others, root, monkeypatch, capfd
):
    small.tables(*words)
    shutil.rmtree(root / "tables")

    def meanwhile(*_):
        assert small.run("ingest", *others) == 0
        raise IndexError("index 300 is out of bounds")

    monkeypatch.setattr(analysis, "aggregate", meanwhile)
    capfd.readouterr()
    assert small.run("aggregate", *words) == 2
    assert "was made anew by another run" in capfd.readouterr().err.splitlines()[-1]
    assert not (root / "tables").exists()


def test_tables_are_read_in_one_making(words, root):
    small.tables(*words)
    made = manifest.read(root / "tables")
    assert set(read_tables(root, made, ("heads",))) == {"heads"}
    assert small.run("aggregate", *(w for w in words if "min_arcs" not in w)) == 0
    with pytest.raises(UserError, match="was made anew while it was being read"):
        read_tables(root, made)


def test_an_atlas_takes_no_pointers_of_other_sentences(words, others, root, capfd):
    small.tables(*words)
    assert small.run("ingest", *others) == 0
    assert "held other sentences: what was measured of those" in said(capfd)
    with pytest.raises(UserError, match="measured over other sentences"):
        list(exemplars._shards(Lake(root), Cell("local", "trained", 0, "conllu")))


def test_a_report_leads_to_its_own_atlas(words, others, root, capfd):
    words = small.with_atlas(words)
    assert small.run("run", *words) == 0
    page = root / "report/census.html"
    assert "atlas.html" in page.read_text(encoding="utf-8")
    small.tables(*others)
    capfd.readouterr()
    assert small.run("report", *others) == 0
    assert "atlas.html is not of this census" in said(capfd)
    assert "atlas.html" not in page.read_text(encoding="utf-8")
    assert small.run("atlas", *small.with_atlas(others)) == 0
    assert small.run("report", *others) == 0
    assert "atlas.html" in page.read_text(encoding="utf-8")


def test_interventions_that_are_broken_off_leave_no_old_page(words, root, monkeypatch):
    words = [*words, "intervene.sentences=4", "intervene.draws=1"]
    assert small.run("intervene", *words) == 0
    page = root / "report/interventions.html"
    assert page.is_file()

    def broken_off(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(interventions, "write_interventions", broken_off)
    assert small.run("intervene", *words) == 130
    assert not page.exists()


def test_a_checkpoint_that_is_written_meanwhile_is_not_measured(own, root, monkeypatch, capfd):
    load = Checkpoint.load

    def written(self, *given):
        made = load(self, *given)
        path = self.folder / "model.safetensors"
        path.write_bytes(path.read_bytes() + b" ")
        return made

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "load", written)
        assert small.run("run", *own) == 2
    assert "have changed since the run began: run it again" in said(capfd)
    assert not (root / "lake").exists()


def test_a_touched_checkpoint_is_the_same(own, monkeypatch):
    load = Checkpoint.load

    def touched(self, *given):
        made = load(self, *given)
        os.utime(self.folder / "config.json")
        return made

    monkeypatch.setattr(Checkpoint, "load", touched)
    assert small.run("run", *own) == 0


def test_cells_of_one_model_are_of_one_checkpoint(words, own, tmp_path, capfd):
    small.tables(*words)
    with open(tmp_path / "own/config.json", "a", encoding="utf-8") as file:
        file.write("\n")
    assert small.run("measure", *own, "control=random_weights") == 0
    capfd.readouterr()
    assert small.run("aggregate", *own, "control=[trained,random_weights]") == 2
    assert "measured from different files of local" in said(capfd)


def test_files_of_the_living_stay_where_folders_are_shared(tmp_path):
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    names = {who: tmp_path / f".census.md.{n}.tmp" for who, n in (
        ("dead", ended.pid), ("living", os.getppid()), ("own", os.getpid()), ("none", "x"),
    )}  # fmt: skip
    for path in names.values():
        path.write_text("half")
    sweep(tmp_path, shared=True)
    assert {who for who, path in names.items() if path.exists()} == {"living"}
    sweep(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_project_hangs_on_files_of_ones_own(own, sentences, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert small.run("init", "project") == 0
    monkeypatch.chdir(tmp_path / "project")
    words = [word for word in own if not word.startswith("root=")]

    def hashes() -> dict[str, str]:
        assert small.run("compose", "--code", *words) == 0
        return yaml.safe_load(Path("data/resolved/code.yaml").read_text(encoding="utf-8"))

    def changed(before: dict[str, str]) -> set[str]:
        after = hashes()
        return {stage for stage in before if before[stage] != after[stage]}

    before = hashes()
    assert changed(before) == set()
    sentences.write_text(small.conllu(15), encoding="utf-8")
    assert changed(before) == {"ingest"}
    os.utime(tmp_path / "own/config.json", ns=(1, 1))
    assert changed(before) == {"ingest", "measure"}


def test_conf_that_is_not_read_is_said(tmp_path, monkeypatch, capfd):
    (tmp_path / "conf/model").mkdir(parents=True)
    (tmp_path / "conf/model/mine.yaml").write_text("_target_: x.Y\n")
    monkeypatch.chdir(tmp_path)
    assert small.run("run", "model=mine") == 2
    assert "conf/ here has no census.yaml and is not read" in said(capfd)
