"""The atlas stage: from a finished run, or from a text, to one page."""

import pytest

from pipeline.lake import open_table
from tests.stages import small


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
    page = (root / "report/atlas.html").read_text(encoding="utf-8")
    assert "don't" in page.replace("\\u0027", "'")
    assert not (root / "lake").exists()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ([], "tables"),  # nothing was measured
        (["atlas.text= "], "no sentence to look at"),
        (["atlas.sentences=0"], "atlas.sentences"),
        (["atlas.txt=a"], "did you mean text"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_line(words, root, more, says, capfd):
    assert small.run("atlas", *words, *more) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert says in err
    assert not (root / "report/atlas.html").exists()
