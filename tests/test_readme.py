"""The pages say what is so: results are the reports', commands run, what is named is there."""

import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from pkgutil import resolve_name

import fsspec
import pytest
import torch
import yaml

from pipeline.core.errors import UserError
from pipeline.lake import remote
from pipeline.lake.layout import control_and_seed
from pipeline.nursery import recipes
from pipeline.stages import calibrate
from pipeline.stages.cells import requested
from pipeline.stages.cli import main
from pipeline.stages.commands import COMMANDS as STAGES
from pipeline.stages.overrides import SECTIONS
from tests import documents, tiny
from tests.conftest import ROOT
from tests.nursery.little import RECIPES

README = documents.read(ROOT / "README.md")
COMMANDS = list(documents.commands())
RUN_BY_CI = {"make repro", "make test"}
OF_A_PROJECT = ["headcensus init my-census", "cd my-census", "dvc repro"]
INSTALL = "pip install -c requirements.lock '.[dvc]'"
NOT_A_COMMAND = {". .venv/bin/activate"}
OWN = next(c for c in COMMANDS if c.startswith("headcensus run model=local model.path=DIR"))
AFTER_IT = {c for c in COMMANDS if c.split()[1] in ("verify", "repair", "publish")}
"""Of the root that `OWN` makes."""
AFAR = next(c for c in COMMANDS if "s3://" in c)
URL, STORE = "s3://bucket/prefix", "memory://lakes/pages"
EXTRAS = {"engine=ray": "ray", "engine=submitit": "submitit"}
SLOW = {"headcensus nursery", "headcensus calibrate"}
EACH_PAGE = pytest.mark.parametrize("page", documents.PAGES, ids=lambda page: page.name)


@pytest.mark.parametrize(
    ("mark", "page"), [("result", "census.md"), ("interventions", "interventions.md")]
)
def test_the_results_are_the_reports(mark, page):
    report = (ROOT / "reports" / page).read_text(encoding="utf-8")
    result = README.split(f"<!-- {mark} -->\n")[1].split(f"\n<!-- /{mark} -->")[0]
    for part in result.split("\n\n"):
        assert part
        assert part in report


def test_what_the_halves_do_is_what_the_calibration_found():
    page = (ROOT / "reports/method.md").read_text(encoding="utf-8")
    said = page.splitlines()[2].removesuffix(".").rpartition("; ")[2]
    assert said.startswith("of 60 halvings of the whole corpus, ")
    assert said in " ".join(README.split())


@EACH_PAGE
def test_links_and_pictures_are_there(page):
    targets = re.findall(r"\]\(([^)#\s]+)", documents.prose(page))
    assert targets or page.parent != ROOT
    for target in targets:
        if not target.startswith("https://"):
            assert (page.parent / target).exists(), target


def test_ci_runs_what_is_left_to_it():
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert set(COMMANDS) >= RUN_BY_CI
    for command in RUN_BY_CI:
        assert re.search(rf"^{command}( [A-Z]+=.*)?$", script, re.MULTILINE), command


def keys_of(section: str) -> set[str]:
    """Every key that a file of the section's folder may have."""
    keys: set[str] = set()
    for path in (ROOT / "conf" / section).glob("*.yaml"):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        keys |= set(content)
        if "_target_" in content:
            keys |= {field.name for field in fields(resolve_name(content["_target_"]))}
    return keys


@EACH_PAGE
def test_what_is_named_is_there(page):
    """Targets of make, stages, keys, names of configs, and files, wherever a page has them."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    new = {written.file for written in documents.recipes()}
    for code in re.findall(r"`([^`\n]+)`", documents.prose(page)):
        if target := re.fullmatch(r"make ([\w-]+)", code):
            assert f"\n{target[1]}: " in makefile, code
        if stage := re.match(r"headcensus (\w+)", code):
            assert stage[1] in STAGES, code
        for word in code.split():
            key = re.match(rf"({'|'.join(SECTIONS)})\.([a-z]\w*)(=|$)", word)
            if key and not word.endswith(".py"):
                module = ROOT / f"pipeline/{key[1]}/{key[2]}.py"
                assert key[2] in keys_of(key[1]) or module.is_file(), code
            if group := re.fullmatch(r"(model|control|corpus|engine)=\[?([\w,~-]+)\]?", word):
                for name in group[2].split(","):
                    name, _ = control_and_seed(name.partition("~")[0])
                    assert name.isupper() or (ROOT / f"conf/{group[1]}/{name}.yaml").is_file(), code
        if re.fullmatch(r"(conf|docs|reports|pipeline|tests)/[\w./-]+\.(md|py|yaml|cpp)", code):
            assert (ROOT / code).is_file() or code in new or code == "conf/model/x.yaml", code


@pytest.fixture(scope="module")
def places(tmp_path_factory, treebank) -> dict[str, Path]:
    """What stands in the pages in capitals."""
    folder = tmp_path_factory.mktemp("places")
    texts = {
        "FILE": "\n\n".join(_blocks(treebank)[:25]) + "\n\n",
        "TEXT": "\n".join(tiny.TEXTS),
        "EN": "the doctor barks\ndogs , of course\n",
        "DE": "doctor barks\ncats don't\n",
        "PHARAOH": "0-0 1-0 2-1\n0-0 1?1\n",
    }
    for name, text in texts.items():
        (folder / name.lower()).write_text(text, encoding="utf-8")
    models = {"DIR": tiny.save(folder / "model"), "SEQ2SEQ": tiny.save(folder / "two", "bart")}
    return models | {name: folder / name.lower() for name in texts}


def words_of(command: str, places: dict[str, Path], root: str | Path) -> list[str]:
    """The command's words here: `root` in place of out, and a CPU where there is no GPU."""
    first, *words = shlex.split(command)
    assert first == "headcensus"
    named = re.compile(rf"=({'|'.join(places)})$")
    words = [named.sub(lambda m: f"={places[m[1]]}", word) for word in words]
    if not torch.cuda.is_available():
        words = [word.replace("=cuda", "=cpu") for word in words]
    return [re.sub(rf"^root=(out|{URL})$", f"root={root}", word) for word in words]


@pytest.fixture(scope="module")
def out(places, tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("own") / "out"
    assert main(words_of(OWN, places, root)) == 0
    return root


@pytest.fixture(scope="module")
def afar(places, tmp_path_factory):
    """A store in memory stands for the bucket."""
    with pytest.MonkeyPatch.context() as patch:
        mirrors = tmp_path_factory.mktemp("mirrors")
        patch.setattr(remote, "_mirrors", lambda: mirrors)
        assert main(words_of(AFAR, places, STORE)) == 0
        yield fsspec.filesystem("memory")
    fsspec.filesystem("memory").store.clear()


def test_the_first_command_of_ones_own(out):
    assert (out / "report/census.html").is_file()
    assert (out / "report/atlas.html").is_file()


@pytest.mark.parametrize("command", sorted(AFTER_IT))
def test_what_comes_after_it(command, out, places, capsys):
    assert main(words_of(command, places, out)) == 0
    said = capsys.readouterr().out
    assert "as they were written" in said or "OWNER/NAME" in said


def test_a_lake_on_a_store(afar):
    assert afar.exists("/lakes/pages/report/census.html")


def _marks(command: str) -> list:
    if command in SLOW:
        return [pytest.mark.promises]
    return [pytest.mark.faults] if any(word in EXTRAS for word in command.split()) else []


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(command, marks=_marks(command))
        for command in COMMANDS
        if command not in {*RUN_BY_CI, *OF_A_PROJECT, *NOT_A_COMMAND, *AFTER_IT}
        and command not in (INSTALL, OWN, AFAR)
    ],
)
def test_every_other_command_runs(command, places, tmp_path, monkeypatch, capsys):
    words = words_of(command, places, tmp_path / "out")
    for word in words:
        if word in EXTRAS:
            pytest.importorskip(EXTRAS[word])
    if "engine=submitit" in words:  # processes here in place of Slurm's
        words += ["engine.cluster=local", f"engine.folder={tmp_path / 'jobs'}", "engine.cpus=1"]
        words = [word for word in words if word != "engine.gpus=1"]
    if words[0] == "nursery":
        for name, recipe in RECIPES.items():  # the real ones take minutes
            monkeypatch.setattr(recipes, name.upper(), recipe)
        words += ["models=[mt]", "measured=30", f"root={tmp_path}", f"report={tmp_path}"]
    if words[0] == "compare":
        grid = ["model=minilm", "control=[trained,random_weights]", "corpus.limit=40"]
        assert main(["run", *grid, f"root={tmp_path}", "atlas.sentences=0"]) == 0
        words = [word.replace("root=data", f"root={tmp_path}") for word in words]
    if words[0] == "calibrate":  # the real one takes minutes
        for name, fewer in {"SHARES": (0.2, 1.0), "DRAWS": 2, "RELATIONS": 2}.items():
            monkeypatch.setattr(calibrate, name, fewer)
        words += ["calibrate.simulations=1", "calibrate.repeats=1", "corpus.limit=100"]
        words += ["analysis.min_arcs=10", f"calibrate.report={tmp_path}", f"root={tmp_path}"]
    assert main(words) == 0
    if words[0] == "run":
        assert (tmp_path / "out/report/census.html").is_file()
    elif words[0] == "intervene":
        assert (tmp_path / "out/report/interventions.html").is_file()
    elif words[0] == "atlas":
        assert (tmp_path / "out/report/atlas-text.html").is_file()
    elif words[0] == "compare":
        page = tmp_path / "report" / f"compare--{words[1]}--{words[2]}.html"
        assert "random_weights" in page.read_text(encoding="utf-8")
    elif words[0] == "calibrate":
        assert "(1 of the kind)" in (tmp_path / "method.md").read_text(encoding="utf-8")
    elif words[0] == "nursery":
        report = (tmp_path / "nursery.md").read_text(encoding="utf-8")
        for picture in re.findall(r"\]\((nursery/[^)]+)\)", report):
            assert (tmp_path / picture).is_file()
        assert "| 30 |" in report
        assert "cross L" in report
    else:
        assert "minilm" in capsys.readouterr().out


@pytest.mark.parametrize("command", [c for c in COMMANDS if set(c.split()) & set(EXTRAS)])
def test_words_for_an_extra_are_words(command, places, tmp_path):
    """It runs with the extra alone (`make test-faults`); a key that is none is found without."""
    _, *words = words_of(command, places, tmp_path / "out")
    (_, config) = requested(words).resolved()[0]
    assert config["engine"]["_target_"].endswith(("OnRay", "OnSubmitit"))
    with pytest.raises(UserError, match=r"engine\.partitions"):
        requested([*words, "engine.partitions=x"]).resolved()


def test_a_project_of_ones_own(tmp_path, monkeypatch):
    assert set(COMMANDS) >= set(OF_A_PROJECT)
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(OF_A_PROJECT[0])[1:]) == 0
    for needed in ("conf/grid.yaml", "dvc.yaml"):
        assert (tmp_path / "my-census" / needed).is_file()
    # tests/test_wheel.py runs them.
    stages = [sys.executable, "-m", "dvc", "stage", "list", "--name-only"]
    done = subprocess.run(stages, cwd=tmp_path / "my-census", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {"compose", "measure@minilm-trained-treebank", "report"} <= set(done.stdout.split())


@pytest.mark.promises
def test_an_install_brings_the_package(tmp_path):
    """Without what it needs, which is here."""
    there = ["--no-deps", "--no-build-isolation", "--quiet", "--target", str(tmp_path)]
    command = [sys.executable, "-m", *shlex.split(INSTALL), *there]
    assert INSTALL in COMMANDS
    subprocess.run(command, cwd=ROOT, check=True)
    assert (tmp_path / "pipeline/stages/cli.py").is_file()
    assert (tmp_path / "bin/headcensus").is_file()


@pytest.mark.parametrize(
    "snippet",
    [text for text, page in documents.blocks("python").items() if page != documents.RECIPES],
    ids=lambda text: text.splitlines()[-1][:30],
)
def test_a_snippet_runs(snippet, request, capsys):
    if URL in snippet:
        request.getfixturevalue("afar")
    code = snippet.replace(URL, STORE)
    if 'root="data"' in code:
        code = code.replace('root="data"', f"root={str(request.getfixturevalue('out'))!r}")
    exec(compile(code, "page", "exec"), {})
    assert "print(" not in code or "│" in capsys.readouterr().out


def _blocks(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").strip().split("\n\n")
