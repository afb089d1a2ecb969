"""Rounding, dashes, medians; names made visible and safe."""

import math

import pytest
from report_tables import Grid, make, quarantine

from pipeline.report.figures.palette import Scale, marks
from pipeline.report.markdown import escape
from pipeline.report.section import check
from pipeline.report.text import clean, distinct, number, percent, shorten, signed, slug, spread
from pipeline.report.write import ReportSettings, render


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.256, "26"), (0.0, "0"), (-0.0001, "0"), (-0.126, "−13"), (None, "–"), (math.nan, "–")],
)
def test_percent(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], "–"),
        ([None, None], "–"),
        ([3], "3"),
        ([2, 2, 2], "2"),
        ([4, 1], "1–4"),
        ([1, 9, 2], "2 (1–9)"),
        ([1, 2, 3, 9], "2.5 (1–9)"),
        ([None, 5], "5"),
    ],
)
def test_several_seeds_as_median_and_range(values, text):
    assert spread(values) == text


def test_signs():
    assert [signed(v, 1) for v in (1.25, -3.0, 0.0, None)] == ["+1.2", "−3.0", "0.0", "–"]
    assert number(-7) == "−7"


def test_clean_shows_what_cannot_be_seen():
    assert clean("a\tb\u200bc\u202ed\x00é😀") == "a b\\u200bc\\u202ed\\u0000é😀"


def test_names_that_differ_in_white_space_alone_stay_two():
    assert distinct("a b\u00a0c\u3000d\u200b") == "a b\\u00a0c\\u3000d\\u200b"
    grid = Grid(layers=1, heads=2, deprels=("obl x", "obl\u00a0x"), controls=(("trained", (0,)),))
    relations = check(make(grid))["relations"]
    assert set(relations["deprel"]) == {"obl x", "obl\\u00a0x"}
    assert relations.height == make(grid)["relations"].height


def test_slug_is_the_name_where_that_is_safe():
    assert slug("no_projection-2") == "no_projection-2"
    assert slug("名") != slug("前")
    assert all(set(slug(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-") for name in "名A/.")


def test_escape_leaves_plain_names_alone():
    assert escape("no_projection × 3 seeds") == "no_projection × 3 seeds"
    assert escape("_a_|<b>") == "\\_a\\_\\|&lt;b&gt;"
    assert escape("&lt; #1") == "&amp;lt; \\#1"


def test_shorten():
    assert (shorten("abcd", 4), shorten("abcde", 4)) == ("abcd", "abc…")


def test_a_scale_has_few_steps_and_clips():
    scale = Scale("Blues", 50, 5)
    assert len(set(scale.colours)) == 11
    assert scale.colour(-20) == scale.colour(0) == scale.colour(4.9) != scale.colour(5)
    assert scale.colour(50) == scale.colour(80)


def test_a_control_keeps_its_mark_whatever_stands_beside_it():
    few, many = marks(["trained", "shuffled_words"]), marks(["trained", "x", "shuffled_words", "y"])
    assert few["shuffled_words"] == many["shuffled_words"]
    assert len({mark.colour for mark in many.values()}) == 4


def test_a_reader_s_matplotlibrc_changes_nothing(monkeypatch):
    import matplotlib

    tables = make(Grid(layers=2, heads=2, deprels=("nsubj",), controls=(("trained", (0,)),)))
    plain = render(tables, quarantine(), ReportSettings())[0]
    with matplotlib.rc_context({"font.size": 20, "lines.linewidth": 9, "text.parse_math": True}):
        assert render(tables, quarantine(), ReportSettings())[0] == plain
