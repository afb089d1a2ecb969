"""What stands beside the counts: value norms, trees, likeness, margins and nulls, two corpora."""

import numpy as np
import polars as pl
import pytest
from report_tables import Grid, make, quarantine

from pipeline.report.alike import classical_scaling
from pipeline.report.write import ReportSettings, render

GRID = Grid(layers=3, heads=4, deprels=("nsubj", "obj"))


@pytest.fixture(scope="module")
def tables():
    return make(GRID)


@pytest.fixture(scope="module")
def page(tables) -> str:
    return page_of(tables)


def page_of(tables) -> str:
    files, _ = render(tables, quarantine(), ReportSettings())
    return files["census.md"].replace("\\", "")


def rows_of(page: str, caption: str) -> list[list[str]]:
    """Cells of the table that follows a caption, without its header."""
    lines = iter(page[page.index(caption) :].splitlines()[2:])
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows[2:]


def test_dumping_heads_are_listed_with_what_they_take(tables, page):
    heads = tables["heads"].filter(control="trained")
    dumping = [
        (row[f"mass_{c}"], c, row)
        for row in heads.iter_rows(named=True)
        for c in ("cls", "sep")
        if row[f"dumps_{c}"]
    ]
    assert len(dumping) > 2, "the example must have something to say"
    rows = rows_of(page, "Heads of trained that dump")
    assert len(rows) == len(dumping)
    found = {(cells[0], cells[1]): cells[2:] for cells in rows}
    for mass, c, row in dumping:
        cells = found[f"L{row['layer']}H{row['head']}", f"[{c.upper()}]"]
        assert cells == [
            f"{100 * mass:.0f}",
            f"{100 * row[f'norm_share_{c}']:.0f}",
            "0.25",
            "90",
        ]
    shares = [int(cells[2]) for cells in rows]
    assert shares == sorted(shares, reverse=True)
    still = heads["dumps_by_norm"].sum()
    assert 0 < still < len(dumping)
    said = "dumps" if still == 1 else "dump"
    assert f"that dump by attention, {still} {said} by value norms too" in page


def test_without_norms_nothing_is_said_of_them():
    bare = make(Grid(layers=2, heads=2, deprels=("nsubj",), norms=False))
    page = page_of(bare)
    for heading in ("What is taken from there", "Whole trees", "How alike heads are"):
        assert heading not in page
    assert "by weights × value norms" not in page.splitlines()[2]


def test_the_best_tree_is_chosen_on_the_fitting_half(tables, page):
    trees = tables["trees"].filter(control="trained")
    swapped = trees.with_columns(uuas_max_fitting=1 - pl.col("uuas_max"))
    worst = trees.sort("uuas_max").row(0, named=True)
    others = tables["trees"].filter(pl.col("control") != "trained")
    other_page = page_of(tables | {"trees": pl.concat([swapped, others])})
    best = trees.sort("uuas_max", descending=True).row(0, named=True)
    for text, row in ((page, best), (other_page, worst)):
        cells = rows_of(text, "The head with the best tree")[0]
        assert cells[:3] == ["trained", "max", f"L{row['layer']}H{row['head']}"]
        assert cells[4] == f"{100 * row['uuas_max']:.1f}"
        assert cells[-2:] == ["40.0", "16.0"]  # where words point anywhere
        cells = rows_of(text, "The head with the best tree")[1]
        assert (cells[1], cells[-1]) == ("mst", "15.0")


def test_likeness_is_the_mean_within_and_across_layers(tables, page):
    pairs = tables["similarity"].filter(control="trained")
    same = pl.col("layer") == pl.col("other_layer")
    within = pairs.filter(same)["js_divergence"].mean()
    across = pairs.filter(~same)["js_divergence"].mean()
    cells = rows_of(page, "Mean divergence of two heads")[0]
    assert cells == ["trained", f"{within:.2f}", f"{across:.2f}"]


def test_points_of_the_plane_keep_the_distances_that_a_plane_can_keep():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(9, 2))
    distances = np.square(points[:, None] - points[None]).sum(-1)
    found = classical_scaling(distances)
    again = np.square(found[:, None] - found[None]).sum(-1)
    np.testing.assert_allclose(again, distances, atol=0.02)
    # Where it comes from is no matter, nor which way round.
    np.testing.assert_allclose(classical_scaling(distances[::-1, ::-1])[::-1], found, atol=2e-3)


def test_nulls_that_matter_are_listed(page):
    rows = rows_of(page, "Heads that track, by the nulls to beat")
    assert rows == [["all", "3"], ["no_projection alone", "3"], ["random_weights alone", "5"]]
    assert "which of the 2 nulls they have to beat: 3 heads with all; 3 to 5 with one" in page


def test_two_corpora_are_held_against_each_other(tables):
    keys = {"model": "minilm", "control": "trained", "seed": 0, "corpus": "ewt"}
    keys |= {"other_corpus": "gum", "site": "encoder", "n_heads": 12}
    found = {"nsubj dep_to_gov": 0.9, "obj gov_to_dep": 0.5, "det dep_to_gov": 0.7}
    found |= {"mass_first": 0.99, "confidence": 0.8}
    schema = tables["agreement"].schema
    rows = [keys | {"what": what, "spearman": rho} for what, rho in found.items()]
    page = page_of(tables | {"agreement": pl.DataFrame(rows, schema=schema)})
    cells = rows_of(page, "Rank correlation of heads over two corpora")
    assert cells == [
        ["minilm", "encoder", "ewt", "gum", "3", "0.70", "0.50", "0.99", "–", "0.80"],
    ]


def test_a_last_digit_turns_no_picture_round():
    """Two pairs of like heads: their places are as large on either side of the first axis."""
    apart = np.where(np.add.outer([0, 0, 1, 1], [0, 0, 1, 1]) == 1, 0.5, 0.0)
    rng = np.random.default_rng(3)
    for _ in range(10):
        noise = 1e-9 * rng.normal(size=(4, 4))
        found = classical_scaling(apart + (noise + noise.T) * (1 - np.eye(4)))
        assert (found[:, 0] > 0).tolist() == [True, True, False, False]


def test_a_head_stands_once_though_sites_differ_in_classes(tables):
    """The first piece is CLS in an encoder and none in its decoder: not twice for the encoder."""
    both = make(Grid(layers=3, heads=4, deprels=("nsubj",), sites=("encoder", "decoder")))
    shifted = pl.when(pl.col("site") == "decoder").then(0.9).otherwise(pl.col("mass_first"))
    heads = both["heads"].with_columns(
        mass_first=shifted, dumps_first=pl.col("dumps_cls") | (pl.col("site") == "decoder")
    )
    rows = rows_of(page_of(both | {"heads": heads}), "Heads of trained that dump")
    names = [(cells[0], cells[1]) for cells in rows]
    assert len(set(names)) == len(names)
    assert not [n for n in names if n[0].startswith("encoder") and n[1] == "first piece"]
    assert [n for n in names if n[0].startswith("decoder") and n[1] == "first piece"]


def test_the_pair_that_is_least_alike_is_named(tables, page):
    pairs = tables["similarity"].filter(control="trained").sort("js_divergence").to_dicts()
    most = pairs[-1]
    heads = f"L{most['layer']}H{most['head']} and L{most['other_layer']}H{most['other_head']}"
    assert round(most["js_divergence"], 2) > round(pairs[-2]["js_divergence"], 2)
    assert f"encoder: {heads} are least alike, {most['js_divergence']:.2f} nats." in page
