"""Tests: is a head more often right than an offset, when arcs of a sentence go together?"""

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analysis.rules import Rules


def clustered_mcnemar(sum_d: np.ndarray, sum_d2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Obuchowski's (1998) McNemar test for clustered matched pairs, one-sided.

    `sum_d` is Σ_s (b_s − c_s) over the sentences s, `sum_d2` its squares' sum, where b_s and c_s
    count the arcs on which the head alone and the offset alone is right. Gives z and p; without
    any discordant sentence z = 0 and p = 1.
    """
    z = np.divide(sum_d, np.sqrt(sum_d2), out=np.zeros(sum_d.shape), where=sum_d2 > 0)
    return z, np.where(sum_d2 > 0, stats.norm.sf(z), 1.0)


def benjamini_yekutieli(p: np.ndarray) -> np.ndarray:
    """q-values over all tests given, whatever their dependence."""
    if p.size == 0:
        return p
    return stats.false_discovery_control(p.ravel(), method="by").reshape(p.shape)


def with_q(tests: pl.DataFrame, enough: pl.Expr, rules: Rules) -> pl.DataFrame:
    """Adds `q`, over all tests given, and `significant`, for those that rest on `enough`.

    Give all tests of a cell: one that rests on too little was made too.
    """
    q = benjamini_yekutieli(tests["p"].to_numpy())
    tests = tests.with_columns(q=pl.Series(q))
    return tests.with_columns(significant=(pl.col("q") < rules.alpha) & enough)
