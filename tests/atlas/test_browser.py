"""The page in a real browser: opened from disk with the network cut, by mouse and by keyboard."""

import json
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from pipeline.atlas import build, render, show
from pipeline.atlas.data import Roles, Tracked
from pipeline.atlas.roles import Table
from pipeline.controls.random_weights import RandomWeights
from pipeline.models.checkpoint import Checkpoint
from tests import tiny
from tests.atlas import back, made
from tests.atlas.browser import Page, every, view
from tests.atlas.test_page import EVIL, evil_page

pytestmark = pytest.mark.slow


def two(folder: Path, family: str) -> Path:
    """A model beside a null, with roles."""
    checkpoint = Checkpoint(path=str(tiny.save(folder / family, family)))
    subjects = [
        made.Subject.load("m", checkpoint),
        made.Subject.load("m", checkpoint, RandomWeights(), "random_weights-1", 1),
    ]
    site = subjects[0].places[0].site
    tracked = Tracked("obj", "gov_to_dep", 0.9, 0.4)
    roles = {
        (site, 1, 1): Roles(["tracks"], [tracked]),
        (site, 0, 0): Roles(["dumps"], [], ["cls"]),
    }
    path = folder / f"{family}.html"
    table = Table({("m", "trained"): roles})
    path.write_text(render(build(subjects, made.EXAMPLES, table)), encoding="utf-8")
    return path


@pytest.fixture(scope="module", params=["bert", "llama", "bart"])
def family(request, tmp_path_factory):
    return request.param, two(tmp_path_factory.mktemp(request.param), request.param)


def focused(page: Page) -> str:
    return page.js(
        "document.activeElement.dataset.cell || document.activeElement.dataset.unit || ''"
    )


def test_from_grid_to_neuron_by_mouse(page, family):
    name, file = family
    page.open(file)
    sites = {"bert": 1, "llama": 1, "bart": 3}[name]
    assert page.js("document.querySelectorAll('svg[role=grid]').length") == 2 * sites
    page.click("svg[role=grid] [data-cell='1.1']")
    view(page, "head")
    from_where = every(".lines line") + ".map(e => e.getAttribute('y1'))"
    assert page.js(f"new Set({from_where}).size") > 4  # not those of one piece
    assert page.js("Atlas.app.state.layer") == page.js("Atlas.app.state.head") == 1
    assert "arcs" in page.js("location.hash") or page.js("Atlas.app.state.arcs") == "gov_to_dep"
    assert page.js("document.querySelectorAll('.gold path').length") > 0
    page.click("[data-unit='queries.3']")
    view(page, "neuron")
    assert page.js("Atlas.app.state.query") == 3
    assert page.js("document.querySelectorAll('[data-weight]').length") > 0
    page.js("history.back()")
    view(page, "head")


def test_from_grid_to_neuron_and_back_by_keyboard(page, family):
    _, file = family
    page.open(file)
    for _ in range(30):
        page.press("Tab")
        if focused(page):
            break
    assert focused(page) == "0.0"
    page.press("ArrowDown")
    page.press("ArrowRight")
    assert focused(page) == "1.1"
    assert "layer 1 head 1" in page.js("document.getElementById('status').textContent")
    page.press("Enter")
    view(page, "head")
    page.until("document.activeElement.dataset.unit === 'queries.0'")
    page.press("ArrowDown")
    page.press("Enter")
    view(page, "neuron")
    assert page.js("Atlas.app.state.query") == 1
    page.until("document.activeElement.dataset.key === '1'")
    page.press("ArrowDown")
    assert page.js("document.activeElement.dataset.key") == "2"
    weight = page.js(
        "document.activeElement.querySelector('[data-weight]')?.textContent ?? 'masked'"
    )
    said = page.js("document.getElementById('status').textContent")
    assert said == page.js("document.activeElement.getAttribute('aria-label')") + (
        ". Enter: its own queries and keys."
    )
    assert weight in said
    page.press("Enter")
    page.until("Atlas.app.state.query === 2 && document.activeElement.dataset.key === '2'")
    page.press("Home")
    assert page.js("document.activeElement.dataset.key") == "0"
    page.press("Escape")
    view(page, "head")
    page.press("Escape")
    view(page, "model")
    page.until("document.activeElement.dataset.cell === '1.1'")


def test_numbers_on_the_screen_are_the_models(page, family):
    _, file = family
    found = back.document(file.read_text(encoding="utf-8"))
    seen = found["subjects"][0]
    read = seen["readings"][0]
    for site in seen["sites"]:
        at = f"#model=m&site={site['name']}&layer=1&head=1&view=neuron&query=4&beside="
        page.open(file, at)
        view(page, "neuron")
        pattern = back.weights(seen, read, site["name"])[1, 1, 4]
        shown = page.js(f"{every('[data-weight]')}.map(e => [+e.dataset.weight, e.textContent])")
        mask_of = read["sites"][site["name"]]["layers"][1]["mask"]
        mask = np.frombuffer(back.inflated(read["masks"][mask_of]), np.uint8)
        visible = mask.reshape(-1, len(pattern))[4] == 1
        np.testing.assert_allclose([w for w, _ in shown], pattern[visible], atol=1e-9)
        np.testing.assert_allclose([float(t) for _, t in shown], pattern[visible], atol=6e-4)
        scores = page.js(
            "[...document.querySelectorAll('[data-score]')].map(e => +e.dataset.score)"
        )
        sums = back.sums(seen, read, site["name"], 1)[1, 4]
        np.testing.assert_allclose(scores, sums[visible], atol=1e-6)


def test_filters_leave_the_heads_they_are_about(page, family):
    _, file = family
    page.open(file)
    fits = "[...document.querySelectorAll('[data-fits=\"1\"]')].map(e => e.dataset.cell)"
    page.choose("#set-beside", "")
    page.until("!location.hash.includes('beside=random')")
    page.choose("#set-role", "tracks")
    page.until(f"{fits}.length === 1")
    assert page.js(fits) == ["1.1"]
    page.choose("#set-role", "")
    page.choose("#set-relation", "obj")
    page.until(f"{fits}.length === 1")
    page.choose("#set-relation", "")
    page.choose("#set-role", "dumps")
    page.until(f"{fits}[0] === '0.0'")
    page.choose("#set-role", "")
    page.choose("#set-control", "random_weights-1")
    page.until("document.querySelector('#view h2').textContent.includes('random_weights-1')")


@pytest.mark.parametrize("kind", ["model", "head", "neuron"])
def test_each_view_is_saved_as_svg(page, family, kind):
    _, file = family
    page.open(file, f"#view={kind}&layer=1&head=1&heads=0,1")
    page.click("#export")
    page.until("document.getElementById('status').textContent.startsWith('Saved')")
    saved = page.downloads / page.js("document.getElementById('status').textContent").removeprefix(
        "Saved "
    )
    for _ in range(100):
        if saved.is_file() and saved.stat().st_size:
            break
        time.sleep(0.05)
    root = ElementTree.fromstring(saved.read_text(encoding="utf-8"))
    assert root.tag.endswith("svg")
    assert "var(" not in saved.read_text(encoding="utf-8")
    saved.unlink()


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_is_wider_than_the_screen(page, family, width):
    _, file = family
    page.resize(width, 900)
    for kind in ("model", "head", "neuron"):
        page.open(file, f"#view={kind}&layer=1&head=1")
        assert page.js("document.documentElement.scrollWidth") <= width


def test_words_heads_and_dimming_in_the_head_view(page, family):
    _, file = family
    page.open(file, "#view=head&layer=0&head=0&beside=")
    pieces = page.js("document.querySelectorAll('[data-unit]').length")
    page.choose("#set-unit", "words")
    page.until(f"document.querySelectorAll('[data-unit]').length < {pieces}")
    page.click("#chip-1")
    page.until("Atlas.app.state.heads.length === 2")
    colours = f"new Set({every('.lines line')}.map(e => e.getAttribute('stroke'))).size"
    page.until(f"{colours} === 2")
    for _ in range(40):
        page.press("Tab")
        if focused(page).startswith("queries"):
            break
    page.press("ArrowDown")
    page.press("ArrowDown")
    assert focused(page) == "queries.2"
    of_one = "new Set([...document.querySelectorAll('.lines line')].map(e => e.getAttribute('y1')))"
    page.until(f"{of_one}.size <= 2")
    assert page.js("document.querySelectorAll('.weights rect').length") > 2
    page.js("document.activeElement.blur()")
    page.until(f"{of_one}.size > 4")
    page.click("#theme")
    page.click("#theme")
    page.until("document.documentElement.dataset.theme === 'dark'")
    lines = every(".lines line")
    strength = f"{lines}.reduce((s, e) => s + +e.getAttribute('stroke-opacity'), 0)"
    before = page.js(strength)
    page.click("#set-dim")
    page.until("Atlas.app.state.dim")
    page.until(f"{strength} < {before}")


def test_an_address_of_what_is_not_there_shows_what_is(page, family):
    _, file = family
    page.open(
        file, "#model=x&control=y&site=z&layer=99&heads=77,88&sentence=9&view=neuron&query=99"
    )
    assert page.js("document.querySelectorAll('[data-weight]').length") > 0
    assert page.js("Atlas.app.state.sentence") == 1


def test_a_null_opened_from_its_grid_has_the_model_beside_it(page, family):
    _, file = family
    page.open(file)
    page.click("section:last-of-type svg[role=grid] [data-cell='1.0']")
    view(page, "head")
    assert page.js("[Atlas.app.state.control, Atlas.app.state.beside]") == [
        "random_weights-1",
        "trained",
    ]
    assert page.js("document.querySelectorAll('#view svg').length") == 2


def test_markup_stays_text_on_the_screen(page, tmp_path):
    file = tmp_path / "evil.html"
    file.write_text(evil_page(tmp_path / "bert"), encoding="utf-8")
    for kind in ("model", "head", "neuron"):
        page.open(file, f"#view={kind}&layer=0&head=1&unit=words&role={EVIL}&relation={EVIL}")
        assert page.js("window.hacked === undefined")
        assert page.js("document.querySelectorAll('img').length") == 0
        drawn = json.dumps(EVIL)
        assert page.js(f"document.body.textContent.includes({drawn})")
        assert page.js(f"document.title === {drawn}")
        drawing = "[{heading: Atlas.data.doc.title, drawn: document.querySelector('#view svg')}]"
        ElementTree.fromstring(page.js(f"Atlas.svg.file(Atlas.data.doc.title, {drawing})"))


def test_a_notebook_shows_it_inline(page, tmp_path):
    subject = made.subject(tmp_path / "bert", "bert")
    inline = show(subject, tiny.TEXTS[3], view="head", layers=[2], heads=[0, 3])
    file = tmp_path / "notebook.html"
    ready = "<script>document.documentElement.dataset.ready = 1</script>"
    file.write_text(f"<!doctype html><meta charset=utf-8>{inline._repr_html_()}{ready}")
    page.open(file)
    frame = page.call("Page.getFrameTree")["frameTree"]["childFrames"][0]["frame"]["id"]
    world = page.call("Page.createIsolatedWorld", frameId=frame)["executionContextId"]
    asked = (
        "[document.getElementById('view')?.dataset.view,"
        " document.querySelectorAll('#view svg').length]"
    )
    for _ in range(200):
        found = page.call(
            "Runtime.evaluate", contextId=world, expression=asked, returnByValue=True
        )["result"]["value"]
        if found[0] == "head":
            break
        time.sleep(0.05)
    assert found == ["head", 1]
