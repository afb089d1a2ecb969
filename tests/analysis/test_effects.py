"""Verdicts of effects, and what a table says of them, by hand."""

import numpy as np
import polars as pl
import pytest

from pipeline.analysis import bootstrap
from pipeline.analysis.effects import COVERED, FEWEST, Judging, importance, judged, means, verdicts
from pipeline.core.errors import MeasurementError
from pipeline.core.names import ON_HEADS, ON_KEYS
from pipeline.lake.schema import LAKE

RULES = Judging(negligible=0.25, bootstrap=200, seed=1)
SENTENCES = 12
BLANK = dict.fromkeys(LAKE["effects"].names)


def rows(head: int, what: str, values: list[float], key_class: str | None = "sep") -> list[dict]:
    """Of a head under one change: `values` are changes of a piece's state, one a sentence."""
    return [
        BLANK
        | {"sentence": k, "scope": "head", "site": "encoder", "layer": 0, "head": head}
        | {"key_class": key_class, "condition": what, "n_pieces": 4, "cosine": 1.0}
        | {"state_change": 4.0 * value, "n_heads": 1}
        for k, value in enumerate(values)
    ]


def a_head(head: int, mask: float, zero: float, no_head: float, mean: float = 0.0) -> list[dict]:
    effects = dict.fromkeys(ON_KEYS, 0.0) | {"mask": mask, "zero_value": zero, "mean_value": mean}
    found = [row for what, x in effects.items() for row in rows(head, what, [x] * SENTENCES)]
    for what in ON_HEADS:
        found += rows(head, what, [no_head] * SENTENCES, None)
    return found


def table(*heads: list[dict]) -> pl.DataFrame:
    schema = pl.from_arrow(LAKE["effects"].empty_table()).schema
    return pl.DataFrame([row for head in heads for row in head], schema=schema, orient="row")


def test_every_verdict():
    """Removing a head comes to 0.4 in the median: below 0.1 is nothing."""
    effects = table(
        a_head(0, mask=0.3, zero=0.05, no_head=0.4),
        a_head(1, mask=0.3, zero=0.2, no_head=0.4, mean=0.01),
        a_head(2, mask=0.01, zero=0.02, no_head=0.03),
        a_head(3, mask=0.01, zero=0.02, no_head=0.6),
        a_head(4, mask=0.0, zero=0.3, no_head=0.5, mean=0.3),
    )
    found = judged(means(effects, RULES), "state_change", RULES.negligible).sort("head")
    assert found["negligible"].to_list() == pytest.approx([0.1] * 5)
    verdict = ["parking", "content", "idle", "indifferent", "content"]
    assert found["verdict"].to_list() == verdict
    assert found["constant"].to_list() == [False, True, False, False, False]
    assert found["peers"].to_list()[0] == pytest.approx((0.02 + 0.2) / 2)
    assert found["mask"].to_list() == pytest.approx([0.3, 0.3, 0.01, 0.01, 0.0])


def test_what_changes_nothing_is_no_content():
    """Not even where removing a head changes nothing in the median."""
    still = [a_head(head, mask=0.0, zero=0.0, no_head=0.0) for head in range(3)]
    found = judged(means(table(*still), RULES), "state_change", RULES.negligible)
    assert found["negligible"].to_list() == [0.0] * 3
    assert found["verdict"].to_list() == ["idle"] * 3


def test_a_head_that_was_not_masked_is_not_judged():
    lone = [row for row in a_head(1, 0.3, 0.05, 0.4) if row["condition"] != "mask"]
    effects = table(a_head(0, mask=0.3, zero=0.05, no_head=0.4), lone)
    found = judged(means(effects, RULES), "state_change", RULES.negligible).sort("head")
    assert found["verdict"].to_list() == ["parking", None]


def test_an_interval_on_both_sides_decides_nothing():
    unsure = [row for row in a_head(0, 0.3, 0.0, 0.4) if row["condition"] != "zero_value"]
    unsure += rows(0, "zero_value", [0.0, 0.2] * (SENTENCES // 2))
    found = judged(means(table(unsure), RULES), "state_change", 0.25)
    assert found["verdict"].to_list() == ["undecided"]
    assert found["zero_value_low"][0] < 0.1 < found["zero_value_high"][0]


def test_few_sentences_decide_nothing():
    effects = table([r for r in a_head(0, 0.3, 0.0, 0.4) if r["sentence"] < FEWEST - 1])
    found = judged(means(effects, RULES), "state_change", 0.25)
    assert found["verdict"].to_list() == ["undecided"]
    effects = table([r for r in a_head(0, 0.3, 0.3, 0.4) if r["sentence"] < FEWEST - 1])
    found = judged(means(effects, RULES), "state_change", 0.25)
    assert found.select("verdict", "constant").row(0) == ("undecided", False)
    enough = table([r for r in a_head(0, 0.3, 0.0, 0.4) if r["sentence"] < FEWEST])
    assert judged(means(enough, RULES), "state_change", 0.25)["verdict"].to_list() == ["parking"]


@pytest.mark.parametrize("kept", [slice(1, None), [0, 0, *range(2, SENTENCES)]])
def test_a_change_that_was_not_made_to_all_is_an_error(kept):
    whole, broken = rows(0, "mask", [0.1] * SENTENCES), rows(1, "mask", [0.1] * SENTENCES)
    broken = broken[kept] if isinstance(kept, slice) else [broken[k] for k in kept]
    with pytest.raises(MeasurementError, match="each of the sentences"):
        means(table(whole, broken), RULES)


def test_a_change_made_twice_to_the_only_sentence_is_an_error():
    with pytest.raises(MeasurementError, match="each of the sentences"):
        means(table(rows(0, "mask", [0.1]), rows(0, "mask", [0.1])), RULES)


def test_means_weigh_pieces_and_intervals_resample_sentences():
    of_one = rows(0, "mask", [0.1, 0.5])
    of_one[1] |= {"n_pieces": 12, "state_change": 12 * 0.5, "cosine": 0.5}
    row = means(table(of_one), RULES).row(0, named=True)
    assert row["state_change"] == pytest.approx((4 * 0.1 + 12 * 0.5) / 16)
    assert (row["state_change_low"], row["state_change_high"]) == pytest.approx((0.1, 0.5))
    assert row["cosine"] == 0.75
    assert row["kl"] is None
    assert row["n_sentences"] == 2


def said(head: int, what: str, values: list[float], key_class: str | None = "sep") -> list[dict]:
    """`values` are divergences of a piece that is said, and losses added to it; two are said."""
    return [
        row | {"n_said": 2, "kl": 2 * value, "loss_change": 2 * value, "state_change": 0.0}
        for row, value in zip(rows(head, what, values, key_class), values, strict=True)
    ]


def test_what_is_said_is_weighed_by_what_is_said():
    uneven = said(0, "mask", [0.1, 0.5])
    uneven[1] |= {"n_said": 3, "kl": 3 * 0.5, "loss_change": 3 * 0.5}
    row = means(table(uneven), RULES).row(0, named=True)
    assert row["kl"] == row["loss_change"] == pytest.approx((2 * 0.1 + 3 * 0.5) / 5)


def test_a_divergence_is_none_below_the_square_of_the_share():
    """0.1 of 0.4: above a sixteenth, though not above a quarter."""
    effects = [said(0, what, [x] * SENTENCES) for what, x in (("mask", 0.3), ("zero_value", 0.1))]
    effects += [said(0, "mean_value", [0.0] * SENTENCES)]
    effects += [said(0, what, [0.4] * SENTENCES, None) for what in ON_HEADS]
    (found,) = judged(means(table(*effects), RULES), "kl", RULES.negligible).to_dicts()
    assert found["negligible"] == pytest.approx(0.4 / 16)
    assert found["verdict"] == "content"


@pytest.mark.parametrize("unsure", ["mask", "no_head"])
def test_a_head_is_idle_or_indifferent_where_all_is_known(unsure):
    """Whose key_class matters nothing, where one interval lies on both sides."""
    none = a_head(0, mask=0.01, zero=0.02, no_head=0.02)
    kept = [row for row in none if row["condition"] != unsure]
    key_class = None if unsure == "no_head" else "sep"
    kept += rows(0, unsure, [0.0, 0.25] * (SENTENCES // 2), key_class)
    others = [a_head(head, mask=0.3, zero=0.3, no_head=0.4) for head in (1, 2)]
    found = judged(means(table(kept, *others), RULES), "state_change", RULES.negligible)
    assert found.sort("head")["verdict"].to_list() == ["undecided", "content", "content"]


def test_heads_are_judged_by_heads_alone():
    """What is done to a layer or to all that dump is larger than what one head is held against."""
    effects = table(
        a_head(0, mask=0.3, zero=0.05, no_head=0.4),
        [
            row | {"scope": scope, "layer": layer, "head": None, "n_heads": 4}
            for scope, layer in (("layer", 0), ("layer", 1), ("all", None))
            for row in a_head(0, mask=9.0, zero=9.0, no_head=9.0)
        ],
    )
    found = judged(means(effects, RULES), "state_change", RULES.negligible)
    assert found.select("head", "negligible", "verdict").rows() == [
        (0, pytest.approx(0.1), "parking")
    ]


def test_verdicts_by_last_states_stand_first():
    places = {"site": ["encoder"] * 2, "layer": [0, 0], "head": [0, 1]}
    heads = pl.DataFrame(places, schema_overrides={"layer": pl.Int16, "head": pl.Int16})
    effects = table(a_head(1, 0.3, 0.0, 0.4), a_head(0, 0.3, 0.0, 0.4))
    found = verdicts(means(effects, RULES), heads, RULES)
    both = ["state_change", "state_change", "kl", "kl"]
    assert found.select("outcome", "head").rows() == list(zip(both, [0, 1, 0, 1], strict=True))


def test_without_what_is_said_nothing_is_judged_by_it():
    heads = pl.DataFrame(
        {"site": ["encoder"], "layer": [0], "head": [0], "mass_sep": [0.7], "dumps_sep": [True]},
        schema_overrides={"layer": pl.Int16, "head": pl.Int16},
    )
    found = verdicts(means(table(a_head(0, 0.3, 0.0, 0.4)), RULES), heads, RULES)
    by = {row["outcome"]: row for row in found.iter_rows(named=True)}
    assert (by["state_change"]["verdict"], by["state_change"]["dumps"]) == ("parking", True)
    assert by["state_change"]["mass"] == by["kl"]["mass"] == 0.7
    assert by["kl"]["verdict"] is by["kl"]["constant"] is by["kl"]["negligible"] is None


def test_only_removal_known_gives_no_verdict():
    lone = [row for row in a_head(0, 0.3, 0.0, 0.4) if row["condition"] == "no_head"]
    assert verdicts(means(table(lone), RULES), pl.DataFrame(), RULES).is_empty()


def test_importance_stands_beside_the_loss():
    lone = [
        row | {"loss_change": 2.0 + row["sentence"], "n_said": 3}
        for row in a_head(0, 0.3, 0.0, 0.4)
    ]
    observed = pl.DataFrame(
        {"sentence": [0, 1, 2], "site": ["encoder"] * 3, "layer": [0] * 3, "head": [0] * 3}
        | {"importance": [1.0, 3.0, None]},
        schema_overrides={"layer": pl.Int16, "head": pl.Int16},
    )
    (row,) = importance(observed, table(lone)).to_dicts()
    assert (row["importance"], row["n_sentences"]) == (2.0, 2)
    assert row["loss_change"] == pytest.approx(2.0 + (SENTENCES - 1) / 2)


def test_a_share_below_nothing_is_refused():
    with pytest.raises(ValueError, match="negligible"):
        Judging(negligible=-0.1)


@pytest.mark.parametrize("n", COVERED)
def test_intervals_of_few_sentences_cover_what_is_said_of_them(n):
    """Of a skewed population of means that are known; twice the error of 2,000 draws is 1.4 %."""
    rng = np.random.default_rng(n)
    changes = 2000
    pieces = np.full((changes, n), 10.0)
    moved = pieces * rng.gamma(4, 0.25, (changes, n))
    weights = bootstrap.weights(n, 1000, 0, 0)
    low, high = bootstrap.interval(weights @ moved.T, weights @ pieces.T)
    covered = 100 * ((low <= 1) & (high >= 1)).mean()
    least, most = COVERED[n]
    assert least - 1.4 < covered < most + 1.4
