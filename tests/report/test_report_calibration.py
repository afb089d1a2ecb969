"""What the method page says of simulated censuses is what their rows say."""

import polars as pl
import pytest

from pipeline.analysis.simulate import KNOW_NOTHING
from pipeline.report.blocks import Figure, Table
from pipeline.report.calibration import MEANT, answer, nothing_known, something_known
from pipeline.report.corpus_size import halved, sizes
from pipeline.report.markdown import to_markdown

MADE_UP, EDGE = "random pointers", "as good as the offset"
SIMULATED = pl.DataFrame(
    {
        "kind": [MADE_UP, MADE_UP, EDGE, EDGE, EDGE, EDGE, "a, as measured", "a, as measured"],
        "n_heads": 8 * [10],
        "tracks": [0, 1, 0, 0, 0, 0, 3, 5],
        "significant": [0, 2, 1, 1, 2, 0, 4, 6],
        "naive": [9, 10, 10, 10, 10, 10, 10, 10],
        "n_tests": 8 * [100],
        "n_below": [4, 8, 0, 0, 0, 0, 2, 2],
        "n_below_independent": [6, 10, 0, 1, 0, 1, 2, 2],
    }
)
POWER = pl.DataFrame(
    {
        "relation": ["obj"] * 3,
        "p": [0.2, 0.5, 0.9],
        "n_censuses": [2, 2, 2],
        "n_planted": [8, 8, 8],
        "n_found": [0, 4, 8],
        "n_others": [20, 20, 20],
        "n_wrong": [0, 1, 0],
    }
)


def test_each_kind_that_there_is_is_explained():
    assert list(MEANT) == list(KNOW_NOTHING)


def test_rates_are_of_heads_of_censuses_and_of_tests():
    """Intervals as scipy has them: one of two, three of four, none of four."""
    (table,) = (b for b in nothing_known(SIMULATED, 0.05) if isinstance(b, Table))
    half, three, none = "50.0 (1.3–98.7)", "75.0 (19.4–99.4)", "0.0 (0.0–60.2)"
    assert table.rows == (
        (MADE_UP, "95.00", "10.00", "5.00", half, half, "6.00", "8.00"),
        (EDGE, "100.00", "10.00", "0.00", three, none, "0.00", "0.50"),
        # Halvings of one measurement are no sample: no interval.
        ("a, as measured", "100.00", "50.00", "40.00", "100.0", "100.0", "2.00", "2.00"),
    )


def test_the_level_stands_beside_shares_of_censuses_and_each_maximum_has_its_kinds_number():
    said = answer(SIMULATED, 0.05)
    nothing, measured, heads = said.split("; ")
    assert "at most 75.0 % have any significant head (4 of the kind)" in nothing
    assert "and 50.0 % any that tracks (2)" in nothing
    assert nothing.endswith("where 5 % are allowed")
    assert "at most 100.0 % have any significant head (2 of the kind)" in measured
    assert "at most 40.00 % are said to track" in heads
    assert "nominal" not in said
    assert "5 %" not in measured + heads
    assert "halvings" not in answer(SIMULATED.filter(pl.col("kind").is_in(list(MEANT))), 0.05)


def test_the_figure_is_of_censuses_as_the_level_is():
    (figure,) = (b for b in nothing_known(SIMULATED, 0.05) if isinstance(b, Figure))
    assert "censuses with any such head, percent" in figure.svg
    assert "nominal level, 5 %" in figure.svg
    assert "significant alone 100.0 percent (of 2)" in figure.alt


@pytest.mark.parametrize("kind", MEANT)
def test_no_census_of_a_kind_is_wrong_and_the_interval_says_how_sure_that_is(kind):
    rows = SIMULATED[:1].with_columns(kind=pl.lit(kind), tracks=0, significant=0)
    many = pl.concat([rows] * 200)
    (table,) = (b for b in nothing_known(many, 0.05) if isinstance(b, Table))
    assert table.rows[0][4:6] == ("0.0 (0.0–1.8)", "0.0 (0.0–1.8)")


def test_power_says_from_where_half_are_found_and_how_many_were_wrong():
    figure = something_known(POWER)[1]
    assert "obj 50" in figure.alt
    said = "Of 60 other heads beside them, drawn anew in each of 6 censuses, 1 were"
    assert said in figure.caption


def test_what_the_halves_do_is_said_of_the_whole_corpus():
    """With its range and its quartiles; smaller subsamples differ by more than halves."""
    rows = pl.DataFrame(
        {
            "n_sentences": 5 * [100] + 5 * [200],
            "n_heads": 10 * [20],
            "tracks": [0, 0, 1, 1, 2, 9, 4, 12, 8, 7],
            "significant": 5 * [1] + 5 * [9],
            "naive": 10 * [20],
        }
    )
    said = "4 to 12 heads track, median 8, in half of the draws 7 to 9"
    assert halved(rows) == f"of 5 halvings of the whole corpus, {said}"
    blocks = sizes(rows, "m × c")
    assert f"with that {said}: one census is one such draw." in to_markdown(blocks)
    (table,) = [block for block in blocks if isinstance(block, Table)]
    assert table.caption == "Heads of 20 found in 5 subsamples of each size"
