"""What is written beside marks stays whole: on its own paper, and with the head's number."""

import xml.etree.ElementTree as ET

import pytest
from report_tables import Grid, make, quarantine

from pipeline.report.figures.canvas import SVG, WIDTH
from pipeline.report.figures.dots import Dot, draw_dots
from pipeline.report.figures.palette import marks
from pipeline.report.figures.scatter import Look, Plane, Spot, draw_scatter
from pipeline.report.write import ReportSettings, render

LETTER = 0.65 * 6.5
"""Points that a figure or a capital is wide at most, at the size of these labels."""


@pytest.mark.parametrize("n_planes", [1, 2, 3])
def test_a_label_does_not_leave_its_panel(n_planes):
    look = Look("dumps", "#E69F00", "s")
    spots = [Spot(x / 20, x % 3 / 10, look, f"L11H{x}", f"L11H{x}") for x in range(21)]
    planes = [Plane(f"p{k}", spots) for k in range(n_planes)]
    root = ET.fromstring(draw_scatter("a", "b", "c", planes))
    labels = [e for e in root.iter(f"{{{SVG}}}text") if (e.text or "").startswith("L11H")]
    assert len(labels) == 21 * n_planes
    titles = [e for e in root.iter(f"{{{SVG}}}text") if e.text in {p.title for p in planes}]
    starts = [float(e.attrib["x"]) for e in titles]
    width = ((WIDTH - 0.6) / n_planes - 0.15) * 72
    for label in labels:
        x, long = float(label.attrib["x"]), LETTER * len(label.text or "")
        before = "text-anchor: end" in label.attrib["style"]
        low, high = (x - long, x) if before else (x, x + long)
        assert any(s <= low and high <= s + width for s in starts), (label.text, low, high)


@pytest.mark.parametrize("relation", ["nmod:unmarked", "n" * 80, "acl"])
@pytest.mark.parametrize("who", ["↓ L0H1", "↑ encoder L11H10", "↓ decoder L111H110"])
def test_of_a_dot_s_label_only_the_relation_is_shortened(relation, who):
    svg = draw_dots("a", "b", "c", [Dot(relation, who, 1.0, 0.0, 2.0, 1.0, {})], marks(["t"]))
    (label,) = (e.text for e in ET.fromstring(svg).iter(f"{{{SVG}}}text") if who in (e.text or ""))
    assert len(label) <= 27
    assert label.endswith(" " + who)
    assert label[0] == relation[0]


def test_the_report_names_the_head_of_each_dot():
    grid = Grid(layers=12, heads=12, deprels=("nmod:unmarked",), sites=("encoder", "decoder"))
    files, _ = render(make(grid), quarantine(), ReportSettings(min_arcs=1))
    page = files["census.md"]
    row = next(line for line in page.splitlines() if line.startswith("| nmod:unmarked ")).split(
        " | "
    )
    who = f"{row[0][-1]} {row[1]}"
    assert f"… {who}<" in files["figures/minilm--ewt--best-heads.svg"]
