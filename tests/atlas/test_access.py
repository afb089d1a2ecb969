"""All pages in a browser, on a desk and on a phone, in the light and in the dark.

axe-core looks for what keeps people out: contrast, names, roles, what a keyboard cannot reach. It
comes with the extra `browser`, of which no more is used than that one file.
"""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests import tiny
from tests.stages import small

pytestmark = pytest.mark.slow

WIDTHS = {"desk": 1280, "phone": 390}
CELLS = ("local-trained-conllu", "local-random_weights-1-conllu")
PAGES = ("census", "interventions", "compare", "atlas")


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core."""
    found = find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        pytest.skip("no axe-core here: pip install 'headcensus[browser]'")
    return Path(found.submodule_search_locations[0], "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A small census with every page that there is."""
    made = tmp_path_factory.mktemp("access")
    corpus = made / "some.conllu"
    corpus.write_text(small.conllu(30), encoding="utf-8")
    words = small.words(tiny.save(made / "model"), corpus, made / "out")
    words = [*small.with_atlas(words), "control=[trained,random_weights-1]"]
    assert small.run("run", *words) == 0
    few = ["intervene.sentences=6", "intervene.draws=1"]
    assert small.run("intervene", *(w for w in words if not w.startswith("atlas.")), *few) == 0
    assert small.run("compare", *CELLS, f"root={made / 'out'}") == 0
    return made / "out/report"


def opened(page, folder: Path, name: str, address: str = "") -> None:
    file = folder / {"compare": f"compare--{'--'.join(CELLS)}.html"}.get(name, f"{name}.html")
    if name == "atlas":
        page.open(file, address)
    else:
        page.open_plain(file)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", [*PAGES, "atlas#view=head&heads=0,1", "atlas#view=neuron"])
def test_axe_finds_nothing_serious(page, folder, axe, name, width, scheme):
    page.prefer(scheme)
    page.resize(WIDTHS[width])
    name, sign, address = name.partition("#")
    opened(page, folder, name, sign + address)
    page.js(axe)
    passed, violations = page.js(
        "axe.run(document, {resultTypes: ['violations']}).then(({violations, passes}) =>"
        " [passes.length, violations.map(({impact, id, nodes}) =>"
        " [impact, id, nodes.map(node => node.html.slice(0, 200))])])"
    )
    assert passed > 10
    assert [v for v in violations if v[0] in ("serious", "critical")] == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [360, 390, 1280])
def test_the_page_itself_never_scrolls_sideways(page, folder, name, width):
    page.resize(width)
    opened(page, folder, name)
    assert page.js("document.documentElement.scrollWidth") <= width
    outside = (
        "[...document.querySelectorAll('body *')].filter(e => !e.closest('svg') &&"
        " !e.closest('.scroll, pre') && e.getBoundingClientRect().right > innerWidth + 1)"
        ".map(e => e.outerHTML.slice(0, 120))"
    )
    assert page.js(outside) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_thumb_hits_and_eyes_read(page, folder, name):
    """What is pressed is 24 pixels high or more, text 12 or more."""
    page.resize(390)
    opened(page, folder, name)
    low = "[...document.querySelectorAll('button, select, nav a, .door a, td a, th a')]"
    low += ".filter(e => (e.closest('td, th') || e).getBoundingClientRect().height < 24)"
    assert page.js(f"{low}.map(e => e.outerHTML)") == []
    tiny_text = (
        "[...document.querySelectorAll('body *')].filter(e => !e.closest('svg') && e.innerText &&"
        " parseFloat(getComputedStyle(e).fontSize) < 12).map(e => e.outerHTML.slice(0, 120))"
    )
    assert page.js(tiny_text) == []


def test_the_answer_the_counts_and_the_map_are_on_the_first_screen(page, folder):
    opened(page, folder, "census")
    tops = page.js(
        "['main p', 'table tbody', 'figure svg'].map(s =>"
        " document.querySelector(s).getBoundingClientRect().top)"
    )
    assert max(tops) < 600
    assert page.js("scrollY") == 0


PUT = ["10", "9 (8–12)", "−3", "–", "2.5", "word"]
"""Into the second column of the first table."""


def shown(page, column: int) -> tuple[list[str], list[str | None]]:
    """What the first rows that were put there say now, and each header's aria-sort."""
    cells, sorts = page.js(
        "(() => { const table = document.querySelector('table');"
        f" return [[...table.tBodies[0].rows].map(row => row.cells[{column}].textContent.trim()),"
        " [...table.tHead.rows[0].cells].map(th => th.getAttribute('aria-sort'))]; })()"
    )
    return [cell for cell in cells if column == 0 or cell in PUT], sorts


def test_a_header_sorts_numbers_as_numbers_by_keyboard_and_mouse(page, folder):
    opened(page, folder, "census")
    page.js(
        "[...document.querySelector('table').tBodies[0].rows].forEach((row, k) => {"
        f" row.cells[1].textContent = {json.dumps(PUT)}[k] ?? '500'; }})"
    )
    printed = shown(page, 0)[0]
    page.js("document.querySelectorAll('thead th button')[1].focus()")
    page.press("Enter")
    cells, sorts = shown(page, 1)
    assert cells == ["−3", "2.5", "9 (8–12)", "10", "word", "–"]
    assert sorts[:3] == [None, "ascending", None]
    page.click("thead th:nth-child(2) button")
    cells, sorts = shown(page, 1)
    assert cells == ["word", "10", "9 (8–12)", "2.5", "−3", "–"]
    assert sorts[:3] == [None, "descending", None]
    page.click("thead th:nth-child(2) button")
    assert shown(page, 0)[0] == printed
    assert set(shown(page, 0)[1]) == {None}
    page.click("thead th:nth-child(1) button")
    cells, sorts = shown(page, 0)
    assert cells != printed
    assert sorts[:2] == ["ascending", None]


def test_without_a_script_tables_are_plain(page, folder):
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    opened(page, folder, "census")
    assert page.js("document.querySelectorAll('table').length") > 2
    assert page.js("document.querySelectorAll('button').length") == 0
    page.call("Emulation.setScriptExecutionDisabled", value=False)


def test_on_paper_nothing_is_cut_and_the_page_is_white(page, folder):
    page.prefer("dark")
    opened(page, folder, "census")
    assert page.js("getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"
    page.call("Emulation.setEmulatedMedia", media="print")
    assert page.js("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.js("getComputedStyle(document.querySelector('.scroll')).overflowX") == "visible"
