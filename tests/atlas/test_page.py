"""The page as a file: its size, its policy, and corpus text that is markup."""

import json

import pytest

from pipeline.atlas import Example, build, render
from pipeline.atlas.data import Roles, Tracked
from pipeline.atlas.fit import fit
from pipeline.atlas.notebook import show
from pipeline.atlas.roles import Table
from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from tests import pages
from tests.atlas import back, made

EVIL = "</script><script>window.hacked=1</script>"
IMG = "<img/src=x/onerror=window.hacked=1>"


def evil_page(folder) -> str:
    """Markup and script in every place where a name or a word comes in."""
    words = (EVIL, "&lt;b&gt;", "<!--", IMG, "\u202ebidi", "\u2028", "]]>")
    sentence = Sentence(IMG, EVIL, words, None, (0, 1, 2, 3, 4, 5, 6), (EVIL,) * 7)
    roles = Table({(EVIL, IMG): {("encoder", 0, 1): Roles(["tracks"], [Tracked(EVIL, IMG, 1, 0)])}})
    subject = made.subject(folder, "bert", EVIL, word=IMG)
    return render(build([subject], [Example(sentence, EVIL)], roles, EVIL, EVIL))


def test_markup_in_words_and_names_stays_text(tmp_path):
    page = evil_page(tmp_path)
    pages.check(page)
    assert page.count("<script") == page.count("</script>") == 2
    assert "<img" not in page
    assert "<!--" not in page
    found = back.document(page)
    assert found["sentences"][0]["source"]["words"][0] == EVIL
    assert found["subjects"][0]["model"] == EVIL


def test_a_blob_among_the_words_does_not_fill_the_page(tmp_path):
    blob = Sentence("i" * 10**6, "", ("x" * 10**6, "dogs"))
    found = back.document(render(build([made.subject(tmp_path, "bert", "m")], [Example(blob)])))
    (shown,) = found["sentences"]
    assert shown["source"]["words"] == ["x" * 199 + "…", "dogs"]
    assert len(json.dumps(shown)) < 1000


def test_what_is_too_large_loses_queries_and_keys_of_controls_first(tmp_path):
    own = made.subject(tmp_path / "a", "bert", "m")
    control = made.subject(tmp_path / "b", "bert", "m", word="random_weights-1")
    whole = build([own, control], made.EXAMPLES)
    size = len(whole.json())

    def kept(limit: int) -> list[bool]:
        cut = json.loads(fit(whole, limit).json())
        return [
            "neurons" in read["sites"]["encoder"]["layers"][0]
            for seen in cut["subjects"]
            for read in seen["readings"]
        ]

    assert kept(size) == [True, True, True, True]
    assert kept(size - 1) == [True, True, True, False]
    assert kept(0) == [True, False, False, False]
    assert len(fit(whole, size - 1).json()) <= size - 1


def test_a_sentence_that_is_too_long_is_said_to_be(tmp_path):
    subject = made.subject(tmp_path, "bert")
    long = Sentence("long", "", ("word",) * 400)
    found = back.document(render(build([subject], [made.EXAMPLES[0], Example(long)])))
    assert found["subjects"][0]["readings"][1] is None
    with pytest.raises(UserError, match="none of the sentences"):
        build([subject], [Example(long)])


def test_show_is_a_frame_that_cannot_touch_the_notebook(tmp_path):
    subject = made.subject(tmp_path / "bert", "bert")
    inline = show(subject, "Dogs bark , of course !", view="head", layers=[2], heads=[0, 3])
    assert inline._repr_html_().startswith('<iframe sandbox="allow-scripts allow-downloads"')
    assert "<script" not in inline._repr_html_()
    assert "<script" not in repr(inline)  # a notebook keeps it beside the page
    found = back.document(inline.page)
    assert found["start"] == {"view": "head", "layer": "2", "heads": "0,3"}
    assert found["sentences"][0]["source"]["words"] == ["Dogs", "bark", ",", "of", "course", "!"]
    by_path = show(str(tmp_path / "bert"), "Dogs bark")
    assert back.document(by_path.page)["subjects"][0]["model"] == "bert"
    with pytest.raises(ValueError, match="view='hed'"):
        show(subject, "Dogs", view="hed")
    with pytest.raises(ValueError, match="has no decoder beside an encoder"):
        show(subject, "Dogs", target="Hunde")
    with pytest.raises(ValueError, match="reads no two texts as one input"):
        show(made.subject(tmp_path / "bart", "bart"), "Dogs", pair="cats")
