"""Counts by margin, by nulls and by corpus: against counting by hand."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from pipeline.analysis.nulls import relations_with_nulls
from pipeline.analysis.rules import Rules
from pipeline.analysis.stability import SHARES, agreement, by_margin, by_nulls

RULES = Rules(min_arcs=10, null_percentile=100)
CELLS = [("trained", 0), ("no_projection", 0), ("random_weights", 0), ("random_weights", 1)]
BEST = {"no_projection": 0.5, "random_weights": 0.3, "trained": 0.9}
"""What the best head of each control gets right."""


def relations(corpus: str = "c", n_heads: int = 6) -> pl.DataFrame:
    """Head h of a control is right on a share of arcs that falls with h; the offset gets 0.2."""
    rows = []
    for control, seed in CELLS:
        for head in range(n_heads):
            accuracy = BEST[control] * (1 - head / n_heads) + 0.05 * seed
            rows.append(
                {"model": "m", "control": control, "seed": seed, "corpus": corpus}
                | {"site": "encoder", "layer": 0, "head": head, "direction": "dep_to_gov"}
                | {"deprel": "nsubj", "level": "full", "weighting": "attention"}
                | {"n": 100, "n_all": 200, "hits_all": round(200 * accuracy)}
                | {"accuracy": accuracy, "baseline_accuracy": 0.2}
                | {"margin": accuracy >= 0.3, "significant": accuracy > 0.25}
            )
    return pl.DataFrame(rows)


def judged(frame: pl.DataFrame) -> pl.DataFrame:
    return relations_with_nulls(frame.lazy(), RULES).collect()


def test_margins_count_heads_that_pass_the_two_other_flags():
    frame = judged(relations())
    found = by_margin(frame, RULES)
    # Trained: 0.9, 0.75, 0.6, 0.45, 0.3, 0.15; the nulls' best get 0.5 and 0.35.
    trained = dict(found.filter(control="trained").select("margin", "n_heads").iter_rows())
    assert trained[0.0] == trained[0.1] == trained[0.3] == 3
    assert found.filter(control="no_projection")["n_heads"].unique().to_list() == [0]
    strict = judged(relations().with_columns(baseline_accuracy=pl.lit(0.5)))
    harder = by_margin(strict, RULES).filter(control="trained")
    assert harder.sort("margin")["n_heads"].to_list()[::5] == [3, 3, 2, 1]
    own = by_margin(strict, replace(RULES, margin=0.375)).filter(control="trained")
    assert own.sort("margin").row(-1)[-2:] == (1, 0.375)


def test_margins_without_a_null_ask_for_the_two_other_flags():
    frame = judged(relations().filter(control="trained"))
    found = by_margin(frame, RULES)
    assert found.filter(margin=0.1)["n_heads"].item() == 5


def test_nulls_are_asked_for_alone_and_left_out():
    found = dict(by_nulls(judged(relations()), RULES).select("nulls", "n_tracks").iter_rows())
    assert found == {
        "all": 3,
        "no_projection alone": 3,
        "random_weights alone": 5,
        "random_weights-1 alone": 4,
        "all but no_projection": 4,
        "all but random_weights": 3,
        "all but random_weights-1": 3,
    }
    assert by_nulls(judged(relations().filter(control="trained")), RULES).is_empty()


def test_a_model_is_held_against_its_own_nulls_alone():
    one = relations().filter(pl.col("control").is_in(["trained", "no_projection"]))
    other = relations().with_columns(model=pl.lit("other"))
    found = by_nulls(judged(pl.concat([one, other])), RULES)
    assert found.filter(model="m")["nulls"].to_list() == ["all"]
    assert found.filter(model="other").height == 7


def heads(corpus: str, rng: np.random.Generator) -> pl.DataFrame:
    keys = {"model": "m", "control": "trained", "seed": 0, "corpus": corpus, "site": "encoder"}
    rows = [keys | {"layer": 0, "head": h} | dict.fromkeys(SHARES, 0.5) for h in range(6)]
    return pl.DataFrame(rows).with_columns(mass_cls=pl.Series(rng.random(6)))


def test_agreement_is_the_rank_correlation_of_the_same_heads():
    rng = np.random.default_rng(0)
    of_corpora = [heads("a", rng), heads("b", rng)]
    other = relations("b").with_columns(hits_all=pl.Series(rng.integers(0, 200, 24)))
    both = pl.concat([relations("a"), other])
    found = agreement(pl.concat(of_corpora).sample(fraction=1, shuffle=True, seed=1), both, RULES)
    # Five of the columns are the same for all heads: there is no rank.
    assert set(found["what"]) == {"mass_cls", "nsubj dep_to_gov"}
    expected = spearmanr(*(frame["mass_cls"] for frame in of_corpora))[0]
    assert found.filter(what="mass_cls")["spearman"].item() == pytest.approx(expected)
    trained = [
        frame.filter(control="trained").sort("head")["hits_all"] for frame in (relations(), other)
    ]
    expected = spearmanr(*trained)[0]
    row = found.filter(what="nsubj dep_to_gov", control="trained").row(0, named=True)
    assert row["spearman"] == pytest.approx(expected)
    assert (row["corpus"], row["other_corpus"], row["n_heads"]) == ("a", "b", 6)
    assert agreement(of_corpora[0], relations("a"), RULES).is_empty()


def test_a_head_counts_once_whatever_it_tracks_and_by_labels_as_they_are():
    """It tracks a second relation too; and one more with sub-types folded, which counts nothing."""
    frame = relations()
    second = frame.with_columns(deprel=pl.lit("obj"))
    # Folded, every head of the model itself would track.
    itself = pl.col("control") == "trained"
    more = frame.with_columns(level=pl.lit("universal"), margin=itself, significant=itself)
    more = more.with_columns(accuracy=pl.when(itself).then(0.9).otherwise(0.1))
    every = judged(pl.concat([frame, second, more]))
    counts = by_nulls(every, RULES).filter(nulls="all")["n_tracks"].to_list()
    assert counts == [3]
    assert by_margin(every, RULES).filter(control="trained", margin=0.1)["n_heads"].item() == 3


def test_nulls_stand_in_the_order_of_their_names():
    names = by_nulls(judged(relations()), RULES)["nulls"].to_list()
    of_one = ["no_projection", "random_weights", "random_weights-1"]
    assert names == ["all", *(f"{n} alone" for n in of_one), *(f"all but {n}" for n in of_one)]


@pytest.mark.parametrize("same", ["a", "b"])
def test_a_corpus_where_all_heads_are_the_same_ranks_none(same):
    rng = np.random.default_rng(0)
    frame = pl.concat([heads("a", rng), heads("b", rng)])
    flat = pl.when(pl.col("corpus") == same).then(0.5).otherwise("mass_cls")
    nothing = relations().clear()
    assert agreement(frame.with_columns(mass_cls=flat), nothing, RULES).is_empty()


def test_shares_of_few_arcs_are_not_compared():
    rng = np.random.default_rng(0)
    both = pl.concat([relations("a"), relations("b")])
    for n, found in ((9, 0), (10, 4)):
        few = both.with_columns(
            n_all=pl.lit(n), hits_all=pl.Series(rng.integers(0, n, both.height))
        )
        assert agreement(heads("a", rng), few, RULES).height == found


def test_heads_of_other_sites_are_other_heads():
    frame = judged(pl.concat([relations(), relations().with_columns(site=pl.lit("decoder"))]))
    counts = by_margin(frame, RULES).filter(control="trained", margin=0.1)["n_heads"].to_list()
    assert counts == [6]
    assert by_nulls(frame, RULES).filter(nulls="all")["n_tracks"].to_list() == [6]


def test_a_lead_of_exactly_a_step_counts():
    """0.3 − 0.2 is below 0.1 in floats, and is 10 points all the same."""
    lead = relations().filter(control="trained").with_columns(accuracy=pl.lit(0.3))
    found = by_margin(judged(lead.with_columns(significant=True)), RULES)
    assert found.filter(margin=0.1)["n_heads"].to_list() == [6]
    assert found.filter(margin=0.12)["n_heads"].to_list() == [0]


def test_of_too_few_arcs_no_curve_is_drawn():
    few = judged(relations().with_columns(n=pl.lit(RULES.min_arcs - 1)))
    assert by_margin(few, RULES).is_empty()
    assert by_nulls(few, RULES).is_empty()


def test_heads_are_ranked_at_their_place_and_each_site_by_itself():
    rng = np.random.default_rng(0)
    of_site = [
        [
            heads(corpus, rng).with_columns(
                pl.col("head") % 3, site=pl.lit(site), layer=pl.col("head") // 3
            )
            for site in ("encoder", "decoder")
        ]
        for corpus in ("a", "b")
    ]
    every = pl.concat([frame for frames in of_site for frame in frames])
    found = agreement(every.sample(fraction=1, shuffle=True, seed=1), relations().clear(), RULES)
    for k, site in enumerate(("encoder", "decoder")):
        a, b = (frames[k]["mass_cls"] for frames in of_site)
        row = found.filter(what="mass_cls", site=site).row(0, named=True)
        assert (row["n_heads"], row["spearman"]) == (6, pytest.approx(spearmanr(a, b)[0]))


@pytest.mark.parametrize(("n", "found"), [(2, 0), (3, 1)])
def test_two_heads_have_no_ranks_worth_a_number(n, found):
    rng = np.random.default_rng(0)
    few = pl.concat([heads(corpus, rng).head(n) for corpus in ("a", "b")])
    assert agreement(few, relations().clear(), RULES).height == found
