"""Simulated heads that follow a relation so and so often: how many of them a census finds."""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from pipeline.analysis.hits import DIRECTIONS
from pipeline.analysis.nulls import TRAINED
from pipeline.analysis.rules import Rules
from pipeline.analysis.simulate import PLANTED, Draw, Hits, Trees, judged, random_pointers


def planted(trees: Trees, n_heads: int, relation: str, n_planted: int, p: float) -> Draw:
    """Random pointers, but that the first heads, dependent to governor, also follow a relation, on
    each of its arcs with probability `p`."""
    by_chance = random_pointers(trees, n_heads)
    (arcs,) = np.nonzero(trees.arcs.deprel == relation)

    def draw(rng: np.random.Generator) -> tuple[Trees, Hits]:
        _, hits = by_chance(rng)
        hits[np.ix_(arcs, np.arange(n_planted))] |= rng.random((len(arcs), n_planted)) < p
        return trees, hits

    return draw


def found(
    trees: Trees,
    n_heads: int,
    relation: str,
    n_planted: int,
    p: float,
    rules: Rules,
    key: Sequence[int],
) -> tuple[int, int]:
    """Of planted heads those that are said to track their relation, and other heads said to track
    anything: what was there, and what was not."""
    own = planted(trees, n_heads, relation, n_planted, p)
    tests = judged(own, random_pointers(trees, n_heads), n_heads, rules, key)
    tracking = tests.filter(pl.col("tracks"), control=TRAINED)
    right = tracking.filter(
        pl.col("head") < n_planted, deprel=relation, direction=next(iter(DIRECTIONS))
    )
    wrong = tracking.filter(pl.col("head") >= n_planted)
    return right["head"].n_unique(), wrong["head"].n_unique()


def power(
    trees: Trees,
    relations: Sequence[str],
    shares: Sequence[float],
    n: int,
    rules: Rules,
    seed: int,
    n_heads: int = 72,
    n_planted: int = 8,
) -> Iterator[dict]:
    """Of `n` censuses with planted heads, for each relation and each `p`: how many were found."""
    for i, relation in enumerate(relations):
        for j, p in enumerate(shares):
            keys = [(seed, PLANTED, i, j, k) for k in range(n)]
            pairs = [found(trees, n_heads, relation, n_planted, p, rules, key) for key in keys]
            right, wrong = map(sum, zip(*pairs, strict=True))
            yield {
                "relation": relation,
                "p": p,
                "n_censuses": n,
                "n_planted": n * n_planted,
                "n_found": right,
                "n_others": n * (n_heads - n_planted),
                "n_wrong": wrong,
            }
