"""How often the procedure is wrong, shown on heads that know nothing, and that know something."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.report.blocks import Block, Code, Figure, Heading, Table, say
from pipeline.report.figures.lines import Line, Panel, Scales, draw_lines
from pipeline.report.figures.palette import marks
from pipeline.report.figures.rates import Rate, draw_rates
from pipeline.report.text import number, plural

NAIVE, TRACKS, SIGNIFICANT = "naive count", "tracks: all flags", "significant alone"
COLUMNS = {NAIVE: "naive", SIGNIFICANT: "significant", TRACKS: "tracks"}
MARKS = marks([NAIVE, "the level's own", SIGNIFICANT, TRACKS])
MEANT: dict[str, str] = {
    "random pointers": "every word points at any other word of its sentence",
    "one offset a sentence": "all words of a sentence look equally far away",
    "as good as the offset": "right as often as the best offset, elsewhere than it",
}


def _rate(shares: np.ndarray) -> Rate:
    low, high = np.percentile(100 * shares, (2.5, 97.5))
    return Rate(round(float(100 * shares.mean()), 2), round(float(low), 2), round(float(high), 2))


def _rates(rows: pl.DataFrame) -> dict[str, Rate]:
    return {
        key: _rate((rows[column] / rows["n_heads"]).to_numpy()) for key, column in COLUMNS.items()
    }


def _kinds(simulated: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    kinds = simulated["kind"].unique(maintain_order=True).to_list()
    return [(kind, simulated.filter(kind=kind)) for kind in kinds]


def _line(kind: str, rows: pl.DataFrame) -> tuple[str, ...]:
    rates = _rates(rows)
    any_head = 100 * float((rows["significant"] > 0).mean())  # pyrefly: ignore
    tests = int(rows["n_tests"].sum())
    return (
        kind,
        *(number(rates[key].mean, 2) for key in (NAIVE, SIGNIFICANT, TRACKS)),
        number(any_head, 1),
        number(100 * int(rows["n_below"].sum()) / tests, 2) if tests else number(None),
        number(100 * int(rows["n_below_independent"].sum()) / tests, 2) if tests else number(None),
    )


def nothing_known(simulated: pl.DataFrame, alpha: float) -> list[Block]:
    """A row of `simulated` is a census; see `analysis.simulate.simulations`."""
    kinds = _kinds(simulated)
    n = min(rows.height for _, rows in kinds)
    rates = [(kind, _rates(rows)) for kind, rows in kinds]
    found = {key: max(of[key].mean for _, of in rates) for key in COLUMNS}
    name, title = "calibration", "Heads that know nothing, said to follow a relation"
    alt = (
        f"Share of heads without syntax that are said to follow a relation, for {len(kinds)} kinds"
        f" of such heads, {n} simulated censuses each. Largest mean of any kind: naive count"
        f" {number(found[NAIVE], 1)} percent, significant {number(found[SIGNIFICANT], 2)}, all"
        f" flags {number(found[TRACKS], 2)}."
    )
    caption = (
        f"Of heads that have no syntax by construction, those that each procedure finds, mean and"
        f" middle 95 % of {n} simulated censuses of each kind."
    )
    look = {key: MARKS[key] for key in COLUMNS}
    svg = draw_rates(name, title, alt, rates, look, 100 * alpha, "heads, percent")
    header = (
        "heads that know nothing",
        "naive, %",
        "significant, %",
        "track, %",
        "censuses with any significant head, %",
        f"tests with p < {alpha:g}, %",
        "if arcs were independent, %",
    )
    said = "; ".join(f"{kind}: {text}" for kind, text in MEANT.items())
    return [
        Heading(2, "Heads that know nothing"),
        say(
            f"What is made up is where heads point ({said}); or a measured null is taken over"
            " sentences drawn from it with replacement. Trees, halves, offsets, tests, correction"
            " and nulls are those of a census. The naive count picks head and offset and scores"
            " them on the same sentences."
        ),
        Figure(name, caption, alt, svg),
        Table(
            "Means over the censuses; the last two columns are of single tests, uncorrected",
            header,
            tuple(_line(kind, rows) for kind, rows in kinds),
        ),
        say(
            "Under the first three kinds nothing is there to be found. Single tests at the edge are"
            " a little over their level, since the offset that was best on the fitting half is a"
            " little worse on the other; the margin is for that. A measured null may keep"
            " something: words that are shuffled still attract one another, and a head that looks"
            " for them finds some governors among them. What the procedure makes of that is its"
            " answer, not an error of its tests."
        ),
    ]


def something_known(power: pl.DataFrame) -> list[Block]:
    """Rows as `analysis.simulate.power` gives them."""
    relations: Sequence[str] = power["relation"].unique(maintain_order=True).to_list()
    look = marks(list(relations))
    lines = []
    for relation in relations:
        rows = power.filter(relation=relation).sort("p")
        points = [
            (100 * p, y, y, y)
            for p, y in zip(rows["p"], 100 * rows["n_found"] / rows["n_planted"], strict=True)
        ]
        lines.append(Line(relation, look[relation], tuple(points)))
    half = {r: _needed(power.filter(relation=r)) for r in relations}
    wrong, others = int(power["n_wrong"].sum()), int(power["n_others"].sum())
    name, title = "power", "Planted heads that are found"
    said = ", ".join(f"{r} {'never' if p is None else number(100 * p)}" for r, p in half.items())
    alt = (
        "Share of planted heads said to track, by the probability, in percent, with which they"
        f" follow the relation. Half of them are found from: {said}."
    )
    caption = (
        "Power: heads that follow a relation with probability p and point at random else; of"
        f" them the share that is said to track it, percent. Of {plural(others, 'other head')}"
        f" beside them {number(wrong)} were said to track anything."
    )
    scales = Scales("p, percent", "planted heads found, percent", 100, range(0, 101, 20))
    return [
        Heading(2, "Heads that know something"),
        Figure(name, caption, alt, draw_lines(name, title, alt, [Panel("", tuple(lines))], scales)),
    ]


def _needed(rows: pl.DataFrame) -> float | None:
    enough = rows.filter(2 * pl.col("n_found") >= pl.col("n_planted"))["p"]
    return None if enough.is_empty() else float(enough.min())  # pyrefly: ignore


def calibration(simulated: pl.DataFrame, power: pl.DataFrame, alpha: float) -> list[Block]:
    return [
        *nothing_known(simulated, alpha),
        *something_known(power),
        say("Again, with other seeds: ", Code("headcensus calibrate calibrate.seed=7"), "."),
    ]
