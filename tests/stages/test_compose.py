"""One resolved file per cell and per corpus, one for all: what DVC hangs its stages on."""

import pytest
import yaml

from pipeline.core.errors import UserError
from pipeline.lake.layout import Cell
from pipeline.stages import cells
from pipeline.stages.compose import Grid, _first_seeds, resolve, write_resolved
from tests.stages import small


@pytest.fixture
def composed(tmp_path, capfd):
    def composed(*words: str) -> dict[str, dict]:
        assert small.run("compose", "model=local", "model.path=m", f"root={tmp_path}", *words) == 0
        assert capfd.readouterr() == ("", "")
        files = sorted((tmp_path / "resolved").iterdir())
        return {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in files}

    return composed


def test_a_file_per_cell_and_corpus_and_one_for_all(composed, tmp_path):
    files = composed("control=[trained,random_weights-1]", "measure.batch_pieces=64")
    assert set(files) == {
        "atlas.yaml",
        "intervene.yaml",
        "census.yaml",
        "corpus-treebank.yaml",
        "local-trained-treebank.yaml",
        "local-random_weights-1-treebank.yaml",
    }
    cell = files["local-random_weights-1-treebank.yaml"]
    assert cell["cell"] == {
        "model": "local", "control": "random_weights", "seed": 1, "corpus": "treebank",
    }  # fmt: skip
    assert cell["measure"]["batch_pieces"] == 64
    assert files["corpus-treebank.yaml"]["name"] == "treebank"
    assert [c["control"] for c in files["census.yaml"]["cells"]] == ["trained", "random_weights"]
    assert [c["cell"]["control"] for c in files["atlas.yaml"]["cells"]] == [
        "trained", "random_weights",
    ]  # fmt: skip
    assert all(file["root"] == str(tmp_path) for file in files.values())


def test_a_cell_taken_off_the_grid_leaves_no_file(composed, tmp_path):
    composed("control=[trained,random_weights-1]")
    (tmp_path / "resolved/.census.yaml.1.tmp").write_text("left by a process that died")
    assert set(composed()) == {
        "atlas.yaml",
        "intervene.yaml",
        "census.yaml",
        "corpus-treebank.yaml",
        "local-trained-treebank.yaml",
    }


def test_the_same_words_give_the_same_bytes(composed, tmp_path):
    composed()
    first = small.files(tmp_path)
    composed()
    assert small.files(tmp_path) == first


def test_resolved_files_do_what_the_words_do(words, root, tmp_path, monkeypatch, capfd):
    """The stages, one by one, from resolved files: as DVC calls them."""
    words = small.with_atlas(words)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").symlink_to(small.ROOT / "conf")
    assert small.run("compose", *words) == 0
    resolved = root / "resolved"
    for stage, file in (
        ("ingest", "corpus-conllu"),
        ("measure", "local-trained-conllu"),
        ("aggregate", "census"),
        ("atlas", "atlas"),
        ("report", "census"),
    ):
        assert small.run(stage, "--resolved", resolved / f"{file}.yaml") == 0, capfd.readouterr()
    page = (tmp_path / "reports/census.html").read_text(encoding="utf-8")
    assert 'href="atlas.html#model=local' in page
    assert (tmp_path / "reports/atlas.html").is_file()
    by_stages = small.files(root)
    other = [word for word in words if not word.startswith("root=")]
    small.tables(*other, f"root={tmp_path}/other")
    for name, content in small.files(tmp_path / "other").items():
        assert by_stages[name] == content, name


def test_a_resolved_file_of_another_stage_is_refused(words, root, tmp_path, capfd):
    assert small.run("compose", *words) == 0
    file = root / "resolved/corpus-conllu.yaml"
    for stage in ("measure", "aggregate", "report"):
        assert small.run(stage, "--resolved", file) == 2
        assert str(file) in capfd.readouterr().err
    assert small.run("ingest", "--resolved", file, "corpus.limit=1") == 2
    assert "headcensus compose" in capfd.readouterr().err
    (tmp_path / "list.yaml").write_text("- a")
    assert small.run("ingest", "--resolved", tmp_path / "list.yaml") == 2
    assert {path.name for path in root.iterdir()} == {"resolved"}


@pytest.mark.parametrize("key", ["cell", "root", "model", "control", "measure", "lake", "engine"])
@pytest.mark.parametrize("stage", ["atlas", "intervene"])
def test_a_resolved_file_whose_cells_lack_a_key_is_refused(stage, key, words, root, capfd):
    assert small.run("compose", *small.with_atlas(words)) == 0
    file = root / f"resolved/{stage}.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        del cell[key]
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert small.run(stage, "--resolved", file) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert f"{file}: an entry of cells is without one of" in err
    assert key in err


@pytest.mark.parametrize(
    ("models", "corpora"),
    [(("a", "a-trained-b"), ("c", "b-trained-c")), (("corpus",), ("c", "trained-c"))],
)
def test_two_files_of_one_name_are_refused(models, corpora):
    """One would be written over the other, and DVC would measure a cell fewer."""
    with pytest.raises(UserError, match="would be the name of 2"):
        Grid(models, ("trained",), corpora)


def test_of_seeds_the_first_is_changed():
    made = Grid(("m",), ("random_weights-2", "random_weights", "trained"), ("c", "d")).cells()
    assert [(c.control, c.seed, c.corpus) for c in _first_seeds(made)] == [
        ("random_weights", 2, "c"),
        ("trained", 0, "c"),
        ("random_weights", 2, "d"),
        ("trained", 0, "d"),
    ]


def test_an_atlas_is_of_the_first_corpus(tmp_path):
    words = ("model.path=m", f"root={tmp_path}")
    write_resolved(tmp_path, Grid(("local",), ("trained",), ("treebank", "invented")), words)
    content = yaml.safe_load((tmp_path / "atlas.yaml").read_text(encoding="utf-8"))
    assert [cell["cell"]["corpus"] for cell in content["cells"]] == ["treebank"]


def test_a_model_is_not_composed_twice(tmp_path):
    words = ("model.path=m", "model.revision=null", f"root={tmp_path}")
    with pytest.raises(UserError, match=r"model=\[local,gpt2\]: they are one and the same"):
        write_resolved(tmp_path, Grid(("local", "gpt2"), ("trained",), ("treebank",)), words)


def test_a_resolved_file_of_no_cells_is_refused(tmp_path):
    content = {"root": "r", "cells": [], "measure": {}, "analysis": {}, "report": {}}
    (tmp_path / "census.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(UserError, match="cells is no list of cells"):
        cells.census(tmp_path / "census.yaml", ())


@pytest.mark.parametrize("key", ["margin", "tables_folder"])
def test_what_a_report_repeats_is_refused_before_anything_is_made(key):
    """It is taken from the rules that the tables were made with."""
    words = ("model.path=m", "corpus.path=c", f"report.{key}=0.2")
    with pytest.raises(UserError, match=f"unknown key report.{key}"):
        resolve(Cell("local", "trained", 0, "conllu"), words)
