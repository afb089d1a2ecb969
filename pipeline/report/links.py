"""Which cross-attention head aligns words, and which rule of position it is held against.

The best head is chosen by its error on the fitting half; what is stated is its error on the other.
"""

import polars as pl

from pipeline.analysis.nulls import TRAINED
from pipeline.lake.schema import HEAD
from pipeline.report.section import Section, counting, undecided
from pipeline.report.text import signed

CONVENTIONS = {"awi": "where a word is read", "awo": "where it is said"}


def ranked(alignments: pl.DataFrame) -> pl.DataFrame:
    """Per control, seed and convention the head with the smallest error first; ties to the lowest
    layer and head. Heads that could not be scored are left out."""
    return alignments.filter(pl.col("aer").is_not_null(), pl.col("aer_fitting").is_not_null()).sort(
        "control", "seed", "convention", "aer_fitting", *HEAD
    )


def best_head(section: Section) -> dict | None:
    """The trained head, and its convention, with the smallest error; None where none was scored."""
    rows = ranked(section.alignments.filter(pl.col("control") == TRAINED))
    rows = rows.sort("aer_fitting", maintain_order=True)
    return rows.row(0, named=True) if rows.height else None


def rule(row: dict) -> str:
    """The rule of position: `diagonal`, or `offset +1`."""
    offset = row["baseline_offset"]
    return str(row["baseline"]) if offset is None else f"{row['baseline']} {signed(offset)}"


def is_unjudged(section: Section) -> bool:
    """Links were scored, and enough, but no null control was measured, so that `aligns` is null."""
    return section.has_links and section.few_links is None and undecided(section, "aligns")


def aligning(section: Section) -> pl.Expr:
    """Rows that count as aligning."""
    return counting(section.alignments, "aligns")


def n_aligning(section: Section, control: str) -> int:
    """Heads with such a row, by either convention, over the seeds together."""
    rows = section.alignments.filter(pl.col("control") == control, aligning(section))
    return rows.select("seed", *HEAD).unique().height
