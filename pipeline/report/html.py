"""Blocks → one HTML file that opens from disk: no network, nothing outside it.

Jinja2 escapes every text. The only markup let through is the SVG that `figures.canvas` serialised
and the one inline script, and the page's own policy allows that script by its digest, no other.
"""

import base64
import hashlib
import json
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline.report.blocks import Block, Code, Door, Figure, Inline, Strong

TEMPLATES = Path(__file__).parent / "templates"


def _kind(part: Inline) -> str:
    return {Strong: "strong", Code: "code"}.get(type(part), "plain")


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
    environment.filters |= {"kind": _kind, "inline_svg": _inline_svg}
    scripts = [TEMPLATES / name for name in ("sort.js", "doors.js")[: 2 if atlas else 1]]
    script = "".join(path.read_text(encoding="utf-8") for path in scripts)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    template = environment.get_template("census.html.j2")
    return template.render(
        title=title, blocks=blocks, script=Markup(script), digest=digest, atlas=atlas
    )
