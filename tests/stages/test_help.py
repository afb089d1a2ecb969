"""Help is quick to come, fits a terminal, and has an example for each command, which is right."""

import os
import re
import shlex
import subprocess
import sys

import pytest
import yaml

from pipeline.stages import actions, overrides
from pipeline.stages.commands import COMMANDS
from tests.conftest import ROOT
from tests.stages import small

ALL = ["", *COMMANDS]
HEAVY = {"torch", "transformers", "datasets", "polars", "pyarrow", "hydra", "numpy", "pydantic"}
QUICK = [["--help"], ["--version"], ["list"], *([name, "--help"] for name in COMMANDS)]


@pytest.fixture(scope="module")
def imported() -> dict[str, list[str]]:
    """What a process of its own has imported after each of the quick commands, one by one."""
    code = f"""
import sys
from pipeline.stages import cli
for words in {QUICK!r}:
    try:
        cli.main(words)
    except SystemExit:
        pass
    print("\\0", " ".join(words), *sorted({HEAVY!r} & set(sys.modules)), sep="\\0")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split("\0")[2:] for line in done.stdout.splitlines() if line.startswith("\0")]
    return {words: found for words, *found in lines}


@pytest.mark.parametrize("words", [" ".join(words) for words in QUICK])
def test_nothing_heavy_is_imported(imported, words):
    assert imported[words] == []


def test_whoever_only_checks_a_config_imports_no_model():
    """Every plug-in is imported for its fields; models take seconds more than torch alone."""
    files = sorted((ROOT / "conf").glob("*/*.yaml"))
    targets = {yaml.safe_load(file.read_text(encoding="utf-8")).get("_target_") for file in files}
    modules = sorted(target.rpartition(".")[0] for target in targets - {None})
    assert {"pipeline.engines.serial", "pipeline.models.checkpoint"} <= set(modules)
    code = f"import sys, {', '.join(modules)}\nprint('transformers.modeling_utils' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT
    )
    assert (done.returncode, done.stdout) == (0, "False\n")


@pytest.mark.parametrize(("word", "code"), [("list", 0), ("lsit", 2)])
def test_who_closes_a_stream_is_told_nothing(word, code):
    run = f"{sys.executable} -m pipeline.stages.cli {word} >&-"
    done = subprocess.run(
        ["sh", "-c", run], cwd=ROOT, stderr=subprocess.PIPE, text=True, timeout=60
    )
    assert done.returncode == code
    assert done.stderr.count("\n") == (code > 0)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("word", "code"), [("list", 0), ("run --help", 0), ("lsit", 2)])
def test_who_leaves_before_all_is_said_stops_nothing(word, code):
    reader, writer = os.pipe()
    os.close(reader)
    run = [sys.executable, "-m", "pipeline.stages.cli", *word.split()]
    done = subprocess.run(
        run, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60
    )
    os.close(writer)
    assert (done.returncode, done.stderr.count("\n")) == (code, code > 0)


@pytest.fixture
def said(capsys):
    def said(name: str) -> str:
        assert small.run(*[name][: bool(name)], "--help") == 0
        return capsys.readouterr().out

    return said


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("columns", ["20", "80", "200"])
def test_help_fits_in_80_columns(said, name, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    text = said(name)
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


@pytest.mark.parametrize("name", ALL)
def test_help_has_an_example_and_names_nothing_of_ours(said, name):
    text = said(name)
    assert re.search(rf"example(s)?:\n  headcensus {name}", text)
    assert not re.search(r"pipeline[/.]|\.py\b|site-packages|_work|/root|None", text)


def test_the_common_path_comes_first(said):
    text = said("")
    found = [match[1] for match in re.finditer(r"^  (\w+) ", text, re.MULTILINE)]
    assert [name for name in found if name in COMMANDS] == list(COMMANDS)
    assert found[:3] == ["run", "init", "list"]


def test_each_command_has_its_action_and_each_stage_of_dvc_its_command():
    for name in COMMANDS:
        assert callable(getattr(actions, name))
    content = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
    assert set(content["stages"]) <= set(COMMANDS)
    for name, stage in content["stages"].items():
        assert stage["cmd"].split()[:2] == ["headcensus", name]
        assert COMMANDS[name].resolved is ("--resolved" in stage["cmd"])


EXAMPLES = [(name, typed) for name, command in COMMANDS.items() for typed, _ in command.examples]


@pytest.mark.parametrize(("name", "typed"), EXAMPLES)
def test_an_example_is_what_the_command_takes(name, typed):
    tool, asked, *words = shlex.split(typed)
    assert (tool, asked) == ("headcensus", name)
    if COMMANDS[name].words and name not in ("init", "compare", "nursery", "publish"):
        for word in words if "--resolved" not in words else []:
            overrides.split(word)
    assert (not words) or COMMANDS[name].words


NEAR = {
    "measur": "measure",
    "comapre": "compare",
    "lst": "list",
    "--verson": None,
}


@pytest.mark.parametrize("word", NEAR)
def test_a_mistyped_command_is_told_what_is_near(word, capsys):
    assert small.run(word) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "see headcensus --help" in err
    if NEAR[word]:
        assert f"did you mean {NEAR[word]}?" in err


@pytest.mark.parametrize(
    ("word", "name"),
    [("model=minilmm", "minilm"), ("corpus=treebnk", "treebank"), ("control=trainde", "trained")],
)
def test_a_mistyped_name_is_told_what_is_near(word, name, tmp_path, capsys):
    assert small.run("run", word, f"root={tmp_path}/out") == 2
    line = capsys.readouterr().err
    assert f"did you mean {name}?" in line
    assert "there are " in line
    assert not (tmp_path / "out").exists()


def test_version_says_what_is_installed(capsys):
    from importlib.metadata import version

    assert small.run("--version") == 0
    assert capsys.readouterr().out == f"headcensus {version('headcensus')}\n"
