"""Bad input is one line that says what and where, exit code 2, and nothing is written."""

import os
import shutil

import pytest

from pipeline.core.errors import UserError
from pipeline.corpora.conllu import Conllu
from pipeline.models.checkpoint import Checkpoint
from pipeline.stages.checks import as_root, check_corpora, check_different, check_folder
from tests.stages import small


@pytest.fixture
def refused(words, root, capfd):
    """Runs a stage with words of its own behind those of the fixture, and gives the one line."""

    def refused(*more: str, stage: str = "run", leaves: tuple[str, ...] = ()) -> str:
        keys = {word.split("=")[0] for word in more}
        kept = [word for word in words if word.split("=")[0] not in keys]
        assert small.run(stage, *kept, *more) == 2
        out, err = capfd.readouterr()
        assert out == ""
        assert err.count("\n") == 1, err
        assert err.startswith("headcensus: ")
        found = {path.name for path in root.iterdir()} if root.is_dir() else set()
        assert found == set(leaves)
        return err

    return refused


UNKNOWN = {
    "colour=red": "unknown key colour",
    "modell=local": "did you mean model?",
    "analisis.alpha=0.1": "did you mean analysis?",
    "analysis.alhpa=0.1": "did you mean alpha?",
    "report.titel=x": "did you mean title?",
    "report.alpha=0.1": "set analysis.alpha",
    "corpus.pfad=x": "unknown key corpus.pfad",
    "control.strength=2": "unknown key control.strength: this control takes none",
    "engine.workers=2": "unknown key engine.workers: this engine takes none",
    "model.path.x=1": "unknown key model.path.x",
    "model=nope": "there are bart-large-cnn",
    "corpus=nope": "conllu",
    "control=[trained,nope]": "control=nope: there is no such control",
    "control=[trained,trained]": "different names",
    "control=random_weights-01": "write random_weights-1",
    "control=[trained,trained-1]": "control=trained-1: trained draws nothing",
    "control=[no_projection-2]": "control=no_projection-2: no_projection draws nothing",
    "control=[no_projection_whole-2]": "no_projection_whole draws nothing",
    "control=trained,random_weights": "give a list without spaces: control=[a,b]",
    "control=[trained,": "give a list without spaces: control=[a,b]",
    "control=[trained,random_weights-2147483648]": "cell.seed",
    "seed=3": "behind the control",
    "run": "not KEY=VALUE",
    "root=": "root= has no value",
    "corpus._target_=os.system": "no dataclass",
    "corpus._target_=pipeline.nowhere.X": "pipeline.nowhere",
}
WRONG = {
    "measure.batch_pieces=many": "measure.batch_pieces='many'",
    "measure.batch_pieces=0": "greater than 0",
    "ingest.shard_sentences=99999999999999999999": "ingest.shard_sentences",
    "measure.dtype=float8": "float32",
    "measure.device=abacus": "measure.device=abacus",
    "measure.device=meta": "leave measure.device=auto",
    "measure.lock_wait_s=-1": "measure.lock_wait_s",
    "ingest.shard_sentences=1.5": "ingest.shard_sentences",
    "ingest.max_quarantined=1.5": "ingest.max_quarantined",
    "ingest.max_quarantined=nan": "ingest.max_quarantined",
    "analysis.alpha=2": "analysis.alpha=2.0 is not between",
    "analysis.min_arcs=true": "analysis.min_arcs='true'",
    "analysis.bootstrap=0": "analysis.bootstrap=0",
    "report.max_tracking=x": "report.max_tracking",
    "corpus.limit=0": "limit",
    "corpus.limit=few": "corpus.limit",
    "model.allow_pickle=perhaps": "model.allow_pickle",
}


@pytest.mark.parametrize("word", UNKNOWN)
def test_an_unknown_word_names_what_there_is(refused, word):
    assert UNKNOWN[word] in refused(word)


@pytest.mark.parametrize("word", WRONG)
def test_a_wrong_value_names_its_key(refused, word):
    assert WRONG[word] in refused(word)


def test_files_that_are_not_there(refused, tmp_path):
    assert "nowhere.conllu" in refused("corpus.path=nowhere.conllu")
    assert "is a folder" in refused(f"corpus.path={tmp_path}")
    assert "no such folder" in refused("model.path=/nowhere/at/all")
    assert "give one or the other" in refused("grid=nowhere.yaml")


GRIDS = {
    None: "no such file (looked from ",
    "models: [a": "line 1 is no YAML",
    "models: [local]\n": "a grid has the keys",
    "models: local\ncontrols: [trained]\ncorpora: [conllu]\n": "models is not a list",
    "models: []\ncontrols: [trained]\ncorpora: [conllu]\n": "models is not a list",
    "models: [a, a]\ncontrols: [trained]\ncorpora: [conllu]\n": "names something twice",
    "models: [a]\ncontrols: [b]\ncorpora: [c]\nseeds: [1]\n": "and no others",
    "models: [local]\ncontrols: [trained-0]\ncorpora: [conllu]\n": "write trained",
}


@pytest.mark.parametrize("content", GRIDS)
def test_a_grid_that_cannot_be_read(content, tmp_path, capfd):
    grid = tmp_path / "grid.yaml"
    if content:
        grid.write_text(content)
    assert small.run("run", f"grid={grid}", f"root={tmp_path}/out") == 2
    line = capfd.readouterr().err
    assert line.count("\n") == 1
    assert GRIDS[content] in line
    assert content is None or str(grid) in line or "write trained" in line
    assert not (tmp_path / "out").exists()


def test_the_third_corpus_is_looked_at_before_the_first_is_ingested(refused, tmp_path, monkeypatch):
    conf = tmp_path / "conf"
    shutil.copytree(small.ROOT / "conf", conf)
    (tmp_path / "some.txt").write_text("a b c")
    (conf / "corpus/one.yaml").write_text(
        "_target_: pipeline.corpora.text.Text\npath: some.txt\nlimit: null\n"
    )
    monkeypatch.chdir(tmp_path)
    assert "nowhere.conllu" in refused("corpus=[one,conllu]", "corpus.path=nowhere.conllu")


def test_a_path_is_not_that_of_two(refused, sentences, checkpoint):
    line = refused("corpus=[conllu,treebank]", f"corpus.path={sentences}")
    assert "corpus=[conllu,treebank]: they are one and the same, as where corpus.path=…" in line
    line = refused("model=[local,gpt2]", f"model.path={checkpoint}", "model.revision=null")
    assert "model=[local,gpt2]: they are one and the same, as where model.path=…" in line
    line = refused("model=[minilm,local]", f"model.path={checkpoint}", "model.sha256=null")
    assert "model=[minilm,local]: they are one and the same" in line
    line = refused("corpus=[conllu,treebank]", f"corpus.path={sentences}", stage="compose")
    assert "give one of them, or each a file of its own in conf/corpus" in line


def test_classes_of_one_s_own_are_what_they_are_called():
    """Whatever is set of them; and checkpoints of one path, where a setting tells them apart."""
    own = [type(name, (Conllu,), {"__module__": "own"}) for name in ("A", "B")]
    check_different("corpus", [(kind.__name__, kind("x.conllu")) for kind in own])
    check_different("corpus", [("a", Conllu("x.conllu")), ("b", own[0]("x.conllu"))])
    check_different("corpus", [("a", Conllu("x.conllu")), ("b", Conllu("x.conllu", limit=3))])
    checkpoints = [Checkpoint("x"), Checkpoint("x", revision="b"), Checkpoint(package="x")]
    check_different("model", [(str(k), one) for k, one in enumerate(checkpoints)])


def test_norms_that_are_not_measured_are_not_shown(refused):
    assert "leave one of them out" in refused("report.weighting=norm", "measure.norms=false")


def test_a_list_with_spaces_comes_as_several_words(refused):
    line = refused("control=[trained,", "random_weights]")
    assert "give a list without spaces: control=[a,b]" in line


def test_a_spreadsheet_is_no_text(refused, tmp_path):
    table = tmp_path / "some.csv"
    table.write_text('text\n"a, b"\n', encoding="utf-8")
    assert f"{table} is a table, by its name" in refused("corpus=text", f"corpus.path={table}")


def test_a_treebank_is_no_text(refused, sentences):
    line = refused("corpus=text", f"corpus.path={sentences}")
    assert f"{sentences} is a treebank, by its name" in line
    assert "corpus=conllu" in line


def test_a_path_left_out_is_asked_for(refused, words):
    assert "give corpus.path=" in _without(refused, words, "corpus.path")
    assert "give model.path=" in _without(refused, words, "model.path")


def _without(refused, words, key):
    words[:] = [word for word in words if not word.startswith(key + "=")]
    return refused()


def test_empty_and_malformed_corpora(refused, tmp_path):
    """These show only once the corpus is read: the workshop stays, nothing else."""
    empty = tmp_path / "empty.conllu"
    empty.write_text("\n\n")
    assert "empty.conllu" in refused(f"corpus.path={empty}")
    bad = tmp_path / "bad.conllu"
    bad.write_text(small.conllu(3) + small.MALFORMED)
    line = refused(f"corpus.path={bad}", leaves=("_work",))
    assert "1 of 4 sentences are malformed" in line
    assert "bad.conllu" in line
    assert "governor 7" in line


def test_a_hub_that_cannot_be_reached(refused):
    assert "hub" in refused("model.path=nobody/no-such-model", "model.revision=abc")
    assert "hub" in refused(
        "corpus=text", "corpus.path=null", "corpus.dataset=no/such", "corpus.revision=a"
    )
    assert "hub" in refused("corpus=ud", "corpus.path=commul/universal_dependencies")


def test_a_root_that_cannot_be_written(refused, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("here already")
    assert "no folder" in refused(f"root={tmp_path}/file")
    assert "no folder" in refused(f"root={tmp_path}/file/below")
    assert (tmp_path / "file").read_text() == "here already"
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "no leave to write" in refused(f"root={tmp_path}/elsewhere")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("stage", ["measure", "aggregate", "report"])
def test_a_stage_before_its_time_names_what_is_missing(refused, stage):
    line = refused(stage=stage)
    assert "holds no finished table" in line
    assert "run the stage that writes it" in line


def test_argparse_says_one_line_too(capfd):
    for line in ([], ["dance"], ["run", "--fast"], ["list", "model=x"]):
        assert small.run(*line) == 2
        err = capfd.readouterr().err
        assert err.count("\n") == 1
        assert "--help" in err


def test_a_root_that_leads_nowhere_is_refused(tmp_path):
    (tmp_path / "out").symlink_to(tmp_path / "gone")
    with pytest.raises(UserError, match="out is no folder; give another root"):
        check_folder(tmp_path / "out" / "census")


def test_a_folder_that_may_be_entered_and_not_written_to_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    with pytest.raises(UserError, match="no leave to write"):
        check_folder(tmp_path / "out")


def test_a_shuffle_that_cannot_be_is_refused_before_anything_is_read(sentences):
    for keys in ({"shuffle_seed": -1}, {"shuffle_seed": 1, "shuffle_buffer": 0}):
        with pytest.raises(UserError, match="shuffle"):
            check_corpora({"c": Conllu(str(sentences), **keys)})


@pytest.mark.parametrize("name", ["", None, 5, "a\0b", "a\udc80"])
def test_what_names_no_folder_is_refused(name):
    with pytest.raises(UserError, match="give the name of a folder"):
        as_root(name)
