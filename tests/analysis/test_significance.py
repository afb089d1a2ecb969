"""The test statistics by hand, against scipy, and calibrated where nothing is to be found."""

import numpy as np
from scipy import stats

from pipeline.analysis import bootstrap
from pipeline.analysis.significance import benjamini_yekutieli, clustered_mcnemar


def test_z_by_hand():
    """Sentences with b − c of 2, 1, −1: z = 2 / √6."""
    z, p = clustered_mcnemar(np.array([2]), np.array([6]))
    np.testing.assert_allclose(z, 2 / np.sqrt(6))
    np.testing.assert_allclose(p, 1 - stats.norm.cdf(2 / np.sqrt(6)))


def test_no_discordance_is_no_evidence():
    z, p = clustered_mcnemar(np.array([0]), np.array([0]))
    assert (z[0], p[0]) == (0, 1)


def test_one_arc_per_sentence_is_mcnemar():
    """With clusters of one, z² is McNemar's χ² without correction: (b − c)² / (b + c)."""
    b, c = 31, 17
    z, _ = clustered_mcnemar(np.array([b - c]), np.array([b + c]))
    np.testing.assert_allclose(z**2, (b - c) ** 2 / (b + c))


def test_benjamini_yekutieli_by_hand():
    p = np.array([[0.01, 0.02], [0.03, 0.9]])
    harmonic = 1 + 1 / 2 + 1 / 3 + 1 / 4
    # Step-up from the largest: 0.01·4/1, 0.02·4/2 and 0.03·4/3 are all 0.04.
    expected = np.array([[0.04 * harmonic] * 2, [0.04 * harmonic, 1.0]])
    np.testing.assert_allclose(benjamini_yekutieli(p), expected)
    assert benjamini_yekutieli(np.array([])).size == 0


def test_nothing_to_find_is_seldom_found():
    """Clustered coin flips: p-values of the test are near uniform in their lower tail."""
    rng = np.random.default_rng(0)
    lean = rng.normal(0, 1, (2000, 150))  # sentences lean one way or the other as a whole
    d = rng.binomial(3, 0.5, lean.shape) - rng.binomial(3, 0.5, lean.shape) + np.round(lean)
    _, p = clustered_mcnemar(d.sum(1), (d * d).sum(1))
    assert 0.035 < (p < 0.05).mean() < 0.065


def test_weights_hang_on_seed_and_shard_alone():
    one = bootstrap.weights(50, 20, 3, 7)
    assert one.shape == (20, 50)
    assert (one == bootstrap.weights(50, 20, 3, 7)).all()
    assert (one != bootstrap.weights(50, 20, 3, 8)).any()
    assert (one != bootstrap.weights(50, 20, 4, 7)).any()
    assert abs(bootstrap.weights(1000, 500, 0, 0).mean() - 1) < 0.01


def test_intervals_cover():
    """95 % intervals of a mean of ratios hold the truth about 95 times in 100."""
    rng = np.random.default_rng(1)
    n = rng.integers(1, 9, (300, 120))
    hits = rng.binomial(n, 0.4)
    covered = 0
    for k in range(300):
        weights = bootstrap.weights(120, 400, k, 0)
        low, high = bootstrap.interval(weights @ hits[k], weights @ n[k])
        covered += low <= 0.4 <= high
    assert 270 <= covered <= 297


def test_replicates_without_any_arc_are_left_out():
    low, high = bootstrap.interval(np.array([[0.0], [1.0], [2.0]]), np.array([[0], [2], [4]]))
    assert (low[0], high[0]) == (0.5, 0.5)
    low, high = bootstrap.interval(np.zeros((2, 1)), np.zeros((2, 1)))
    assert np.isnan(low[0])
    assert np.isnan(high[0])


def test_an_interval_leaves_out_a_fortieth_at_either_end():
    drawn = np.arange(1001.0)[:, None]
    low, high = bootstrap.interval(drawn, np.ones_like(drawn))
    assert (low[0], high[0]) == (25, 975)
    drawn = np.append(drawn, [[7.0]], axis=0)
    low, high = bootstrap.interval(drawn, np.append(np.ones((1001, 1)), [[0.0]], axis=0))
    assert (low[0], high[0]) == (25, 975)
