"""Sheet: what the report and the atlas look alike by, one source of colours, type and focus.

`light.css` holds every token, `dark.css` those that differ in the dark, `base.css` the rules that
both have. A page that lets its reader choose says so in `data-theme`; the others go by the system,
on a screen: paper is white.
"""

import base64
import hashlib
from importlib.resources import files


def sheet(own: str) -> str:
    """A page's style: what is shared, then its `own` rules."""
    dark = _text("dark.css")
    system = (
        f"@media screen and (prefers-color-scheme: dark) {{\n:root:not([data-theme]) {dark}}}\n"
    )
    chosen = f':root[data-theme="dark"] {dark}'
    return "".join([":root ", _text("light.css"), system, chosen, _text("base.css"), own])


def digest(text: str) -> str:
    """As a page's policy states it, for a script or a style that it lets in."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _text(name: str) -> str:
    return (files("pipeline.style") / name).read_text(encoding="utf-8")
