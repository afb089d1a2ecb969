"""From hits to flags: sums against plain loops, halves kept apart, and shards that add up."""

import numpy as np
import polars as pl
import pytest

from pipeline.analysis import bootstrap
from pipeline.analysis.arcs import LEVELS, Arcs, FittedOffsets, best_offset
from pipeline.analysis.halves import confirming
from pipeline.analysis.heads import HeadTally
from pipeline.analysis.relations import RelationTally
from pipeline.analysis.rules import Rules
from pipeline.analysis.significance import benjamini_yekutieli, with_q
from pipeline.analysis.sites import Fitted, SiteTally, tables_of

PLACES = pl.DataFrame({"site": ["encoder"] * 2, "layer": [0, 0], "head": [0, 1]})
RULES = Rules(min_arcs=5, bootstrap=200)


def corpus(seed: int = 0, n_sentences: int = 60) -> tuple[Arcs, np.ndarray]:
    """Random arcs of two relations; hits of 2 directions × 2 heads, one of them good at `obj`."""
    rng = np.random.default_rng(seed)
    sentence, dependent, governor, deprel = [], [], [], []
    for s in range(n_sentences):
        n = int(rng.integers(2, 9))
        for d in range(n):
            g = int(rng.choice([w for w in range(n) if w != d]))
            sentence.append(s), dependent.append(d), governor.append(g)
            deprel.append(str(rng.choice(["obj", "nsubj:pass"])))
    arcs = Arcs(np.array(sentence), np.array(dependent), np.array(governor), np.array(deprel))
    hits = rng.random((len(arcs), 4)) < 0.3
    hits[arcs.deprel == "obj", 1] = rng.random((arcs.deprel == "obj").sum()) < 0.9
    return arcs, hits


def tally(arcs: Arcs, hits: np.ndarray, n_sentences: int, cuts: list[int]) -> pl.DataFrame:
    """The same corpus through shards that end at `cuts`."""
    offsets = FittedOffsets()
    shards = list(zip([0, *cuts], [*cuts, n_sentences], strict=True))
    pieces = []
    for number, (first, end) in enumerate(shards):
        inside = (arcs.sentence >= first) & (arcs.sentence < end)
        part = arcs.where(inside)
        part = Arcs(part.sentence - first, part.dependent, part.governor, part.deprel)
        confirms = confirming(np.arange(first, end), 0)
        offsets.add(part, confirms)
        weights = bootstrap.weights(end - first, RULES.bootstrap, 0, number)
        pieces.append((part, hits[inside], confirms, weights))
    found = RelationTally(offsets, RULES)
    for piece in pieces:
        found.add(*piece)
    return with_q_by_level(found.frame(PLACES), RULES)


def with_q_by_level(frame: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    enough = pl.col("n") >= rules.min_arcs
    return pl.concat(with_q(frame.filter(level=level), enough, rules) for level in LEVELS)


def row(frame: pl.DataFrame, **keys) -> dict:
    return frame.filter(**keys).row(0, named=True)


def test_counts_and_test_equal_plain_loops():
    arcs, hits = corpus()
    frame = tally(arcs, hits, 60, [])
    confirms = confirming(np.arange(60), 0)
    for relation in ("obj", "nsubj:pass"):
        chosen = [i for i in range(len(arcs)) if arcs.deprel[i] == relation]
        fitting = [int(arcs.offset[i]) for i in chosen if not confirms[arcs.sentence[i]]]
        offset = max(set(fitting), key=lambda o: (fitting.count(o), -abs(o), o))
        confirming_arcs = [i for i in chosen if confirms[arcs.sentence[i]]]
        for column, (direction, head) in enumerate(
            [("dep_to_gov", 0), ("dep_to_gov", 1), ("gov_to_dep", 0), ("gov_to_dep", 1)]
        ):
            found = row(frame, deprel=relation, level="full", direction=direction, head=head)
            assert found["n_all"] == len(chosen)
            assert found["hits_all"] == sum(hits[i, column] for i in chosen)
            assert found["n"] == len(confirming_arcs)
            assert found["hits"] == sum(hits[i, column] for i in confirming_arcs)
            assert found["baseline_offset"] == offset
            share = fitting.count(offset) / len(fitting)
            assert found["baseline_fitting"] == pytest.approx(share)
            right = {i: int(arcs.offset[i]) == offset for i in confirming_arcs}
            assert found["baseline_accuracy"] == pytest.approx(sum(right.values()) / len(right))
            b = sum(hits[i, column] and not right[i] for i in confirming_arcs)
            c = sum(right[i] and not hits[i, column] for i in confirming_arcs)
            assert (found["b"], found["c"]) == (b, c)
            d: dict[int, int] = {}
            for i in confirming_arcs:
                s = int(arcs.sentence[i])
                d[s] = d.get(s, 0) + int(hits[i, column]) - int(right[i])
            z = sum(d.values()) / np.sqrt(sum(v * v for v in d.values()))
            assert found["z"] == pytest.approx(z)
            every = [int(arcs.offset[i]) for i in chosen]
            best = max(every.count(o) for o in set(every))
            assert found["baseline_all"] == pytest.approx(best / len(chosen))


def test_the_offset_is_scored_on_the_arcs_that_heads_are_scored_on():
    """It is fitted on all of the corpus; a model may not read the longest sentences."""
    arcs, hits = corpus()
    unread = arcs.sentence % 3 == 0
    confirms = confirming(np.arange(60), 0)
    offsets = FittedOffsets()
    offsets.add(arcs, confirms)
    found = RelationTally(offsets, RULES)
    weights = bootstrap.weights(60, RULES.bootstrap, 0, 0)
    found.add(arcs.where(~unread), hits[~unread], confirms, weights)
    own = row(found.frame(PLACES), deprel="obj", level="full", direction="dep_to_gov", head=0)
    read = arcs.where(~unread & (arcs.deprel == "obj") & ~confirms[arcs.sentence])
    assert own["n_all"] - own["n"] == len(read)
    share = (read.offset == own["baseline_offset"]).mean()
    assert own["baseline_fitting"] == pytest.approx(share)


def test_the_good_head_is_flagged_and_no_other():
    arcs, hits = corpus()
    frame = tally(arcs, hits, 60, [])
    flagged = frame.filter(pl.col("margin") & pl.col("significant") & (pl.col("level") == "full"))
    assert flagged.select("deprel", "direction", "head").rows() == [("obj", "dep_to_gov", 1)]
    good = flagged.row(0, named=True)
    assert good["accuracy_low"] < good["accuracy"] < good["accuracy_high"]


def test_shards_add_up():
    """However the corpus is cut, counts and tests are the same; only bootstrap draws differ."""
    arcs, hits = corpus(1)
    whole = tally(arcs, hits, 60, [])
    cut = tally(arcs, hits, 60, [7, 8, 40])
    drawn = ["accuracy_low", "accuracy_high"]
    assert whole.drop(drawn).equals(cut.drop(drawn))


def test_sub_types_fold():
    arcs, hits = corpus()
    frame = tally(arcs, hits, 60, [])
    assert set(frame.filter(level="universal")["deprel"]) == {"obj", "nsubj"}
    full = row(frame, deprel="nsubj:pass", level="full", direction="dep_to_gov", head=0)
    folded = row(frame, deprel="nsubj", level="universal", direction="dep_to_gov", head=0)
    assert (full["n_all"], full["hits_all"]) == (folded["n_all"], folded["hits_all"])


def test_too_few_arcs_pass_no_flag():
    arcs, hits = corpus()
    offsets = FittedOffsets()
    confirms = confirming(np.arange(60), 0)
    offsets.add(arcs, confirms)
    strict = RelationTally(offsets, Rules(min_arcs=10_000, bootstrap=10))
    strict.add(arcs, hits, confirms, bootstrap.weights(60, 10, 0, 0))
    frame = with_q_by_level(strict.frame(PLACES), strict.rules)
    assert not frame["margin"].any()
    assert not frame["significant"].any()
    assert frame["q"].min() < 0.05


def test_a_margin_of_exactly_ten_points_passes():
    """40 of 100 against 30: 0.4 − 0.3 is below 0.1 in floats, and is 10 points all the same."""
    n = 100
    sentence = np.arange(400)
    confirms = confirming(sentence, 0)
    chosen = np.flatnonzero(confirms)[:n]
    fitting = np.flatnonzero(~confirms)[:20]
    offset = np.where(np.arange(n) < 30, 1, 2 + np.arange(n))
    arcs = Arcs(
        np.concatenate((fitting, chosen)),
        np.zeros(20 + n, int),
        np.concatenate((np.ones(20, int), offset)),
        np.array(["obj"] * (20 + n)),
    )
    hits = np.zeros((20 + n, 4), bool)
    hits[20:60, 0] = True
    hits[20:59, 1] = True
    offsets = FittedOffsets()
    offsets.add(arcs, confirms)
    found = RelationTally(offsets, Rules(min_arcs=100, bootstrap=10))
    found.add(arcs, hits, confirms, bootstrap.weights(400, 10, 0, 0))
    margins = found.frame(PLACES).filter(level="full")["margin"].to_list()
    assert margins == [True, False, False, False]


def test_a_shard_without_any_arc_to_judge_adds_nothing():
    """The only sentence of the last shard may be one that the model could not read."""
    arcs, _ = corpus()
    nothing = arcs.where(np.zeros(len(arcs), bool))
    found = RelationTally(FittedOffsets(), RULES)
    found.add(nothing, np.zeros((0, 0), bool), np.zeros(1, bool), bootstrap.weights(1, 200, 0, 0))
    assert found.sums == {}


def test_best_offset_breaks_ties_towards_the_nearest():
    from collections import Counter

    assert best_offset(Counter({5: 3, -1: 3, 1: 3, 2: 1})) == (1, 3)
    assert best_offset(Counter()) == (1, 0)


def test_halves_do_not_hang_on_the_corpus_size():
    assert (confirming(np.arange(50), 0) == confirming(np.arange(90), 0)[:50]).all()
    share = confirming(np.arange(10_000), 0).mean()
    assert 0.48 < share < 0.52
    assert (confirming(np.arange(1000), 0) != confirming(np.arange(1000), 1)).mean() > 0.4


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_halves_are_the_same_wherever_they_are_drawn(seed):
    """Splitmix64 of the row and the seed, its last bit, written out."""

    def of(row: int) -> bool:
        z = (row + 1 + (seed << 32)) * 0x9E3779B97F4A7C15 % 2**64
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        return bool((z ^ z >> 31) & 1)

    rows = [*range(100), 10**9]
    assert confirming(np.array(rows), seed).tolist() == [of(row) for row in rows]


def test_a_relation_of_the_fitting_half_alone_is_not_judged():
    confirms = confirming(np.arange(60), 0)
    arcs, hits = corpus()
    fitting = ~confirms[arcs.sentence]
    arcs, hits = arcs.where(fitting), hits[fitting]
    offsets = FittedOffsets()
    offsets.add(arcs, confirms)
    found = RelationTally(offsets, Rules(min_arcs=1, bootstrap=10))
    found.add(arcs, hits, confirms, bootstrap.weights(60, 10, 0, 0))
    frame = found.frame(PLACES)
    nothing = {"n": 0, "hits": 0, "b": 0, "c": 0, "z": 0.0, "p": 1.0, "margin": False}
    for key, value in nothing.items():
        assert set(frame[key]) == {value}, key
    assert frame["accuracy"].is_nan().all()
    assert frame.filter(level="full")["n_all"].sum() == 4 * len(arcs)


def test_tests_of_all_sites_are_corrected_together_and_each_level_by_itself(monkeypatch):
    monkeypatch.setattr(HeadTally, "frame", lambda *_: pl.DataFrame())
    confirms, sites = confirming(np.arange(60), 0), []
    for seed, name in enumerate(("encoder", "decoder")):
        arcs, hits = corpus(seed)
        fitted = Fitted()
        fitted.offsets["source"].add(arcs, confirms)
        site = SiteTally(name, "source", fitted, RULES)
        site.heads.places = PLACES.with_columns(site=pl.lit(name))
        weights = bootstrap.weights(60, RULES.bootstrap, 0, 0)
        site.relations["attention"].add(arcs, hits, confirms, weights)
        sites.append(site)
    relations = tables_of(sites, RULES)["relations"]
    for level in LEVELS:
        tests = relations.filter(level=level)
        assert set(tests["site"]) == {"encoder", "decoder"}
        q = benjamini_yekutieli(tests["p"].to_numpy())
        assert 0 < (q < 1).sum() < len(q)
        assert tests["q"].to_list() == q.tolist()
