"""The best head is chosen on one half and scored on the other."""

import polars as pl
import pytest
from report_tables import Grid, make, quarantine

from pipeline.report.relations import best_heads, leading, with_lead
from pipeline.report.section import check, split
from pipeline.report.settings import ReportSettings
from pipeline.report.write import render


def arcs(head: int, fitting: tuple[int, int], confirming: tuple[int, int], **more) -> dict:
    """`(hits, n)` of each half."""
    (hits_fit, n_fit), (hits, n) = fitting, confirming
    return {
        "control": "trained", "seed": 0, "site": "encoder", "layer": 0, "head": head,
        "direction": "dep_to_gov", "deprel": "nsubj", "n": n, "hits": hits,
        "n_all": n + n_fit, "hits_all": hits + hits_fit, "accuracy": hits / n,
        "baseline_accuracy": 0.3,
    } | more  # fmt: skip


def test_chosen_on_the_fitting_half_scored_on_the_confirming_half():
    # Head 0 wins the fitting half, 90 to 80; head 1 wins the confirming half, 95 to 60, and all
    # sentences together, 175 to 150. Choosing on anything but the fitting half names head 1.
    rows = pl.DataFrame([arcs(0, (90, 100), (60, 100)), arcs(1, (80, 100), (95, 100))])
    best = best_heads(rows, min_arcs=100).row(0, named=True)
    assert (best["head"], best["accuracy"]) == (0, 0.6)


def test_the_two_halves_may_differ_in_size():
    # As counts head 1 has more hits on the fitting half; as a share, head 0: 9/10 against 50/100.
    rows = pl.DataFrame([arcs(0, (9, 10), (60, 100)), arcs(1, (50, 100), (60, 100))])
    assert best_heads(rows, min_arcs=100)["head"].to_list() == [0]


def test_both_directions_compete_and_ties_go_to_the_lowest_head():
    rows = pl.DataFrame(
        [
            arcs(2, (80, 100), (60, 100)),
            arcs(1, (80, 100), (60, 100)),
            arcs(3, (70, 100), (60, 100), direction="gov_to_dep"),
            arcs(3, (85, 100), (60, 100), direction="gov_to_dep", deprel="obj"),
            arcs(1, (84, 100), (60, 100), deprel="obj"),
        ]
    )
    best = best_heads(rows.reverse(), min_arcs=100)
    assert best.select("deprel", "head", "direction").rows() == [
        ("nsubj", 1, "dep_to_gov"),
        ("obj", 3, "gov_to_dep"),
    ]


def test_too_few_arcs_in_the_confirming_half_are_not_shown():
    rows = pl.DataFrame([arcs(0, (90, 100), (60, 99)), arcs(0, (1, 5), (9, 100), deprel="obj")])
    assert best_heads(rows, min_arcs=100)["deprel"].to_list() == ["obj"]


def test_no_choice_without_a_fitting_half():
    assert best_heads(pl.DataFrame([arcs(0, (0, 0), (60, 100))]), min_arcs=1).is_empty()


def test_lead_is_in_points():
    assert with_lead(pl.DataFrame([arcs(0, (1, 1), (456, 1000))]))["lead"].to_list() == [15.6]


def test_a_head_shows_what_it_tracks_before_what_it_leads_by_more():
    grid = Grid(layers=1, heads=1, deprels=("nsubj", "obj"), controls=(("trained", (0,)),))
    tables = make(grid)
    obj = pl.col("deprel") == "obj"
    up = pl.col("direction") == "dep_to_gov"
    tables["relations"] = tables["relations"].with_columns(
        n=pl.lit(200, pl.Int32),
        accuracy=pl.when(obj).then(0.9).otherwise(0.6),
        baseline_accuracy=pl.lit(0.3),
        tracks=~obj & up,
    )
    section = split(check(tables), ReportSettings())[0]
    row = leading(section, 100).row(0, named=True)
    assert (row["deprel"], row["lead"], row["passes"], row["n_passing"]) == ("nsubj", 30.0, True, 1)


def test_an_offset_without_luck_in_the_confirming_half_is_no_lead():
    """Of two relations alike on the fitting half but for a hit, the other's offset fares worse
    where it is scored: what it does there has no part in the choice."""
    grid = Grid(layers=1, heads=1, deprels=("nsubj", "obj"), controls=(("trained", (0,)),))
    tables = make(grid)
    obj, up = pl.col("deprel") == "obj", pl.col("direction") == "dep_to_gov"
    tables["relations"] = (
        tables["relations"]
        .filter(up)
        .with_columns(
            n=pl.lit(200, pl.Int32),
            n_all=pl.lit(400, pl.Int32),
            hits=pl.lit(100, pl.Int32),
            hits_all=pl.when(obj).then(200).otherwise(201).cast(pl.Int32),
            accuracy=pl.lit(0.5),
            baseline_fitting=pl.lit(0.4),
            baseline_accuracy=pl.when(obj).then(0.2).otherwise(0.4),
            tracks=pl.lit(False),
        )
    )
    row = leading(split(check(tables), ReportSettings())[0], 100).row(0, named=True)
    assert (row["deprel"], row["lead"]) == ("nsubj", 10.0)


@pytest.fixture(scope="module")
def page_and_tables():
    tables = make(Grid(layers=4, heads=4, deprels=("nsubj", "obj", "iobj", "csubj")))
    return render(tables, quarantine(), ReportSettings())[0]["census.md"], tables


def test_table_has_the_chosen_head_and_every_control_beside_it(page_and_tables):
    page, tables = page_and_tables
    best = best_heads(tables["relations"], 100)
    shown = 0
    for row in best.filter(control="trained").iter_rows(named=True):
        arrow = "↑" if row["direction"] == "dep_to_gov" else "↓"
        start = f"| {row['deprel']} {arrow} | L{row['layer']}H{row['head']} | {row['n']} |"
        line = next(line for line in page.splitlines() if line.startswith(start))
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        null = best.filter(control="shuffled_weights", deprel=row["deprel"]).row(0, named=True)
        assert cells[3] == f"{100 * row['hits'] / row['n']:.1f}"
        assert cells[4] == f"{100 * row['accuracy_low']:.1f}–{100 * row['accuracy_high']:.1f}"
        assert cells[-1] == f"{100 * null['accuracy']:.1f}"
        shown += 1
    assert shown == best.filter(control="trained").height >= 2
    left_out = 4 - shown
    assert (f"{left_out} relation" in page) == (left_out > 0)
