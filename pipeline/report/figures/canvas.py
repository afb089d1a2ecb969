"""A matplotlib figure laid out in inches, written as small, repeatable, accessible SVG.

Matplotlib's own SVG carries a date, a version, a style sheet that would leak into a page it is
inlined in, ids that clash when two figures share a page, and six decimals. All of that goes here.
Text stays text: it is found by search, read aloud, and drawn in the reader's own font.
"""

import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.report.figures.palette import INK, PAPER

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
WIDTH = 7.6
"""Inches: what a README column shows without shrinking it."""
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "headcensus",
    "text.parse_math": False,  # a corpus may be named $x$
    "font.family": ["DejaVu Sans"],  # ships with matplotlib: the same layout everywhere
    "font.size": 9.0,
    "axes.titlesize": 9.0,
    "axes.labelsize": 9.0,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "legend.fontsize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.facecolor": PAPER,
    "path.simplify": False,
}
FONTS = "'DejaVu Sans', Verdana, Arial, Helvetica, sans-serif"


@contextmanager
def house_style() -> Iterator[None]:
    """Our settings alone, whatever the user's matplotlibrc says."""
    with style.context(["default", STYLE]), warnings.catch_warnings():
        # A word in a script that DejaVu lacks: the reader's own font will draw it.
        warnings.filterwarnings("ignore", message="(?s)Glyph .* missing", category=UserWarning)
        yield


def sheet(height: float) -> Figure:
    return Figure(figsize=(WIDTH, height))


def place(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a place in inches, from the left and from the top."""
    full_width, full_height = figure.get_size_inches()
    bottom = full_height - top - height
    return figure.add_axes(
        (left / full_width, bottom / full_height, width / full_width, height / full_height)
    )


def write(figure: Figure, left: float, top: float, text: str, **how: Any) -> None:
    """A line of text at a place in inches; its first line's top left corner unless said."""
    width, height = figure.get_size_inches()
    how = {"ha": "left", "va": "top", **how}
    figure.text(left / width, 1 - top / height, text, **how)


def _shorter(text: str) -> str:
    """At most two decimals, and no spaces that a path can do without."""

    def short(match: re.Match) -> str:
        return f"{float(match.group()):.2f}".rstrip("0").rstrip(".")

    text = re.sub(r"-?\d+\.\d+", short, text)
    if re.match(r"M [-\d.]+ [-\d.]+\s+L ", text):
        text = re.sub(r"\s*([MLz])\s*", r"\1", text)
    return text.strip()


def _fonts(text: str) -> str:
    return re.sub(r"'DejaVu Sans'(, [^;]*)?", FONTS, text)


def to_svg(
    figure: Figure, name: str, title: str, alt: str, tips: Mapping[str, str] | None = None
) -> str:
    """The figure as SVG text. `tips`: the gid of an artist → a line shown when it is pointed at."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format")))
    root = ET.fromstring(buffer.getvalue())
    tips = dict(tips or {})
    _strip(root)
    used = set(re.findall(r"#([\w.-]+)", ET.tostring(root, encoding="unicode")))
    for element in root.iter():
        own = element.attrib.pop("id", None)
        if own in tips:
            tip = ET.Element(f"{{{SVG}}}title")
            tip.text = tips[own]
            element.insert(0, tip)
        if own in used:
            element.set("id", f"{name}-{own}")
        for key, value in list(element.attrib.items()):
            value = re.sub(r"(url\(#|^#)(?=[\w.-]+\)?$)", rf"\g<1>{name}-", value)
            element.attrib.pop(key)
            key = "href" if key == f"{{{XLINK}}}href" else key
            element.set(key, value if key in ("id", "href") else _fonts(_shorter(value)))
    for tag, text in (("desc", alt), ("title", title)):
        child = ET.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{tag}"})
        child.text = text
        root.insert(0, child)
    root.attrib |= {
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-desc",
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
    }
    ET.register_namespace("", SVG)
    ET.indent(root, space="")
    return ET.tostring(root, encoding="unicode") + "\n"


def _strip(root: ET.Element) -> None:
    """Remove metadata and style sheets, and the definitions that are left empty."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}style") or (
                child.tag.endswith("}metadata")
            ):
                parent.remove(child)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{{{SVG}}}defs" and len(child) == 0:
                parent.remove(child)
