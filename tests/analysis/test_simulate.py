"""Simulated heads are what they are said to be, and the census finds of them what is there."""

import hashlib
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.analysis import halves, simulate
from pipeline.analysis import planted as planting
from pipeline.analysis.arcs import arcs_of
from pipeline.analysis.planted import found, planted, power
from pipeline.analysis.rules import Rules
from pipeline.analysis.simulate import (
    KNOW_NOTHING,
    Trees,
    as_good_as_the_offset,
    as_measured,
    by_size,
    counted,
    offset_by_sentence,
    random_pointers,
    simulations,
    subsampled,
)
from pipeline.corpora.base import read
from pipeline.corpora.conllu import Conllu

N_HEADS = 24
RULES = Rules(min_arcs=60)


@pytest.fixture(scope="module")
def trees(treebank) -> Trees:
    sentences = list(read(Conllu(str(treebank), limit=800)))
    frame = pl.DataFrame(
        {
            "governors": [list(s.governors) for s in sentences],
            "deprels": [list(s.deprels) for s in sentences],
        }
    )
    n_words = np.array([len(s.words) for s in sentences])
    return Trees(arcs_of(frame), n_words, np.arange(len(sentences)))


def test_random_pointers_are_right_once_in_all_other_words(trees):
    _, hits = random_pointers(trees, N_HEADS)(np.random.default_rng(0))
    chance = 1 / (trees.n_words[trees.arcs.sentence] - 1)
    expected, spread = chance.sum(), np.sqrt((chance * (1 - chance)).sum())
    assert abs(hits.sum(0) - expected).max() < 4.5 * spread
    assert hits.shape == (len(trees.arcs), 2 * N_HEADS)


def test_in_a_sentence_a_head_looks_one_way(trees):
    _, hits = offset_by_sentence(trees, 2)(np.random.default_rng(0))
    for column in hits.T:
        right = np.unique(np.stack((trees.arcs.sentence, trees.arcs.offset))[:, column], axis=1)
        assert len(np.unique(right[0])) == right.shape[1] > 100
        # Who is right on an arc is right on all of the sentence's arcs that are as long.
        pairs = {tuple(pair) for pair in right.T.tolist()}
        both = zip(trees.arcs.sentence.tolist(), trees.arcs.offset.tolist(), strict=True)
        assert column.tolist() == [pair in pairs for pair in both]


def test_as_good_as_the_offset_on_every_relation(trees):
    _, hits = as_good_as_the_offset(trees, 100)(np.random.default_rng(0))
    for relation in ("det", "nsubj", "obj", "case"):
        of = trees.arcs.deprel == relation
        _, counts = np.unique(trees.arcs.offset[of], return_counts=True)
        assert hits[of].mean() == pytest.approx(counts.max() / of.sum(), abs=0.01)


def test_a_measured_cell_is_taken_as_it_is(trees):
    marked = np.stack((trees.arcs.offset == 1, trees.arcs.deprel == "det"), 1)
    same, hits = as_measured(trees, marked)(np.random.default_rng(3))
    assert same is trees
    assert hits is marked


def test_a_measured_null_at_the_edge_keeps_its_level(trees):
    """Heads that were drawn once, and no more in each census, as of a cell that was measured.

    Over sentences drawn with replacement a sixth of the tests lay below 5 %.
    """
    make = as_good_as_the_offset(trees, N_HEADS)
    drawn = [as_measured(*make(np.random.default_rng(k))) for k in range(16)]
    draws = {str(k): (drawn[k], drawn[k + 8], N_HEADS) for k in range(8)}
    rows = pl.DataFrame(list(simulations(draws, 1, RULES, 11)))
    assert 0.025 < rows["n_below"].sum() / rows["n_tests"].sum() < 0.085
    assert rows["significant"].sum() == 0


class Witness:
    """Of every census: the seed of its halves, and what was drawn for each model."""

    def __init__(self, monkeypatch):
        self.halves: list[int] = []
        self.drawn: list[bytes] = []
        monkeypatch.setattr(simulate, "confirming", self.confirming)
        monkeypatch.setattr(planting, "random_pointers", self.pointers)
        self._confirming = halves.confirming

    def confirming(self, rows, seed):
        self.halves.append(seed)
        return self._confirming(rows, seed)

    def pointers(self, trees, n_heads):
        return self.seen(random_pointers(trees, n_heads))

    def seen(self, draw):
        def drawn(rng):
            trees, hits = draw(rng)
            self.drawn.append(hashlib.sha256(hits.tobytes()).digest())
            return trees, hits

        return drawn


def test_no_census_is_drawn_twice_by_another_seed_neither(trees, monkeypatch):
    witness = Witness(monkeypatch)
    draw = witness.seen(random_pointers(trees, 2))
    kinds = {"a": (draw, draw, 2), "b": (draw, draw, 2)}
    known = as_measured(*random_pointers(trees, 2)(np.random.default_rng(0)))(None)
    for seed in (1, 2, 4):
        rows = list(simulations(kinds, 4, RULES, seed))
        assert [(row["seed"], row["census"]) for row in rows] == 2 * [(seed, k) for k in range(4)]
    assert len(set(witness.drawn)) == len(witness.drawn) == 3 * 2 * 4 * 2
    for seed in (1, 2, 4):
        list(by_size(known, known, 3, replace(RULES, min_arcs=1), seed))
    # The model and its null share their halves, and no census those of another.
    assert len(set(witness.halves)) == len(witness.halves) / 2 == 3 * (2 * 4 + 5 * 3)


def test_the_other_heads_are_others_for_each_relation_share_and_census(trees, monkeypatch):
    witness = Witness(monkeypatch)
    rows = list(power(trees, ["det", "nsubj"], (0.2, 0.9), 3, RULES, 0, N_HEADS, 5))
    assert [row["n_censuses"] for row in rows] == 4 * [3]
    assert len(set(witness.drawn)) == len(witness.drawn) == 2 * 2 * 3 * 2
    assert len(set(witness.halves)) == len(witness.halves) / 2 == 2 * 2 * 3


@pytest.mark.slow
@pytest.mark.parametrize("kind", KNOW_NOTHING)
def test_heads_that_know_nothing_are_not_said_to_track(trees, kind):
    draw = KNOW_NOTHING[kind](trees, N_HEADS)
    rows = pl.DataFrame(list(simulations({kind: (draw, draw, N_HEADS)}, 8, RULES, 11)))
    assert rows["tracks"].sum() <= RULES.alpha * rows["n_heads"].sum()
    # The naive procedure is not so careful, but with heads that cannot be right by luck.
    assert (rows["naive"].sum() > 0.5 * rows["n_heads"].sum()) == (kind != "one offset a sentence")
    below = rows["n_below"].sum() / rows["n_tests"].sum()
    independent = rows["n_below_independent"].sum() / rows["n_tests"].sum()
    if kind == "as good as the offset":
        assert 0.025 < below < 0.075
        assert independent > below
    else:
        assert below < RULES.alpha


def test_planted_heads_are_found_and_no_others(trees):
    every = found(trees, N_HEADS, "det", 5, 1.0, RULES, (0,))
    none = found(trees, N_HEADS, "det", 5, 0.05, RULES, (0,))
    assert every == (5, 0)
    assert none == (0, 0)
    rows = list(power(trees, ["det"], (0.05, 1.0), 2, RULES, 0, N_HEADS, 5))
    assert [row["n_found"] for row in rows] == [0, 10]
    assert [row["n_planted"] for row in rows] == [10, 10]
    assert [row["n_others"] for row in rows] == [38, 38]


def test_a_subsample_has_each_sentence_once_and_the_whole_is_the_whole(trees):
    marked = np.stack((trees.arcs.offset == 1, trees.arcs.deprel == "det"), 1)
    some, hits = subsampled(trees, marked, 50)(np.random.default_rng(3))
    assert len(set(some.rows.tolist())) == len(some.n_words) == 50
    np.testing.assert_array_equal(hits[:, 0], some.arcs.offset == 1)
    whole, hits = subsampled(trees, marked, len(trees.n_words))(np.random.default_rng(3))
    assert sorted(whole.rows.tolist()) == trees.rows.tolist()
    assert hits.sum(0).tolist() == marked.sum(0).tolist()


def test_counts_by_size_end_with_the_whole_corpus(trees):
    _, known = planted(trees, N_HEADS, "det", 5, 0.95)(np.random.default_rng(0))
    _, null = random_pointers(trees, N_HEADS)(np.random.default_rng(1))
    rows = pl.DataFrame(list(by_size((trees, known), (trees, null), 2, RULES, 0)))
    n = len(trees.n_words)
    assert rows["n_sentences"].to_list() == [k for s in (4, 3, 2, 1, 0) for k in [n >> s] * 2]
    assert rows.filter(n_sentences=n)["tracks"].to_list() == [5, 5]
    # On 50 sentences no relation has arcs enough.
    assert rows.filter(n_sentences=n >> 4)["tracks"].to_list() == [0, 0]


def test_counts_follow_the_rules_and_the_seed(trees):
    draw = as_good_as_the_offset(trees, N_HEADS)
    first = counted(draw, draw, N_HEADS, RULES, (0,))
    assert first == counted(draw, draw, N_HEADS, RULES, (0,))
    assert first != counted(draw, draw, N_HEADS, RULES, (1,))
    strict = counted(draw, draw, N_HEADS, replace(RULES, margin=0.5, alpha=0.0), (0,))
    assert strict["margin"] == strict["significant"] == strict["tracks"] == 0
    assert strict["naive"] == first["naive"]
