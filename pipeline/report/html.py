"""Blocks → one HTML file that opens from disk: no network, nothing outside it.

Jinja2 escapes every text. The only markup let through is the SVG that `figures.canvas` serialised
and the one inline script, and the page's own policy allows that script by its digest, no other.
"""

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline.report.blocks import (
    Block,
    Code,
    Door,
    Figure,
    Heading,
    Inline,
    PageName,
    Strong,
    Table,
)
from pipeline.style.sheet import digest, sheet

TEMPLATES = Path(__file__).parent / "templates"


def _kind(part: Inline) -> str:
    kinds: dict[type, str] = {Strong: "strong", Code: "code", PageName: "page"}
    return kinds.get(type(part), "plain")


def _breakable(text: str) -> Markup:
    """A name of several words may go on in the next line."""
    return Markup("_<wbr>").join(text.split("_"))


def _inline_svg(figure: Figure, atlas: str | None) -> Markup:
    """The SVG without what only a file of its own needs: inside HTML the namespace is known.

    Its doors, if they lead anywhere, stand in an attribute that `doors.js` reads.
    """
    svg = re.sub(r"^<\?xml[^>]*\?>\s*", "", figure.svg)
    svg = re.sub(r'^(<svg[^>]*?) xmlns="[^"]*"', r"\1", svg)
    if atlas and figure.doors:
        doors = json.dumps([_opened(door, atlas) for door in figure.doors], separators=(",", ":"))
        svg = svg.replace("<svg", f'<svg data-doors="{escape(doors)}"', 1)
    return Markup(svg)


def _opened(door: Door, atlas: str) -> list:
    """In the units of the picture, 72 to an inch."""
    sizes = (door.left, door.top, door.width, door.height)
    return [round(72 * size, 2) for size in sizes] + [
        door.layers,
        door.heads,
        f"{atlas}#{door.address}",
    ]


@dataclass(frozen=True)
class _Row:
    """Blocks below one another and, where there is room, those of `right` beside them."""

    left: list[Block]
    right: list[Block]


def _rows(blocks: list[Block]) -> list[_Row]:
    """A section that opens with a table, then a heading and its figure, shows both at once."""
    starts = [k for k, block in enumerate(blocks) if isinstance(block, Heading) and block.level < 3]
    rows = [_Row(blocks[: starts[0]] if starts else blocks, [])]
    for start, end in pairwise([*starts, len(blocks)]):
        section = blocks[start:end]
        kinds = [type(block) for block in section]
        heads = [k for k, kind in enumerate(kinds) if k and kind is Heading]
        first = kinds.index(Figure) if Figure in kinds else 0
        split = max((k for k in heads if k < first), default=0)
        if not split or split != first - 1 or Table not in kinds[heads[0] : split]:
            rows.append(_Row(section, []))
            continue
        rows.append(_Row(section[: heads[0]], []))
        rows.append(_Row(section[heads[0] : split], section[split : first + 1]))
        rows.append(_Row(section[first + 1 :], []))
    return rows


def to_html(title: str, blocks: list[Block], atlas: str | None = None) -> str:
    """`atlas` is the page that heads are linked to, as seen from this one."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    sections = [b for b in blocks if isinstance(b, Heading) and b.level == 2]
    anchors = {id(block): f"section-{k}" for k, block in enumerate(sections, 1)}
    environment.filters |= {"kind": _kind, "inline_svg": _inline_svg}
    environment.filters["breakable"] = _breakable
    environment.filters["anchor"] = lambda block: anchors[id(block)]
    script = "".join(_text(name) for name in ("sort.js", "doors.js")[: 2 if atlas else 1])
    return environment.get_template("census.html.j2").render(
        title=title,
        rows=_rows(blocks),
        sections=sections,
        style=Markup(sheet(_text("report.css"))),
        script=Markup(script),
        digest=digest(script),
        atlas=atlas,
    )


def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")
