"""The counts that the report's first lines state: one row per cell."""

from collections.abc import Sequence

import polars as pl

from pipeline.analysis.rules import Rules
from pipeline.core.names import DUMP_CLASSES
from pipeline.lake.schema import HEAD
from pipeline.lake.tables import CELL_KEYS

CELL = [column.name for column in CELL_KEYS]
HEAD_OF_CELL = [*CELL, *HEAD]
LEVEL = "full"
"""Heads are counted by the relations as the treebank labels them,"""
WEIGHTING = "attention"
"""and by their weights alone."""

THRESHOLDS = tuple(percent / 100 for percent in range(20, 85, 5))


def head_flags(relations: pl.LazyFrame, alignments: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Per head: whether some relation, in some direction, passes each flag; and whether it aligns,
    by either convention. Null of a head that no relation with `min_arcs` arcs was asked of, or no
    `min_arcs` sure links: no head could have passed.
    """
    any_of = {
        "margin": pl.col("margin"),
        "significant": pl.col("significant"),
        "beats_nulls": pl.col("beats_nulls"),
        "margin_significant": pl.col("margin") & pl.col("significant"),
        "tracks": pl.col("tracks"),
    }
    naive = {"naive": pl.col("hits_all") > pl.col("baseline_all") * pl.col("n_all") + 1e-9}
    aligns = {
        "aligns": pl.col("aligns"),
        "aligns_margin_significant": pl.col("margin") & pl.col("significant"),
    }
    counted = pl.col("weighting") == WEIGHTING
    enough, enough_links = (pl.col(n) >= rules.min_arcs for n in ("n", "n_sure"))
    of_level = relations.filter(pl.col("level") == LEVEL)
    of_heads = (
        of_level.filter(counted).group_by(HEAD_OF_CELL).agg(_any(naive)),
        of_level.filter(counted, enough).group_by(HEAD_OF_CELL).agg(_any(any_of)),
        of_level.filter(pl.col("weighting") == "norm", enough)
        .group_by(HEAD_OF_CELL)
        .agg(_any({"tracks_norm": pl.col("tracks")})),
        alignments.filter(counted, enough_links).group_by(HEAD_OF_CELL).agg(_any(aligns)),
    )
    first, *others = of_heads
    for other in others:
        first = first.join(other, on=HEAD_OF_CELL, how="full", coalesce=True)
    return first


def _any(flags: dict[str, pl.Expr]) -> list[pl.Expr]:
    """any() takes null for False; a flag that is null throughout stays null."""
    return [
        pl.when(flag.is_not_null().any()).then(flag.any()).alias(name)
        for name, flag in flags.items()
    ]


def census(heads: pl.LazyFrame, flags: pl.LazyFrame, facts: pl.LazyFrame) -> pl.LazyFrame:
    """`heads` with its flags, `flags` from `head_flags`, `facts` a row of counts per cell."""
    joined = heads.join(flags.drop("tracks", "aligns"), on=HEAD_OF_CELL, how="left").with_columns(
        dumps=pl.any_horizontal(f"dumps_{c}" for c in DUMP_CLASSES),
        # Where no null was measured, the two other flags stand in to say what a head is not.
        follows=pl.coalesce("tracks", "margin_significant", pl.lit(False))
        | pl.coalesce("aligns", "aligns_margin_significant", pl.lit(False)),
    )
    counts = {
        **{f"n_{flag}": pl.col(flag) for flag in _NULLABLE},
        **{f"n_{flag}": pl.col(flag) for flag in _PLAIN},
        # false and unknown would be false: unknown is what it is.
        "n_tracks_and_dumps": pl.when(pl.col("tracks").is_not_null()).then(
            pl.col("tracks") & pl.col("dumps")
        ),
        "n_neither": ~pl.any_horizontal("follows", "dumps", "positional", "broad"),
    }
    by_cell = joined.group_by(CELL).agg(
        n_heads=pl.len(),
        **{
            name: pl.when(flag.is_not_null().any()).then(flag.sum())
            if name in _MAY_BE_NULL
            else flag.fill_null(False).sum()
            for name, flag in counts.items()
        },
    )
    return facts.join(by_cell, on=CELL, how="left", maintain_order="left")


_NULLABLE = (
    "tracks",
    "tracks_norm",
    "dumps_by_norm",
    "aligns",
    "margin",
    "significant",
    "beats_nulls",
    "margin_significant",
    "naive",
    "block",
)
_PATTERNS = ("broad", "vertical", "diagonal", "mixed", "heterogeneous")
_PLAIN = ("dumps", *(f"dumps_{c}" for c in DUMP_CLASSES), "positional", *_PATTERNS)
_MAY_BE_NULL = {f"n_{flag}" for flag in _NULLABLE} | {"n_tracks_and_dumps"}


def with_own(steps: Sequence[float], own: float) -> list[float]:
    """The steps of a curve, and the rule's own: a curve passes through what is counted."""
    return sorted({*steps, own})


def dump_curve(heads: pl.LazyFrame, threshold: float) -> pl.LazyFrame:
    """How many heads dump on each class, at every threshold, that of the counts among them."""
    at_threshold = [
        heads.group_by(CELL, maintain_order=True)
        .agg(n_heads=((pl.col(f"mass_{name}") > step) & (pl.col(f"mass_{name}_low") > step)).sum())
        .with_columns(key_class=pl.lit(name), threshold=pl.lit(step))
        for name in DUMP_CLASSES
        for step in with_own(THRESHOLDS, threshold)
    ]
    return pl.concat(at_threshold).sort([*CELL, "key_class", "threshold"])
