"""The page opens from disk with no network, and can be read by those who do not see it."""

import base64
import hashlib
import json
import re
import xml.etree.ElementTree as ET

import pytest
from report_tables import Grid, make, quarantine

from pipeline.report.write import ReportSettings, render
from tests import pages


@pytest.fixture(scope="module")
def files():
    sites = ("encoder", "decoder", "cross")
    grid = Grid(layers=3, heads=4, sites=sites, links=True, deprels=("nsubj", "obj", "iobj"))
    return render(make(grid), quarantine(), ReportSettings())[0]


@pytest.fixture(scope="module")
def page(files):
    return files["census.html"]


@pytest.fixture(scope="module")
def tree(page):
    return pages.check(page)


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
    assert tree.count("table") >= 4
    assert tree.count("svg") == 16
    scopes = [attrs.get("scope") for tag, attrs in tree.found if tag == "th"]
    assert set(scopes) == {"col", "row"}
    assert "prefers-color-scheme: dark" in page


def test_a_section_opens_with_its_counts_beside_its_map(page):
    beside = page[page.index('<div class="beside">') :]
    order = ("Counts, controls side by side", "<table>", "Layer × head maps", "<svg", "</figure>")
    places = [beside.index(what) for what in order]
    assert places == sorted(places)
    assert page.count('<div class="beside">') == 1
    assert beside[places[-1] :].split("\n")[1:3] == ["</div>", "</div>"]


def test_tables_are_plain_until_the_script_makes_them_sortable(page, tree):
    assert tree.count("button") == 0
    assert "aria-sort" in page[page.index("<script>") :]


def test_a_page_beside_it_is_linked(files):
    tables = make(Grid(layers=2, heads=2, deprels=("nsubj",), controls=(("trained", (0,)),)))
    written, _ = render(tables, quarantine(), ReportSettings(), None, "interventions.html")
    assert '<a href="interventions.html">interventions.html</a>' in written["census.html"]
    assert "by experiment: `interventions.html`." in written["census.md"]


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
    tree = pages.check(page)
    hrefs = [a["href"] for tag, a in tree.found if tag == "a" and a["href"][0] != "#"]
    hrefs.remove("atlas.html")  # once, for who wants to see no head in particular
    assert len(hrefs) > 10
    begins = r"atlas\.html#model=a%26b&control=[\w-]+&site=\w+&layer=\d+&.*corpus=ewt$"
    assert all(re.match(begins, h) for h in hrefs)
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
