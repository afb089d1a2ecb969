"""Cells that lack something: no nulls, no syntax, several sites, no CLS, no trained model."""

import json
import re
import xml.etree.ElementTree as ET

import polars as pl
import pytest
from report_tables import Grid, make, of_few_arcs, quarantine

from pipeline.core.errors import UserError
from pipeline.report.write import ReportSettings, render, write_report

ONE = (("trained", (0,)),)
TWO = (("trained", (0,)), ("random_weights", (0, 1)))
THREE = (("trained", (0,)), ("no_projection", (0,)), ("random_weights", (0,)))
DEPRELS = ("nsubj", "obj", "iobj")


def report(*grids: Grid, tables=None, settings: ReportSettings | None = None):
    return render(tables or make(*grids), quarantine(), settings or ReportSettings())


def test_undecided_without_a_null():
    grid = Grid(layers=4, heads=3, deprels=DEPRELS, controls=ONE, nulls=False)
    files, headline = report(grid)
    both = make(grid)["census"]["n_margin_significant"].item()
    assert both > 0, "the example must have something to count"
    page = files["census.md"]
    assert "**not decided: no null control was measured**" in page
    assert f"heads that pass the two other flags on one relation: {both} " in page
    assert "add `control=[trained,random_weights]`" in page
    assert "| track a relation: all three flags | – |" in page
    neither = make(grid)["census"]["n_neither"].item()
    assert f"none of these: {neither} (the two other flags standing in for tracking)." in page
    assert "that pass margin and significance" in page
    assert json.loads(files["metrics.json"])["minilm.ewt.tracks"] is None
    assert json.loads(files["metrics.json"])["minilm.ewt.nulls_tracks"] is None
    assert "control=[trained,random_weights]" in headline


def test_raw_text_has_no_syntax():
    files, headline = report(Grid(corpus="raw", layers=2, heads=2, deprels=(), controls=TWO))
    assert files["census.md"].count("no syntactic arcs") >= 3
    assert "naive" not in files["census.md"]
    assert "not decided: no null" not in files["census.md"]
    assert not [name for name in files if "relations" in name or "best-heads" in name]
    assert "no syntactic arcs" in headline


def test_too_few_arcs_for_any_flag_are_no_answer():
    grid = Grid(layers=4, heads=3, deprels=DEPRELS, controls=TWO)
    most = make(grid)["relations"]["n"].max()
    more = ReportSettings(min_arcs=most + 1)
    files, headline = report(tables=of_few_arcs(make(grid)), settings=more)
    page, none = files["census.md"], f"no relation has {most + 1} arcs"
    assert f"how many track a relation is **not decided: {none}** in the confirming" in page
    assert "| track a relation: all three flags | – | – |" in page
    assert re.search(r"naive count: beat the best offset, of any number of arcs \| \d", page)
    assert "luck" not in page
    assert not re.search(r"both track and dump: 0|none do|tracks a relation\.", page)
    assert not [name for name in files if "relations" in name or "margins" in name]
    metrics = json.loads(files["metrics.json"])
    assert metrics["minilm.ewt.tracks"] is metrics["minilm.ewt.nulls_tracks"] is None
    assert f"tracking not decided, {none} (12 heads)" in headline
    assert "not decided" not in report(grid, settings=ReportSettings(min_arcs=most))[1]
    bare = Grid(layers=4, heads=3, deprels=DEPRELS, controls=ONE, nulls=False)
    few = report(tables=of_few_arcs(make(bare)), settings=more)
    assert "no null control" not in str(few[1]) + few[0]["census.md"]


def test_what_was_not_measured_by_norms_is_not_shown_by_them():
    tables = make(Grid(layers=2, heads=2, deprels=DEPRELS))
    with pytest.raises(UserError, match=r"norm: minilm on ewt was measured without value norms"):
        report(tables=tables, settings=ReportSettings(weighting="norm"))
    both = [tables["relations"].with_columns(weighting=pl.lit(w)) for w in ("attention", "norm")]
    tables["relations"] = pl.concat(both)
    page = report(tables=tables, settings=ReportSettings(weighting="norm"))[0]["census.md"]
    assert "no syntactic arcs" not in page
    raw = report(Grid(deprels=(), layers=1, heads=2), settings=ReportSettings(weighting="norm"))[0]
    assert "no syntactic arcs" in raw["census.md"]


def test_a_seed_beyond_their_number_is_said_to_be_one_of_them():
    controls = (("trained", (0,)), ("random_weights", (5, 6)), ("shuffled_weights", (0, 1)))
    page = report(Grid(layers=1, heads=2, deprels=DEPRELS, controls=controls))[0]["census.md"]
    assert "random_weights, seed 5, one of 2" in page
    assert "shuffled_weights, seed 0 of 2" in page


@pytest.mark.parametrize(("margin", "threshold"), [(0.5, 0.9), (0.125, 0.025)])
def test_a_curve_reaches_the_line_of_the_counts(margin, threshold):
    """The rule's own value is a point of it, and an axis has ticks as far as there are points."""
    tables = make(Grid(layers=1, heads=2, deprels=DEPRELS, controls=ONE))
    more = tables["margins"].head(1).with_columns(margin=pl.lit(margin), n_heads=pl.lit(0))
    tables["margins"] = pl.concat([tables["margins"], more.cast(tables["margins"].schema)])
    more = tables["dumps"].unique("key_class").with_columns(threshold=pl.lit(threshold))
    tables["dumps"] = pl.concat([tables["dumps"], more])
    settings = ReportSettings(margin=margin, dump_threshold=threshold)
    files, _ = report(tables=tables, settings=settings)
    margins = files["figures/minilm--ewt--margins.svg"]
    assert f"0 at {max(100 * margin, 30):g}." in margins if margin > 0.3 else "at 30." in margins
    assert (">50<" in margins) == (margin == 0.5)
    assert (">0.9<" in files["figures/minilm--ewt--thresholds.svg"]) == (threshold == 0.9)


def test_a_map_for_every_site_and_the_site_in_a_head_name():
    grid = Grid(
        layers=4, heads=3, deprels=DEPRELS, sites=("cross", "decoder", "encoder"), controls=TWO
    )
    files, _ = report(grid)
    maps = [name for name in files if "relations" in name]
    assert sorted(maps) == [
        f"figures/minilm--ewt--relations-{s}.svg" for s in ("decoder", "encoder")
    ]
    for site in ("encoder", "decoder", "cross"):
        assert f"figures/minilm--ewt--masses-{site}.svg" in files
        assert f"figures/minilm--ewt--depth-{site}.svg" in files
    assert re.search(r"\| (en|de)coder L\dH\d \|", files["census.md"])
    order = [files["census.md"].index(f"masses-{site}") for site in ("encoder", "decoder", "cross")]
    assert order == sorted(order)


def test_missing_numbers_are_en_dashes():
    tables = make(
        Grid(layers=2, heads=2, deprels=DEPRELS, sites=("encoder", "cross"), controls=THREE)
    )
    nan = pl.lit(float("nan"))
    tables["heads"] = tables["heads"].with_columns(offdiagonal_sep=nan, mass_self=nan)
    tables["relations"] = tables["relations"].with_columns(
        accuracy_low=nan, accuracy_high=nan, baseline_offset=pl.lit(None, pl.Int32)
    )
    files, _ = report(tables=tables)
    for name, text in files.items():
        assert not re.search(
            r"(?i)\b(nan|none|null)\b(?! control| do| of these| dumps)", _words(name, text)
        ), name
    row = next(line for line in files["census.md"].splitlines() if line.startswith("| 1 | – |"))
    assert row.split(" | ")[4:6] == [row.split(" | ")[4], "–"]


def _words(name: str, text: str) -> str:
    """What a reader sees: of an SVG or HTML the text, not `fill: none`."""
    if name.endswith((".svg", ".html")):
        text = re.sub(r"<(style|script).*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL)
    return text if not name.endswith(".json") else ""


def test_no_projection_has_every_mass_with_and_without_the_diagonal():
    tables = make(Grid(layers=2, heads=2, deprels=(), controls=THREE))
    tables["heads"] = tables["heads"].with_columns(
        pl.when(control="no_projection").then(0.1).otherwise("mass_sep").alias("mass_sep"),
        pl.when(control="no_projection")
        .then(0.8)
        .otherwise("offdiagonal_sep")
        .alias("offdiagonal_sep"),
    )
    page = report(tables=tables)[0]["census.md"]
    section = page[page.index("### no_projection: with and without the diagonal") :].splitlines()
    header = next(line for line in section if line.startswith("| layer")).replace("\\", "")
    row = next(line for line in section if line.startswith("| 1 |"))
    cells = dict(zip(header.split(" | "), row.split(" | "), strict=True))
    assert (cells["[SEP], all"], cells["[SEP], off the diagonal"]) == ("10", "80")


def test_a_tokenizer_without_cls():
    tables = make(Grid(model="gpt2", layers=2, heads=2, deprels=(), controls=ONE))
    gone = {
        f"{prefix}_{c}": pl.lit(0.0)
        for c in ("cls", "sep")
        for prefix in ("mass", "uniform_mass", "offdiagonal")
    }
    tables["heads"] = tables["heads"].with_columns(**gone)
    files, _ = report(tables=tables)
    assert "(there is no [CLS] and no [SEP])" in files["census.md"].replace("\\", "")
    titles = [
        e.text for e in ET.fromstring(files["figures/gpt2--ewt--thresholds.svg"]).iter() if e.text
    ]
    assert "dump on first piece" in titles
    assert "dump on [CLS]" not in titles


def test_controls_alone():
    files, headline = report(
        Grid(layers=2, heads=2, deprels=DEPRELS, controls=(("random_weights", (0, 1, 2)),))
    )
    assert "Only controls were measured" in files["census.md"]
    assert json.loads(files["metrics.json"]) == {}
    assert headline == "no trained cell was measured – controls only"


def test_a_section_for_every_model_and_corpus_and_only_what_is_in_the_grid(tmp_path):
    small = {"layers": 1, "heads": 2, "deprels": ("nsubj",), "controls": ONE}
    both = make(Grid(model="a", **small), Grid(model="b", corpus="gum", **small))
    write_report(both, quarantine(), tmp_path, ReportSettings())
    page = (tmp_path / "census.md").read_text("utf-8")
    assert [line for line in page.splitlines() if line.startswith("## ")][:2] == [
        "## a × ewt",
        "## b × gum",
    ]
    assert page.index("**a × ewt.**") < page.index("**b × gum.**") < page.index("## a × ewt")
    write_report(make(Grid(model="a", **small)), quarantine(), tmp_path, ReportSettings())
    left = " ".join(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*"))
    assert "gum" not in left + (tmp_path / "census.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("layers", "heads"), [(1, 1), (7, 13), pytest.param(24, 16, marks=pytest.mark.slow)]
)
def test_one_head_and_many(layers, heads):
    grid = Grid(layers=layers, heads=heads, deprels=("nsubj", "obj"), controls=TWO)
    files, _ = report(grid)
    root = ET.fromstring(files["figures/minilm--ewt--relations-encoder.svg"])
    tips = [e for e in root.iter("{http://www.w3.org/2000/svg}title") if ":" in (e.text or "")]
    heads_named = {tip.text.split(":")[0] for tip in tips if tip.text}
    assert {f"L{k}H{j}" for k in range(layers) for j in range(heads)} <= heads_named


def test_the_section_counts_a_threshold_of_its_own():
    grid = Grid(layers=1, heads=2, deprels=("nsubj",), controls=ONE)
    settings = ReportSettings(
        dump_threshold=0.125, margin=0.435, min_arcs=7, tables_folder="s3://x/y"
    )
    page = report(grid, settings=settings)[0]["census.md"]
    assert "mean mass above 12.5 %" in page
    assert "at least 43.5 points above" in page
    assert "on at least 7 arcs" in page
    assert 'scan_parquet("s3://x/y/relations.parquet")' in page


def test_what_is_counted_and_what_is_shown_are_told_apart():
    """Heads are counted at the full level, whatever the pictures show."""
    grid = Grid(layers=1, heads=2, deprels=("nsubj",), controls=ONE)
    page = report(grid, settings=ReportSettings(level="universal"))[0]["census.md"]
    assert "Relations are shown at the universal level of labels" in page
    assert "heads are counted at the full level" in page
    page = report(grid, settings=ReportSettings(masses_drawn_by="shard"))[0]["census.md"]
    assert "bootstraps over sentences, of masses over shards of them" in page


def test_a_relation_without_a_fitting_half_is_left_out_for_that():
    tables = make(Grid(layers=1, heads=2, deprels=("nsubj", "obj"), controls=ONE))
    gone = pl.col("deprel") == "obj"
    tables["relations"] = tables["relations"].with_columns(
        n_all=pl.when(gone).then("n").otherwise("n_all"),
        hits_all=pl.when(gone).then("hits").otherwise("hits_all"),
    )
    page = report(tables=tables, settings=ReportSettings(min_arcs=1))[0]["census.md"]
    reason = (
        "with fewer than 1 arc in the confirming half, or no arc in the fitting half, not shown"
    )
    assert f"1 relation {reason}" in page


def test_one_head_is_one():
    tables = make(Grid(layers=1, heads=2, deprels=("obj",)))
    tables["census"] = tables["census"].with_columns(
        n_tracks=pl.lit(1, pl.Int32), n_dumps=pl.lit(1, pl.Int32)
    )
    headline = str(report(tables=tables, settings=ReportSettings(min_arcs=1))[1])
    assert "1 of 2 heads tracks a relation" in headline
    assert "1 dumps (" in headline
