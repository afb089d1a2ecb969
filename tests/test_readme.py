"""The README says what is so: its result is the report's, its commands run, its links exist."""

import re
import shlex
from pathlib import Path

import pytest

from pipeline.nursery import recipes
from pipeline.stages.cli import main
from tests import tiny
from tests.conftest import ROOT
from tests.nursery.little import RECIPES
from tests.stages import small

README = (ROOT / "README.md").read_text(encoding="utf-8")
RUN_BY_CI = {"make repro", "make test"}
NOT_A_COMMAND = {". .venv/bin/activate"}


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.S)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and line not in NOT_A_COMMAND]


@pytest.mark.parametrize(
    ("mark", "page"), [("result", "census.md"), ("interventions", "interventions.md")]
)
def test_the_results_are_the_reports(mark, page):
    report = (ROOT / "reports" / page).read_text(encoding="utf-8")
    result = README.split(f"<!-- {mark} -->\n")[1].split(f"\n<!-- /{mark} -->")[0]
    for part in result.split("\n\n"):
        assert part
        assert part in report


def test_links_and_pictures_are_there():
    targets = re.findall(r"\]\(([^)#]+)", README)
    assert len(targets) >= 4
    for target in targets:
        assert (ROOT / target).exists(), target


def test_ci_runs_what_is_left_to_it():
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert set(commands()) >= RUN_BY_CI
    for command in RUN_BY_CI:
        assert f"\n{command}\n" in script


@pytest.fixture
def places(tmp_path, treebank) -> dict[str, Path]:
    """What stands in the README in capitals."""
    texts = {
        "FILE": "\n\n".join(_blocks(treebank)[:12]) + "\n\n",
        "TEXT": "\n".join(tiny.TEXTS),
        "EN": "the doctor barks\ndogs , of course\n",
        "DE": "doctor barks\ncats don't\n",
        "PHARAOH": "0-0 1-0 2-1\n0-0 1?1\n",
    }
    for name, text in texts.items():
        (tmp_path / name.lower()).write_text(text, encoding="utf-8")
    models = {"DIR": tiny.save(tmp_path / "model"), "SEQ2SEQ": tiny.save(tmp_path / "two", "bart")}
    return models | {name: tmp_path / name.lower() for name in texts}


FEWER = {
    "run": ["analysis.bootstrap=20", "atlas.sentences=1"],
    "intervene": ["analysis.bootstrap=20", "intervene.sentences=4", "intervene.draws=1"],
}
"""Replicates and sentences, for the sake of time alone."""
SLOW = {"headcensus nursery", "headcensus calibrate"}


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(command, marks=[pytest.mark.slow] if command in SLOW else [])
        for command in commands()
        if command not in RUN_BY_CI
    ],
)
def test_every_other_command_runs(command, places, tmp_path, monkeypatch, capsys):
    words = shlex.split(command)
    assert words.pop(0) == "headcensus"
    named = re.compile(rf"=({'|'.join(places)})$")
    words = [named.sub(lambda m: f"={places[m[1]]}", word) for word in words]
    words = [word.replace("root=out", f"root={tmp_path / 'out'}") for word in words]
    if words[0] == "nursery":
        for name, recipe in RECIPES.items():  # the real ones take minutes
            monkeypatch.setattr(recipes, name.upper(), recipe)
        words += ["models=[mt]", "measured=30", f"root={tmp_path}", f"report={tmp_path}"]
    if words[0] in FEWER:
        words += FEWER[words[0]]
    if words[0] == "compare":
        grid = ["model=minilm", "control=[trained,random_weights]", "corpus.limit=12"]
        small.tables(*grid, "analysis.bootstrap=20", f"root={tmp_path}")
        words = [word.replace("root=data", f"root={tmp_path}") for word in words]
    if words[0] == "calibrate":  # the real one takes minutes
        words += ["calibrate.simulations=1", "calibrate.repeats=1", "corpus.limit=300"]
        words += ["analysis.min_arcs=30", f"calibrate.report={tmp_path}", f"root={tmp_path}"]
    assert main(words) == 0
    if words[0] == "run":
        assert (tmp_path / "out/report/census.html").is_file()
    elif words[0] == "intervene":
        assert (tmp_path / "out/report/interventions.html").is_file()
    elif words[0] == "atlas":
        assert (tmp_path / "out/report/atlas.html").is_file()
    elif words[0] == "compare":
        page = tmp_path / "report" / f"compare--{words[1]}--{words[2]}.html"
        assert "random_weights" in page.read_text(encoding="utf-8")
    elif words[0] == "calibrate":
        assert "5 simulated censuses" in (tmp_path / "method.md").read_text(encoding="utf-8")
    elif words[0] == "nursery":
        report = (tmp_path / "nursery.md").read_text(encoding="utf-8")
        for picture in re.findall(r"\]\((nursery/[^)]+)\)", report):
            assert (tmp_path / picture).is_file()
        assert "| 30 |" in report
        assert "cross L" in report
    else:
        assert "minilm" in capsys.readouterr().out


def test_the_snippet_runs(tmp_path, treebank, monkeypatch, capsys):
    few = tmp_path / "few.conllu"
    few.write_text("\n\n".join(_blocks(treebank)[:12]) + "\n\n", encoding="utf-8")
    model = tiny.save(tmp_path / "model")
    overrides = [
        f"model.path={model}",
        "corpus=conllu",
        f"corpus.path={few}",
        "control=[trained,random_weights]",
    ]
    small.tables("model=local", *overrides, "analysis.bootstrap=20", f"root={tmp_path / 'data'}")
    monkeypatch.chdir(tmp_path)
    snippets = re.findall(r"```python\n(.*?)```", README, re.S)
    assert snippets
    for snippet in snippets:
        exec(compile(snippet, "README.md", "exec"), {})
    assert "deprel" in capsys.readouterr().out


def _blocks(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").strip().split("\n\n")
