"""Pages that several tests look at."""

from pathlib import Path

import pytest

from pipeline.atlas import Example, build, render
from pipeline.core.sentence import Sentence
from tests.atlas import made
from tests.atlas.browser import CHROMIUM, Browser, Page

TREEBANK = Path(__file__).parents[2] / "data/treebank/treebank.conllu"


@pytest.fixture(scope="session")
def big_page(tmp_path_factory) -> Path:
    """12 × 12 heads, eight sentences of 24 words."""
    words = [
        line.split("\t")[1] for line in TREEBANK.read_text().splitlines() if line[:1].isdigit()
    ]
    examples = [
        Example(Sentence(f"s{k}", "", tuple(words[24 * k : 24 * k + 24]))) for k in range(8)
    ]
    path = tmp_path_factory.mktemp("big") / "atlas.html"
    path.write_text(render(build([made.real_size()], examples)), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    opened = Browser(tmp_path_factory.mktemp("browser"))
    yield opened
    opened.close()


@pytest.fixture
def page(browser):
    """A tab; when a test is done, its console was silent and it asked nothing of the network."""
    opened = Page(browser)
    yield opened
    assert not opened.errors
    assert not opened.requests
    opened.close()
