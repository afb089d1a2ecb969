"""The layer × head map of relations: which head tracks which, and by how much it leads."""

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pipeline.report.figures.canvas import WIDTH, house_style, place, sheet, to_svg, write
from pipeline.report.figures.cells import Box, draw_cells
from pipeline.report.figures.palette import FAINT, INK, PAPER, Scale, lead_scale
from pipeline.report.text import shorten

LEFT, RIGHT, GAP = 0.5, 0.1, 0.25
FIRST = "map0"
SMALLEST = 5.4
"""Points: below this a label is a dot, and the name is in the tooltip and the table."""


@dataclass(frozen=True)
class HeadCell:
    """`lead`: points above the baseline; `label`: two lines of text, empty unless it tracks."""

    layer: int
    head: int
    lead: int | None
    label: tuple[str, str] | None
    tip: str


@dataclass(frozen=True)
class Map:
    title: str
    n_layers: int
    n_heads: int
    cells: tuple[HeadCell, ...]


def _label(axes: Axes, cell: HeadCell, size: tuple[float, float], scale: Scale) -> None:
    """Two lines where the cell is tall enough, else one; a dot where it is too small for text."""
    assert cell.label is not None
    width, height = (72 * inches for inches in size)
    lines = [shorten(line, 11) for line in cell.label]
    if height < 2.4 * SMALLEST:
        lines = ["".join(lines)]
    points = min(7.5, width / (0.64 * max(map(len, lines))), height / (1.2 * len(lines)))
    where = (cell.head + 0.5, cell.layer + 0.5)
    how = {"color": scale.ink(cell.lead), "zorder": 3}
    if points < SMALLEST:
        axes.plot(*where, marker="o", markersize=0.3 * min(width, height), mew=0, **how)
        return
    text = "\n".join(lines)
    axes.text(*where, text, ha="center", va="center", fontsize=round(points, 1), **how)


def _draw(figure: Figure, drawn: Map, box: Box, gid: str, tips: dict) -> None:
    """One map at its place; framed cells can be pointed at, as can all of the first."""
    scale, size = lead_scale(), box.size
    axes = place(figure, box.left, box.top, size[0] * drawn.n_heads, size[1] * drawn.n_layers)
    line = min(1.4, 9 * min(size))
    colours = {(cell.layer, cell.head): scale.colour(cell.lead) for cell in drawn.cells}
    draw_cells(axes, colours, (drawn.n_layers, drawn.n_heads), Box(0, 0, (1, 1)), grid=True)
    axes.set_xlim(0, drawn.n_heads)
    axes.set_ylim(drawn.n_layers, 0)
    for cell in drawn.cells:
        framed = cell.label is not None
        if not (framed or gid == FIRST):
            continue
        own = f"{gid}-{cell.layer}-{cell.head}"
        # Pointing needs a fill, so that the cells of the first map have one that is not seen.
        frame: dict = {"facecolor": PAPER, "alpha": 0}
        if framed:
            frame = {"facecolor": scale.colour(cell.lead), "edgecolor": INK, "linewidth": line}
        axes.add_patch(Rectangle((cell.head, cell.layer), 1, 1, gid=own, zorder=2, **frame))
        tips[own] = cell.tip
        if framed:
            _label(axes, cell, size, scale)
    every = 1 if size[0] > 0.16 else 4
    rows = 1 if size[1] > 0.13 else 4
    axes.set_xticks([k + 0.5 for k in range(0, drawn.n_heads, every)])
    axes.set_xticklabels([str(k) for k in range(0, drawn.n_heads, every)], fontsize=7)
    axes.set_yticks([k + 0.5 for k in range(0, drawn.n_layers, rows)])
    axes.set_yticklabels([str(k) for k in range(0, drawn.n_layers, rows)], fontsize=7)
    axes.tick_params(length=0, pad=2)
    for spine in axes.spines.values():
        spine.set_visible(False)
    write(figure, box.left, box.top - 0.2, shorten(drawn.title, 30), fontsize=9)


def _legend(figure: Figure, top: float) -> None:
    scale = lead_scale()
    width, height = figure.get_size_inches()
    write(figure, LEFT, top, "lead over the best fixed offset, points of accuracy", fontsize=8)
    left = LEFT + 3.35
    for k, colour in enumerate(scale.colours):
        x = left + 0.28 * k
        figure.add_artist(
            Rectangle(
                (x / width, 1 - (top + 0.13) / height), 0.28 / width, 0.13 / height,
                facecolor=colour, edgecolor=FAINT, linewidth=0.4, transform=figure.transFigure,
            )
        )  # fmt: skip
        if k % 2 == 0:
            text = str(k * scale.step)
            text = {0: f"< {scale.step}", scale.steps: f"≥ {text}"}.get(k, text)
            write(figure, x + 0.14, top + 0.17, text, fontsize=7, ha="center")


def draw_relation_maps(name: str, title: str, alt: str, maps: list[Map]) -> tuple[str, list[Box]]:
    """SVG, the first map large, the others three a row below it; and where each stands."""
    first, rest = maps[0], maps[1:]
    wide = min(0.62, (WIDTH - LEFT - RIGHT) / first.n_heads)
    tall = min(0.36, max(wide * 0.62, 0.09), 9.0 / first.n_layers)
    big = Box(LEFT, 0.85, (wide, tall))
    middle, bottom = big.corner(first.n_layers, first.n_heads / 2)
    small = min(0.3, (WIDTH - LEFT - RIGHT - 2 * (GAP + 0.2)) / 3 / first.n_heads)
    low = min(0.24, small, 4.5 / first.n_layers)
    row_height = low * first.n_layers + 0.6
    rows = -(-len(rest) // 3)
    top = bottom + 0.55
    boxes = [big]
    tips: dict[str, str] = {}
    with house_style():
        figure = sheet(top + rows * row_height)
        _legend(figure, 0.1)
        _draw(figure, first, big, FIRST, tips)
        beside = (big.top + bottom) / 2
        write(figure, 0.12, beside, "layer", rotation=90, va="center", fontsize=8)
        write(figure, middle, bottom + 0.2, "head", ha="center", fontsize=8)
        for k, drawn in enumerate(rest):
            row, column = divmod(k, 3)
            left = LEFT + column * ((WIDTH - LEFT - RIGHT) / 3 + 0.1)
            box = Box(left, top + row * row_height + 0.2, (small, low))
            boxes.append(box)
            _draw(figure, drawn, box, f"map{k + 1}", tips)
        return to_svg(figure, name, title, alt, tips), boxes
