"""A page of real size: 12 × 12 heads of 64 channels, eight sentences of 24 words."""

import re

from tests.atlas import back
from tests.atlas.browser import view


def test_nothing_is_fetched_and_nothing_else_may_run(big_page):
    page = big_page.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert policy[1].startswith("default-src 'none';")
    assert "unsafe" not in policy[1]
    assert "http" not in policy[1]
    code = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.S)
    assert set(re.findall(r"https?://[^\s\"'<>]+", code)) <= {"http://www.w3.org/2000/svg"}
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert word not in code


def test_twelve_by_twelve_heads_and_eight_sentences_stay_below_six_megabytes(big_page):
    assert big_page.stat().st_size < 6_000_000
    seen = back.document(big_page.read_text(encoding="utf-8"))["subjects"][0]
    calls = [c for read in seen["readings"] for c in read["sites"]["encoder"]["layers"]]
    assert len(calls) == 8 * 12
    assert all("neurons" in call for call in calls)


def test_real_size_by_keyboard(page, big_page):
    page.open(big_page)
    assert page.js("document.querySelectorAll('[data-cell]').length") == 144
    page.js("document.querySelector('[data-cell=\"0.0\"]').focus()")
    page.press("ArrowDown")
    page.press("Enter")
    view(page, "head")
    page.press("Enter")
    view(page, "neuron")
    page.choose("#set-sentence", "7")
    page.until("location.hash.includes('sentence=7')")
    assert page.js("document.querySelectorAll('[data-weight]').length") > 20
