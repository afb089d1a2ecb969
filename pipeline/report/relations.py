"""Which head for which relation.

Choosing the best of many heads and scoring it on the same sentences rewards luck. So the best head
of a relation is chosen on the fitting half (what `n_all` has beyond `n`) and its accuracy is
reported on the confirming half, where it had no part in the choice.
"""

import polars as pl

from pipeline.lake.schema import HEAD
from pipeline.report.section import Section, counting, undecided
from pipeline.report.text import rounded

ARROWS = {"dep_to_gov": "↑", "gov_to_dep": "↓"}
"""↑ the dependent attends most to its governor; ↓ of all words its governor attends to it most."""


def head_name(row: dict, sites: tuple[str, ...]) -> str:
    """`L3H7`; with the site in front where a model has several."""
    name = f"L{row['layer']}H{row['head']}"
    return name if len(sites) == 1 else f"{row['site']} {name}"


def arrow(row: dict) -> str:
    return ARROWS.get(row["direction"]) or str(row["direction"])


def fitting_accuracy() -> pl.Expr:
    """Accuracy on the fitting half, to choose by; null where it has no such arc."""
    hits, arcs = pl.col("hits_all") - pl.col("hits"), pl.col("n_all") - pl.col("n")
    return pl.when(arcs > 0).then(hits / arcs)


def fitting_lead() -> pl.Expr:
    """Lead over the offset on the half that both were fitted on, to choose by: nothing of the
    confirming half is in it."""
    return fitting_accuracy() - pl.col("baseline_fitting")


def best_heads(relations: pl.DataFrame, min_arcs: int) -> pl.DataFrame:
    """The head that is best on the fitting half, per control × seed × relation.

    Both directions compete. Ties go to the one with more hits, then to the lowest layer and head.
    """
    hits = pl.col("hits_all") - pl.col("hits")
    return (
        relations.filter(pl.col("n") >= min_arcs)
        .with_columns(fitting_accuracy().alias("fitting_accuracy"), hits.alias("fitting_hits"))
        .drop_nulls("fitting_accuracy")
        .sort(
            ["fitting_accuracy", "fitting_hits", *HEAD, "direction"],
            descending=[True, True, False, False, False, False],
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
    """Syntax was measured, of arcs enough, but no null control was, so that `tracks` is null."""
    return section.has_syntax and section.few is None and undecided(section, "tracks")


def passing(section: Section) -> pl.Expr:
    """Rows that count as tracking."""
    return counting(section.relations, "tracks")


def leading(section: Section, min_arcs: int) -> pl.DataFrame:
    """One row per head and cell: the relation it leads its offset by most, one that it tracks
    before one that it does not; `passes` says which, `n_passing` how many.

    Chosen by the lead on the fitting half, so that the lead shown, of the confirming half, is not
    the luckiest of many; but what a head tracks it tracks on the confirming half too."""
    keys = ("control", "seed", *HEAD)
    rows = with_lead(section.relations.filter(pl.col("n") >= min_arcs))
    rows = rows.with_columns(
        passing(section).alias("passes"),
        fitting_lead().alias("fitting_lead"),
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
