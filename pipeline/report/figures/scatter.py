"""Points on a plane: heads by two numbers, or laid out so that like stands beside like."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matplotlib.lines import Line2D

from pipeline.report.figures.canvas import WIDTH, house_style, place, sheet, to_svg, write
from pipeline.report.figures.palette import FAINT
from pipeline.report.text import shorten


@dataclass(frozen=True)
class Look:
    """A kind of point, as the legend names it."""

    label: str
    colour: str
    marker: str
    filled: bool = True


@dataclass(frozen=True)
class Spot:
    """`tip` is shown when it is pointed at, `text` beside it always."""

    x: float
    y: float
    look: Look
    tip: str
    text: str = ""


@dataclass(frozen=True)
class Plane:
    """One panel. Without labels of its axes it shows nearness alone, at one scale both ways.

    Axes run from 0 to `ends`, across and up; the diagonal is where both are the same.
    """

    title: str
    spots: Sequence[Spot]
    x: str = ""
    y: str = ""
    diagonal: bool = False
    ends: tuple[float, float] = (100, 100)


SQUARE = 3.4
"""Inches: how high a panel is where there is room."""


def draw_scatter(name: str, title: str, alt: str, planes: Sequence[Plane]) -> str:
    """SVG of the panels, three a row at most, under one legend."""
    looks = list({spot.look: None for plane in planes for spot in plane.spots})
    columns = min(3, len(planes))
    rows, legend = -(-len(planes) // columns), -(-len(looks) // 3)
    top, across = 0.2 * legend + 0.4, (WIDTH - 0.6) / columns
    height = SQUARE if columns < 3 else across
    below = 0.65
    if any(plane.x for plane in planes):  # what has axes is square, and has labels around it
        height, below = min(height, across - 0.35), 0.8
    tips = {}
    with house_style():
        figure = sheet(top + (height + below) * rows - below + 0.6)
        for k, look in enumerate(looks):
            row, column = divmod(k, 3)
            _key(figure, 0.15 + 2.5 * column, 0.1 + 0.2 * row, look)
        for k, plane in enumerate(planes):
            row, column = divmod(k, columns)
            down, left = top + row * (height + below), 0.15 + column * across
            if not plane.x:
                axes = place(figure, left, down, across - 0.15, height)
            else:
                axes = place(figure, left + 0.4, down, height, height)
            _draw(axes, plane, k, tips)
            if plane.x and column == 0:
                axes.set_ylabel(plane.y)
        return to_svg(figure, name, title, alt, tips)


def _draw(axes, plane: Plane, k: int, tips: dict[str, str]) -> None:
    xs = [spot.x for spot in plane.spots]
    left, right = min(xs, default=0), max(xs, default=0)
    for n, spot in enumerate(plane.spots):
        look = spot.look
        (line,) = axes.plot(
            spot.x,
            spot.y,
            linestyle="none",
            marker=look.marker,
            markersize=5.5 if look.filled else 4.5,
            color=look.colour,
            markerfacecolor=look.colour if look.filled else "white",
            clip_on=False,
            zorder=3 if look.filled else 2,
            gid=f"spot-{k}-{n}",
        )
        tips[line.get_gid()] = spot.tip
        if spot.text:
            # At the right edge there is no room for it, and what stands beside would hide it.
            before = spot.x > left + 0.75 * (right - left)
            axes.annotate(
                spot.text,
                (spot.x, spot.y),
                (-4 if before else 4, 2),
                textcoords="offset points",
                fontsize=6.5,
                ha="right" if before else "left",
            )
    axes.set_title(plane.title, loc="left")
    if not plane.x:
        axes.set_aspect("equal", adjustable="datalim")
        axes.set_xticks([])
        axes.set_yticks([])
        for side in ("top", "right", "bottom", "left"):
            axes.spines[side].set_visible(True)
            axes.spines[side].set_color(FAINT)
        return
    axes.set_xlabel(plane.x)
    right, top = plane.ends
    axes.set_xlim(0, right)
    axes.set_ylim(0, top)
    axes.set_xticks([right * k / 4 for k in range(5)])
    axes.set_yticks([top * k / 4 for k in range(5)])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
    if plane.diagonal:
        end = min(plane.ends)
        axes.plot([0, end], [0, end], color=FAINT, linewidth=0.8, zorder=1)


def end_of(values: Iterable[float]) -> float:
    """Where an axis ends that all of these stand on: 1, 2 or 4 times a power of ten."""
    largest = max(values, default=0.0)
    power = 10.0 ** math.floor(math.log10(largest)) if largest > 0 else 1.0
    return next(end for end in (power, 2 * power, 4 * power, 10 * power) if end >= largest)


def _key(figure, left: float, top: float, look: Look) -> None:
    width, height = figure.get_size_inches()
    face = look.colour if look.filled else "white"
    spot = [(left + 0.1) / width], [1 - (top + 0.06) / height]
    how: dict = {"color": look.colour, "marker": look.marker, "markerfacecolor": face}
    figure.add_artist(Line2D(*spot, linestyle="none", markersize=6, **how))
    write(figure, left + 0.25, top + 0.06, shorten(look.label, 34), fontsize=8.5, va="center")
