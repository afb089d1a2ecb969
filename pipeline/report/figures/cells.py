"""Coloured cells of a layer × head map, drawn in few paths.

A path per head would make the picture of a large model megabytes: equal neighbours in a layer are
one bar, bars of one colour are one path, and a white grid on top parts the heads again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

Shape = tuple[int, int]
"""Layers, heads."""


@dataclass(frozen=True)
class Box:
    """Where a map stands: its left and top, and the width and height of one cell.

    In inches from the figure's left and top, unless the axes have another unit.
    """

    left: float
    top: float
    size: tuple[float, float]

    def corner(self, layer: float, head: float) -> tuple[float, float]:
        return self.left + head * self.size[0], self.top + layer * self.size[1]


def _bars(colours: Mapping[tuple[int, int], str]) -> dict[str, list[list[int]]]:
    """Colour → its bars: layer, first head, head after the last."""
    bars: dict[str, list[list[int]]] = {}
    last, last_colour = [-1, -1, -1], ""
    for (layer, head), colour in sorted(colours.items()):
        if last_colour == colour and [last[0], last[2]] == [layer, head]:
            last[2] = head + 1
            continue
        last, last_colour = [layer, head, head + 1], colour
        bars.setdefault(colour, []).append(last)
    return dict(sorted(bars.items()))


def draw_cells(
    axes: Axes, colours: Mapping[tuple[int, int], str], shape: Shape, box: Box, grid: bool
) -> None:
    """Fill the cells (layer, head): layer 0 on top, head 0 on the left."""

    def path(*points: tuple[float, float], closed: bool) -> Path:
        return Path([box.corner(y, x) for x, y in points], closed=closed)

    for colour, bars in _bars(colours).items():
        paths = [
            path((a, y), (b, y), (b, y + 1), (a, y + 1), (a, y), closed=True) for y, a, b in bars
        ]
        filled = Path.make_compound_path(*paths)
        # An edge of its own colour: without one, a hair of white shows between two bars.
        axes.add_patch(PathPatch(filled, facecolor=colour, edgecolor=colour, linewidth=0.3))
    n_layers, n_heads = shape
    lines = [path((0, k), (n_heads, k), closed=False) for k in range(1, n_layers)]
    lines += [path((k, 0), (k, n_layers), closed=False) for k in range(1, n_heads)]
    if grid and lines:
        drawn = Path.make_compound_path(*lines)
        axes.add_patch(PathPatch(drawn, facecolor="none", edgecolor="white", linewidth=0.5))
