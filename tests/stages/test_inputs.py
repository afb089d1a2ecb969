"""What DVC hangs ingest and measure on: any change to a file that a corpus or a model names."""

import os

import pytest

from pipeline.corpora.conllu import Conllu
from pipeline.models.checkpoint import Checkpoint
from pipeline.stages.inputs import _stamps, with_inputs

CODE = {"ingest": "i", "measure": "m", "report": "r"}


def changed(make, touch) -> set[str]:
    """The stages whose hash is another after `touch`."""
    before = with_inputs(CODE, make)
    assert with_inputs(CODE, make) == before
    touch()
    after = with_inputs(CODE, make)
    return {stage for stage in CODE if after[stage] != before[stage]}


@pytest.mark.parametrize("named", ["a[1].conllu", "**/a*.conllu", ("a[1].conllu", "b.conllu")])
@pytest.mark.parametrize("how", ["time alone", "size alone"])
def test_a_corpus_that_changes_is_read_again(how, named, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in (tmp_path / "a[1].conllu", tmp_path / "a.conllu", tmp_path / "b.conllu"):
        path.write_text("1\ta")
        os.utime(path, ns=(7, 7))
    file = tmp_path / "a[1].conllu"

    def touch():
        file.write_text("1\tb" if how == "time alone" else "1\tab")
        os.utime(file, ns=(8, 8) if how == "time alone" else (7, 7))

    made = [{"corpus": Conllu(named), "model": Checkpoint("nobody/nothing")}]
    assert changed(made, touch) == {"ingest"}


def test_a_file_in_the_folder_of_a_model_is_looked_at(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    made = [{"corpus": Conllu("nowhere"), "model": Checkpoint(str(tmp_path))}]
    assert changed(made, lambda: (tmp_path / "config.json").write_text("[]")) == {"measure"}


def test_inputs_are_those_that_fields_name(tmp_path):
    for name in ("a.conllu", "b.conllu", "c.txt"):
        (tmp_path / name).write_text(name)
    named = [name for name, *_ in _stamps(Conllu(str(tmp_path / "*.conllu")))]
    assert sorted(named) == [str(tmp_path / name) for name in ("a.conllu", "b.conllu")]
