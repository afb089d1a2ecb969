"""The nulls' bar: how well a head does that knows nothing.

A head beats the nulls on a relation when its accuracy is above the given percentile of the heads
of every matched null control: same model, corpus, site, direction and relation; the seeds of one
control form one sample.
"""

import polars as pl

TRAINED = "trained"
"""The control that changes nothing. Every other control is a null."""

_MATCHED = ["model", "corpus", "site", "direction", "deprel", "level", "weighting"]


def with_nulls(relations: pl.LazyFrame, null_percentile: float, min_arcs: int) -> pl.LazyFrame:
    """Adds `beats_nulls` and `tracks`; both are null where no null control was measured."""
    nulls = relations.filter(pl.col("control") != TRAINED)
    measured = nulls.select("model", "corpus").unique().with_columns(measured=True)
    bars = (
        nulls.group_by([*_MATCHED, "control"])
        .agg(bar=pl.col("accuracy").quantile(null_percentile / 100, "linear"))
        .group_by(_MATCHED)
        .agg(pl.col("bar").max())
    )
    return (
        relations.join(bars, on=_MATCHED, how="left", maintain_order="left")
        .join(measured, on=["model", "corpus"], how="left", maintain_order="left")
        # A flag that is unknown stays unknown, whatever else is known to be false.
        .with_columns(
            beats_nulls=pl.when(pl.col("measured")).then(
                (pl.col("accuracy") > pl.col("bar")).fill_null(False) & (pl.col("n") >= min_arcs)
            )
        )
        .with_columns(
            tracks=pl.when(pl.col("beats_nulls").is_not_null()).then(
                pl.all_horizontal("margin", "significant", "beats_nulls")
            )
        )
        .drop("bar", "measured")
    )
