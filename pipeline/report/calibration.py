"""How often the procedure is wrong, shown on heads that know nothing, and that know something."""

from collections.abc import Sequence

import polars as pl
from scipy.stats import binomtest

from pipeline.report.blocks import Block, Code, Figure, Heading, Table, say
from pipeline.report.figures.lines import Line, Panel, Scales, draw_lines
from pipeline.report.figures.palette import marks
from pipeline.report.figures.rates import Rate, draw_rates
from pipeline.report.text import DASH, number, plural

NAIVE, TRACKS, SIGNIFICANT = "naive count", "tracks: all flags", "significant alone"
COLUMNS = {NAIVE: "naive", SIGNIFICANT: "significant", TRACKS: "tracks"}
MARKS = marks([NAIVE, "the level's own", SIGNIFICANT, TRACKS])
MEANT: dict[str, str] = {
    "random pointers": "every word points at any other word of its sentence",
    "one offset a sentence": "all words of a sentence look equally far away",
    "as good as the offset": "right as often as the best offset, elsewhere than it",
}


def _any(rows: pl.DataFrame, column: str, made_up: bool) -> Rate:
    """The share of censuses with any such head, with its interval (Clopper & Pearson 1934).

    Censuses of a measured null share its sentences: they are no sample, and have no interval.
    """
    k, n = int((rows[column] > 0).sum()), rows.height
    ends = binomtest(k, n).proportion_ci(0.95) if made_up else (k / n, k / n)
    share, low, high = (round(100 * float(end), 1) for end in (k / n, *ends))
    return Rate(share, low, high)


def _kinds(simulated: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    kinds = simulated["kind"].unique(maintain_order=True).to_list()
    return [(kind, simulated.filter(kind=kind)) for kind in kinds]


def _line(kind: str, rows: pl.DataFrame) -> tuple[str, ...]:
    tests = int(rows["n_tests"].sum())

    def of_heads(column: str) -> str:
        return number(100 * float((rows[column] / rows["n_heads"]).mean()), 2)  # pyrefly: ignore

    def of_censuses(column: str) -> str:
        rate = _any(rows, column, kind in MEANT)
        between = f" ({number(rate.low, 1)}{DASH}{number(rate.high, 1)})" if kind in MEANT else ""
        return number(rate.share, 1) + between

    def of_tests(column: str) -> str:
        return number(100 * int(rows[column].sum()) / tests, 2) if tests else number(None)

    return (
        kind,
        *(of_heads(column) for column in COLUMNS.values()),
        *(of_censuses(column) for column in ("significant", "tracks")),
        *(of_tests(column) for column in ("n_below", "n_below_independent")),
    )


def _most(simulated: pl.DataFrame, column: str) -> tuple[float, int]:
    """Over kinds: the largest share of censuses with any such head, percent, and how many censuses
    that kind has."""
    of_kinds = simulated.group_by("kind", maintain_order=True).agg(
        share=100 * (pl.col(column) > 0).mean(), n=pl.len()
    )
    return of_kinds.sort("share", descending=True).select("share", "n").row(0)


def answer(simulated: pl.DataFrame, alpha: float) -> str:
    """How often heads that know nothing are said to know something, in one line.

    The level is one of censuses: where every hypothesis is null, the false discovery rate is the
    probability that any is rejected (Benjamini & Hochberg 1995).
    """

    def said(rows: pl.DataFrame) -> str:
        (significant, n), (tracks, m) = (_most(rows, flag) for flag in ("significant", "tracks"))
        return (
            f"at most {number(significant, 1)} % have any significant head ({n} of the kind) and"
            f" {number(tracks, 1)} % any that tracks ({m})"
        )

    made_up = pl.col("kind").is_in(list(MEANT))
    shares = simulated.group_by("kind").agg((pl.col("tracks") / pl.col("n_heads")).mean())
    measured = simulated.filter(~made_up)
    return (
        "of simulated censuses in which there is nothing to find"
        f" {said(simulated.filter(made_up))}, where {100 * alpha:g} % are allowed"
        + ("" if measured.is_empty() else f"; of halvings of measured nulls {said(measured)}")
        + f"; of heads that know nothing at most {100 * float(shares['tracks'].max()):.2f} % are"  # pyrefly: ignore
        " said to track"
    )


def nothing_known(simulated: pl.DataFrame, alpha: float) -> list[Block]:
    """A row of `simulated` is a census; see `analysis.simulate.simulations`."""
    kinds = _kinds(simulated)
    rates = [
        (kind, {key: _any(rows, column, kind in MEANT) for key, column in COLUMNS.items()})
        for kind, rows in kinds
    ]
    found = ", ".join(
        f"{key} {number(share, 1)} percent (of {n})"
        for key, (share, n) in ((key, _most(simulated, c)) for key, c in COLUMNS.items())
    )
    name, title = "calibration", "Heads that know nothing, said to follow a relation"
    alt = (
        "Share of simulated censuses in which any head without syntax is said to follow a relation,"
        f" for {len(kinds)} kinds of such heads. Largest of any kind: {found}."
    )
    caption = (
        "Of censuses of heads that know nothing, those in which each procedure finds any, with the"
        " 95 % interval of that share where heads are made up. The level is what the significance"
        " of a whole census is held to."
    )
    look = {key: MARKS[key] for key in COLUMNS}
    axis = "censuses with any such head, percent"
    svg = draw_rates(name, title, alt, rates, look, 100 * alpha, axis)
    header = (
        "heads that know nothing",
        "naive, %",
        "significant, %",
        "track, %",
        "censuses with any significant head, %",
        "censuses with any tracking head, %",
        f"tests with p < {alpha:g}, %",
        "if arcs were independent, %",
    )
    said = "; ".join(f"{kind}: {text}" for kind, text in MEANT.items())
    return [
        Heading(2, "Heads that know nothing"),
        say(
            f"What is made up is where heads point ({said}), anew in each census. Or a measured"
            " null is taken as it is, each sentence once, and held against another seed of it."
            " Halves are drawn anew in either case; trees, offsets, tests, correction and nulls are"
            " those of a census. The naive count picks head and offset and scores them on the same"
            " sentences."
        ),
        Figure(name, caption, alt, svg),
        Table(
            "Heads are means over the censuses; the last two columns are of single tests,"
            " uncorrected",
            header,
            tuple(_line(kind, rows) for kind, rows in kinds),
        ),
        say(
            "Under the first three kinds nothing is there to be found. What the correction for many"
            f" tests holds to {100 * alpha:g} % is then the share of censuses with any significant"
            " head, and nothing about the share of heads (Benjamini & Hochberg 1995); as it allows"
            " for any dependence among tests, fewer are to be expected. Single tests at the edge"
            " are a little over their level, since the offset that was best on the fitting half is"
            " a little worse on the other; the margin is for that."
        ),
        say(
            "A measured null is held to no level, for it may keep something: words that are"
            " shuffled still attract one another, and a head that looks for them may find more"
            " governors than the best offset does. And its censuses are halvings of one"
            " measurement: they share the luck of its sentences, so that no interval is given."
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
    wrong, others, n = (int(power[c].sum()) for c in ("n_wrong", "n_others", "n_censuses"))
    name, title = "power", "Planted heads that are found"
    said = ", ".join(f"{r} {'never' if p is None else number(100 * p)}" for r, p in half.items())
    alt = (
        "Share of planted heads said to track, by the probability, in percent, with which they"
        f" follow the relation. Half of them are found from: {said}."
    )
    caption = (
        "Power: heads that follow a relation with probability p and point at random else; of"
        f" them the share that is said to track it, percent. Of {plural(others, 'other head')}"
        f" beside them, drawn anew in each of {n} censuses, {number(wrong)} were said to track"
        " anything."
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
        say("Again, with other draws: the same command with ", Code("calibrate.seed=7"), "."),
    ]
