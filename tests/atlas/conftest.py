"""A browser, and its tabs."""

import pytest

from tests.atlas.browser import CHROMIUM, Browser, Page


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
