"""Alignment error rates: by hand, and against a loop over sentences, words and heads."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from pipeline.analysis import bootstrap
from pipeline.analysis.alignments import AlignmentTally
from pipeline.analysis.halves import confirming
from pipeline.analysis.hits import Pointers
from pipeline.analysis.links import DIAGONAL, OFFSETS, FittedPosition, links_of
from pipeline.analysis.rules import Rules
from pipeline.lake.schema import LAKE, NO_PIECE, NO_WORD

RULES = Rules(min_arcs=1, bootstrap=50)
Pair = tuple[int, int, list[tuple[int, int, bool]] | None]
"""Words of the source, words of the target, links (source, target, sure)."""


def sentences(pairs: list[Pair]) -> pl.DataFrame:
    rows = [
        {
            "n_words": n_source,
            "target_n_words": n_target,
            "alignment": links
            and [dict(zip(("source", "target", "sure"), link, strict=True)) for link in links],
        }
        for n_source, n_target, links in pairs
    ]
    kinds = {k: LAKE["sentences"].field(k).type for k in ("n_words", "target_n_words", "alignment")}
    frame = pl.from_arrow(pa.Table.from_pylist(rows, schema=pa.schema(kinds)))
    assert isinstance(frame, pl.DataFrame)
    return frame


def rows_of(first: int, awi: dict, awo: dict, by: dict) -> pa.Table:
    """Pointers of the lake: per sentence, lists [head][word]."""
    rows = [
        {
            "sentence": first + s,
            "attends_to": awi[s][h],
            "predicted_attends_to": awo[s][h],
            "attended_by": by[s][h],
        }
        for s in sorted(awi)
        for h in range(len(awi[s]))
    ]
    lists = dict.fromkeys(
        ("attends_to", "predicted_attends_to", "attended_by"), pa.list_(pa.int16())
    )
    return pa.Table.from_pylist(rows, schema=pa.schema({"sentence": pa.int32(), **lists}))


def tally(pairs, awi, awo, by, confirms, rules=RULES, fit=None) -> pl.DataFrame:
    links = links_of(sentences(pairs))
    assert links is not None
    position = fit or FittedPosition()
    if fit is None:
        position.add(links, confirms)
    found = AlignmentTally(position, rules)
    weights = bootstrap.weights(len(pairs), rules.bootstrap, 0, 0)
    found.add(links, Pointers(rows_of(0, awi, awo, by), 0, len(pairs)), confirms, weights)
    n_heads = len(next(iter(awi.values())))
    places = pl.DataFrame({"layer": [0] * n_heads, "head": range(n_heads)})
    return found.frame(places.with_columns(site=pl.lit("cross")))


def test_an_error_rate_by_hand():
    """S = {0-0, 2-1}, P = S ∪ {1-1}; the head aligns 0-0, 1-1 and 2-2.

    |A| = 3, |S| = 2, |A ∩ S| = 1, |A ∩ P| = 2: AER = 1 − 3/5. One word later, the first target word
    is aligned from the position that has to say it.
    """
    pairs: list[Pair] = [(3, 3, [(0, 0, True), (2, 1, True), (1, 1, False)])]
    frame = tally(pairs, {0: [[0, 1, 2]]}, {0: [[0, 2, 2]]}, {0: [[0, 0, 0]]}, np.ones(1, bool))
    awi, awo = frame.sort("convention").rows(named=True)
    assert (awi["n_words"], awi["n_sure"]) == (3, 2)
    assert (awi["hits_sure"], awi["hits_possible"]) == (1, 2)
    assert awi["aer"] == awi["aer_all"] == pytest.approx(1 - 3 / 5)
    assert (awi["precision"], awi["recall"]) == (pytest.approx(2 / 3), 0.5)
    assert awo["aer"] == pytest.approx(1 - 4 / 5)


def test_equal_to_plain_loops():
    """Also where a sentence was not measured, not annotated, or a word has no piece."""
    draw = np.random.default_rng(0)
    pairs: list[Pair] = []
    awi, awo, by = {}, {}, {}
    for s in range(40):
        n, m = int(draw.integers(1, 8)), int(draw.integers(1, 8))
        links = [
            (i, j, bool(draw.random() < 0.6))
            for i in range(n)
            for j in range(m)
            if draw.random() < 0.25
        ]
        pairs.append((n, m, None if s % 7 == 3 else links))
        if s % 9 == 5:
            continue
        awi[s] = draw.integers(0, n, (3, m)).tolist()
        awo[s] = draw.integers(0, n, (3, m)).tolist()
        by[s] = draw.integers(0, m, (3, n)).tolist()
        if m > 2 and s % 4 == 0:
            for head in range(3):
                awi[s][head][1] = awo[s][head][1] = NO_PIECE
        if n > 2 and s % 4 == 1:
            for head in range(3):
                by[s][head][0] = NO_PIECE
        if s % 5 == 0:
            awi[s][2][0] = NO_WORD if awi[s][2][0] != NO_PIECE else NO_PIECE
    confirms = confirming(np.arange(40), 0)
    frame = tally(pairs, awi, awo, by, confirms)
    for convention, pointed in (("awi", awi), ("awo", awo)):
        for head in range(3):
            counts = {"A": 0, "S": 0, "AS": 0, "AP": 0}
            by_rule = {"A": 0, "hits": 0}
            row = frame.filter(convention=convention, head=head).row(0, named=True)
            for s in sorted(pointed):
                n, m, links = pairs[s]
                if links is None or not confirms[s]:
                    continue
                whole = [
                    (i, j, sure)
                    for i, j, sure in links
                    if by[s][0][i] != NO_PIECE and awi[s][0][j] != NO_PIECE
                ]
                sure = {(i, j) for i, j, is_sure in whole if is_sure}
                possible = {(i, j) for i, j, _ in whole}
                aligned = {(i, j) for j, i in enumerate(pointed[s][head]) if i >= 0}
                counts["A"] += len(aligned)
                counts["S"] += len(sure)
                counts["AS"] += len(aligned & sure)
                counts["AP"] += len(aligned & possible)
                for j in (j for j in range(m) if awi[s][0][j] != NO_PIECE):
                    i = (2 * j + 1) * n // (2 * m) if row["baseline"] == "diagonal" else None
                    i = j + row["baseline_offset"] if i is None else i
                    if 0 <= i < n:
                        by_rule["A"] += 1
                        by_rule["hits"] += ((i, j) in sure) + ((i, j) in possible)
            assert (row["n_words"], row["n_sure"]) == (counts["A"], counts["S"])
            assert (row["hits_sure"], row["hits_possible"]) == (counts["AS"], counts["AP"])
            expected = 1 - (counts["AS"] + counts["AP"]) / (counts["A"] + counts["S"])
            assert row["aer"] == pytest.approx(expected)
            assert row["aer_low"] <= row["aer"] <= row["aer_high"]
            expected = 1 - by_rule["hits"] / (by_rule["A"] + counts["S"])
            assert row["baseline_aer"] == pytest.approx(expected)


def test_a_rule_of_position_is_not_right_about_what_is_left_out():
    """Every second source word has no piece: its links are no head's to find, nor the rule's."""
    pairs: list[Pair] = [(8, 8, [(i, i, True) for i in range(8)])] * 20
    by = {s: [[NO_PIECE if i % 2 else i for i in range(8)]] for s in range(20)}
    awi = {s: [[i - i % 2 for i in range(8)]] for s in range(20)}
    row = tally(pairs, awi, awi, by, confirming(np.arange(20), 0)).row(0, named=True)
    assert row["baseline_offset"] == 0
    assert row["baseline_aer"] == row["aer"] == pytest.approx(1 - 8 / 12)


@pytest.mark.parametrize("rule", [0, -2, 3, DIAGONAL])
def test_the_rule_of_position_that_made_the_links_is_found(rule):
    """And a head that follows it is no better than it: margin needs ten points more."""
    pairs: list[Pair] = []
    awi = {}
    for s in range(30):
        n, m = (8, 8) if rule is not DIAGONAL else (4 + s % 5, 9 - s % 4)
        aligned = [
            (2 * j + 1) * n // (2 * m) if rule is None else min(max(j + rule, 0), n - 1)
            for j in range(m)
        ]
        inside = [j for j in range(m) if rule is None or 0 <= j + rule < n]
        pairs.append((n, m, [(aligned[j], j, True) for j in inside]))
        awi[s] = [aligned]
    by = {s: [[0] * pair[0]] for s, pair in enumerate(pairs)}
    frame = tally(pairs, awi, awi, by, confirming(np.arange(30), 0))
    row = frame.row(0, named=True)
    assert row["baseline"] == ("diagonal" if rule is DIAGONAL else "offset")
    assert row["baseline_offset"] == rule
    assert row["baseline_aer"] == pytest.approx(0)
    assert not row["margin"]


def test_the_rule_is_fitted_on_the_other_half():
    """Links of the fitting half lie at offset 0, of the confirming half at 1."""
    confirms = confirming(np.arange(40), 0)
    pairs: list[Pair] = [
        (6, 6, [(j + int(c), j, True) for j in range(5)]) for c in confirms.tolist()
    ]
    right = {s: [[min(j + int(c), 5) for j in range(6)]] for s, c in enumerate(confirms.tolist())}
    by = {s: [[0] * 6] for s in range(40)}
    row = tally(pairs, right, right, by, confirms).row(0, named=True)
    assert row["baseline_offset"] == 0
    assert row["baseline_aer"] == pytest.approx(1.0)
    assert row["aer"] < 0.1
    assert row["margin"]
    assert row["p"] < 1e-4


def test_corpora_without_links_have_none():
    assert links_of(sentences([(3, 3, None), (2, 2, None)])) is None
    links = links_of(sentences([(3, 2, None), (2, 2, [])]))
    assert links is not None
    assert len(links) == 0
    assert links.words()[0].tolist() == [1, 1]  # annotated: nothing is linked there
    assert len(OFFSETS) == len(set(OFFSETS))


def test_the_two_halves_make_the_whole():
    """The head is chosen by the fitting half alone."""
    confirms = confirming(np.arange(40), 0)
    pairs: list[Pair] = [(4, 4, [(j, j, True) for j in range(4)])] * 40
    wrong = [[3, 2, 1, 0]]
    right = [[0, 1, 2, 3]]
    pointed = {s: right if c else wrong for s, c in enumerate(confirms.tolist())}
    row = tally(pairs, pointed, pointed, pointed, confirms).row(0, named=True)
    assert (row["aer"], row["aer_fitting"]) == (0.0, 1.0)
    assert row["aer_all"] == pytest.approx((~confirms).mean())


def test_a_margin_of_exactly_ten_points_passes():
    """Three words of ten stand elsewhere than the rule says, in every sentence. One head is wrong
    on two, the other once on three: of a thousand links one too many."""
    confirms = confirming(np.arange(200), 0)
    gold = [1, 2, 0, *range(3, 10)]
    pairs: list[Pair] = [(10, 10, [(i, j, True) for j, i in enumerate(gold)])] * 200
    wrong_on_two = [1, 1, 1, *range(3, 10)]
    last = int(np.flatnonzero(confirms)[-1])
    pointed = {
        s: [wrong_on_two, [5, 1, 1, *range(3, 10)] if s == last else wrong_on_two]
        for s in range(200)
    }
    by = {s: [list(range(10))] * 2 for s in range(200)}
    frame = tally(pairs, pointed, pointed, by, confirms).filter(convention="awi")
    assert frame["baseline_aer"].to_list() == pytest.approx([0.3, 0.3])
    assert frame["aer"].to_list() == pytest.approx([0.2, 0.2 + 1 / (10 * confirms.sum())])
    assert frame["margin"].to_list() == [True, False]


@pytest.mark.parametrize(("min_arcs", "margin"), [(4, True), (5, False)])
def test_margins_ask_for_links_enough(min_arcs, margin):
    """Of the confirming sentence four links are sure, and one is possible."""
    confirms = np.array([True, False])
    links = [(1, 0, True), (2, 1, True), (3, 2, True), (4, 3, True), (0, 4, False)]
    pairs: list[Pair] = [(5, 5, links), (5, 5, [(j, j, True) for j in range(5)])]
    right = {0: [[1, 2, 3, 4, 0]], 1: [[0, 1, 2, 3, 4]]}
    rules = Rules(min_arcs=min_arcs, bootstrap=10)
    row = tally(pairs, right, right, right, confirms, rules).row(0, named=True)
    assert (row["n_sure"], row["n_sentences"], row["n_words_all"]) == (4, 1, 10)
    assert row["margin"] == margin


def test_a_sentence_without_a_link_or_an_aligned_word_is_not_counted():
    pairs: list[Pair] = [(2, 2, [(0, 0, True)]), (2, 2, None), (2, 2, [])]
    nowhere = [[NO_WORD, NO_WORD]]
    pointed = {0: [[0, 1]], 1: [[0, 1]], 2: nowhere}
    frame = tally(pairs, pointed, pointed, {s: [[0, 1]] for s in range(3)}, np.ones(3, bool))
    assert set(frame["n_sentences"]) == {1}


def test_by_norms_a_head_aligns_as_its_pointers_by_norm_say():
    links = links_of(sentences([(2, 2, [(0, 0, True), (1, 1, True)])]))
    assert links is not None
    right, wrong = {0: [[0, 1]]}, {0: [[1, 0]]}
    rows = rows_of(0, right, right, right)
    for name in ("attends_to", "predicted_attends_to", "attended_by"):
        rows = rows.append_column(f"{name}_norm", rows_of(0, wrong, wrong, wrong)[name])
    found = AlignmentTally(FittedPosition(), RULES, "norm")
    found.add(links, Pointers(rows, 0, 1), np.ones(1, bool), bootstrap.weights(1, 50, 0, 0))
    frame = found.frame(pl.DataFrame({"site": ["cross"], "layer": [0], "head": [0]}))
    assert frame["aer"].to_list() == [1.0, 1.0]
    assert set(frame["weighting"]) == {"norm"}


def test_what_is_said_and_never_read_counts_under_either_convention():
    """The last target word: no position reads it, one has to say it."""
    pairs: list[Pair] = [(2, 2, [(0, 0, True), (1, 1, True)])]
    awi, awo = {0: [[0, NO_PIECE]]}, {0: [[0, 1]]}
    frame = tally(pairs, awi, awo, {0: [[0, 1]]}, np.ones(1, bool)).sort("convention")
    assert frame["n_sure"].to_list() == [2, 2]
    assert frame["n_words_all"].to_list() == [2, 2]
    assert frame["aer"].to_list() == pytest.approx([1 - 2 / 3, 0.0])


def fitted(*pairs: Pair) -> int | None:
    position, links = FittedPosition(), links_of(sentences(list(pairs)))
    assert links is not None
    position.add(links, np.zeros(len(pairs), bool))
    return position.best


def test_of_rules_as_good_the_nearest_offset_is_taken():
    """And the diagonal behind them all. Of two sentences of equal length it is offset 0."""
    assert fitted((3, 3, [(j, j, True) for j in range(3)])) == 0
    assert fitted((4, 2, [(1, 0, True)])) == 1
    far = 10
    assert fitted((30, 30, [(j + far, j, True) for j in range(30 - far)])) == far
    assert fitted((30, 30, [(j - far, j, True) for j in range(far, 30)])) == -far


def test_a_sure_link_counts_twice_where_a_rule_is_fitted():
    """Offset 1 finds three links that are possible, offset 0 two that are sure."""
    links = [(0, 0, True), (1, 1, True), (3, 2, False), (4, 3, False), (5, 4, False)]
    assert fitted((8, 8, links)) == 0


def test_a_rule_is_fitted_without_the_links_of_the_other_half():
    """Offset 9 finds one link in one word, offset 0 a link and a half in three."""
    links: Pair = (10, 3, [(9, 0, True), (0, 0, True), (1, 1, False)])
    many: Pair = (10, 10, [(j, j, True) for j in range(10)])
    position, both = FittedPosition(), links_of(sentences([links, many]))
    assert both is not None
    position.add(both, np.array([False, True]))
    assert position.best == 9
