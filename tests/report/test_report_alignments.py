"""Cross-attention heads against gold links: what is said, chosen, drawn and left unsaid."""

import json
import re
import xml.etree.ElementTree as ET

import polars as pl
import pytest
from report_tables import Grid, make, quarantine

from pipeline.report.links import best_head, ranked
from pipeline.report.section import check, split
from pipeline.report.settings import ReportSettings
from pipeline.report.write import render

SITES = ("encoder", "decoder", "cross")
ONE = (("trained", (0,)),)
SEVERAL = (("trained", (0,)), ("random_weights", (0, 1, 2)), ("shuffled_words", (0,)))
GRID = Grid(
    model="bart", layers=4, heads=3, sites=SITES, links=True, controls=SEVERAL,
    deprels=("nsubj", "obj", "iobj", "csubj"),
)  # fmt: skip
NAME = "figures/bart--ewt--alignments.svg"


def report(*grids: Grid, tables=None, settings: ReportSettings | None = None):
    return render(tables or make(*grids), quarantine(), settings or ReportSettings())


def first_line(files: dict[str, str]) -> str:
    return files["census.md"].splitlines()[2].replace("**", "").replace("\\", "")


def percent(share: float) -> str:
    return f"{100 * share:.1f}"


@pytest.fixture(scope="module")
def tables():
    return make(GRID)


@pytest.fixture(scope="module")
def answer(tables):
    return report(tables=tables)


@pytest.fixture(scope="module")
def files(answer):
    return answer[0]


@pytest.fixture(scope="module")
def best(tables):
    trained = tables["alignments"].filter(weighting="attention", control="trained")
    return trained.sort("aer_fitting").row(0, named=True)


def test_first_lines_state_how_many_align_and_how_well(tables, files, best):
    n = tables["census"].filter(control="trained")["n_aligns"].item()
    assert n > 1, "the example must have something to say"
    assert (
        f"In any one null control, none do. Of the 12 cross-attention heads, {n} align words "
        f"(alignment error rate on the confirming half: {percent(best['aer'])} % of the best head, "
        f"L{best['layer']}H{best['head']} by {best['convention']}; 65.0 % of the best rule of "
        "position, offset +1). In any one null control, none do. "
    ) in first_line(files)
    assert "Of 36 heads (encoder 12, decoder 12, cross 12), " in first_line(files)


def test_the_headline_says_so_briefly(tables, answer, best):
    n = tables["census"].filter(control="trained")["n_aligns"].item()
    assert (
        f"; {n} of 12 cross heads align words (best AER {percent(best['aer'])} %, position 65.0 %; "
        "none in any null); "
    ) in answer[1]


def test_a_null_that_aligns_is_counted(tables):
    census = tables["census"].with_columns(
        n_aligns=pl.when(control="random_weights").then("seed").otherwise("n_aligns")
    )
    files, headline = report(tables=tables | {"census": census})
    assert "offset +1). In any one null control, at most 2 do." in first_line(files)
    assert "; at most 2 in any null)" in headline
    assert json.loads(files["metrics.json"])["bart.ewt.nulls_aligns"] == 2


def test_metrics_have_the_best_error_and_position_s(tables, files, best):
    metrics = json.loads(files["metrics.json"])
    found = {name: value for name, value in metrics.items() if "align" in name or "aer" in name}
    assert found == {
        "bart.ewt.aligns": tables["census"].filter(control="trained")["n_aligns"].item(),
        "bart.ewt.nulls_aligns": 0,
        "bart.ewt.best_aer": round(100 * best["aer"], 1),
        "bart.ewt.position_aer": 65.0,
    }


def test_undecided_without_a_null():
    grid = Grid(
        model="bart", layers=3, heads=2, deprels=("nsubj", "obj"), sites=SITES, controls=ONE,
        links=True, nulls=False,
    )  # fmt: skip
    tables = make(grid)
    both = tables["alignments"].filter("margin", "significant", weighting="attention")
    n = both.select("layer", "head").n_unique()
    assert 0 < n < len(both), "a head that passes by both conventions is one head"
    files, headline = report(tables=tables)
    line = first_line(files)
    assert "how many align words is not decided: no null control was measured (align" in line
    assert f"; heads that pass the two other flags: {n}. " in line
    assert "the two other flags standing in for tracking and aligning" in line
    assert line.count("control=[trained,random_weights]") == 1
    assert "aligning not decided, no null control was measured (best AER" in headline
    assert "Which heads align is not decided" in files["census.md"]
    assert f"{n} of 6 heads pass margin and significance" in files["census.md"]
    assert json.loads(files["metrics.json"])["bart.ewt.aligns"] is None
    raw = report(Grid(**{**vars(grid), "deprels": (), "rows": {}}))[0]
    assert first_line(raw).count("control=[trained,random_weights]") == 1, "also without syntax"


def test_nothing_is_said_where_the_corpus_has_no_links():
    small = {"layers": 2, "heads": 2, "deprels": ("nsubj",), "controls": SEVERAL}
    files, headline = report(Grid(sites=SITES, **small))
    assert "align" not in first_line(files) + headline + files["metrics.json"]
    assert "No alignment was scored: the corpus has no gold links." in files["census.md"]
    assert not [name for name in files if "alignments" in name]
    one_site = report(Grid(**small))[0]
    assert "lign" not in one_site["census.md"]


def test_ranked_by_all_sentences_scored_on_the_confirming_half(tables):
    """Head 0 errs least on the fitting half, head 1 on the confirming half."""
    head = pl.col("head")
    rows = tables["alignments"].with_columns(
        aer_fitting=pl.when(head == 0).then(0.2).when(head == 1).then(0.25).otherwise(0.9),
        aer=pl.when(head == 0).then(0.3).when(head == 1).then(0.1).otherwise(0.9),
    )
    section = split(check(tables | {"alignments": rows}), ReportSettings())[0]
    row = best_head(section)
    assert row is not None
    assert (row["layer"], row["head"], row["convention"], row["aer"]) == (0, 0, "awi", 0.3)
    unscored = rows.with_columns(aer=pl.when(head > 0).then("aer"))
    assert set(ranked(unscored)["head"]) == {1, 2}


def _table(page: str, caption: str) -> list[list[str]]:
    lines = page[page.index(caption) :].splitlines()[2:]
    rows = [line.split(" | ") for line in lines[: lines.index("")]]
    return [[cell.strip("| ") for cell in row] for row in (rows[0], *rows[2:])]


def test_the_table_has_the_five_best_by_each_convention(tables, files):
    header, *rows = _table(files["census.md"], "The best 5 of 12 cross-attention heads of trained")
    assert header[:4] == ["convention", "head", "AER %", "95 % interval"]
    best = ranked(tables["alignments"].filter(weighting="attention", control="trained"))
    expected = [
        row
        for convention in ("awi", "awo")
        for row in best.filter(convention=convention).head(5).iter_rows(named=True)
    ]
    assert len(rows) == len(expected) == 10
    for cells, row in zip(rows, expected, strict=True):
        flags = ("margin", "significant", "beats_nulls", "aligns")
        assert cells == [
            row["convention"],
            f"L{row['layer']}H{row['head']}",
            percent(row["aer"]),
            f"{percent(row['aer_low'])}–{percent(row['aer_high'])}",
            percent(row["aer"] + 0.03),  # by value norms, in the example
            "65.0 (offset +1)",
            percent(row["precision"]),
            percent(row["recall"]),
            *("yes" if row[flag] else "no" for flag in flags),
        ]


def test_controls_stand_beside_with_the_range_of_their_seeds(tables, files):
    header, *rows = _table(files["census.md"], "The best head of each, beside")
    assert [row[0] for row in rows] == [
        "trained",
        "random_weights × 3 seeds",
        "shuffled_words",
        "position: offset +1",
    ]
    best = ranked(
        tables["alignments"].filter(
            weighting="attention", control="random_weights", convention="awo"
        )
    )
    low, middle, high = sorted(
        round(100 * best.filter(seed=seed).row(0, named=True)["aer"], 1) for seed in range(3)
    )
    assert rows[1][header.index("awo, AER %")] == f"{middle} ({low}–{high})"
    assert rows[-1] == ["position: offset +1", "65.0", "–", "–", "65.0", "–", "–"]


def test_the_map_names_every_head_and_marks_position(tables, files):
    root = ET.fromstring(files[NAME])
    said = [(e.tag.rsplit("}")[-1], e.text or "") for e in root.iter()]
    tips = [text for tag, text in said if tag == "title" and "alignment error rate " in text]
    for layer in range(4):
        for head in range(3):
            for convention in ("awi", "awo"):
                assert sum(t.startswith(f"L{layer}H{head}, {convention}: ") for t in tips) == 1
    drawn = [text for tag, text in said if tag == "text"]
    assert "best rule of position, offset +1: 65" in drawn
    assert "random_weights, seed 0 of 3" in drawn
    assert drawn.count("awi") == drawn.count("awo") == 3
    aer = tables["alignments"].filter(weighting="attention", control="trained")["aer"]
    for value in aer:
        assert str(round(100 * value)) in drawn


def test_the_diagonal_has_no_offset(tables):
    rows = tables["alignments"].with_columns(
        baseline=pl.lit("diagonal"), baseline_offset=pl.lit(None, pl.Int32)
    )
    files, _ = report(tables=tables | {"alignments": rows})
    assert "of the best rule of position, diagonal)" in first_line(files)
    assert "| 65.0 (diagonal) |" in files["census.md"]


def test_few_links_and_none(tables):
    few = tables["alignments"].with_columns(n_sure=pl.lit(7, pl.Int32), aligns=pl.lit(False))
    unknown = tables["census"].with_columns(n_aligns=pl.lit(None, pl.Int32))
    files, headline = report(tables=tables | {"alignments": few, "census": unknown})
    page = files["census.md"]
    assert "7 sure links" in page
    assert "fewer than 100 sure links: which heads align is not decided." in page
    why = "not decided: the confirming half has fewer than 100 sure links"
    assert f"how many align words is {why}" in first_line(files)
    assert "aligning not decided, fewer than 100 sure links (best AER" in headline
    assert "| align words: all three flags | – |" in page
    assert "no null control" not in page + headline
    assert "heads align words" not in page
    best = (
        page[page.index(" cross-attention heads of trained by each") :]
        .split("\n\n")[1]
        .splitlines()[2:]
    )
    assert {tuple(line.split("|")[-5:-1]) for line in best} == {(" – ",) * 4}
    none = few.with_columns(
        **{c: pl.lit(None, pl.Float64) for c in ("aer", "precision", "recall", "baseline_aer")}
    )
    files, headline = report(tables=tables | {"alignments": none})
    assert "No head was scored: the confirming half has no gold links." in files["census.md"]
    assert "(no error rate: the confirming half has no gold links)" in first_line(files)
    assert "None" not in first_line(files) + headline
    assert json.loads(files["metrics.json"])["bart.ewt.best_aer"] is None


def test_controls_alone():
    files, _ = report(
        Grid(layers=2, heads=2, sites=SITES, links=True, controls=(("random_weights", (0, 1)),))
    )
    assert "The trained model itself was not measured." in files["census.md"]
    assert "cross-attention heads of random_weights, seed 0 of 2 by each" in files["census.md"]
    assert json.loads(files["metrics.json"]) == {}


def test_definitions_stand_only_where_they_are_needed(files):
    page = files["census.md"].replace("\\", "")
    assert "1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|)" in page
    assert "AER at least 10 points below position's" in page
    assert "AER below percentile 1 of the heads of each null control" in page
    assert "without translations both sides of an encoder-decoder read the same text" in page
    assert "the model's start piece followed by the target without its last piece" in page
    assert "**alignments.parquet**" in page
    unlinked = report(Grid(layers=1, heads=1, sites=SITES, deprels=(), controls=ONE))[0]
    assert "start piece" in unlinked["census.md"]
    assert "Och" not in unlinked["census.md"] + report(GRID_OF_ONE)[0]["census.md"]
    assert "start piece" not in report(GRID_OF_ONE)[0]["census.md"]


GRID_OF_ONE = Grid(layers=1, heads=1, deprels=(), controls=ONE)


def test_sentences_that_could_not_be_aligned_are_counted_where_there_are_any():
    some = report(Grid(layers=1, heads=1, deprels=(), controls=ONE, unaligned=4))[0]["census.md"]
    assert re.search(r"\| too long \| pieces not told apart \| words", some)
    assert "| ewt | minilm | 200 | 4000 | 3 | 1 | 4 | 2 |" in some
    none = report(GRID_OF_ONE)[0]["census.md"]
    assert "| ewt | minilm | 200 | 4000 | 3 | 1 | 2 |" in none
    assert "told apart" not in none


def test_repeats_are_counted_where_there_are_any_and_few_sentences_are_said():
    few = make(Grid(layers=1, heads=1, deprels=(), controls=ONE, repeats=5))
    few["census"] = few["census"].with_columns(n_sentences=pl.lit(9, pl.Int32))
    page = report(tables=few)[0]["census.md"]
    assert "| ewt | minilm | 9 | 4000 | 5 | 3 | 1 | 2 |" in page
    assert "Repeats: the words of an earlier sentence of the corpus once more" in page
    assert "Of fewer than 10 sentences 95 % intervals cover less than that" in page
    many = report(GRID_OF_ONE)[0]["census.md"]
    assert "Repeats" not in many
    assert "cover less" not in many


def test_the_same_bytes_from_shuffled_rows_and_nudged_floats(tables, files):
    shuffled = {
        name: frame.sample(fraction=1, shuffle=True, seed=1) for name, frame in tables.items()
    }
    assert report(tables=shuffled)[0] == files
    nudge = 1 + 1e-7 * ((pl.int_range(pl.len()) % 3).cast(pl.Float64) - 1)
    # Error rates are ratios of counts: only what is drawn or tested differs between processors.
    rows = tables["alignments"].with_columns(pl.col("aer_low", "aer_high", "z", "p", "q") * nudge)
    assert report(tables=tables | {"alignments": rows})[0] == files
