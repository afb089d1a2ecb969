"""Small panels of lines side by side: something by depth, or by threshold, trained and controls."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from pipeline.report.figures.canvas import WIDTH, house_style, place, sheet, to_svg, write
from pipeline.report.figures.palette import FAINT, Mark
from pipeline.report.text import shorten

Point = tuple[float, float, float, float]
"""x, and the middle, lowest and highest value over the seeds."""
UNIFORM = Mark(FAINT, "", (0, (1, 2)))


@dataclass(frozen=True)
class Line:
    label: str
    mark: Mark
    points: tuple[Point, ...]
    hollow: bool = False


@dataclass(frozen=True)
class Panel:
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Scales:
    x: str
    y: str
    top: float
    ticks: Sequence[float]
    at: float | None = None
    labels: Sequence[str] | None = None


def _draw(axes: Axes, line: Line) -> None:
    x, y, low, high = zip(*line.points, strict=True)
    mark = line.mark
    trained = mark.dash == "-"
    if low != high:
        axes.fill_between(x, low, high, color=mark.colour, alpha=0.18, linewidth=0)
    axes.plot(
        x,
        y,
        color=mark.colour,
        linestyle=mark.dash,
        linewidth=2.2 if trained else 1.3,
        marker=mark.marker,
        markevery=max(1, len(x) // 8),
        markersize=4.5,
        markerfacecolor="white" if line.hollow else mark.colour,
        zorder=3 if trained or mark is UNIFORM else 2,
    )


def _legend_rows(lines: Sequence[Line]) -> list[list[Line]]:
    return [list(lines[k : k + 3]) for k in range(0, len(lines), 3)]


def draw_lines(name: str, title: str, alt: str, panels: Sequence[Panel], scales: Scales) -> str:
    """SVG of the panels, three a row at most, under one legend."""
    keys = list({line.label: line for panel in panels for line in panel.lines}.values())
    legend = _legend_rows(keys)
    top, columns = 0.2 * len(legend) + 0.45, min(3, len(panels))
    rows = -(-len(panels) // columns)
    with house_style():
        figure = sheet(top + 2.35 * rows)
        for row, lines in enumerate(legend):
            for column, line in enumerate(lines):
                left, down = 0.1 + 2.5 * column, 0.1 + 0.2 * row
                _key(figure, left, down, line)
        gap = 0.35
        width = (WIDTH - 0.6 - gap * (columns - 1)) / columns
        width *= 2 / 3 if columns == 1 else 1  # one alone need not fill the page
        for k, panel in enumerate(panels):
            row, column = divmod(k, columns)
            axes = place(figure, 0.5 + column * (width + gap), top + 2.35 * row, width, 1.75)
            for line in panel.lines:
                _draw(axes, line)
            axes.set_title(panel.title, loc="left")
            axes.set_xlabel(scales.x)
            if column == 0:
                axes.set_ylabel(scales.y)
            axes.set_ylim(0, scales.top * 1.03)
            axes.set_xticks(list(scales.ticks), scales.labels)
            axes.grid(axis="y", color="#dddddd", linewidth=0.6)
            axes.set_axisbelow(True)
            if scales.at is not None:
                axes.axvline(scales.at, color=FAINT, linewidth=0.8)
        return to_svg(figure, name, title, alt)


def _key(figure, left: float, top: float, line: Line) -> None:
    """One entry of the legend: set by hand, as matplotlib's drops names that begin with `_`."""
    width, height = figure.get_size_inches()
    mark = line.mark
    figure.add_artist(
        Line2D(
            [left / width, (left + 0.17) / width, (left + 0.34) / width],
            [1 - (top + 0.06) / height] * 3,
            color=mark.colour,
            linestyle=mark.dash,
            linewidth=2.2 if mark.dash == "-" else 1.3,
            marker=mark.marker,
            markevery=[1],
            markersize=4.5,
            markerfacecolor="white" if line.hollow else mark.colour,
        )
    )
    write(figure, left + 0.42, top + 0.06, shorten(line.label, 32), fontsize=8.5, va="center")
