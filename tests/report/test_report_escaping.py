"""Hostile names are text everywhere: in HTML, Markdown, SVG, and in the names of files."""

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from report_tables import Grid, make, quarantine

from pipeline.report.write import ReportSettings, render

EVIL = "<script>alert(1)</script></svg>|$x^2$ _a_ **b** [c](http://e.vil) `d`\n\x07\u202e../名"
SHOWN = "".join(f"\\u{ord(c):04x}" if c in "\n\x07\u202e" else c for c in EVIL)


@pytest.fixture(scope="module")
def files():
    grid = Grid(
        model=EVIL,
        corpus=EVIL,
        layers=3,
        heads=2,
        sites=("encoder", "decoder", "cross"),
        links=True,
        deprels=(EVIL, f"nsubj:{EVIL}", "_"),
        controls=(("trained", (0,)), (EVIL, (0, 1)), ("_under", (0,)), ("$x^2$", (0,))),
    )
    log = quarantine((EVIL, EVIL, 3, EVIL, EVIL))
    return render(make(grid), log, ReportSettings(title=EVIL))[0]


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def test_html_shows_names_as_text(files):
    page = Page()
    page.feed(files["census.html"])
    assert page.tags.count("script") == 1, "only the page's own"
    assert SHOWN in page.text, "as title, heading and cell"
    assert not set(page.tags) & {"b", "iframe", "img", "object", "link"}
    svgs = re.findall(r"<svg.*?</svg>", files["census.html"], re.DOTALL)
    assert len(svgs) == len([name for name in files if name.endswith(".svg")])


def test_markdown_has_no_markup_of_theirs(files):
    page = files["census.md"]
    assert "<" not in page
    assert "http://" not in page
    page = re.sub(r"\]\(figures/[a-z0-9_-]+\.svg\)", "", page)
    outside = re.sub(r"\\[\\`*_\[\]|~#]", "", page)
    assert "$" not in outside
    assert "[c](" not in outside
    assert "**b**" not in outside
    assert "_a_" not in outside


def test_markdown_tables_keep_their_columns(files):
    lines = files["census.md"].splitlines()
    rules = [k for k, line in enumerate(lines) if line.startswith("| ---")]
    assert len(rules) >= 5
    for k in rules:
        width = len(re.findall(r"(?<!\\)\|", lines[k]))
        body = [lines[k - 1]]
        for line in lines[k + 1 :]:
            if not line:
                break
            body.append(line)
        assert {len(re.findall(r"(?<!\\)\|", line)) for line in body} == {width}


def test_svgs_parse_and_draw_names_as_text(files):
    svgs = {name: ET.fromstring(text) for name, text in files.items() if name.endswith(".svg")}
    assert len(svgs) == 16
    for root in svgs.values():
        tags = {element.tag.rsplit("}")[-1] for element in root.iter()}
        assert tags <= {
            "svg",
            "title",
            "desc",
            "g",
            "path",
            "text",
            "use",
            "defs",
            "clipPath",
            "rect",
        }
        title = root.find("{http://www.w3.org/2000/svg}title")
        assert title is not None
        assert SHOWN in (title.text or "")
    text = " ".join(t for root in svgs.values() for e in root.iter() for t in [e.text or ""])
    assert "<script>al" in text
    assert "_under" in text
    drawn = [e.text for root in svgs.values() for e in root.iter() if e.tag.endswith("}text")]
    assert "$x^2$" in drawn, "mathematics would be drawn otherwise"


def test_file_names_stay_inside_the_folder(files):
    names = [name for name in files if name.startswith("figures/")]
    assert all(re.fullmatch(r"figures/[a-z0-9_-]+\.svg", name) for name in names)
    for name in names:
        assert f"]({name})" in files["census.md"]


def test_names_that_differ_in_case_or_sign_have_files_of_their_own():
    grids = [
        Grid(model=m, layers=1, heads=1, deprels=(), controls=(("trained", (0,)),))
        for m in ("a b", "a-b", "A-b", "a--b")
    ]
    names = list(render(make(*grids), quarantine(), ReportSettings())[0])
    assert len({name.lower() for name in names}) == len(names) == 3 + 4 * 4
