"""Pages of real size: 12 × 12 heads of 64 channels at each site, eight sentences of 24 words."""

import re

import pytest

from pipeline.atlas import Example, build, render
from pipeline.controls.random_weights import RandomWeights
from pipeline.core.sentence import Sentence
from tests.atlas import back, made
from tests.atlas.browser import every, view

pytestmark = pytest.mark.slow

SITES = {"bert": ["encoder"], "gpt2": ["decoder"], "bart": ["encoder", "decoder", "cross"]}
LIMIT = 6_000_000


@pytest.fixture(scope="module")
def examples(treebank) -> list[Example]:
    """Each sentence beside the next, for who reads two."""
    lines = treebank.read_text(encoding="utf-8").splitlines()
    words = [line.split("\t")[1] for line in lines if line[:1].isdigit()]

    def sentence(k: int, target: Sentence | None = None) -> Sentence:
        of = tuple(words[24 * k : 24 * k + 24])
        return Sentence(f"s{k}", "", of, None, tuple(range(24)), ("dep",) * 24, target)

    return [Example(sentence(k, sentence(k + 1))) for k in range(8)]


@pytest.fixture(scope="module", params=list(SITES))
def real(request, tmp_path_factory, examples):
    """A model beside a null."""
    subjects = (
        made.real_size(request.param),
        made.real_size(request.param, RandomWeights(), "random_weights"),
    )
    path = tmp_path_factory.mktemp(request.param) / "atlas.html"
    path.write_text(render(build(subjects, examples)), encoding="utf-8")
    return request.param, path


def test_nothing_is_fetched_and_nothing_else_may_run(real):
    page = real[1].read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert policy[1].startswith("default-src 'none';")
    assert "unsafe" not in policy[1]
    assert "http" not in policy[1]
    code = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.S)
    assert set(re.findall(r"https?://[^\s\"'<>]+", code)) <= {"http://www.w3.org/2000/svg"}
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert word not in code


def test_the_page_stays_below_six_megabytes_with_every_pattern(real):
    family, file = real
    assert file.stat().st_size < LIMIT
    found = back.document(file.read_text(encoding="utf-8"))
    for seen in found["subjects"]:
        assert [(s["name"], s["layers"], s["heads"]) for s in seen["sites"]] == [
            (site, 12, 12) for site in SITES[family]
        ]
        for read in seen["readings"]:
            for site in SITES[family]:
                pattern = back.weights(seen, read, site, found["levels"])
                assert abs(pattern.sum(-1) - 1).max() < 0.15
    first = found["subjects"][0]["readings"][0]
    assert all("neurons" in c for site in SITES[family] for c in first["sites"][site]["layers"])


def test_a_model_by_itself_keeps_every_query_and_key(examples):
    document = build([made.real_size()], examples)
    assert len(document.json()) < LIMIT
    calls = [c for read in document.subjects[0].readings for c in read.sites["encoder"].layers]
    assert len(calls) == 8 * 12
    assert all(call.neurons for call in calls)
    assert document.levels == 255


@pytest.mark.parametrize("width", [1280, 400])
def test_used_by_mouse(page, real, width):
    family, file = real
    page.resize(width)
    page.open(file)
    grids = "svg[role=grid]"
    assert page.js(f"{every(grids)}.length") == 2 * len(SITES[family])
    assert page.js(f"{every('[data-cell]')}.length") == 2 * 144 * len(SITES[family])
    smallest = f"Math.min(...{every('[data-cell]')}.map(e => e.getBoundingClientRect().width))"
    assert page.js(smallest) >= 16
    for k, site in enumerate(SITES[family]):
        page.open(file)
        page.js(f"{every(grids)}[{k}].querySelector('[data-cell=\"7.9\"]').id = 'wanted'")
        page.click("#wanted")
        view(page, "head")
        state = page.js("Atlas.app.state")
        assert (state["site"], state["layer"], state["head"]) == (site, 7, 9)
        assert page.js(f"{every('.lines line')}.length") >= 20
        page.click("#chip-3")
        page.until("Atlas.app.state.heads.length === 2")
        page.click("[data-unit='queries.5']")
        view(page, "neuron")
        assert page.js(f"{every('[data-weight]')}.length") > (20 if site != "decoder" else 5)
        assert page.js("document.documentElement.scrollWidth") <= width
    page.choose("#set-sentence", "7")
    page.until("location.hash.includes('sentence=7')")
    page.click("#view-head")
    view(page, "head")
    assert page.js(f"{every('.lines line')}.length") >= 20


@pytest.mark.parametrize("width", [1280, 400])
def test_used_by_keyboard(page, real, width):
    _, file = real
    page.resize(width)
    page.open(file)
    for _ in range(30):
        page.press("Tab")
        if page.js("!!document.activeElement.dataset.cell"):
            break
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.press(key)
    assert page.js("document.activeElement.dataset.cell") == "2.1"
    page.press("Enter")
    view(page, "head")
    page.until("document.activeElement.dataset.unit === 'queries.0'")
    page.press("ArrowDown")
    page.press("Enter")
    view(page, "neuron")
    state = page.js("Atlas.app.state")
    assert (state["layer"], state["head"], state["query"]) == (2, 1, 1)
    assert page.js("document.documentElement.scrollWidth") <= width
    page.press("Escape")
    view(page, "head")
    page.press("Escape")
    view(page, "model")
    page.until("document.activeElement.dataset.cell === '2.1'")
