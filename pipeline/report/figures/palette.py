"""Colours and marks: Okabe and Ito's palette, told apart without colour as well.

A control keeps its colour, mark and dash in every figure and every report, whatever stands beside
it. Steps of a scale are few and discrete, so that a mass that differs in its sixth digit on another
processor is drawn in the same colour.
"""

from dataclasses import dataclass

from matplotlib import colormaps
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb
from matplotlib.typing import LineStyleType

from pipeline.report.section import KNOWN

INK = "#1f2328"
PAPER = "#ffffff"
BLACK = "#000000"
FAINT = "#8b949e"
MISSING = "#e4e7ea"
BASELINE = "#D55E00"

_COLOURS = (
    "#000000",
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#002080",
    "#8B24F2",
    "#882255",
)
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "h", "p")
_DASHES: tuple[LineStyleType, ...] = (
    "-",
    "--",
    "-.",
    ":",
    (0, (5, 1)),
    (0, (1, 1)),
    (0, (3, 1, 1, 1)),
    (0, (6, 2)),
    (0, (3, 2)),
)


@dataclass(frozen=True)
class Mark:
    colour: str
    marker: str
    dash: LineStyleType


def marks(names: list[str]) -> dict[str, Mark]:
    """A mark for each control; names not known take what is left over."""
    free = [k for k in range(len(KNOWN)) if KNOWN[k] not in names] or [0]
    unknown = [name for name in names if name not in KNOWN]
    index = {name: KNOWN.index(name) for name in names if name in KNOWN}
    index |= {name: free[-1 - k % len(free)] for k, name in enumerate(unknown)}
    return {name: Mark(_COLOURS[k], _MARKS[k], _DASHES[k]) for name, k in index.items()}


def _ink(ground: str) -> str:
    """The first that is read on a colour: WCAG 2 asks of small text a contrast of 4.5."""

    def light(colour: str) -> float:
        shares = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)
        ]
        return 0.05 + sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), shares, strict=True))

    def contrast(ink: str) -> float:
        return max(light(ink), light(ground)) / min(light(ink), light(ground))

    return next(ink for ink in (INK, PAPER, BLACK) if contrast(ink) >= 4.5)


class Scale:
    """Values from 0 to `top` in steps: one colour a step, darker is more."""

    def __init__(self, name: str, top: int, step: int) -> None:
        self.top, self.step = top, step
        self.steps = top // step
        ramp: LinearSegmentedColormap = colormaps[name]  # type: ignore[assignment]
        self.colours = [to_hex(ramp(0.95 * k / self.steps)) for k in range(self.steps + 1)]
        self._inks = [_ink(colour) for colour in self.colours]

    def index(self, value: float) -> int:
        return min(max(int(value // self.step), 0), self.steps)

    def colour(self, value: float | None) -> str:
        return MISSING if value is None else self.colours[self.index(value)]

    def ink(self, value: float | None) -> str:
        """Text that can be read on the value's colour."""
        return INK if value is None else self._inks[self.index(value)]


def lead_scale() -> Scale:
    return Scale("Blues", 50, 5)


def mass_scale() -> Scale:
    return Scale("YlOrBr", 100, 5)


class ErrorScale(Scale):
    """Percent of errors, the fewer the darker."""

    def index(self, value: float) -> int:
        return super().index(self.top - value)


def error_scale() -> ErrorScale:
    return ErrorScale("Purples", 100, 5)
