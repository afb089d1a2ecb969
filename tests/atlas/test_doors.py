"""From the report to a head: cells of its maps and rows of its tables open the atlas at it."""

import json
import re
from urllib.parse import parse_qs

import pytest

from tests import tiny
from tests.atlas.browser import view
from tests.stages import small

pytestmark = pytest.mark.slow

CELLS = """(() => {
  const svg = document.querySelector("svg[data-doors]");
  return [...svg.querySelectorAll("title")].map((title) => {
    const box = title.parentNode.getBoundingClientRect();
    return [title.textContent, box.x + box.width / 2, box.y + box.height / 2];
  });
})()"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("doors")
    checkpoint = tiny.save(folder / "model")
    corpus = folder / "some.conllu"
    corpus.write_text(small.conllu(30), encoding="utf-8")
    words = small.with_atlas(small.words(checkpoint, corpus, folder / "out"))
    assert small.run("run", *words, "control=[trained,random_weights-1]") == 0
    return folder / "out/report"


def test_a_cell_of_a_map_opens_its_head(page, report):
    page.open_plain(report / "census.html")
    page.js("document.querySelector('svg[data-doors]').scrollIntoView({block: 'center'})")
    cells = [c for c in page.js(CELLS) if re.match(r"L\d+H\d+:", c[0])]
    assert len({c[0].split(":")[0] for c in cells}) == 12
    _, x, y = next(c for c in cells if c[0].startswith("L2H1:"))
    page.click_at(x, y)
    view(page, "head")
    state = page.js("Atlas.app.state")
    assert [state[key] for key in ("model", "control", "site")] == ["local", "trained", "encoder"]
    assert [state["layer"], state["head"]] == [2, 1]


def test_every_map_knows_its_control_and_its_place(page, report):
    """The middle of each cell of each map is asked for what it opens."""
    page.open_plain(report / "census.html")
    for k in range(page.js("document.querySelectorAll('svg[data-doors]').length")):
        svg = f"document.querySelectorAll('svg[data-doors]')[{k}]"
        doors = json.loads(page.js(f"{svg}.dataset.doors"))
        controls = [parse_qs(door[6].split("#")[1])["control"][0] for door in doors]
        assert set(controls) == {"trained", "random_weights-1"}
        for left, top, width, height, layers, heads, address in doors:
            layer, head = layers - 1, heads - 2
            x, y = left + (head + 0.5) * width, top + (layer + 0.5) * height
            page.js(
                f"(() => {{ const p = new DOMPoint({x}, {y}).matrixTransform({svg}.getScreenCTM());"
                f" {svg}.dispatchEvent(new PointerEvent('pointermove',"
                " {clientX: p.x, clientY: p.y, bubbles: true})); })()"
            )
            found = page.js(f"{svg}.closest('figure').querySelector('.door a').href")
            assert found.endswith(f"{address}&layer={layer}&head={head}")


def test_the_link_below_a_map_moves_by_keyboard(page, report):
    page.open_plain(report / "census.html")
    page.js("document.querySelector('.door a').focus()")
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowUp"):
        page.press(key)
    page.press("PageDown")
    said = page.js("document.activeElement.textContent")
    assert said == "random_weights-1, encoder layer 0 head 2"
    page.press("Enter")
    view(page, "head")
    state = page.js("Atlas.app.state")
    assert (state["control"], state["layer"], state["head"]) == ("random_weights-1", 0, 2)


def test_a_row_of_a_table_opens_its_head_on_its_relation(page, report):
    page.open_plain(report / "census.html")
    link = "td a[href*='relation=']"
    named, address = page.js(
        f'(() => {{ const a = document.querySelector("{link}");'
        " return [a.textContent, a.getAttribute('href')]; })()"
    )
    page.click(link)
    view(page, "head")
    state = page.js("Atlas.app.state")
    asked = {key: value[0] for key, value in parse_qs(address.split("#")[1]).items()}
    assert named == f"L{state['layer']}H{state['head']}"
    assert state["relation"] == asked["relation"]
    assert state["arcs"] == asked["arcs"]
