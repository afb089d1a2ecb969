"""What an address asks for, in a real browser: which sentence, and which arcs; and what a page says
that it does not show."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.atlas import Example, build, render
from pipeline.atlas.data import Roles, Tracked
from pipeline.atlas.roles import Table
from pipeline.controls.random_pieces import RandomPieces
from pipeline.controls.random_weights import RandomWeights
from pipeline.core.sentence import Link, Sentence
from pipeline.models.checkpoint import Checkpoint
from tests import tiny
from tests.atlas import made
from tests.atlas.browser import Page, every, view

pytestmark = pytest.mark.slow


def page_of(folder: Path, family: str, examples: list[Example], roles: dict) -> Path:
    path = folder / "page.html"
    table = Table({("m", "trained"): roles})
    subject = made.subject(folder / family, family, "m")
    path.write_text(render(build([subject], examples, table, corpus="own")), encoding="utf-8")
    return path


def parsed(line: str, deprel: str) -> Example:
    words = tuple(line.split())
    deprels = ("root", *(deprel for _ in words[1:]))
    return Example(Sentence(line, line, words, None, tuple(range(len(words))), deprels))


@pytest.fixture(scope="module")
def bert(tmp_path_factory) -> Path:
    roles = {
        ("encoder", 1, 1): Roles(["tracks"], [Tracked("obj", "gov_to_dep", 0.9, 0.4)]),
        ("encoder", 0, 1): Roles(["tracks"], [Tracked("det", "dep_to_gov", 0.9, 0.4)]),
    }
    examples = [parsed(tiny.TEXTS[0], "obj"), parsed(tiny.TEXTS[3], "det")]
    return page_of(tmp_path_factory.mktemp("bert"), "bert", examples, roles)


def test_a_relation_opens_a_sentence_that_has_it(page: Page, bert):
    page.open(bert, "#model=m&site=encoder&layer=1&head=1&relation=det")
    view(page, "head")
    assert page.js("Atlas.app.state.sentence") == 1
    assert page.js("document.querySelectorAll('.gold path').length") > 0
    page.open(bert, "#model=m&site=encoder&layer=1&head=1&relation=nowhere")
    view(page, "head")
    assert page.js("Atlas.app.state.sentence") == 0


def test_gold_arcs_are_those_of_the_head_that_is_shown(page: Page, bert):
    page.open(bert, "#model=m&site=encoder&layer=1&head=1")
    view(page, "head")
    assert page.js("Atlas.app.state.arcs") == "gov_to_dep"
    page.press("Escape")
    view(page, "model")
    page.click("svg[role=grid] [data-cell='0.1']")
    view(page, "head")
    assert page.js("Atlas.app.state.arcs") == "dep_to_gov"
    assert "arcs" not in page.js("location.hash")
    page.open(bert, "#model=m&site=encoder&layer=0&head=1&arcs=gov_to_dep")
    view(page, "head")
    assert "arcs=gov_to_dep" in page.js("location.hash")


def test_another_model_s_head_has_arcs_of_its_own(page: Page, tmp_path):
    """The same layer and head."""
    subjects = [made.subject(tmp_path / name, "bert", name) for name in ("m", "n")]
    ways = {"m": "gov_to_dep", "n": "dep_to_gov"}
    table = Table(
        {
            (name, "trained"): {
                ("encoder", 1, 1): Roles(["tracks"], [Tracked("obj", way, 0.9, 0.4)])
            }
            for name, way in ways.items()
        }
    )
    file = tmp_path / "page.html"
    file.write_text(render(build(subjects, made.EXAMPLES, table)), encoding="utf-8")
    page.open(file, "#model=m&site=encoder&layer=1&head=1")
    view(page, "head")
    assert page.js("Atlas.app.state.arcs") == "gov_to_dep"
    page.choose("#set-model", "n")
    page.until("Atlas.app.state.model === 'n'")
    assert page.js("Atlas.app.state.arcs") == "dep_to_gov"


def test_a_relation_is_looked_for_where_the_site_looks(page: Page, tmp_path):
    def pair(source: str, target: str) -> Example:
        beside = parsed("Dogs bark", target).sentence
        return Example(replace(parsed("The cats don't", source).sentence, target=beside))

    file = page_of(tmp_path, "bart", [pair("det", "obj"), pair("obj", "det")], {})
    for site, sentence in (("encoder", 0), ("decoder", 1)):
        page.open(file, f"#model=m&site={site}&layer=0&head=0&relation=det")
        view(page, "head")
        assert page.js("Atlas.app.state.sentence") == sentence
        assert page.js("document.querySelectorAll('.gold path').length") > 0


def test_words_that_were_not_read_are_not_shown(page: Page, tmp_path):
    """Whatever the control is called."""
    checkpoint = Checkpoint(path=str(tiny.save(tmp_path / "bert")))
    controls = {"trained": None, "other_words": RandomPieces()}
    subjects = [made.Subject.load("m", checkpoint, of, name) for name, of in controls.items()]
    file = tmp_path / "page.html"
    file.write_text(render(build(subjects, made.EXAMPLES)), encoding="utf-8")
    words = made.EXAMPLES[0].sentence.words
    for name, are_words in (("trained", True), ("other_words", False)):
        page.open(file, f"#model=m&control={name}&layer=0&head=0&unit=words&beside=")
        view(page, "head")
        labels = f"{every('[data-unit]')}.map(e => e.querySelector('text').textContent)"
        assert set(words[:3]).issubset(page.js(labels)) == are_words


def test_back_to_an_address_is_back_to_all_that_it_says(page: Page, bert):
    page.open(bert)
    page.click("svg[role=grid] [data-cell='1.1']")
    view(page, "head")
    page.choose("#set-relation", "obj")
    page.choose("#set-unit", "words")
    page.until("location.hash.includes('unit=words')")
    page.js("history.back()")
    view(page, "model")
    assert page.js("[Atlas.app.state.relation, Atlas.app.state.unit]") == ["", "pieces"]
    assert page.js("document.querySelectorAll('[data-fits=\"0\"]').length") == 0


def test_a_head_over_another_corpus_is_said_not_to_be_shown(page: Page, bert):
    page.open(bert, "#model=m&site=encoder&layer=1&head=1&corpus=other")
    page.until("document.getElementById('view').textContent.includes('corpus other')")
    assert "corpus=other" in page.js("location.hash")  # so that it is said again
    page.open(bert, "#model=m&site=encoder&layer=1&head=1&corpus=own")
    assert "does not show it" not in page.js("document.getElementById('view').textContent")


def test_the_space_bar_opens_as_enter_does(page: Page, bert):
    page.open(bert, "#model=m&site=encoder&layer=1&head=1")
    view(page, "head")
    page.js("document.querySelector('[data-unit=\"queries.2\"]').focus()")
    page.press(" ")
    view(page, "neuron")
    assert page.js("Atlas.app.state.query") == 2


def test_lines_that_are_not_drawn_are_said(page: Page, tmp_path):
    """Where weights are alike, a hundred keys get too little each."""
    checkpoint = Checkpoint(path=str(tiny.save(tmp_path / "bert")))
    subject = made.Subject.load("m", checkpoint, RandomWeights(), "random_weights", 0)
    examples = [parsed(", " * 110, "obj"), parsed("Dogs bark .", "obj")]
    file = tmp_path / "page.html"
    file.write_text(render(build([subject], examples)), encoding="utf-8")
    text = "document.getElementById('view').textContent"
    page.open(file, "#model=m&site=encoder&layer=1&head=1&view=head&sentence=1")
    assert "are not drawn" not in page.js(text)
    page.open(file, "#model=m&site=encoder&layer=1&head=1&view=head&sentence=0")
    assert page.js(f"{every('.lines line')}.length") < 110**2 / 2
    assert "Lines fainter than 0.01, which are" in page.js(text)


def test_a_model_that_reads_none_of_the_sentences_leaves_a_page(page: Page, tmp_path):
    reads = made.subject(tmp_path / "reads", "gpt2", "long")
    short = made.subject(tmp_path / "short", "bert", "short")
    examples = [parsed("Dogs bark ; cats , of course , don't .", "obj")]
    short.encoder.max_pieces = 5
    file = tmp_path / "page.html"
    file.write_text(render(build([short, reads], examples)), encoding="utf-8")
    page.open(file, "#model=short")
    said = page.js("document.getElementById('view').textContent")
    assert "longer than the model can read" in said
    page.choose("#set-model", "long")
    page.until("document.querySelectorAll('svg[role=grid]').length === 1")


def test_who_aligns_before_a_word_is_said_looks_from_there(page: Page, tmp_path):
    """Of the same head by the other convention the band begins one row lower."""
    target = Sentence("t", "", ("cats", "bark"))
    source = Sentence("s", "", ("Dogs", "bark"), target=target, alignment=(Link(0, 0), Link(1, 1)))
    roles = {
        ("cross", 1, 0): Roles(["aligns"], aligns={"awi": 0.2}),
        ("cross", 1, 1): Roles(["aligns"], aligns={"awo": 0.2, "awi": 0.3}),
    }
    file = page_of(tmp_path, "bart", [Example(source)], roles)
    starts = f"{every('.gold path')}.map(e => +e.getAttribute('d').split(/[ C]/)[1])"
    found = []
    for head in (0, 1):
        page.open(file, f"#model=m&site=cross&layer=1&head={head}&view=head")
        view(page, "head")
        found.append(page.js(starts))
    reads, says = found
    assert len(reads) == 2
    assert [a - b for a, b in zip(reads, says, strict=True)] == [21, 21]
    assert "is about to be said (awo)" in page.js("document.getElementById('roles').textContent")
