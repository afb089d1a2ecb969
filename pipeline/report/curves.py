"""Lines of a section: attention to the special pieces by depth, and the threshold of "dumps"."""

import statistics
from collections.abc import Mapping

import polars as pl

from pipeline.report.blocks import Block, Figure, Heading, say
from pipeline.report.figures.lines import UNIFORM, Line, Panel, Point, Scales, draw_lines
from pipeline.report.figures.palette import marks
from pipeline.report.masses import by_depth
from pipeline.report.section import CLASS_NAMES, Section
from pipeline.report.settings import ReportSettings
from pipeline.report.text import number, slug


def _point(x: float, values: list[float | None]) -> Point | None:
    known = [value for value in values if value is not None]
    return (x, statistics.median(known), min(known), max(known)) if known else None


def _points(series: Mapping[float, list[float | None]]) -> tuple[Point, ...]:
    found = (_point(x, values) for x, values in sorted(series.items()))
    return tuple(point for point in found if point is not None)


def _depth_panel(section: Section, site: str, key: str) -> Panel:
    look = marks([control.name for control in section.controls])
    lines = []
    for control in section.controls:
        mark = look[control.name]
        series = _points(by_depth(section, control, site, f"mass_{key}"))
        lines.append(Line(control.label, mark, series))
        if control.weightless and f"offdiagonal_{key}" in section.heads.columns:
            off = _points(by_depth(section, control, site, f"offdiagonal_{key}"))
            lines.append(Line(f"{control.name}, off the diagonal", mark, off, hollow=True))
    uniform = by_depth(section, section.controls[0], site, f"uniform_mass_{key}")
    lines.append(Line("uniform pattern", UNIFORM, _points(uniform)))
    return Panel(CLASS_NAMES[key], tuple(line for line in lines if line.points))


def _depth(section: Section, site: str) -> Figure | None:
    panels = [_depth_panel(section, site, key) for key in section.classes_at(site)]
    panels = [panel for panel in panels if panel.lines]
    if not panels:
        return None
    highest = max(p[3] for panel in panels for line in panel.lines for p in line.points)
    layers = sorted({p[0] for panel in panels for line in panel.lines for p in line.points})
    n = int(layers[-1]) + 1
    ticks = range(0, n, 1 if n <= 12 else -(-n // 8))
    top = min(100, max(10, -(-int(highest + 1) // 10) * 10))
    name = section.file(f"depth-{slug(site)}")
    first = section.controls[0]
    said = []
    for panel in panels:
        ends = panel.lines[0].points
        said.append(f"{panel.title} from {number(ends[0][1])} to {number(ends[-1][1])} percent")
    alt = (
        f"Lines of mean attention by layer for {section.title}, {site}. {first.name}, first to "
        f"last layer: {', '.join(said)}."
    )
    title = f"Attention to special pieces by depth: {section.title}, {site}"
    caption = (
        f"Mean attention to special pieces by layer, {site}. Bands: the range over seeds, lines "
        "their median. Dotted grey: a uniform pattern over the same keys."
    )
    scales = Scales("layer", "percent of attention", top, ticks)
    return Figure(name, caption, alt, draw_lines(name, title, alt, panels, scales))


def depth(section: Section) -> list[Block]:
    blocks: list[Block] = [Heading(3, "Attention to special pieces by depth")]
    for site in section.sites:
        figure = _depth(section, site)
        if figure is None:
            blocks.append(say(f"At the site {site} no mass on special pieces was measured."))
        else:
            blocks.append(figure)
    return blocks


def _threshold_series(section: Section, control: str, key: str) -> dict[float, list[float | None]]:
    rows = section.dumps.filter(pl.col("control") == control, pl.col("key_class") == key)
    series: dict[float, list[float | None]] = {}
    for threshold, n in rows.select("threshold", "n_heads").iter_rows():
        series.setdefault(round(threshold, 6), []).append(n)
    return series


def thresholds(section: Section, settings: ReportSettings) -> list[Block]:
    look = marks([control.name for control in section.controls])
    panels = []
    for key in section.dump_classes:
        lines = [
            Line(control.label, look[control.name], _points(series))
            for control in section.controls
            if (series := _threshold_series(section, control.name, key))
        ]
        if lines:
            panels.append(Panel(f"dump on {CLASS_NAMES[key]}", tuple(lines)))
    heading = Heading(3, "How many heads dump, by threshold")
    if not panels:
        return [heading, say("No mass on special pieces was measured.")]
    highest = max(p[3] for panel in panels for line in panel.lines for p in line.points)
    xs = sorted({p[0] for panel in panels for line in panel.lines for p in line.points})
    name = section.file("thresholds")
    said = []
    for panel in panels:
        ends = panel.lines[0].points
        said.append(
            f"{panel.title} at {ends[0][0]:g}: {number(ends[0][1])}, at {ends[-1][0]:g}:"
            f" {number(ends[-1][1])}"
        )
    first = section.controls[0].name
    alt = (
        f"Number of dumping heads by threshold for {section.title}. Of {first}, {'; '.join(said)}."
    )
    title = f"Dumping heads by threshold: {section.title}"
    caption = (
        "Heads whose mean mass on a class lies above the threshold, the low end of its interval "
        f"included. The upright line is the threshold of the counts, {settings.dump_threshold:g}."
    )
    top = max(5, -(-int(highest + 1) // 5) * 5)
    ticks = [k / 10 for k in range(11) if xs[0] <= k / 10 <= xs[-1]]
    scales = Scales("threshold", "heads", top, ticks, settings.dump_threshold)
    return [heading, Figure(name, caption, alt, draw_lines(name, title, alt, panels, scales))]
