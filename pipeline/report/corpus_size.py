"""How the counts of a census move with the size of its corpus."""

import polars as pl

from pipeline.report.blocks import Block, Figure, Heading, Table, say
from pipeline.report.calibration import COLUMNS, MARKS
from pipeline.report.figures.lines import Line, Panel, Scales, draw_lines
from pipeline.report.text import number, spread


def halving(tracks: pl.Series) -> str:
    """Heads that track, by halvings of one corpus."""
    q = [number(tracks.quantile(share, "nearest")) for share in (0, 0.25, 0.5, 0.75, 1)]  # pyrefly: ignore
    return f"{q[0]} to {q[4]} heads track, median {q[2]}, in half of the draws {q[1]} to {q[3]}"


def halved(by_size: pl.DataFrame) -> str:
    """What the halves alone do to the answer of a census, in one line."""
    whole = by_size.filter(n_sentences=pl.col("n_sentences").max())
    return f"of {whole.height} halvings of the whole corpus, {halving(whole['tracks'])}"


def sizes(by_size: pl.DataFrame, cell: str) -> list[Block]:
    """Rows as `analysis.simulate.by_size` gives them."""
    steps = by_size["n_sentences"].unique().sort().to_list()
    n_heads = int(by_size["n_heads"].max())  # pyrefly: ignore
    lines = []
    for label, column in COLUMNS.items():
        points = []
        for x, step in enumerate(steps):
            counts = by_size.filter(n_sentences=step)[column]
            middle, low, high = (float(v) for v in (counts.median(), counts.min(), counts.max()))  # pyrefly: ignore
            points.append((x, middle, low, high))
        lines.append(Line(label, MARKS[label], tuple(points)))
    rows = tuple(
        (
            f"{step:,}",
            *(
                spread(by_size.filter(n_sentences=step)[column].to_list())
                for column in COLUMNS.values()
            ),
        )
        for step in steps
    )
    n = by_size.filter(n_sentences=steps[-1]).height
    last = by_size.filter(n_sentences=steps[-1])["tracks"]
    name, title = "by-size", f"Heads found, by the size of the corpus: {cell}"
    alt = (
        f"Heads of {cell} that each procedure finds, by the number of sentences, from {steps[0]} to"
        f" {steps[-1]}. With all of them {number(last.median())} of {n_heads} track."  # pyrefly: ignore
    )
    caption = (
        f"Heads of {n_heads} found in {n} subsamples of each size, median and range; with all"
        " sentences the halves alone differ."
    )
    labels = [f"{step:,}" for step in steps]
    scales = Scales("sentences", "heads", n_heads, range(len(steps)), labels=labels)
    return [
        Heading(2, "With fewer sentences"),
        say(
            "The model itself, held against random_weights alone, over subsamples of its corpus."
            " A count of tracking heads grows with the corpus until the tests are sure: compare"
            " counts of corpora of like size. With all sentences nothing differs but how they fall"
            f" into halves, and with that {halving(last)}: one census is one such draw."
        ),
        Figure(name, caption, alt, draw_lines(name, title, alt, [Panel("", tuple(lines))], scales)),
        Table(caption.partition(",")[0], ("sentences", *COLUMNS), rows),
    ]
