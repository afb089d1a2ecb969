"""Which head for which relation.

Choosing the best of many heads and scoring it on the same sentences rewards luck. So the best head
of a relation is chosen on the fitting half (what `n_all` has beyond `n`) and its accuracy is
reported on the confirming half, where it had no part in the choice.
"""

import polars as pl

from pipeline.report.section import HEAD_KEYS, Section
from pipeline.report.text import rounded

ARROWS = {"dep_to_gov": "↑", "gov_to_dep": "↓"}
"""↑ the dependent attends to its governor, ↓ the governor attends to its dependent."""


def head_name(row: dict, sites: tuple[str, ...]) -> str:
    """`L3H7`; with the site in front where a model has several."""
    name = f"L{row['layer']}H{row['head']}"
    return name if len(sites) == 1 else f"{row['site']} {name}"


def arrow(row: dict) -> str:
    return ARROWS.get(row["direction"]) or str(row["direction"])


def best_heads(relations: pl.DataFrame, min_arcs: int) -> pl.DataFrame:
    """The head that is best on the fitting half, per control × seed × relation.

    Both directions compete. Ties go to the one with more hits, then to the lowest layer and head.
    """
    hits, arcs = pl.col("hits_all") - pl.col("hits"), pl.col("n_all") - pl.col("n")
    return (
        relations.filter(pl.col("n") >= min_arcs, arcs > 0)
        .with_columns((hits / arcs).alias("fitting_accuracy"), hits.alias("fitting_hits"))
        .sort(
            ["fitting_accuracy", "fitting_hits", *HEAD_KEYS, "direction"],
            descending=[True, True, False, False, False, False],
            nulls_last=True,
        )
        .group_by("control", "seed", "deprel", maintain_order=True)
        .first()
        .sort("control", "seed", "deprel")
    )


def with_lead(relations: pl.DataFrame) -> pl.DataFrame:
    """`lead`: points of accuracy above the best fixed offset, to one decimal."""
    lead = pl.col("accuracy") - pl.col("baseline_accuracy")
    return relations.with_columns((100 * lead).round(1).alias("lead"))


def is_undecided(section: Section) -> bool:
    """Syntax was measured but no null control was, so that `tracks` is null."""
    row = section.trained
    return row is not None and row["n_tracks"] is None and section.has_syntax


def passing(section: Section) -> pl.Expr:
    """Rows that count as tracking; where that is undecided, those that pass the two other flags."""
    if section.relations["tracks"].null_count() == section.relations.height:
        return (pl.col("margin") & pl.col("significant")).fill_null(False)
    return pl.col("tracks").fill_null(False)


def leading(section: Section, min_arcs: int) -> pl.DataFrame:
    """One row per head and cell: the relation it leads its offset by most, one that it tracks
    before one that it does not; `passes` says which, `n_passing` how many.

    Chosen by accuracy on the fitting half, so that the lead shown, of the confirming half, is not
    the luckiest of many."""
    keys = ("control", "seed", *HEAD_KEYS)
    rows = with_lead(section.relations.filter(pl.col("n") >= min_arcs))
    fitting = (pl.col("hits_all") - pl.col("hits")) / (pl.col("n_all") - pl.col("n"))
    rows = rows.with_columns(
        passing(section).alias("passes"),
        (fitting - pl.col("baseline_accuracy")).alias("fitting_lead"),
    )
    return (
        rows.sort(
            ["passes", "fitting_lead", "deprel", "direction"],
            descending=[True, True, False, False],
            nulls_last=True,
        )
        .group_by(keys, maintain_order=True)
        .agg(pl.all().first(), pl.col("passes").sum().alias("n_passing"))
        .sort(keys)
    )


def points(row: dict, column: str) -> float | None:
    """A share of one row in percent, to one decimal."""
    return rounded(row[column], 1)
