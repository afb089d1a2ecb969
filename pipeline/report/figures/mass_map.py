"""Where the attention goes: a layer × head map per key class (down) and cell (across)."""

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pipeline.report.figures.canvas import WIDTH, house_style, place, sheet, to_svg, write
from pipeline.report.figures.cells import Box, Shape, draw_cells
from pipeline.report.figures.palette import FAINT, MISSING, mass_scale
from pipeline.report.text import DASH, shorten

LEFT, TOP, GAP = 1.05, 0.85, 0.14
SMALLEST = 0.05
"""Inches: a grid on smaller cells would hide their colour."""


@dataclass(frozen=True)
class Tile:
    """`percent`: (layer, head) → whole percent of attention, None where not measured."""

    row: int
    column: int
    percent: dict[tuple[int, int], int | None]


def _tile(axes: Axes, tile: Tile, box: Box, shape: Shape) -> None:
    width, height = box.size[0] * shape[1], box.size[1] * shape[0]
    if any(value is not None for value in tile.percent.values()):
        scale = mass_scale()
        colours = {where: scale.colour(value) for where, value in tile.percent.items()}
        draw_cells(axes, colours, shape, box, grid=min(box.size) > SMALLEST)
    else:
        middle = box.corner(shape[0] / 2, shape[1] / 2)
        axes.text(*middle, DASH, ha="center", va="center", color=FAINT)
    frame: dict = {"facecolor": "none", "edgecolor": FAINT, "linewidth": 0.5}
    axes.add_patch(Rectangle((box.left, box.top), width, height, **frame))


def _legend(figure: Figure) -> None:
    scale = mass_scale()
    width, height = figure.get_size_inches()
    write(figure, LEFT, 0.1, "mean attention, percent", fontsize=8)
    for k, colour in enumerate(scale.colours):
        x = LEFT + 1.75 + 0.18 * k
        figure.add_artist(
            Rectangle(
                (x / width, 1 - 0.23 / height), 0.18 / width, 0.13 / height,
                facecolor=colour, edgecolor=MISSING, linewidth=0.3, transform=figure.transFigure,
            )
        )  # fmt: skip
        if k % 4 == 0:
            write(figure, x + 0.09, 0.27, str(k * scale.step), fontsize=7, ha="center")


def draw_mass_maps(
    name: str,
    title: str,
    alt: str,
    rows: list[str],
    columns: list[str],
    tiles: list[Tile],
    shape: Shape,
) -> tuple[str, list[Box]]:
    """SVG of the tiles, and where each stands. `shape` is layers × heads: layer 0 on top, head 0
    on the left."""
    width = min(1.9, (WIDTH - LEFT - 0.1 - GAP * (len(columns) - 1)) / len(columns))
    width = min(width, max(0.5, 0.32 * shape[1]))
    pitch = max(width + GAP, 1.25)  # a small model's maps are narrower than their titles
    height = min(1.6, max(0.3, width / shape[1] * shape[0] * 0.8))
    with house_style():
        figure = sheet(TOP + len(rows) * (height + GAP) + 0.1)
        _legend(figure)
        letters = max(8, int((pitch - GAP) / 0.065))
        for k, text in enumerate(columns):
            lines = "\n".join(_wrap(text, letters))
            left = LEFT + k * pitch
            write(figure, left, TOP - 0.05, lines, fontsize=7.5, va="bottom")
        for k, text in enumerate(rows):
            middle = TOP + k * (height + GAP) + height / 2
            write(figure, LEFT - 0.1, middle, text, ha="right", va="center", fontsize=8.5)
        paper = place(figure, 0, 0, *figure.get_size_inches())  # one for all: axes are slow
        paper.set(xlim=(0, WIDTH), ylim=(figure.get_figheight(), 0))
        paper.set_axis_off()
        boxes = []
        for tile in tiles:
            left, top = LEFT + tile.column * pitch, TOP + tile.row * (height + GAP)
            boxes.append(Box(left, top, (width / shape[1], height / shape[0])))
            _tile(paper, tile, boxes[-1], shape)
        return to_svg(figure, name, title, alt), boxes


def _wrap(text: str, letters: int) -> list[str]:
    """At most two lines, broken after `_`, `,` or a space where there is one."""
    if len(text) <= letters:
        return [text]
    cut = max(text.rfind(mark, 0, letters) for mark in "_ ,")
    cut = cut + 1 if cut > 0 else letters
    return [text[:cut].rstrip(), shorten(text[cut:].strip(), letters)]
