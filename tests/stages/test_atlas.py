"""The atlas stage: from a finished run, or from a text, to one page."""

import pytest

from pipeline.lake import open_table
from tests import tiny
from tests.atlas import back
from tests.stages import small


@pytest.fixture
def words(words) -> list[str]:
    return small.with_atlas(words)


@pytest.fixture
def measured(words, capfd):
    grid = [*words, "control=[trained,random_weights]"]
    assert small.run("run", *grid) == 0
    capfd.readouterr()
    return grid


def test_a_page_of_what_was_measured(measured, root, capfd):
    assert small.run("atlas", *measured, "atlas.sentences=3") == 0
    out, err = capfd.readouterr()
    assert (out, err) == (f"atlas: {root}/report/atlas.html\n", "")
    page = (root / "report/atlas.html").read_text(encoding="utf-8")
    assert "random_weights" in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert small.run("atlas", *measured, "atlas.sentences=3") == 0
    assert (root / "report/atlas.html").read_text(encoding="utf-8") == page
    assert open_table("census", root).collect().height == 2


def test_a_page_of_a_text_needs_no_run(words, root):
    assert small.run("atlas", *words, "atlas.text=Dogs bark, cats don't.") == 0
    page = (root / "report/atlas-text.html").read_text(encoding="utf-8")
    assert "don't" in page.replace("\\u0027", "'")
    assert not (root / "lake").exists()


def test_a_page_of_a_text_leaves_that_of_the_run(measured, root):
    """To which the report leads, whatever model and control."""
    before = (root / "report/atlas.html").read_bytes()
    one = [word for word in measured if not word.startswith("control=")]
    assert small.run("atlas", *one, "atlas.text=dogs bark") == 0
    assert (root / "report/atlas-text.html").is_file()
    assert (root / "report/atlas.html").read_bytes() == before


def test_a_run_ends_with_an_atlas_that_its_report_leads_to(measured, root):
    assert (root / "report/atlas.html").is_file()
    assert 'href="atlas.html#' in (root / "report/census.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("more", [["atlas.sentences=0"], ["atlas.max_words=1"]])
def test_a_run_without_an_atlas_has_a_report_that_leads_nowhere(words, root, more, capfd):
    assert small.run("run", *words) == 0
    capfd.readouterr()
    assert small.run("run", *words, *more) == 0
    said = "no sentence of atlas.max_words=1 or fewer words; raise it"
    assert (said in capfd.readouterr().err) == ("max_words" in more[0])
    assert not (root / "report/atlas.html").exists()
    assert "atlas.html" not in (root / "report/census.html").read_text(encoding="utf-8")


def test_of_several_corpora_a_run_shows_the_first(words, root):
    kept = [word for word in words if not word.startswith("corpus")]
    assert small.run("run", *kept, "corpus=[treebank,invented]", "corpus.limit=14") == 0
    found = back.document((root / "report/atlas.html").read_text(encoding="utf-8"))
    assert found["corpus"] == "treebank"


def test_a_translation_or_a_second_sentence_beside_the_text(words, root, tmp_path):
    given = ["atlas.text=[Dogs bark,The cats]", "atlas.target=[cats don't ,barks]"]
    two = tiny.save(tmp_path / "two", "bart")
    kept = [word for word in words if not word.startswith("model.path=")]
    assert small.run("atlas", *kept, f"model.path={two}", *given) == 0
    found = back.document((root / "report/atlas-text.html").read_text(encoding="utf-8"))
    assert found["sentences"][0]["target"]["words"] == ["cats", "don't"]
    cross = found["subjects"][0]["readings"][1]
    assert len(cross["target"]["pieces"]) != len(cross["source"]["pieces"])
    given[1] = given[1].replace("target", "pair")
    assert small.run("atlas", *kept, f"model.path={two}", *given) == 2
    assert small.run("atlas", *words, *given) == 0
    found = back.document((root / "report/atlas-text.html").read_text(encoding="utf-8"))
    assert found["sentences"][0]["pair"]
    assert set(found["subjects"][0]["readings"][0]["source"]["segment"]) == {0, 1}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ([], "tables"),  # nothing was measured
        (["atlas.text= "], "no sentence to look at"),
        (["atlas.sentences=0"], "atlas.sentences"),
        (["atlas.text=a", "atlas.target=[a,b]"], "atlas.target: 2 for 1 of atlas.text"),
        (["atlas.pair=a"], "atlas.pair: 1 for 0 of atlas.text"),
        (["atlas.text=a", "atlas.pair=a", "atlas.target=a"], "one or the other"),
        (["atlas.text=a", "atlas.target=b"], "local has no decoder beside an encoder"),
        (["atlas.txt=a"], "did you mean text"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_line(words, root, more, says, capfd):
    assert small.run("atlas", *words, *more) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert says in err
    assert not (root / "report/atlas.html").exists()
