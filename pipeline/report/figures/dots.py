"""The best head of each relation with its interval, its baseline, and the controls' best heads."""

from dataclasses import dataclass

from matplotlib.lines import Line2D

from pipeline.report.figures.canvas import WIDTH, house_style, place, sheet, to_svg, write
from pipeline.report.figures.palette import BASELINE, Mark
from pipeline.report.text import shorten

ROW, LEFT = 0.2, 1.95


@dataclass(frozen=True)
class Dot:
    """Percent with one decimal. `who` stands behind the relation, and is never shortened.
    `others`: control → its best accuracy per seed."""

    relation: str
    who: str
    accuracy: float | None
    low: float | None
    high: float | None
    baseline: float | None
    others: dict[str, list[float]]


def draw_dots(name: str, title: str, alt: str, dots: list[Dot], marks: dict[str, Mark]) -> str:
    """SVG with a row per relation; `marks` holds the control of the dots first."""
    first, *others = marks
    keys = [first, "best fixed offset", *others]
    rows = -(-len(keys) // 3)
    top = 0.2 * rows + 0.3
    with house_style():
        figure = sheet(top + ROW * len(dots) + 0.55)
        axes = place(figure, LEFT, top, WIDTH - LEFT - 0.2, ROW * len(dots))
        for y, dot in enumerate(dots):
            axes.axhline(y, color="#e4e7ea", linewidth=0.6, zorder=0)
            for control, values in dot.others.items():
                _points(axes, values, y, marks[control], hollow=True)
            if dot.baseline is not None:
                axes.plot(dot.baseline, y, color=BASELINE, marker="|", markersize=10, mew=2.2)
            if dot.low is not None and dot.high is not None:
                axes.plot([dot.low, dot.high], [y, y], color=marks[first].colour, linewidth=1.6)
            if dot.accuracy is not None:
                _points(axes, [dot.accuracy], y, marks[first], hollow=False)
        axes.set_xlim(0, 100)
        axes.set_ylim(len(dots) - 0.4, -0.6)
        axes.set_yticks(range(len(dots)))
        axes.set_yticklabels(
            [f"{shorten(dot.relation, max(4, 26 - len(dot.who)))} {dot.who}" for dot in dots]
        )
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("accuracy on the confirming half, percent")
        for k, key in enumerate(keys):
            row, column = divmod(k, 3)
            _key(figure, 0.15 + 2.5 * column, 0.1 + 0.2 * row, key, marks.get(key), key == first)
        return to_svg(figure, name, title, alt)


def _points(axes, values: list[float], y: int, mark: Mark, hollow: bool) -> None:
    axes.plot(
        values,
        [y] * len(values),
        linestyle="none",
        color=mark.colour,
        marker=mark.marker,
        markersize=4.5 if hollow else 6,
        markerfacecolor="white" if hollow else mark.colour,
        clip_on=False,
        zorder=2 if hollow else 4,
    )


def _key(figure, left: float, top: float, text: str, mark: Mark | None, filled: bool) -> None:
    width, height = figure.get_size_inches()
    look: dict = {"color": BASELINE, "marker": "|", "markersize": 10, "mew": 2.2}
    if mark is not None:
        face = mark.colour if filled else "white"
        look = {"color": mark.colour, "marker": mark.marker, "markersize": 6}
        look["markerfacecolor"] = face
    place_x, place_y = (left + 0.1) / width, 1 - (top + 0.06) / height
    figure.add_artist(Line2D([place_x], [place_y], linestyle="none", **look))
    label = f"{text}, best head" if mark is not None else text
    write(figure, left + 0.25, top + 0.06, shorten(label, 34), fontsize=8.5, va="center")
