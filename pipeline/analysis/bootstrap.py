"""Bootstrap over sentences: how far a number would move had other sentences been drawn.

The Poisson form (Chamandy et al. 2012): every sentence gets an independent Poisson(1) weight in
every replicate, so that shards are resampled one by one and their sums added. A sentence's weights
hang on the seed and its shard, hence all heads and relations of all cells are resampled alike.
"""

import numpy as np

from pipeline.analysis.ratio import ratio

INTERVAL = (2.5, 97.5)
"""Percentiles of the two ends of a 95 % interval."""


def weights(n_sentences: int, n_replicates: int, seed: int, shard: int) -> np.ndarray:
    """Poisson weights, [replicate, sentence] in float32 (small integers, exact)."""
    generator = np.random.Generator(np.random.Philox(key=[seed, shard]))
    return generator.poisson(1.0, (n_sentences, n_replicates)).T.astype(np.float32)


def interval(numerators: np.ndarray, denominators: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the 95 % percentile interval of Σ numerator / Σ denominator, over axis 0.

    Replicates that drew no denominator say nothing and are left out; NaN where all are such.
    """
    return ends(ratio(numerators, denominators))


def ends(drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same of values, one of each replicate: NaN says nothing."""
    if not np.isnan(drawn).any():
        low, high = np.percentile(drawn, INTERVAL, axis=0)
        return low, high
    ends = np.full((2, *drawn.shape[1:]), np.nan)
    known = ~np.isnan(drawn).all(0)
    ends[:, known] = np.nanpercentile(drawn[:, known], INTERVAL, axis=0)
    return ends[0], ends[1]
