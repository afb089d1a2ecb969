"""The page opens from disk with no network, and can be read by those who do not see it."""

import base64
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from report_tables import Grid, make, quarantine

from pipeline.report.write import ReportSettings, render

VOID = {"meta", "br", "path", "use"}


@pytest.fixture(scope="module")
def files():
    sites = ("encoder", "decoder", "cross")
    grid = Grid(layers=3, heads=4, sites=sites, links=True, deprels=("nsubj", "obj", "iobj"))
    return render(make(grid), quarantine(), ReportSettings())[0]


@pytest.fixture(scope="module")
def page(files):
    return files["census.html"]


class Tree(HTMLParser):
    """Collects tags with attributes, and complains of one that is closed out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def tree(page):
    tree = Tree()
    tree.feed(page)
    assert tree.open == []
    return tree


def test_nothing_is_loaded_from_outside(page, tree):
    names = {"src", "href", "xlink:href", "action", "data", "srcset", "poster"}
    links = [value for _, attrs in tree.found for name, value in attrs.items() if name in names]
    assert all(link.startswith("#") for link in links)
    assert not {tag for tag, _ in tree.found} & {"link", "img", "iframe", "object", "embed", "base"}
    urls = re.findall(r"url\((.)", page)
    assert set(urls) == {"#"}
    assert "@import" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_policy_allows_this_script_and_no_other(page):
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script.group(1).encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in page


def test_ids_are_unique_and_every_reference_has_its_target(page, tree):
    ids = [attrs["id"] for _, attrs in tree.found if "id" in attrs]
    assert len(ids) == len(set(ids)) > 10
    used = set(re.findall(r"url\(#([^)]+)\)", page))
    used |= {attrs["href"][1:] for _, attrs in tree.found if "href" in attrs}
    used |= {i for _, attrs in tree.found for i in attrs.get("aria-labelledby", "").split()}
    assert used
    assert used <= set(ids)


def test_structure_for_screen_readers(page, tree):
    tags = [tag for tag, _ in tree.found]
    assert dict(tree.found)["html"] == {"lang": "en"}
    assert tags.count("h1") == tags.count("main") == 1
    assert tags.count("table") == tags.count("caption") >= 4
    svgs = [attrs for tag, attrs in tree.found if tag == "svg"]
    assert len(svgs) == 16
    assert all(attrs["role"] == "img" and attrs["aria-labelledby"] for attrs in svgs)
    scopes = [attrs.get("scope") for tag, attrs in tree.found if tag == "th"]
    assert set(scopes) == {"col", "row"}
    assert "prefers-color-scheme: dark" in page
    assert 'name="viewport"' in page


def test_svg_files_stand_alone(files):
    svgs = {name: text for name, text in files.items() if name.endswith(".svg")}
    assert len(svgs) == 16
    for text in svgs.values():
        root = ET.fromstring(text)
        first = [child.tag.rsplit("}")[-1] for child in root][:2]
        assert first == ["title", "desc"]
        assert all((child.text or "").strip() for child in list(root)[:2])
        assert "matplotlib" not in text.lower()
        assert "<style" not in text
        assert not re.search(r"\b20\d\d-\d\d", text), "a date"
        assert not re.search(r"\d\.\d{3}", text), "more than two decimals"


def test_alt_text_says_what_a_figure_shows(files):
    alts = re.findall(r"!\[(.*)\]\(figures/", files["census.md"])
    assert len(alts) == 16
    assert all(len(alt) > 60 and re.search(r"\d", alt) for alt in alts)


def test_heads_are_linked_where_there_is_an_atlas_and_nothing_else_is_changed(files):
    sites = ("encoder", "decoder", "cross")
    grid = Grid("a&b", layers=3, heads=4, sites=sites, links=True, deprels=("nsubj", "obj"))
    plain, _ = render(make(grid), quarantine(), ReportSettings())
    linked, _ = render(make(grid), quarantine(), ReportSettings(), "atlas.html")
    assert "atlas" not in plain.pop("census.html")
    page = linked.pop("census.html")
    assert linked == plain
    tree = Tree()
    tree.feed(page)
    hrefs = [a["href"] for tag, a in tree.found if tag == "a"]
    assert len(hrefs) > 10
    assert all(
        re.match(r"atlas\.html#model=a%26b&control=[\w-]+&site=\w+&layer=\d+&", h) for h in hrefs
    )
    doors = [json.loads(a["data-doors"]) for tag, a in tree.found if "data-doors" in a]
    # Relations of two sites, masses of three, alignments; four controls in each.
    assert len(doors) == 6
    for door in (d for of_figure in doors for d in of_figure):
        assert door[4:6] == [3, 4]
        assert door[6].startswith("atlas.html#model=a%26b&control=")
    assert {d[6].split("&control=")[1].split("&")[0] for d in doors[0]} == {
        "trained", "no_projection", "shuffled_weights", "random_weights"
    }  # fmt: skip
    test_the_policy_allows_this_script_and_no_other(page)
