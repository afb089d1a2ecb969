"""Layer × head maps of the alignment error rate, one per convention: the model's own large."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pipeline.report.figures.canvas import WIDTH, house_style, place, sheet, to_svg, write
from pipeline.report.figures.cells import Box, Shape, draw_cells
from pipeline.report.figures.palette import BASELINE, FAINT, INK, PAPER, ErrorScale, error_scale
from pipeline.report.text import shorten

LEFT, RIGHT, TOP, GAP = 0.5, 0.1, 1.0, 0.35
ABREAST = 3
"""Controls in a row below the model's own maps."""
SMALLEST = 5.4
"""Points: a number below this is left to the colour, the tooltip and the table."""
GRID = 0.05
"""Inches: a grid on smaller cells would hide their colour."""


@dataclass(frozen=True)
class ErrorCell:
    """`aer`: whole percent, None where not scored; `tip`: a line shown when it is pointed at."""

    layer: int
    head: int
    aer: int | None
    passes: bool
    tip: str


@dataclass(frozen=True)
class ErrorMap:
    control: str
    convention: str
    cells: tuple[ErrorCell, ...]


@dataclass(frozen=True)
class Position:
    """The best rule of position, and its error in whole percent."""

    rule: str
    aer: int


def _cells(axes: Axes, drawn: ErrorMap, box: Box, shape: Shape) -> None:
    scale, (wide, tall) = error_scale(), box.size
    colours = {(cell.layer, cell.head): scale.colour(cell.aer) for cell in drawn.cells}
    draw_cells(axes, colours, shape, box, grid=min(box.size) > GRID)
    whole = wide * shape[1], tall * shape[0]
    edge: dict = {"facecolor": "none", "edgecolor": FAINT, "linewidth": 0.5}
    axes.add_patch(Rectangle((box.left, box.top), *whole, **edge))
    for cell in drawn.cells:
        if cell.passes:
            how: dict = {"facecolor": "none", "edgecolor": INK, "linewidth": min(1.6, 9 * tall)}
            axes.add_patch(Rectangle(box.corner(cell.layer, cell.head), wide, tall, **how))


def _large(axes: Axes, drawn: ErrorMap, box: Box, shape: Shape) -> dict[str, str]:
    """With numbers where they fit, and tooltips: what each part says when pointed at."""
    _cells(axes, drawn, box, shape)
    scale, (wide, tall) = error_scale(), box.size
    points = min(7.5, 72 * wide / (0.64 * 3), 72 * tall / 1.25)
    tips = {}
    for cell in drawn.cells:
        own = f"{drawn.convention}-{cell.layer}-{cell.head}"
        tips[own] = cell.tip
        corner = box.corner(cell.layer, cell.head)
        # Pointing needs a fill, even one that is not seen.
        axes.add_patch(Rectangle(corner, wide, tall, gid=own, facecolor=PAPER, alpha=0))
        if cell.aer is not None and points >= SMALLEST:
            middle = box.corner(cell.layer + 0.5, cell.head + 0.5)
            how = {"fontsize": round(points, 1), "color": scale.ink(cell.aer)}
            axes.text(*middle, str(cell.aer), ha="center", va="center", **how)
    return tips


def _ticks(figure: Figure, box: Box, shape: Shape) -> None:
    """Numbers of the layers on the left, of the heads below."""
    for layer in range(0, shape[0], 1 if box.size[1] > 0.13 else 4):
        x, y = box.corner(layer + 0.5, 0)
        write(figure, x - 0.05, y, str(layer), ha="right", va="center", fontsize=7)
    for head in range(0, shape[1], 1 if box.size[0] > 0.16 else 4):
        x, y = box.corner(shape[0], head + 0.5)
        write(figure, x, y + 0.04, str(head), ha="center", fontsize=7)


def _legend(figure: Figure, axes: Axes, position: Position | None) -> None:
    scale: ErrorScale = error_scale()
    left, wide, top, tall = LEFT + 2.0, 2.2, 0.1, 0.13
    write(figure, LEFT, top, "alignment error rate, percent", fontsize=8)
    each = wide * scale.step / 100
    for k in range(100 // scale.step):
        colour = scale.colour((k + 0.5) * scale.step)
        how: dict = {"facecolor": colour, "edgecolor": FAINT, "linewidth": 0.3}
        axes.add_patch(Rectangle((left + k * each, top), each, tall, **how))
    for percent in range(0, 101, 20):
        x = left + wide * percent / 100
        write(figure, x, top + tall + 0.06, str(percent), fontsize=7, ha="center")
    if position is None:
        return
    for x in (left + wide * position.aer / 100, left + wide + 0.25):
        axes.plot([x, x], [top - 0.05, top + tall + 0.05], color=BASELINE, linewidth=2.2)
    said = f"best rule of position, {shorten(position.rule, 12)}: {position.aer}"
    write(figure, left + wide + 0.33, top, said, fontsize=8)


def draw_error_maps(
    name: str,
    title: str,
    alt: str,
    maps: Sequence[Sequence[ErrorMap]],
    shape: Shape,
    position: Position | None,
) -> tuple[str, list[list[Box]]]:
    """SVG, and where each map stands. `maps` has one entry per control, the first drawn large: a
    map per convention."""
    first, *rest = maps
    n_layers, n_heads = shape
    room = WIDTH - LEFT - RIGHT
    wide = min(0.5, (room - GAP * (len(first) - 1)) / len(first) / n_heads)
    big = wide, min(0.3, max(0.62 * wide, 0.09), 9 / n_layers)
    pitch = room / ABREAST
    wide = min(0.2, ((pitch - 0.2) / len(first) - 0.1) / n_heads)
    small = wide, min(0.15, wide, 4.5 / n_layers)
    below = TOP + big[1] * n_layers + 0.6
    row_height = small[1] * n_layers + 0.6
    with house_style():
        figure = sheet(below + -(-len(rest) // ABREAST) * row_height)
        paper = place(figure, 0, 0, *figure.get_size_inches())
        paper.set(xlim=(0, WIDTH), ylim=(figure.get_figheight(), 0))
        paper.set_axis_off()
        _legend(figure, paper, position)
        tips: dict[str, str] = {}
        boxes: list[list[Box]] = [[] for _ in maps]
        for k, drawn in enumerate(first):
            box = Box(LEFT + k * (big[0] * n_heads + GAP), TOP, big)
            boxes[0].append(box)
            write(figure, box.left, TOP - 0.18, drawn.convention, fontsize=8)
            tips |= _large(paper, drawn, box, shape)
            _ticks(figure, box, shape)
            middle, bottom = box.corner(n_layers, n_heads / 2)
            write(figure, middle, bottom + 0.18, "head", ha="center", fontsize=8)
        write(figure, LEFT, TOP - 0.38, shorten(first[0].control, 60))
        middle = TOP + big[1] * n_layers / 2
        write(figure, 0.12, middle, "layer", rotation=90, va="center", fontsize=8)
        for k, of_control in enumerate(rest):
            row, column = divmod(k, ABREAST)
            left, top = LEFT + column * pitch, below + row * row_height
            write(figure, left, top - 0.1, shorten(of_control[0].control, 30), fontsize=8.5)
            for j, drawn in enumerate(of_control):
                box = Box(left + j * (small[0] * n_heads + 0.1), top + 0.22, small)
                boxes[k + 1].append(box)
                write(figure, box.left, top + 0.06, drawn.convention, fontsize=7.5)
                _cells(paper, drawn, box, shape)
        return to_svg(figure, name, title, alt, tips), boxes
