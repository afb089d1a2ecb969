"""What was made before something below it was made anew is not taken for what lies there now."""

import pytest

from tests import tiny
from tests.atlas import back
from tests.stages import small

GRID = "control=[trained,random_weights]"
CELLS = [f"local-{control}-conllu" for control in ("trained", "random_weights")]


@pytest.fixture
def measured_anew(words, root, capfd) -> list[str]:
    """A finished run whose cells were measured again, otherwise."""
    grid = [*words, GRID]
    assert small.run("run", *grid) == 0
    assert small.run("measure", *grid, "measure.norms=false") == 0
    capfd.readouterr()
    return grid


def test_tables_older_than_what_was_measured(measured_anew, root, capfd):
    before = small.files(root)
    for command in (
        ["report", *measured_anew],
        ["atlas", *small.with_atlas(measured_anew)],
        ["compare", *CELLS, f"root={root}"],
    ):
        assert small.run(*command) == 2
        err = capfd.readouterr().err
        assert err.count("\n") == 1
        assert f"{root}/tables was made before {root}/lake/heads/" in err
    assert small.run("verify", f"root={root}") == 1
    assert capfd.readouterr().out.count(f"{root}/tables was made before ") == 2
    assert small.unlike(before, small.files(root)) == []
    assert small.run("aggregate", *measured_anew) == 0
    for command in (["report", *measured_anew], ["compare", *CELLS, f"root={root}"]):
        assert small.run(*command) == 0
    assert small.run("verify", f"root={root}") == 0


def test_a_comparison_counts_what_it_says_alone(words, root, tmp_path, capfd):
    """Two cells, and the nulls that their heads are held against."""
    other = tmp_path / "other.conllu"
    other.write_text(small.conllu(14, seed=1), encoding="utf-8")
    kept = [word for word in words if not word.startswith("corpus")]
    conf = tmp_path / "mine/conf"
    assert small.run("init", tmp_path / "mine") == 0
    for name in ("a", "b"):
        place = conf / f"corpus/{name}.yaml"
        path = other if name == "b" else tmp_path / "some.conllu"
        place.write_text(f"_target_: pipeline.corpora.conllu.Conllu\npath: {path}\n", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path / "mine")
        grid = "control=[trained,random_weights,no_projection]"
        small.tables(*kept, grid, "corpus=[a,b]")
        compare = ["compare", "local-trained-a", "local-no_projection-a", f"root={root}"]
        again = [*kept, "measure.norms=false"]
        assert small.run("measure", *again, "corpus=b") == 0
        assert small.run(*compare) == 0
        assert small.run("measure", *again, "corpus=a", "control=random_weights") == 0
        capfd.readouterr()
        assert small.run(*compare) == 2
        assert "control=random_weights/corpus=a was made anew" in capfd.readouterr().err


def test_repair_makes_them_anew(measured_anew, root):
    assert small.run("repair", *measured_anew, "measure.norms=false") == 0
    assert small.run("verify", f"root={root}") == 0


def test_tables_older_than_the_sentences(words, root, sentences, capfd):
    assert small.run("run", *words) == 0
    sentences.write_text(small.conllu(14, seed=1), encoding="utf-8")
    assert small.run("ingest", *words) == 0
    capfd.readouterr()
    assert small.run("report", *words) == 2
    assert f"tables was made before {root}/sentences/corpus=conllu" in capfd.readouterr().err


def test_a_cell_older_than_the_sentences_is_not_counted(words, root, sentences, capfd):
    """As many of them, as long: no shape tells."""
    small.tables(*words)
    before = small.files(root / "tables")
    said = sentences.read_text(encoding="utf-8")
    sentences.write_text(said.replace("\tobj\t", "\tiobj\t"), encoding="utf-8")
    assert small.run("ingest", *words) == 0
    capfd.readouterr()
    assert small.run("aggregate", *words) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert f"was measured over other sentences than those in {root}/sentences/corpus=conllu" in err
    assert small.unlike(before, small.files(root / "tables")) == []


def test_tables_are_passed_on_without_the_lake(words, root):
    assert small.run("run", *words) == 0
    (root / "lake").rename(root / "kept elsewhere")
    assert small.run("report", *words) == 0


@pytest.mark.parametrize("changed", ["files", "control"])
def test_an_atlas_of_something_else_under_the_same_name(words, root, tmp_path, changed, capfd):
    words = [*small.with_atlas(words), "control=no_projection_whole"]
    other = ["control.whole=false"]
    if changed == "files":
        words = [word for word in words if not word.startswith("model.path=")]
        other = [f"model.path={tiny.save(tmp_path / 'other', seed=1)}"]
    given = words if changed == "control" else [*words, f"model.path={tiny.save(tmp_path / 'one')}"]
    assert small.run("run", *given) == 0
    page = root / "report/atlas.html"
    before = page.read_bytes()
    (site,) = back.document(page.read_text(encoding="utf-8"))["subjects"][0]["sites"]
    assert site["roles"]
    capfd.readouterr()
    assert small.run("atlas", *words, *other) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert f"was measured with other {changed} than" in err
    assert page.read_bytes() == before
    # Over a text of one's own it is not needed, and what it found of the other is not shown.
    assert small.run("atlas", *words, *other, "atlas.text=dogs bark") == 0
    assert "does without the census" in capfd.readouterr().err
    page = root / "report/atlas-text.html"
    (site,) = back.document(page.read_text(encoding="utf-8"))["subjects"][0]["sites"]
    assert not site.get("roles")
