"""Resolved files, grids and conf of any YAML: read, or refused in one line and in time."""

import contextlib
import shutil

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from tests.fuzz.laws import DEEP, examples, in_time, obeyed
from tests.stages import small

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{last}'] * 9)}]\n"
    for last, name in zip("abcdefghij", "bcdefghijk", strict=True)
)
TEXTS = {
    "alias bomb": BOMB,
    "bomb in a section": BOMB + "name: c\nroot: r\ncorpus: *k\ningest: *k\nmeasure: *k\n",
    "bomb in a grid": BOMB + "models: *k\ncontrols: *k\ncorpora: *k\n",
    "itself": "&a {root: *a, name: *a, corpus: *a, ingest: *a, measure: *a}",
    "merged": "a: &a {x: 1}\nb: {<<: [*a, *a]}",
    "deep list": "[" * 20_000,
    "deep map": "{a: " * 5000,
    "deep keys": "? " * 3000,
    "long number": "x: 1" + "1" * 5000,
    "no date": "x: 2001-99-99",
    "no timestamp": "x: !!timestamp foo",
    "no integer": "x: !!int ''",
    "no boolean": "x: !!bool foo",
    "no float": "x: !!float foo",
    "no base64": "x: !!binary \xe9",
    "an object": "x: !!python/object/apply:os.system ['id']",
    "nul": "x: \0",
    "list as a key": "{[a]: b}",
    "a sign that there is not": 'x: "\\UFFFFFFFF"',
    "a surrogate": 'x: "\\ud800"',
    "a number": "5",
    "nothing": "",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("stage", ["ingest", "grid", *(("measure", "atlas") if DEEP else ())])
def test_what_is_no_config_is_one_line(tmp_path, text: str, stage: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text, encoding="utf-8")
    root = tmp_path / "out"
    words = [f"grid={path}", f"root={root}"] if stage == "grid" else ["--resolved", path]
    code, said = obeyed(root, "compose" if stage == "grid" else stage, *words)
    assert code == 2
    assert str(path) in said
    assert said.count("\n") == 1
    assert not root.exists()


@pytest.mark.parametrize("name", ["census", "analysis/default"])
@pytest.mark.parametrize("text", ["deep list", "no boolean", "nul"])
def test_what_is_no_conf_is_one_line(tmp_path, monkeypatch, name: str, text: str) -> None:
    shutil.copytree(small.ROOT / "conf", tmp_path / "conf")
    (tmp_path / f"conf/{name}.yaml").write_text(TEXTS[text], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    code, said = obeyed(tmp_path / "out", "ingest", "corpus=conllu", "corpus.path=c")
    assert (code, said.count("\n")) == (2, 1)


STAGES = {
    "corpus-conllu": ("ingest",),
    "local-trained-conllu": ("measure",),
    "census": ("aggregate", "report"),
    "atlas": ("atlas",),
    "intervene": ("intervene",),
}
# fmt: off
NASTY = st.sampled_from(
    [None, 5, [], {}, "", [[]], {1: 2}, "\0", "\udce9", "a\0b", {"_target_": "x.y"}, True,
     "~no/x", {None: 1}, [5], float("nan"), 10**30, b"x", {"a": {"b": 1}}, "x" * 300,
     "../../x", 2**40, -1, "${oc.env:HOME}", ["../.."],
     {"_target_": "pipeline.corpora.conllu.Conllu", "path": ["\0"]}]
)
# fmt: on


@pytest.fixture(scope="module")
def resolved(census, tmp_path_factory) -> dict[str, dict]:
    _, words = census
    folder = tmp_path_factory.mktemp("resolved")
    kept = [word for word in words if not word.startswith("root=")]
    assert small.run("compose", *kept, "control=trained", f"root={folder}") == 0
    return {path.stem: yaml.safe_load(path.read_text()) for path in (folder / "resolved").iterdir()}


def places(content: object, depth: int = 0, above: tuple = ()) -> list[tuple]:
    found = [above]
    if depth < 4 and isinstance(content, dict | list):
        keys = content if isinstance(content, dict) else range(len(content))
        for key in keys:
            found += places(content[key], depth + 1, (*above, key))
    return found


def changed(content, place: tuple, value: object):
    if not place:
        return value
    copy = content.copy()
    copy[place[0]] = changed(content[place[0]], place[1:], value)
    return copy


@examples(30)
@given(st.data())
def test_resolved_files_with_a_value_that_is_another(fresh, census, resolved, data) -> None:
    """What would be long work is not begun: the root has nothing to work on, or has it all."""
    name = data.draw(st.sampled_from(sorted(STAGES)))
    stage = data.draw(st.sampled_from(STAGES[name]))
    place = data.draw(st.sampled_from(places(resolved[name])))
    value = data.draw(NASTY)
    with fresh() as folder:
        root = folder / "in/out"
        root.parent.mkdir()
        content = changed(resolved[name], ("root",), str(root))
        if "cells" in content and name != "census":
            content["cells"] = [changed(cell, ("root",), str(root)) for cell in content["cells"]]
        path = folder / "in/c.yaml"
        path.write_text(yaml.safe_dump(changed(content, place, value)), encoding="utf-8")
        with in_time(), contextlib.chdir(folder / "in"):
            before = {p for p in folder.rglob("*") if not p.is_relative_to(root)}
            code, said = obeyed(root, stage, "--resolved", path)
            after = {p for p in folder.rglob("*") if not p.is_relative_to(root)}
        if code or place != ("root",):
            assert after == before
        assert code != 0 or stage == "ingest"
        assert "HOME" not in said or "oc.env" in said


@examples(10)
@given(
    st.fixed_dictionaries(
        {key: st.lists(NASTY | st.sampled_from(["local", "trained", "conllu"]), max_size=2) | NASTY
         for key in ("models", "controls", "corpora")}
    )
)  # fmt: skip
@example({"models": ["local"], "controls": ["trained-" + "9" * 5000], "corpora": ["conllu"]})
@example({"models": ["local~../../x"], "controls": ["trained"], "corpora": ["conllu"]})
def test_grids_of_any_values(fresh, grid: dict) -> None:
    with fresh() as folder:
        root, path = folder / "in/out", folder / "grid.yaml"
        root.parent.mkdir()
        path.write_text(yaml.safe_dump(grid), encoding="utf-8")
        words = [f"root={root}", "model.path=m", "corpus.path=c"]
        code, _ = obeyed(root, "compose", f"grid={path}", *words)
        assert list(root.parent.iterdir()) == ([] if code else [root])


def test_interpolations_are_made_in_conf_alone(tmp_path, monkeypatch, census) -> None:
    """`conf/` is the user's own code; a word of a command line and a resolved file are data."""
    monkeypatch.setenv("SECRET", "hunter2")
    root = tmp_path / "out"
    words = ["model=local", "model.path=m", "corpus=conllu", "corpus.path=${oc.env:SECRET}"]
    assert small.run("compose", *words, f"root={root}") == 0
    path = root / "resolved/corpus-conllu.yaml"
    assert yaml.safe_load(path.read_text())["corpus"]["path"] == "${oc.env:SECRET}"
    code, said = obeyed(root, "ingest", "--resolved", path)
    assert code == 2
    assert "${oc.env:SECRET}" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("name", ["../../<script>alert(1)</script>%2e", ".."])
def test_names_stay_below_the_root_and_are_text(tmp_path, monkeypatch, census, name, resolved):
    """As far as the report: only a resolved file can hold such names."""
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "in/out"
    cell = {"model": name, "control": name, "seed": 0, "corpus": name}
    contents = {
        "ingest": resolved["corpus-conllu"] | {"name": name},
        "measure": resolved["local-trained-conllu"] | {"cell": cell},
        "aggregate": resolved["census"] | {"cells": [cell]},
        "report": resolved["census"] | {"cells": [cell]},
    }
    for stage, content in contents.items():
        path = tmp_path / "c.yaml"
        path.write_text(yaml.safe_dump(content | {"root": str(root)}), encoding="utf-8")
        code, said = obeyed(root, stage, "--resolved", path)
        assert code == 0, said
    assert {p.name for p in tmp_path.iterdir()} == {"in", "c.yaml", "reports"}
    assert {p.name for p in (tmp_path / "in").iterdir()} == {"out"}
    assert {p.name for p in root.iterdir()} <= {
        "_work",
        "sentences",
        "quarantine",
        "lake",
        "tables",
    }
    page = (tmp_path / "reports/census.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
