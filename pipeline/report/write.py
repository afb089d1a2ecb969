"""Tables → `census.md`, `census.html`, `figures/*.svg` and `metrics.json`.

Everything is rendered in memory first, so that a fault leaves the last report as it was. Each file
then appears under its name whole, or not at all.
"""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pipeline.lake.files import sweep, write_text
from pipeline.lake.remote import listed, remove
from pipeline.report.answer import headline
from pipeline.report.blocks import Figure
from pipeline.report.document import document
from pipeline.report.html import to_html
from pipeline.report.markdown import to_markdown
from pipeline.report.metrics import metrics_json
from pipeline.report.section import check, split, tidy
from pipeline.report.settings import ReportSettings
from pipeline.report.text import clean


def render(
    tables: Mapping[str, pl.DataFrame],
    quarantine: pl.DataFrame,
    settings: ReportSettings,
    atlas: str | None = None,
    interventions: str | None = None,
) -> tuple[dict[str, str], str]:
    """Path inside the report's folder → text. Raises UserError if a table or column is missing."""
    checked = check(tables)
    sections = split(checked, settings)
    blocks = document(sections, checked["agreement"], tidy(quarantine), settings, interventions)
    figures = [block for block in blocks if isinstance(block, Figure)]
    files = {f"figures/{figure.name}.svg": figure.svg for figure in figures}
    assert len(files) == len(figures), "two figures share a name"
    files["census.md"] = to_markdown(blocks)
    files["census.html"] = to_html(clean(settings.title), blocks, atlas)
    files["metrics.json"] = metrics_json(sections)
    return files, headline(sections)


def write_report(
    tables: Mapping[str, pl.DataFrame],
    quarantine: pl.DataFrame,
    folder: Path,
    settings: ReportSettings,
    atlas: str | None = None,
    interventions: str | None = None,
) -> str:
    """Write the report into `folder` and return its one-line answer.

    `atlas` is the page beside it that heads are linked to, `interventions` the one that says what
    heads that dump are good for; None where there is none.
    Figures of cells that have left the grid are removed: `figures/` belongs to the report.
    """
    files, answer = render(tables, quarantine, settings, atlas, interventions)
    sweep(folder, shared=True)
    for name, text in files.items():
        write_text(folder / name, text)
    for path in listed(folder / "figures", ".svg"):
        if f"figures/{path.name}" not in files:
            remove(path)
    return answer
