"""The table `heads` of a handful of the lake's rows: means, shares, intervals, flags, by hand."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from pipeline.analysis import bootstrap
from pipeline.analysis.heads import HeadTally
from pipeline.analysis.rules import Rules
from pipeline.core.names import DUMP_CLASSES
from pipeline.lake.schema import BINS, LAKE, OFFSETS

RULES = Rules(bootstrap=20)
PATTERNS = ("vertical", "diagonal", "mixed", "broad", "block", "heterogeneous")


def shard(*rows: dict, across: bool = False) -> pa.Table:
    """Rows of the lake's `heads`. Of four queries, all that a row does not name is 0; positions,
    ranks and segments are not there. Across two sequences nor are offsets."""
    site = "cross" if across else "encoder"
    given = {"sentence": 0, "site": site, "layer": 0, "head": 0, "n_queries": 4}
    given |= {"n_queries_choice": 4, "argmax_offset": None if across else [0] * BINS}
    listed, missing = ("offset_mass",), ("alpha", "spearman", "segment", "uniform_segment")
    blank = {
        name: None if name in listed or name.startswith(missing) else 0
        for name in LAKE["heads"].names
    }
    return pa.Table.from_pylist([blank | given | row for row in rows], schema=LAKE["heads"])


def heads(*shards: pa.Table, n_heads: int = 1, rules: Rules = RULES) -> pl.DataFrame:
    tally = HeadTally(rules)
    for number, rows in enumerate(shards):
        n = rows.num_rows // n_heads
        tally.add(rows, bootstrap.weights(n, rules.bootstrap, 0, number), n)
    return tally.frame({})


def head(*rows: dict, rules: Rules = RULES, **shared) -> dict:
    across = shared.pop("across", False)
    return heads(shard(*[shared | row for row in rows], across=across), rules=rules).row(
        0, named=True
    )


def at(offset: int, n: int, of: int) -> list[int]:
    """Of so many queries `n` have their largest weight at the offset; the others far behind."""
    counts = [0] * BINS
    counts[OFFSETS.index(offset)], counts[-2] = n, of - n
    return counts


def test_sentences_are_counted_over_all_shards():
    frame = heads(shard({}, {}), shard({"sentence": 2}))
    assert (frame["n_sentences"].item(), frame["n_queries"].item()) == (3, 12)
    assert HeadTally(RULES).frame({}).is_empty()


def test_a_mean_is_over_queries_and_shards():
    """1 of 4 and 6 of 8: 7 of 12; a uniform pattern has 2 and 2."""
    one = shard({"mass_cls": 1.0, "uniform_mass_cls": 2.0, "row_sum": 4.0})
    other = shard({"n_queries": 8, "mass_cls": 6.0, "uniform_mass_cls": 2.0, "row_sum": 8.0})
    row = heads(one, other).row(0, named=True)
    assert row["mass_cls"] == pytest.approx(7 / 12)
    assert row["uniform_mass_cls"] == pytest.approx(4 / 12)
    assert row["lift_mass_cls"] == pytest.approx(7 / 4)
    assert np.isnan(row["lift_mass_sep"])


def test_entropy_is_over_queries_that_have_a_choice():
    row = head({"entropy_normalised": 3.0, "entropy_nats": 2.0}, n_queries_choice=3)
    assert (row["entropy_normalised"], row["entropy_nats"]) == (1.0, 0.5)
    assert row["broad"]


def test_attention_of_a_class_to_itself_and_of_the_rest_to_it():
    """[CLS] is one query of four and gives itself 0.8; the three others give it 0.6 together."""
    row = head({"mass_cls": 1.4, "cls_to_cls": 0.8, "n_queries_cls": 1})
    assert row["cls_to_cls"] == pytest.approx(0.8)
    assert row["rest_to_cls"] == pytest.approx(0.6 / 3)


def test_the_diagonal_is_left_out_of_both_sides():
    row = head({"mass_sep": 2.0, "self_sep": 0.5, "mass_self": 1.0, "row_sum": 4.0})
    assert row["offdiagonal_sep"] == pytest.approx(1.5 / 3)
    assert row["offdiagonal_cls"] == 0


def test_sinks_are_of_the_sentences_that_have_the_position():
    """Two of three sentences have position 3; on position 0 two are above the threshold, 0.3."""
    alphas = [(0.5, 0.2), (0.25, None), (0.9, 0.6)]
    row = head(*({"sentence": k, "alpha_0": a, "alpha_3": b} for k, (a, b) in enumerate(alphas)))
    assert row["alpha_0"] == pytest.approx((0.5 + 0.25 + 0.9) / 3)
    assert row["alpha_3"] == pytest.approx((0.2 + 0.6) / 2)
    assert (row["sink_rate_0"], row["sink_rate_3"]) == (pytest.approx(2 / 3), 0.5)
    assert np.isnan(row["alpha_1"])
    assert np.isnan(row["sink_rate_1"])
    strict = head({"alpha_0": 0.5}, rules=Rules(bootstrap=20, epsilon=0.5))
    assert strict["sink_rate_0"] == 0  # 0.5 is not above 0.5


def test_ranks_are_of_the_sentences_that_have_one():
    row = head(*({"sentence": k, "spearman": x} for k, x in enumerate([0.5, None, -0.25])))
    assert row["spearman"] == pytest.approx(0.125)


def test_by_norms():
    """A value of [SEP] is half as long as one of text: 1 of 1 key, 6 of 3."""
    keys = {"n_keys": 4, "n_keys_special": 1, "n_keys_sep": 1}
    norms = {"value_norm": 7.0, "value_norm_special": 1.0, "value_norm_sep": 1.0}
    row = head(keys | norms | {"norm_mass_sep": 2.0, "norm_row_sum": 5.0})
    assert row["norm_ratio_sep"] == pytest.approx(1 / 2)
    assert row["norm_share_sep"] == pytest.approx(2 / 5)


def test_the_offset_at_which_most_weights_sit():
    row = head({"argmax_offset": at(-1, 3, 4)})
    assert (row["best_offset"], row["best_offset_rate"]) == (-1, 0.75)
    # A far offset is not one offset.
    assert head({"argmax_offset": at(-1, 1, 4)})["best_offset_rate"] == 0.25


@pytest.mark.parametrize(("n", "positional"), [(8, False), (9, True), (10, True)])
def test_positional_from_nine_queries_in_ten(n, positional):
    assert head({"argmax_offset": at(1, n, 10)}, n_queries=10)["positional"] == positional


def test_across_no_offset_is_the_best_and_all_else_is_judged():
    row = head({"mass_first": 3.0, "mass_self": None}, across=True)
    assert "best_offset" not in row
    assert "best_offset_rate" not in row
    assert (row["positional"], row["dumps_first"], row["dumps_cls"]) == (False, True, False)
    assert (row["vertical"], row["heterogeneous"]) == (True, False)


def test_a_head_dumps_where_the_low_end_is_above_the_threshold_too():
    """0.6 in the mean; of sentences that differ much the low end lies below 0.5."""
    alike = head({"mass_sep": 2.4}, {"mass_sep": 2.4, "sentence": 1})
    assert [alike[f"dumps_{c}"] for c in DUMP_CLASSES] == [False, True, False]
    masses = [4.0, 0.8, 4.0, 0.8]
    apart = head(*({"sentence": k, "mass_sep": mass} for k, mass in enumerate(masses)))
    assert apart["mass_sep"] == pytest.approx(0.6)
    assert apart["mass_sep_low"] < 0.5
    assert not apart["dumps_sep"]
    assert not head({"mass_sep": 2.0})["dumps_sep"]  # 0.5 is not above 0.5


@pytest.mark.parametrize(("share", "dumps"), [(0.4, False), (0.5, False), (0.6, True)])
def test_a_head_dumps_by_norm_where_it_dumps_by_weight_too(share, dumps):
    norms = {"norm_row_sum": 10.0, "norm_mass_sep": 10 * share}
    assert head(norms | {"mass_sep": 3.0})["dumps_by_norm"] == dumps
    assert not head(norms | {"mass_sep": 1.0})["dumps_by_norm"]
    assert "dumps_by_norm" not in head({"mass_sep": 3.0})


@pytest.mark.parametrize(
    ("masses", "flags"),
    [
        ({"special": 0.7}, {"vertical"}),
        ({"first": 0.7}, {"vertical"}),
        ({"special": 0.6}, {"heterogeneous"}),
        ({"prev": 0.51}, {"diagonal"}),
        ({"self": 0.51}, {"diagonal"}),
        ({"next": 0.51}, {"diagonal"}),
        ({"next": 0.5}, {"heterogeneous"}),
        ({"prev": 0.3, "self": 0.3, "next": 0.3}, {"heterogeneous"}),
        ({"special": 0.35, "prev": 0.35}, {"mixed"}),
        ({"special": 0.3, "prev": 0.25}, {"heterogeneous"}),
        ({"special": 0.55, "prev": 0.15}, {"heterogeneous"}),
        ({"special": 0.15, "prev": 0.48}, {"heterogeneous"}),
        ({"special": 0.65, "prev": 0.3}, {"vertical"}),
        ({"special": 0.3, "prev": 0.55}, {"diagonal"}),
    ],
)
def test_patterns_by_their_masses(masses, flags):
    row = head({f"mass_{c}": 100 * share for c, share in masses.items()}, n_queries=100)
    assert {name for name in PATTERNS if row.get(name)} == flags


def test_a_broad_pattern_or_a_block_is_not_heterogeneous():
    assert {p for p in PATTERNS if head({"entropy_normalised": 3.8}).get(p)} == {"broad"}
    segments = {"segment_own": 2.0, "segment_both": 2.5}
    segments |= {"uniform_segment_own": 1.0, "uniform_segment_both": 2.0}
    row = head(segments, {"sentence": 1})  # the last of an odd number is alone
    assert row["lift_own_segment"] == pytest.approx(0.8 / 0.5)
    assert {p for p in PATTERNS if row[p]} == {"block"}
    assert "block" not in head({})


def test_a_learned_sink_takes_of_the_attention_that_is_shared_out():
    """Of four queries' attention a quarter goes to no key."""
    row = head({"mass_sep": 2.0, "self_sep": 0.5, "mass_self": 1.0, "row_sum": 3.0})
    assert row["offdiagonal_sep"] == pytest.approx(1.5 / 2)


@pytest.mark.parametrize("offset", [OFFSETS[0], OFFSETS[-1]])
def test_the_farthest_offsets_that_have_a_bin_can_be_the_best(offset):
    row = head({"argmax_offset": at(offset, 4, 4)})
    assert (row["best_offset"], row["positional"]) == (offset, True)


def test_flags_begin_above_their_thresholds():
    quarter = {"mass_special": 2.0, "mass_prev": 1.0, "entropy_normalised": 1.0}
    quarter |= {"segment_own": 2.0, "segment_both": 2.0}
    quarter |= {"uniform_segment_own": 1.0, "uniform_segment_both": 2.0}
    rules = Rules(bootstrap=20, broad_entropy=0.25, block=2.0, vertical=0.5, mixed=0.25)
    assert {p for p in PATTERNS if head(quarter, rules=rules)[p]} == {"heterogeneous"}
    mixed = Rules(bootstrap=20, vertical=0.75, mixed=0.2)
    row = head({"mass_special": 2.0, "mass_prev": 1.0}, rules=mixed)
    assert not row["mixed"]


def test_heads_are_told_apart():
    rows = [
        {"sentence": s, "head": h, "mass_cls": float(h), "alpha_0": 0.2 * h}
        for s in range(2)
        for h in range(3)
    ]
    frame = heads(shard(*rows), n_heads=3)
    assert frame["head"].to_list() == [0, 1, 2]
    assert frame["mass_cls"].to_list() == pytest.approx([0, 1 / 4, 2 / 4])
    assert frame["alpha_0"].to_list() == pytest.approx([0, 0.2, 0.4])
    assert frame["sink_rate_0"].to_list() == [0, 0, 1]
