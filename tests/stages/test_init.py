"""`headcensus init` lays a whole project, or nothing: the checkout's stages, but for code."""

import shutil
from pathlib import Path

import pytest
import yaml

from pipeline import shipped as places
from pipeline.corpora.base import read
from pipeline.corpora.treebank import Treebank
from pipeline.stages import lay, project
from tests.conftest import ROOT
from tests.stages import small

CHECKOUT = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
TOPS = {"conf", "dvc.yaml", ".gitignore", ".dvcignore", ".dvc", "README.md"}


@pytest.fixture
def laid(tmp_path, capsys) -> Path:
    folder = tmp_path / "new/project"
    assert small.run("init", folder) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "dvc repro" in out
    return folder


def test_what_is_laid(laid):
    assert {path.name for path in laid.iterdir()} == TOPS
    for path in (ROOT / "conf").rglob("*.yaml"):
        assert (laid / path.relative_to(ROOT)).read_bytes() == path.read_bytes()
    assert "no_scm = true" in (laid / ".dvc/config").read_text()
    texts = [path.read_text(encoding="utf-8") for path in laid.rglob("*") if path.is_file()]
    # Neither where headcensus lies nor where the project was laid.
    assert not any(str(place) in text for place in (ROOT, laid, Path.home()) for text in texts)
    ignored = (laid / ".gitignore").read_text(encoding="utf-8").splitlines()[1:]
    assert ignored
    assert all(line.startswith(("/data/", "/reports/")) for line in ignored)


def test_the_folder_one_stands_in_may_be_laid_into(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / ".git").mkdir()
    assert small.run("init") == 0
    assert {path.name for path in tmp_path.iterdir()} == {*TOPS, "notes.txt", ".git"}
    assert "no_scm" not in (tmp_path / ".dvc/config").read_text()
    assert "\n  cd " not in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(TOPS))
def test_a_folder_that_has_any_of_it_is_refused(name, tmp_path, capsys):
    (tmp_path / name).write_text("here already")
    assert small.run("init", tmp_path) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert f"has {name} already" in err
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "here already"


def test_what_is_no_folder_is_refused(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file/below"):
        assert small.run("init", folder) == 2
        assert "another folder" in capsys.readouterr().err


def test_a_disk_that_fails_leaves_nothing(tmp_path, monkeypatch, capsys):
    def full(path, target):
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(lay.os, "rename", full)
    assert small.run("init", tmp_path / "new") == 1
    assert "No space left" in capsys.readouterr().err
    assert list((tmp_path / "new").iterdir()) == []


def test_the_pipeline_is_the_checkouts_but_for_code(laid):
    ours = yaml.safe_load((laid / "dvc.yaml").read_text(encoding="utf-8"))
    assert ours["vars"] == CHECKOUT["vars"]
    assert list(ours["stages"]) == list(CHECKOUT["stages"])
    for name, stage in CHECKOUT["stages"].items():
        mine = ours["stages"][name]
        rest = set(stage) | set(mine)
        for key in rest - {"cmd", "deps", "params", "always_changed"}:
            assert mine[key] == stage[key]
        assert mine["cmd"].removesuffix(" --code") == stage["cmd"]
        assert set(mine.get("deps", ())) <= set(stage["deps"])
        for dep in mine.get("deps", ()):
            assert dep.startswith(("conf", "data/", "reports/"))
            assert not (ROOT / dep).is_file() or "reports" in dep
        hashed = [p for p in mine.get("params", ()) if "data/resolved/code.yaml" in p]
        assert hashed == ([] if name == "compose" else [{"data/resolved/code.yaml": [name]}])
        assert [p for p in mine.get("params", ()) if p not in hashed] == stage.get("params", [])
    assert ours["stages"]["compose"]["always_changed"] is True


def test_a_stages_hash_is_that_of_the_code_it_hangs_on(tmp_path, monkeypatch):
    """An upgrade that changes the report makes the report again, and no model is measured."""
    before = lay.code_of_stages()
    assert before == lay.code_of_stages()
    assert set(before) == set(CHECKOUT["stages"]) - {"compose"}
    code = tmp_path / "pipeline"
    shutil.copytree(lay.CODE, code, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(lay, "CODE", code)
    assert lay.code_of_stages() == before
    for file, touched in (
        ("report/markdown.py", {"report", "intervene"}),
        ("corpora/conllu.py", {"ingest"}),
        ("core/layout.py", {"measure", "atlas", "intervene"}),
        ("engines/on_ray.py", set()),
    ):
        (code / file).write_bytes((code / file).read_bytes() + b"# another version\n")
        now = lay.code_of_stages()
        assert {name for name in now if now[name] != before[name]} == touched
        before = now


def test_compose_says_what_the_code_is_only_where_it_is_asked(laid, monkeypatch):
    monkeypatch.chdir(laid)
    assert small.run("compose", "model=minilm", "control=trained") == 0
    assert not (laid / "data/resolved/code.yaml").exists()
    assert small.run("compose", "--code", "model=minilm", "control=trained") == 0
    written = yaml.safe_load((laid / "data/resolved/code.yaml").read_text(encoding="utf-8"))
    assert written == lay.code_of_stages()


def test_no_resolved_config_holds_a_path_of_this_machine(laid, monkeypatch):
    monkeypatch.chdir(laid)
    assert small.run("compose", "--code") == 0
    for path in (laid / "data/resolved").iterdir():
        text = path.read_text(encoding="utf-8")
        assert not any(str(place) in text for place in (ROOT, laid, Path.home()))
    content = yaml.safe_load((laid / "data/resolved/corpus-treebank.yaml").read_text())
    assert content["corpus"]["path"] == "data/treebank/treebank.conllu"


def test_the_treebank_is_found_from_anywhere_and_ones_own_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shipped = next(read(Treebank()))
    assert shipped == next(read(Treebank(path=str(ROOT / "data/treebank/treebank.conllu"))))
    own = tmp_path / "data/treebank/treebank.conllu"
    own.parent.mkdir(parents=True)
    own.write_text(small.conllu(1), encoding="utf-8")
    mine = next(read(Treebank()))
    assert mine != shipped
    assert mine.sentence_id == "s0"


def test_the_folder_ones_stands_in_goes_before_what_is_shipped(laid, tmp_path, monkeypatch):
    monkeypatch.chdir(laid)
    assert project.conf_folder() == laid / "conf"
    monkeypatch.chdir(tmp_path)
    assert project.conf_folder() == ROOT / "conf"
    packaged = tmp_path / "package/project"
    (packaged / "conf").mkdir(parents=True)
    (packaged / "conf/census.yaml").write_text("")
    monkeypatch.setattr(places, "_PACKAGED", packaged)
    assert project.conf_folder() == packaged / "conf"


def test_what_to_do_next_can_be_pasted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert small.run("init", "my proj [x]") == 0
    assert "\n  cd 'my proj [x]'\n" in capsys.readouterr().out
