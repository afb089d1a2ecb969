"""Blocks → one HTML file that opens from disk: no network, nothing outside it.

Jinja2 escapes every text. The only markup let through is the SVG that `figures.canvas` serialised
and the one inline script, and the page's own policy allows that script by its digest, no other.
"""

import base64
import hashlib
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.report.blocks import Block, Code, Inline, Strong

TEMPLATES = Path(__file__).parent / "templates"


def _kind(part: Inline) -> str:
    return {Strong: "strong", Code: "code"}.get(type(part), "plain")


def _inline_svg(svg: str) -> Markup:
    """The SVG without what only a file of its own needs: inside HTML the namespace is known."""
    svg = re.sub(r"^<\?xml[^>]*\?>\s*", "", svg)
    return Markup(re.sub(r'^(<svg[^>]*?) xmlns="[^"]*"', r"\1", svg))


def to_html(title: str, blocks: list[Block]) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"kind": _kind, "inline_svg": _inline_svg}
    script = (TEMPLATES / "sort.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    template = environment.get_template("census.html.j2")
    return template.render(title=title, blocks=blocks, script=Markup(script), digest=digest)
