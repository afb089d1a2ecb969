"""Clark et al. 2019, §3.2, as a test: does a head look at [SEP] where it has nothing else to do?

Of each head's best relation: attention to special pieces from words that have an arc of it, and
from words that have none.
"""

import numpy as np
import polars as pl

from pipeline.analysis import bootstrap
from pipeline.analysis.effects import Judging
from pipeline.analysis.halves import confirming
from pipeline.analysis.ratio import ratio
from pipeline.analysis.sites import trees_of
from pipeline.lake.schema import HEAD


def no_ops(
    observed: pl.DataFrame, sentences: pl.DataFrame, relations: pl.DataFrame, rules: Judging
) -> pl.DataFrame:
    """The table `no_ops` of a cell; empty for a corpus without trees.

    `observed` are the lake's rows, `sentences` those of the corpus, `relations` the cell's table.
    """
    best = _best(relations, rules.min_arcs)
    watched = observed.filter(pl.col("special_mass").is_not_null())
    rows = watched["sentence"].unique().sort().to_numpy()
    rows = rows[confirming(rows, rules.seed)]
    frames = []
    for (site,), of_site in watched.filter(pl.col("sentence").is_in(rows.tolist())).group_by(
        "site", maintain_order=True
    ):
        of_pair = site == "decoder" and "cross" in observed["site"]
        heads = of_site.select(HEAD).unique(maintain_order=True)
        chosen = heads.join(best, on=HEAD, how="left", maintain_order="left")
        if site != "cross" and chosen["deprel"].count():
            trees = trees_of(sentences, "target" if of_pair else "source")
            sums = _sums(of_site, trees, chosen, rows)
            frames.append(_frame(chosen, sums, rules))
    return pl.concat(frames) if frames else pl.DataFrame()


def _best(relations: pl.DataFrame, min_arcs: int) -> pl.DataFrame:
    """The relation on which a head leads the best offset by most, on the fitting half."""
    n, hits = (pl.col(f"{c}_all") - pl.col(c) for c in ("n", "hits"))
    lead = hits / n - pl.col("baseline_fitting")
    return (
        relations.filter(pl.col("n") >= min_arcs, level="full", weighting="attention")
        .with_columns(lead=lead)
        .filter(pl.col("lead").is_finite())
        .sort("lead", descending=True, maintain_order=True)
        .group_by(HEAD, maintain_order=True)
        .agg(pl.col("direction", "deprel", "tracks").first())
    )


def _sums(
    watched: pl.DataFrame,
    trees: pl.DataFrame,
    chosen: pl.DataFrame,
    rows: np.ndarray,
) -> np.ndarray:
    """[sentence, (mass, words) with an arc and without, head]."""
    asked = list(chosen.select("deprel", "direction").iter_rows())
    found = np.zeros((len(rows), 4, len(asked)))
    causal = watched["site"][0] == "decoder"
    of_sentence = watched.partition_by("sentence", maintain_order=True)
    for k, (row, heads) in enumerate(zip(rows, of_sentence, strict=True)):
        governors, deprels = trees.row(int(row))
        if governors is None or deprels is None:
            continue
        mass = np.array(heads["special_mass"].to_list(), float)
        has = np.array([_has_arc(governors, deprels, causal, *relation) for relation in asked])
        there = ~np.isnan(mass)
        for start, where in ((0, has & there), (2, ~has & there)):
            found[k, start] = np.where(where, mass, 0.0).sum(1)
            found[k, start + 1] = where.sum(1)
    return found


def _has_arc(
    governors: list[int],
    deprels: list[str],
    causal: bool,
    deprel: str | None,
    direction: str | None,
) -> list[bool]:
    """Of each word: whether a head that follows the relation would have something to look at. A
    decoder's has only what stands before, in the corpus."""
    arcs = [(k, g - 1) for k, (g, name) in enumerate(zip(governors, deprels, strict=True))
            if name == deprel and g > 0]  # fmt: skip
    pairs = arcs if direction == "dep_to_gov" else [(g, d) for d, g in arcs]
    looking = {at for at, other in pairs if other < at or not causal}
    return [word in looking for word in range(len(governors))]


def _frame(chosen: pl.DataFrame, sums: np.ndarray, rules: Judging) -> pl.DataFrame:
    mass_with, n_with, mass_without, n_without = sums.sum(0)
    weights = bootstrap.weights(len(sums), rules.bootstrap, rules.seed, 0)
    drawn = [weights @ sums[:, k] for k in range(4)]
    differences = ratio(drawn[2], drawn[3]) - ratio(drawn[0], drawn[1])
    low, high = bootstrap.ends(differences)
    columns = {
        "n_with": n_with.astype(np.int64),
        "n_without": n_without.astype(np.int64),
        "mass_with": ratio(mass_with, n_with),
        "mass_without": ratio(mass_without, n_without),
        "difference": ratio(mass_without, n_without) - ratio(mass_with, n_with),
        "difference_low": low,
        "difference_high": high,
    }
    filled = {
        n: pl.Series(v).fill_nan(None) if v.dtype.kind == "f" else pl.Series(v)
        for n, v in columns.items()
    }
    both = (pl.col("n_with") > 0) & (pl.col("n_without") > 0)
    return chosen.with_columns(**filled).filter(pl.col("deprel").is_not_null() & both)
