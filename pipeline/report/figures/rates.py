"""Shares beside a nominal level: a row per kind, a mark per procedure, its interval as a bar."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.lines import Line2D

from pipeline.report.figures.canvas import WIDTH, house_style, place, sheet, to_svg, write
from pipeline.report.figures.palette import BASELINE, Mark
from pipeline.report.text import shorten

ROW, LEFT = 0.34, 2.2


@dataclass(frozen=True)
class Rate:
    """Percent, and the ends of its 95 % interval; the share itself where there is no interval."""

    share: float
    low: float
    high: float


def draw_rates(
    name: str,
    title: str,
    alt: str,
    rows: Sequence[tuple[str, dict[str, Rate]]],
    marks: dict[str, Mark],
    nominal: float,
    axis: str,
) -> str:
    """SVG. Each row is a label and its rates, by the names in `marks`."""
    keys = [*marks, f"nominal level, {nominal:g} %"]
    top = 0.2 * -(-len(keys) // 2) + 0.25
    with house_style():
        figure = sheet(top + ROW * len(rows) + 0.55)
        axes = place(figure, LEFT, top, WIDTH - LEFT - 0.2, ROW * len(rows))
        axes.axvline(nominal, color=BASELINE, linewidth=1.2, zorder=1)
        for y, (_, rates) in enumerate(rows):
            axes.axhline(y, color="#e4e7ea", linewidth=0.6, zorder=0)
            for k, (key, rate) in enumerate(rates.items()):
                aside = y + 0.2 * (k - (len(rates) - 1) / 2)
                look = marks[key]
                axes.plot([rate.low, rate.high], [aside] * 2, color=look.colour, linewidth=1.6)
                axes.plot(
                    rate.share, aside, color=look.colour, marker=look.marker, markersize=5.5,
                    linestyle="none", clip_on=False, zorder=3,
                )  # fmt: skip
        axes.set_xlim(-1.5, 100)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks(range(len(rows)))
        axes.set_yticklabels([shorten(label, 32) for label, _ in rows])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(axis)
        for k, key in enumerate(keys):
            row, column = divmod(k, 2)
            left, height = 0.25 + 3.7 * column, 0.12 + 0.2 * row
            x, y = left / figure.get_figwidth(), 1 - (height + 0.06) / figure.get_figheight()
            line: dict = {"color": BASELINE, "marker": "|", "markersize": 11, "mew": 1.6}
            if key in marks:
                line = {"color": marks[key].colour, "marker": marks[key].marker, "markersize": 6}
            figure.add_artist(Line2D([x], [y], linestyle="none", **line))
            write(figure, left + 0.15, height + 0.06, key, fontsize=8.5, va="center")
        return to_svg(figure, name, title, alt)
