"""The nulls' bar: how well a head does that knows nothing.

A head beats the nulls on a relation when its accuracy is above the given percentile of the heads
of every matched null control: same model, corpus, site, direction and relation; the seeds of one
control form one sample.
"""

import polars as pl

from pipeline.analysis.rules import Rules

TRAINED = "trained"
"""The control that changes nothing. Every other control is a null."""

_CELLS = ["model", "corpus"]
_RELATION = [*_CELLS, "site", "direction", "deprel", "level", "weighting"]
_ALIGNMENT = [*_CELLS, "site", "convention", "weighting"]


def relations_with_nulls(relations: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Adds `beats_nulls` and `tracks`; both are null where no null control was measured."""
    enough = pl.col("n") >= rules.min_arcs
    judged = _with_nulls(relations, _RELATION, pl.col("accuracy"), enough, rules)
    return judged.with_columns(tracks=_all_flags())


def alignments_with_nulls(alignments: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Adds `beats_nulls` and `aligns`, likewise: an error has to be below the nulls'."""
    enough = pl.col("n_sure") >= rules.min_arcs
    judged = _with_nulls(alignments, _ALIGNMENT, 1 - pl.col("aer"), enough, rules)
    return judged.with_columns(aligns=_all_flags())


def _with_nulls(
    frame: pl.LazyFrame, matched: list[str], score: pl.Expr, enough: pl.Expr, rules: Rules
) -> pl.LazyFrame:
    frame = frame.with_columns(score=score)
    nulls = frame.filter(pl.col("control") != TRAINED)
    measured = nulls.select(_CELLS).unique().with_columns(measured=True)
    bars = (
        nulls.group_by([*matched, "control"])
        .agg(bar=pl.col("score").quantile(rules.null_percentile / 100, "linear"))
        .group_by(matched)
        .agg(pl.col("bar").max())
    )
    return (
        frame.join(bars, on=matched, how="left", maintain_order="left")
        .join(measured, on=_CELLS, how="left", maintain_order="left")
        # A flag that is unknown stays unknown, whatever else is known to be false.
        .with_columns(
            beats_nulls=pl.when(pl.col("measured")).then(
                (pl.col("score") > pl.col("bar")).fill_null(False) & enough
            )
        )
        .drop("score", "bar", "measured")
    )


def _all_flags() -> pl.Expr:
    return pl.when(pl.col("beats_nulls").is_not_null()).then(
        pl.all_horizontal("margin", "significant", "beats_nulls")
    )
