"""Clark's no-op as a test: against sums written out."""

import numpy as np
import polars as pl
import pytest

from pipeline.analysis.effects import Judging
from pipeline.analysis.halves import confirming
from pipeline.analysis.no_ops import no_ops

RULES = Judging(bootstrap=400, seed=3)
N = 60
GOVERNORS, DEPRELS = [2, 0, 2, 3], ["det", "root", "obj", "det"]


def relations(*of_heads: tuple[int, str, str, float]) -> pl.DataFrame:
    """`hits` of a head on the fitting half, of 100 arcs; the offset is right on 20."""
    rows = [
        {"site": "encoder", "layer": 0, "head": head, "direction": way, "deprel": deprel}
        | {"level": "full", "weighting": "attention", "n_all": 200, "n": 100, "hits": 50}
        | {"hits_all": 50 + int(100 * right), "baseline_fitting": 0.2, "margin": True}
        | {"tracks": right > 0.5}
        for head, deprel, way, right in of_heads
    ]
    return pl.DataFrame(rows, schema_overrides={"layer": pl.Int16, "head": pl.Int16})


def observed(*masses: list[float | None]) -> pl.DataFrame:
    """Each head's mass on specials, word by word, in every sentence alike."""
    rows = [
        {"sentence": k, "site": "encoder", "layer": 0, "head": head, "special_mass": mass}
        for k in range(N)
        for head, mass in enumerate(masses)
    ]
    return pl.DataFrame(rows, schema_overrides={"layer": pl.Int16, "head": pl.Int16})


SENTENCES = pl.DataFrame(
    {"governors": [GOVERNORS] * N, "deprels": [DEPRELS] * N, "target_n_words": [None] * N}
    | {"target_governors": [None] * N, "target_deprels": [None] * N},
    schema_overrides={"target_n_words": pl.Int32, "target_governors": pl.List(pl.Int32)}
    | {"target_deprels": pl.List(pl.String)},
)
n_confirming = int(confirming(np.arange(N), RULES.seed).sum())


def test_words_with_an_arc_and_without():
    """det is asked of words 1 and 4 when a head looks up, of their governors 2 and 3 when down."""
    best = relations(
        (0, "det", "dep_to_gov", 0.9), (0, "obj", "dep_to_gov", 0.5), (1, "det", "gov_to_dep", 0.6)
    )
    mass: list[float | None] = [0.1, 0.6, 0.8, 0.3]
    up, down = no_ops(observed(mass, mass), SENTENCES, best, RULES).to_dicts()
    assert (up["deprel"], up["direction"], up["tracks"]) == ("det", "dep_to_gov", True)
    assert (up["n_with"], up["n_without"]) == (2 * n_confirming, 2 * n_confirming)
    assert (up["mass_with"], up["mass_without"]) == pytest.approx((0.2, 0.7))
    assert [up["difference"], up["difference_low"]] == pytest.approx([0.5, 0.5])
    assert (down["mass_with"], down["mass_without"]) == pytest.approx((0.7, 0.2))


def test_a_relation_of_few_arcs_is_no_heads_best():
    few = relations((0, "det", "dep_to_gov", 0.9)).with_columns(n=99)
    both = pl.concat([few.cast({"n": pl.Int64}), relations((0, "obj", "dep_to_gov", 0.4))])
    (row,) = no_ops(observed([0.1] * 4), SENTENCES, both, RULES).to_dicts()
    assert row["deprel"] == "obj"


def test_words_without_pieces_are_not_asked():
    best = relations((0, "det", "dep_to_gov", 0.9))
    (row,) = no_ops(observed([0.1, None, 0.8, 0.3]), SENTENCES, best, RULES).to_dicts()
    assert (row["n_with"], row["n_without"]) == (2 * n_confirming, n_confirming)
    assert row["mass_without"] == pytest.approx(0.8)


def test_the_interval_is_of_resampled_sentences():
    draw = np.random.default_rng(0)
    rows = observed([0.0] * 4).with_columns(
        special_mass=pl.Series([draw.random(4).tolist() for _ in range(N)])
    )
    (row,) = no_ops(rows, SENTENCES, relations((0, "det", "dep_to_gov", 0.9)), RULES).to_dicts()
    assert row["difference_low"] < row["difference"] < row["difference_high"]
    spread = row["difference_high"] - row["difference_low"]
    # Two means of 2 × n uniform numbers each: their difference has a deviation of √(1/12/n).
    assert spread == pytest.approx(2 * 1.96 * (1 / 12 / n_confirming) ** 0.5, rel=0.3)


def test_a_corpus_without_trees_has_none():
    bare = SENTENCES.head(1).with_columns(governors=None, deprels=None)
    nothing = relations((0, "det", "dep_to_gov", 0.9)).clear()
    assert no_ops(observed([0.1]), bare, nothing, RULES).is_empty()


def test_a_decoder_has_only_what_stands_before():
    """Of the two det arcs, 1 → 2 and 4 → 3, a decoder's dependent has its governor once; and once
    the governor, 2, has its dependent."""
    best = relations((0, "det", "dep_to_gov", 0.9), (1, "det", "gov_to_dep", 0.9))
    decodes = {"site": pl.lit("decoder")}
    rows = observed([0.1, 0.6, 0.8, 0.3], [0.1, 0.6, 0.8, 0.3]).with_columns(**decodes)
    up, down = no_ops(rows, SENTENCES, best.with_columns(**decodes), RULES).to_dicts()
    assert (up["n_with"], up["n_without"]) == (n_confirming, 3 * n_confirming)
    assert (up["mass_with"], up["mass_without"]) == pytest.approx((0.3, 0.5))
    assert (down["mass_with"], down["n_with"]) == pytest.approx((0.6, n_confirming))


@pytest.mark.parametrize("translated", [True, False])
def test_a_decoder_beside_an_encoder_reads_the_translation(translated):
    """Where there is none, its sentence is its own."""
    best = relations((0, "det", "dep_to_gov", 0.9)).with_columns(site=pl.lit("decoder"))
    rows = observed([0.1, 0.6, 0.8, 0.3]).with_columns(site=pl.lit("decoder"))
    both = pl.concat([rows, rows.with_columns(site=pl.lit("cross"))])
    sentences = SENTENCES
    if translated:
        sentences = SENTENCES.with_columns(
            target_n_words=pl.lit(4, pl.Int32),
            target_governors=pl.lit([0, 1, 2, 1], pl.List(pl.Int32)),
            target_deprels=pl.lit(["root", "det", "det", "obj"], pl.List(pl.String)),
        )
    (row,) = no_ops(both, sentences, best, RULES).to_dicts()
    assert row["n_with"] == (2 if translated else 1) * n_confirming


def test_a_relation_that_no_word_has_here_is_no_comparison():
    best = relations((0, "iobj", "dep_to_gov", 0.9))
    assert no_ops(observed([0.1, 0.6, 0.8, 0.3]), SENTENCES, best, RULES).is_empty()


def test_a_relation_without_arcs_in_the_fitting_half_is_no_heads_best():
    """On nothing a head leads by nothing that is known."""
    found = relations((0, "obj", "dep_to_gov", 0.4), (0, "det", "dep_to_gov", 0.0))
    confirming_only = pl.col("deprel") == "det"
    best = found.with_columns(
        n_all=pl.when(confirming_only).then("n").otherwise("n_all"),
        hits_all=pl.when(confirming_only).then("hits").otherwise("hits_all"),
    )
    (row,) = no_ops(observed([0.1] * 4), SENTENCES, best, RULES).to_dicts()
    assert row["deprel"] == "obj"


def test_a_sentence_without_a_tree_is_not_asked():
    best = relations((0, "det", "dep_to_gov", 0.9))
    first = pl.int_range(pl.len()) < N // 2
    some = SENTENCES.with_columns(
        pl.when(first).then(key).alias(key) for key in ("governors", "deprels")
    )
    n = int(confirming(np.arange(N // 2), RULES.seed).sum())
    assert 0 < n < n_confirming
    (row,) = no_ops(observed([0.1, 0.6, 0.8, 0.3]), some, best, RULES).to_dicts()
    assert (row["n_with"], row["n_without"]) == (2 * n, 2 * n)
    assert (row["mass_with"], row["mass_without"]) == pytest.approx((0.2, 0.7))


def test_one_word_of_either_kind_is_a_comparison():
    best = relations((0, "det", "dep_to_gov", 0.9))
    row = int(np.flatnonzero(confirming(np.arange(N), RULES.seed))[0])
    lone = pl.int_range(pl.len()) == row
    pair = SENTENCES.with_columns(
        governors=pl.when(lone).then(pl.lit([2, 0])), deprels=pl.when(lone).then(["det", "root"])
    )
    (found,) = no_ops(observed([0.1, 0.6]), pair, best, RULES).to_dicts()
    assert (found["n_with"], found["n_without"]) == (1, 1)
    assert found["difference"] == pytest.approx(0.5)


def test_a_relation_that_all_words_have_is_no_comparison():
    best = relations((0, "det", "dep_to_gov", 0.9))
    pairs = SENTENCES.with_columns(
        governors=pl.Series([[2, 1]] * N), deprels=pl.Series([["det", "det"]] * N)
    )
    assert no_ops(observed([0.1, 0.6]), pairs, best, RULES).is_empty()


@pytest.mark.parametrize("other", [{"level": "universal"}, {"weighting": "norm"}])
def test_a_best_relation_is_one_that_heads_are_counted_by(other):
    better = relations((0, "obj", "dep_to_gov", 0.9)).with_columns(
        **{k: pl.lit(v) for k, v in other.items()}
    )
    best = pl.concat([better, relations((0, "det", "dep_to_gov", 0.4))])
    (row,) = no_ops(observed([0.1] * 4), SENTENCES, best, RULES).to_dicts()
    assert row["deprel"] == "det"
