"""The primary config of a project: what a command line does not name is taken from it."""

import shutil

import pytest
import yaml

from pipeline.core.errors import UserError
from pipeline.stages.cells import requested
from tests.stages import small


@pytest.fixture
def primary(tmp_path, monkeypatch):
    """Sets keys of the primary config of the folder one stands in, and names in its defaults."""
    shutil.copytree(small.ROOT / "conf", tmp_path / "conf")
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "conf/census.yaml"

    def write(names: dict[str, str], **keys) -> None:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        listed = [entry for entry in content["defaults"] if isinstance(entry, dict)]
        chosen = {key: name for entry in listed for key, name in entry.items()} | names
        defaults = [{key: name} for key, name in chosen.items() if name]
        file.write_text(yaml.safe_dump({"defaults": [*defaults, "_self_"], **keys}))

    return write


def test_what_is_not_named_is_as_it_says(primary):
    names = {"model": "local", "control": "random_weights-2", "corpus": "invented", "engine": "ray"}
    primary(names)
    ((cell, config),) = requested(["model.path=m"]).resolved()
    assert cell.name == "local-random_weights-2-invented"
    assert config["engine"]["_target_"].endswith("OnRay")
    ((cell, config),) = requested(["model=minilm", "engine=serial"]).resolved()
    assert cell.name == "minilm-random_weights-2-invented"
    assert config["engine"]["_target_"].endswith("Serial")


def test_sections_of_ones_own_are_taken(primary, tmp_path):
    (tmp_path / "conf/measure/long.yaml").write_text(
        "defaults: [default]\nbatch_pieces: 77\n", encoding="utf-8"
    )
    primary({"measure": "long"})
    ((_, config),) = requested([]).resolved()
    assert config["measure"]["batch_pieces"] == 77
    ((_, config),) = requested(["measure.batch_pieces=78"]).resolved()
    assert config["measure"]["batch_pieces"] == 78


@pytest.mark.parametrize("group", ["model", "control", "corpus", "engine"])
def test_a_group_without_a_name_is_said(group, primary):
    primary({group: ""})
    with pytest.raises(UserError, match=rf"census.yaml: its defaults name no {group}"):
        requested([]).resolved()


@pytest.mark.parametrize(("key", "value"), [("root", "elsewhere"), ("seed", 3)])
def test_what_is_said_on_a_command_line_alone_is_refused(key, value, primary, tmp_path, capfd):
    primary({}, **{key: value})
    assert small.run("run") == 2
    assert f"census.yaml: {key} cannot be set there" in capfd.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["conf"]


def test_as_earlier_versions_laid_it(primary):
    primary({}, root="data", seed=0)
    ((cell, config),) = requested(["control=random_weights-1"]).resolved()
    assert (cell.name, config["root"]) == ("minilm-random_weights-1-treebank", "data")


def test_paths_in_configs_may_name_the_root(primary, tmp_path):
    (tmp_path / "conf/engine/jobs.yaml").write_text(
        "_target_: pipeline.engines.on_submitit.OnSubmitit\nfolder: ${root}/jobs\n",
        encoding="utf-8",
    )
    primary({"engine": "jobs"})
    for words, folder in (([], "data/jobs"), (["root=out"], "out/jobs")):
        ((_, config),) = requested(words).resolved()
        assert config["engine"]["folder"] == folder
