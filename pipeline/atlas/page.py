"""Page: the document as one HTML file that opens from disk. No network, nothing outside it.

The page's own policy lets in one script and one style, each by its digest, and pictures that the
script draws; nothing can be fetched. What comes from a corpus, a table or a config stands in the
page once, as JSON in which no sign can end a script element, and is set as text by the script.
"""

from collections.abc import Mapping
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from pipeline.atlas.data import Document
from pipeline.corpora.rows import printable
from pipeline.style.sheet import digest, sheet

SCRIPTS = ("data", "svg", "grid", "heads", "neurons", "app", "settings")
"""In the order in which they need each other."""


def render(document: Document, about: Mapping[str, str] | None = None) -> str:
    """One HTML file. `about` is said of the page itself, for whoever leads to it."""
    script = "\n".join(_text("static", f"{name}.js") for name in SCRIPTS)
    style = sheet(_text("static", "atlas.css"))
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string(_text("templates", "atlas.html.j2"))
    return template.render(
        title=printable(document.title),
        about=about or {},
        document=Markup(document.json()),
        script=Markup(script),
        script_digest=digest(script),
        style=Markup(style),
        style_digest=digest(style),
    )


def _text(folder: str, name: str) -> str:
    return (files("pipeline.atlas") / folder / name).read_text(encoding="utf-8")
