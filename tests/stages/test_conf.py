"""Every file in conf/ composes into objects, and the command line is light."""

from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from transformers.models.bert import modeling_bert

from pipeline import atlas
from pipeline.core.errors import UserError
from pipeline.lake.layout import Cell
from pipeline.stages import compose
from pipeline.stages.measure import CellPlan
from pipeline.stages.settings import (
    PLAIN,
    IngestSettings,
    InterveneSettings,
    MeasureSettings,
    build,
    plugin,
)
from tests.stages import small

CONF = Path(__file__).resolve().parents[2] / "conf"
NAMES = [(g, path.stem) for g in compose.GROUPS for path in sorted((CONF / g).glob("*.yaml"))]


def test_there_are_names_of_each_kind():
    assert {group for group, _ in NAMES} == set(compose.GROUPS)


@pytest.mark.parametrize(("group", "name"), NAMES, ids=lambda word: word)
def test_a_config_composes_and_becomes_objects(group, name):
    chosen = {"model": "local", "control": "trained", "corpus": "conllu"} | {group: name}
    content = yaml.safe_load((CONF / group / f"{name}.yaml").read_text(encoding="utf-8"))
    words = ["model.path=m"] if group != "model" or content.get("path") == "???" else []
    words += ["corpus.path=c"] if group != "corpus" or content.get("path") == "???" else []
    cell = Cell(chosen["model"], chosen["control"], 0, chosen["corpus"])
    config = compose.resolve(cell, words)
    plan = CellPlan(config)
    assert plan.cell == cell
    made = {
        "model": plan.checkpoint,
        "control": plan.control,
        "corpus": plugin("corpus", config["corpus"]),
    }[group]
    assert f"{type(made).__module__}.{type(made).__name__}" == content["_target_"]
    for key, value in content.items():
        if key != "_target_" and value != "???":
            assert getattr(made, key) == value
    assert build("ingest", IngestSettings, config["ingest"]).shard_sentences == 1024


@pytest.mark.parametrize("section", PLAIN)
def test_what_conf_says_of_itself_is_what_the_code_says(section):
    """A key that a project's own file leaves out has the code's default: it is the same."""
    content = yaml.safe_load((CONF / section / "default.yaml").read_text(encoding="utf-8"))
    assert build(section, PLAIN[section], content) == PLAIN[section]()


def test_a_census_reads_sentences_end_to_end(checkpoint):
    """Interventions do not: they change padded rows."""
    words = [f"model.path={checkpoint}", "corpus.path=c", "measure.device=cpu"]
    plan = CellPlan(compose.resolve(Cell("local", "trained", 0, "conllu"), words))
    assert plan.subject().first_position == 0
    speaking, _ = plan.speaking_subject()
    assert speaking.first_position is None


def test_who_reads_a_model_compares_it_with_its_eager_attention(checkpoint, monkeypatch):
    words = [f"model.path={checkpoint}", "corpus.path=c", "measure.device=cpu"]
    plan = CellPlan(compose.resolve(Cell("local", "trained", 0, "conllu"), words))
    eager = modeling_bert.eager_attention_forward
    monkeypatch.setattr(
        modeling_bert, "eager_attention_forward", lambda m, q, *a, **k: eager(m, 2 * q, *a, **k)
    )
    for read in (
        plan.subject,
        plan.speaking_subject,
        lambda: atlas.Subject.load("m", plan.checkpoint),
    ):
        with pytest.raises(UserError, match="bert does not compute what it computes by eager"):
            read()


def test_the_grid_of_dvc_composes():
    grid = compose.read_grid(CONF / "grid.yaml")
    for cell in grid.cells():
        assert compose.resolve(cell, [])["cell"]["control"] == cell.control


def test_list_names_every_config_with_its_line(capsys):
    assert small.run("list") == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    # A long line goes on below, behind the column of names.
    lines = out.replace("\n" + " " * 23, " ").splitlines()
    for group, name in NAMES:
        first = (CONF / group / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
        assert f"  {name:<20} {first.lstrip('# ')}" in lines


BROKEN = {
    "[1, 2": "no YAML",
    "\tx: 1": "no YAML",
    "a: 1\na: 2\n": "duplicate key a",
    "- a\n": "holds no keys",
    "": "holds no keys",
    "5": "holds no keys",
    "_target_: x\npath: ${nothing.here}\n": "nothing",
    "defaults:\n  - nope: 1\n": "cannot be composed",
    "path: a\n": "corpus._target_=None",
    "_target_: pipeline.corpora.conllu.Conllu\npath: 5\n": "corpus.path=5",
    "_target_: pipeline.corpora.conllu.Conllu\npath: a\nlimit: true\n": "corpus.limit=True",
}


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_config_is_named(content, tmp_path, monkeypatch, capsys):
    _project(tmp_path, content)
    monkeypatch.chdir(tmp_path)
    assert small.run("run", "model=local", "model.path=m", "corpus=mine", "root=out") == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert BROKEN[content] in line
    assert "mine" in line or "corpus." in line
    assert not (tmp_path / "out").exists()


def test_a_config_may_have_any_name(tmp_path, monkeypatch):
    content = "_target_: pipeline.corpora.conllu.Conllu\npath: ${root}/a.conllu\n"
    monkeypatch.chdir(_project(tmp_path, ""))
    for name in ("<script>", "it's mine", "a=b, [c]"):
        (tmp_path / "conf/corpus" / f"{name}.yaml").write_text(content)
        config = compose.resolve(Cell("local", "trained", 0, name), ("model.path=m", "root=r"))
        assert config["corpus"]["path"] == "r/a.conllu"


def _project(folder: Path, corpus: str) -> Path:
    """A project folder with the checkout's conf/, and a corpus config of its own."""
    for path in CONF.rglob("*.yaml"):
        target = folder / "conf" / path.relative_to(CONF)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    (folder / "conf/corpus/mine.yaml").write_text(corpus, encoding="utf-8")
    return folder


@pytest.mark.parametrize("path", sorted((CONF / "engine").glob("*.yaml")), ids=lambda p: p.stem)
def test_an_engine_is_made_and_says_all_its_keys(path):
    """Made, not begun: its library need not be there."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    made = plugin("engine", content)
    assert {field.name: getattr(made, field.name) for field in fields(made)} == {
        key: value for key, value in content.items() if key != "_target_"
    }


@pytest.mark.parametrize("path", sorted((CONF / "model").glob("*.yaml")), ids=lambda p: p.stem)
def test_what_comes_from_the_hub_is_pinned(path):
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    where = content["path"]
    if where and where != "???" and not where.startswith("data/"):
        assert content["revision"]
    assert not content.get("allow_pickle", False)
    assert not content.get("trust_remote_code", False)


def test_none_is_0():
    """Where the shipped value is more, 0 leaves that work out."""
    assert build("intervene", InterveneSettings, {"observe_every": 0}).observe_every == 0
    assert build("measure", MeasureSettings, {"similarity_every": 0}).similarity_every == 0


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("collections.OrderedDict", "is no dataclass"),
        ("leaves.Mine", "corpus._target_=leaves.Mine: so it leaves; give"),
    ],
)
def test_a_class_that_is_no_plugin_is_named(target, says, tmp_path, monkeypatch):
    (tmp_path / "leaves.py").write_text("raise SystemExit('so it leaves')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=says):
        plugin("corpus", {"_target_": target})
