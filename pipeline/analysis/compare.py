"""Two cells head by head: which roles a head has in one and not in the other, and by how much.

Cells of one corpus are resampled alike, so that the interval of a difference is a paired one; those
of two corpora by themselves. Intervals are of one quantity each, corrected for nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict

import numpy as np
import polars as pl

from pipeline.analysis import bootstrap
from pipeline.analysis.aggregate import fit, tallied
from pipeline.analysis.alignments import CONVENTIONS
from pipeline.analysis.census import LEVEL
from pipeline.analysis.hits import DIRECTIONS
from pipeline.analysis.ratio import ratio
from pipeline.analysis.rules import Rules
from pipeline.analysis.sites import SiteTally
from pipeline.core.errors import UserError
from pipeline.core.names import DUMP_CLASSES
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.schema import HEAD, OFFSETS
from pipeline.lake.tables import COMPARISON

ROLES = ("tracks", "aligns", "dumps", "positional", "broad")


def compare(
    lake: Lake, a: Cell, b: Cell, rules: Rules, tables: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """The table `COMPARISON`: a row per head, role and what it is about, in either cell.

    `tables` are those of the lake: they say who has which role. Raises UserError where a cell was
    not measured, or the two do not have the same sites, layers and heads.
    """
    stated = [_stated(tables, cell, rules) for cell in (a, b)]
    places = [of_cell.select(HEAD).unique().sort(HEAD) for of_cell in stated]
    if not places[0].equals(places[1]):
        raise UserError(
            f"{a.name} has {places[0].height} heads, {b.name} has {places[1].height}: only models"
            " with the same sites, layers and heads can be compared head by head"
        )
    seeds = (rules.seed, rules.seed if a.corpus == b.corpus else rules.seed + 1)
    fitted = {corpus: fit(lake, corpus, rules) for corpus in {a.corpus, b.corpus}}
    drawn = [
        _drawn(tallied(lake, cell, fitted[cell.corpus], rules, seed, draws_offsets=True))
        for cell, seed in zip((a, b), seeds, strict=True)
    ]
    keys = [*HEAD, "role", "what"]
    rows = (
        stated[0]
        .rename({"value": "a", "has": "a_has"})
        .join(stated[1].rename({"value": "b", "has": "b_has"}), on=keys, how="full", coalesce=True)
    )
    found = rows.join(_intervals(*drawn), on=keys, how="left").with_columns(
        difference=pl.col("b") - pl.col("a"), changed=pl.col("a_has") != pl.col("b_has")
    )
    order = {role: k for k, role in enumerate(ROLES)}
    return (
        found.sort(pl.col("role").replace_strict(order), "what", *HEAD)
        .select(COMPARISON.names)
        .cast({"layer": pl.Int16, "head": pl.Int16})
    )


def _stated(tables: Mapping[str, pl.DataFrame], cell: Cell, rules: Rules) -> pl.DataFrame:
    """Site, layer, head, role, what, value and has, of a cell, as its tables say. Of too few arcs
    or links no head can have a role: whether one has it is not known then.
    """

    def of_cell(name: str) -> pl.DataFrame:
        return tables[name].filter(**asdict(cell))

    def rows(
        frame: pl.DataFrame, role: str, what: pl.Expr, value: str, has: str, n: str = ""
    ) -> pl.DataFrame:
        enough = pl.col(n) >= rules.min_arcs if n else True
        return frame.select(
            *HEAD,
            role=pl.lit(role),
            what=what,
            value=pl.col(value).cast(pl.Float64),
            has=pl.when(enough).then(has),
        )

    heads = of_cell("heads")
    if heads.is_empty():
        raise UserError(f"{cell.name} is not in the tables: run aggregate with it")
    relations = of_cell("relations").filter(level=LEVEL, weighting="attention")
    alignments = of_cell("alignments").filter(weighting="attention")
    about = pl.format("{} {}", "deprel", "direction")
    return pl.concat(
        [
            rows(relations, "tracks", about, "accuracy", "tracks", "n"),
            rows(alignments, "aligns", pl.col("convention"), "aer", "aligns", "n_sure"),
            *(rows(heads, "dumps", pl.lit(c), f"mass_{c}", f"dumps_{c}") for c in DUMP_CLASSES),
            rows(heads, "positional", pl.lit(""), "best_offset_rate", "positional"),
            rows(heads, "broad", pl.lit(""), "entropy_normalised", "broad"),
        ]
    )


Replicates = dict[tuple[str, str, str], tuple[np.ndarray, pl.DataFrame]]
"""By site, role and what: the quantity in each replicate, [replicate, head], and its heads."""


def _drawn(sites: Mapping[str, SiteTally]) -> Replicates:
    return {
        (site, role, what): (values, tally.heads.places)
        for site, tally in sites.items()
        for role, what, values in _of_site(tally)
    }


def _of_site(tally: SiteTally) -> Iterator[tuple[str, str, np.ndarray]]:
    heads = tally.heads.sums
    for c in DUMP_CLASSES if heads else ():
        yield "dumps", c, ratio(heads[f"drawn_{c}"], heads["drawn_n"])
    if "drawn_offset" in heads:
        # The offset is the one at which most weights sit in all sentences together.
        best = heads["argmax_offset"][:, : len(OFFSETS)].argmax(1)
        drawn = np.take_along_axis(heads["drawn_offset"], best[None, :, None], 2)[..., 0]
        yield "positional", "", ratio(drawn, heads["drawn_n"])
    if heads:
        yield "broad", "", ratio(heads["drawn_entropy"], heads["drawn_choice"])
    for (level, relation), sums in tally.relations["attention"].sums.items():
        if level == LEVEL and sums.n:
            shares = ratio(sums.arrays["drawn_hits"], sums.arrays["drawn_n"])
            halves = np.split(shares, len(DIRECTIONS), axis=1)
            for way, values in zip(DIRECTIONS, halves, strict=True):
                yield "tracks", f"{relation} {way}", values
    aligned = tally.alignments["attention"].sums
    if aligned:
        errors = 1 - ratio(aligned["drawn_hits"], aligned["drawn_size"])
        for way, values in zip(CONVENTIONS, np.split(errors, len(CONVENTIONS), 1), strict=True):
            yield "aligns", way, values


def _intervals(a: Replicates, b: Replicates) -> pl.DataFrame:
    """Of each quantity, and of the difference where both have it."""
    frames = []
    for key in a | b:
        _, role, what = key
        drawn = {name: of[key][0] for name, of in (("a", a), ("b", b)) if key in of}
        if len(drawn) == 2:
            drawn["difference"] = drawn["b"] - drawn["a"]
        columns = {}
        for name, values in drawn.items():
            low, high = bootstrap.ends(values)
            columns |= {f"{name}_low": low, f"{name}_high": high}
        places = (a.get(key) or b[key])[1]
        frames.append(
            places.with_columns(
                role=pl.lit(role),
                what=pl.lit(what),
                **{name: pl.Series(values).fill_nan(None) for name, values in columns.items()},
            )
        )
    return pl.concat(frames, how="diagonal")
