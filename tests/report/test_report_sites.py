"""A model with several sites: counted site by site, and drawn without what a site does not have."""

import xml.etree.ElementTree as ET

import polars as pl
import pytest
from report_tables import Grid, make, quarantine

from pipeline.report.write import ReportSettings, render

SITES = ("encoder", "decoder", "cross")
CONTROLS = (("trained", (0,)), ("no_projection", (0,)), ("random_weights", (0, 1)))
GRID = Grid(
    layers=4, heads=4, sites=SITES, links=True, controls=CONTROLS, deprels=("nsubj", "obj", "iobj")
)
WITHIN = ("own piece", "previous", "next", "same word")


@pytest.fixture(scope="module")
def tables():
    """The source ends in EOS, which cross heads look at; the decoder reads no CLS."""
    tables = make(GRID)
    at = pl.col("site")
    eos = pl.when(at == "cross").then(0.7).otherwise(0.0)
    no_cls = {
        column: pl.when(at == "decoder").then(0.0).otherwise(column).alias(column)
        for column in ("mass_cls", "uniform_mass_cls")
    }
    within = [f"mass_{c}" for c in ("self", "prev", "next", "same_word")]
    offdiagonal = [f"offdiagonal_{c}" for c in ("cls", "sep", "first")]
    tables["heads"] = tables["heads"].with_columns(
        mass_eos=eos,
        uniform_mass_eos=eos / 10,
        **no_cls,
        **{c: pl.when(at != "cross").then(c) for c in (*within, *offdiagonal)},
    )
    return tables


@pytest.fixture(scope="module")
def files(tables):
    return render(tables, quarantine(), ReportSettings())[0]


def rows_by_site(page: str) -> dict[tuple[str, str], list[str]]:
    start = page.index("### Counts by site")
    lines = page[start : page.index("### ", start + 4)].replace("\\", "").splitlines()
    cells = [[c.strip() for c in line.split("|")[1:-1]] for line in lines if line.startswith("| ")]
    assert cells[0] == [
        "site", "heads that …", "trained", "no_projection", "random_weights × 2 seeds"
    ]  # fmt: skip
    return {(site, what): rest for site, what, *rest in cells[2:]}


def test_counts_of_each_site_are_of_its_heads(tables, files):
    found = rows_by_site(files["census.md"])
    heads = tables["heads"].filter(control="trained")
    for site in SITES:
        here = heads.filter(site=site)
        assert found[site, "heads"] == ["16", "16", "16"]
        assert found[site, "dump on [SEP]"][0] == str(here["dumps_sep"].sum())
        dumps = here.select(pl.any_horizontal("^dumps_.*$")).to_series().sum()
        if site != "decoder":
            assert found[site, "dump on any of them"][0] == str(dumps)
        assert found[site, "broad"] == [str(here["broad"].sum()), found[site, "broad"][1], "16"]
    for site in ("encoder", "decoder"):
        tracks = heads.filter(site=site)["tracks"].sum()
        assert found[site, "track a relation"] == [str(tracks), "0", "0"]
    aligns = heads.filter(site="cross")["aligns"].sum()
    assert aligns > 0, "the example must have something to count"
    assert found["cross", "align words"] == [str(aligns), "0", "0"]


def test_a_site_is_not_asked_what_its_heads_cannot_do(files):
    found = set(rows_by_site(files["census.md"]))
    assert ("cross", "track a relation") not in found
    assert ("cross", "positional") not in found
    assert ("encoder", "align words") not in found
    assert ("decoder", "dump on [CLS]") not in found, "no such piece is read there"
    assert ("encoder", "dump on [CLS]") in found
    assert "where [CLS] comes first it is [CLS]" in files["census.md"].replace("\\", "")
    assert "in a model with [CLS]" not in files["census.md"].replace("\\", "")


def test_seeds_are_a_range_and_unknown_is_a_dash(tables):
    second = (pl.col("seed") == 1) & (pl.col("site") == "encoder") & (pl.col("layer") < 2)
    heads = tables["heads"].with_columns(
        broad=pl.when(second).then(False).otherwise("broad"),
        aligns=pl.lit(None, pl.Boolean),
    )
    page = render(tables | {"heads": heads}, quarantine(), ReportSettings())[0]["census.md"]
    found = rows_by_site(page)
    assert found["encoder", "broad"][2] == "8–16"
    assert found["cross", "align words"] == ["–", "–", "–"]


def test_one_site_has_no_table_of_its_own():
    page = render(make(Grid(layers=1, heads=1, deprels=())), quarantine(), ReportSettings())[0]
    assert "Counts by site" not in page["census.md"]


def texts(svg: str) -> list[str]:
    return [e.text or "" for e in ET.fromstring(svg).iter() if e.tag.endswith("}text")]


def test_cross_maps_have_the_source_s_pieces_and_no_place_in_one_sequence(files):
    across = texts(files["figures/minilm--ewt--masses-cross.svg"])
    assert "EOS" in across
    assert not set(WITHIN) & set(across)
    assert not [text for text in across if "diagonal" in text]
    within = texts(files["figures/minilm--ewt--masses-encoder.svg"])
    assert {"own piece", "previous", "next"} <= set(within)
    assert "EOS" not in within
    assert [text for text in within if "diagonal" in text]


def test_depth_leaves_out_a_piece_that_a_site_does_not_read(files):
    drawn = {site: texts(files[f"figures/minilm--ewt--depth-{site}.svg"]) for site in SITES}
    assert "[CLS]" in drawn["encoder"]
    assert "[CLS]" not in drawn["decoder"]
    assert "EOS" in drawn["cross"]
    assert "EOS" not in drawn["encoder"]


def test_without_projection_has_a_table_wherever_there_is_a_diagonal(files):
    page = files["census.md"]
    page = page[page.index("### no_projection: with and without") :]
    assert "percent of attention, encoder:" in page
    assert "percent of attention, decoder:" in page
    assert "percent of attention, cross:" not in page
