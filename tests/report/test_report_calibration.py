"""What the method page says of simulated censuses is what their rows say."""

import polars as pl

from pipeline.analysis.simulate import KNOW_NOTHING
from pipeline.report.blocks import Table
from pipeline.report.calibration import MEANT, nothing_known, something_known

SIMULATED = pl.DataFrame(
    {
        "kind": ["a", "a", "b", "b"],
        "n_heads": [10, 10, 10, 10],
        "tracks": [0, 1, 0, 0],
        "significant": [0, 2, 0, 0],
        "naive": [9, 10, 10, 10],
        "n_tests": [100, 100, 100, 100],
        "n_below": [4, 8, 0, 0],
        "n_below_independent": [6, 10, 0, 1],
    }
)
POWER = pl.DataFrame(
    {
        "relation": ["obj"] * 3,
        "p": [0.2, 0.5, 0.9],
        "n_planted": [8, 8, 8],
        "n_found": [0, 4, 8],
        "n_others": [20, 20, 20],
        "n_wrong": [0, 1, 0],
    }
)


def test_each_kind_that_there_is_is_explained():
    assert list(MEANT) == list(KNOW_NOTHING)


def test_rates_are_means_over_censuses_and_over_tests():
    (table,) = (b for b in nothing_known(SIMULATED, 0.05) if isinstance(b, Table))
    assert table.rows == (
        ("a", "95.00", "10.00", "5.00", "50.0", "6.00", "8.00"),
        ("b", "100.00", "0.00", "0.00", "0.0", "0.00", "0.50"),
    )


def test_power_says_from_where_half_are_found_and_how_many_were_wrong():
    figure = something_known(POWER)[1]
    assert "obj 50" in figure.alt
    assert "Of 60 other heads beside them 1 were" in figure.caption
