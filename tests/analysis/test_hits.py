"""Hits against a loop over sentences, heads and arcs."""

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.analysis.arcs import arcs_of, label
from pipeline.analysis.hits import Pointers, judge
from pipeline.lake.schema import NO_PIECE

WORDS = ["a", "b", "c", "d"]


def sentences(rows: list[tuple[list[int] | None, list[str] | None]]) -> pl.DataFrame:
    kinds = {"governors": pl.List(pl.Int16), "deprels": pl.List(pl.String)}
    return pl.DataFrame(rows, schema=kinds, orient="row")


def pointers(first: int, by_sentence: dict[int, tuple[np.ndarray, np.ndarray]]) -> pa.Table:
    """Rows of the lake: per sentence, arrays [head, word] of both pointers."""
    rows = [
        {"sentence": first + s, "attends_to": to[h].tolist(), "attended_by": by[h].tolist()}
        for s, (to, by) in sorted(by_sentence.items())
        for h in range(len(to))
    ]
    kinds = pa.schema(
        [
            ("sentence", pa.int32()),
            ("attends_to", pa.list_(pa.int16())),
            ("attended_by", pa.list_(pa.int16())),
        ]
    )
    return pa.Table.from_pylist(rows, schema=kinds)


def test_arcs_leave_out_roots_and_sentences_without_trees():
    frame = sentences(
        [
            ([2, 0, 2], ["det", "root", "obj"]),
            (None, None),
            ([0], ["root"]),
            ([3, 3, 0], ["a", "b", "root"]),
        ]
    )
    arcs = arcs_of(frame)
    assert arcs.sentence.tolist() == [0, 0, 3, 3]
    assert arcs.dependent.tolist() == [0, 2, 0, 1]
    assert arcs.governor.tolist() == [1, 1, 2, 2]
    assert arcs.deprel.tolist() == ["det", "obj", "a", "b"]
    assert arcs.offset.tolist() == [1, -1, 2, 1]


def test_a_corpus_without_trees_has_no_arcs():
    arcs = arcs_of(sentences([(None, None), (None, None)]))
    assert len(arcs) == 0
    assert len(label(arcs.deprel, "universal")) == 0


def test_levels():
    assert label(np.array(["nsubj:pass", "obj"]), "full").tolist() == ["nsubj:pass", "obj"]
    assert label(np.array(["nsubj:pass", "obj"]), "universal").tolist() == ["nsubj", "obj"]


def test_hits_equal_a_loop():
    rng = np.random.default_rng(0)
    first, n_heads, rows, by_sentence = 40, 3, [], {}
    for s in range(30):
        n = int(rng.integers(1, 9))
        governors = [int(rng.integers(0, n + 1)) for _ in range(n)]
        governors = [0 if g == i + 1 else g for i, g in enumerate(governors)]
        rows.append((governors, [f"r{int(rng.integers(3))}" for _ in range(n)]))
        if s % 7 != 3:  # the others were too long for the model
            to, by = (rng.integers(-1, n, (n_heads, n)) for _ in range(2))
            if s % 5 == 0:  # this word has no piece
                to[:, 0] = by[:, 0] = NO_PIECE
            by_sentence[s] = (to, by)
    arcs, hits = judge(
        Pointers(pointers(first, by_sentence), first, len(rows)), arcs_of(sentences(rows))
    )
    expected = []
    for s, (governors, deprels) in enumerate(rows):
        if s not in by_sentence:
            continue
        to, by = by_sentence[s]
        for d, g in enumerate(governors):
            if g == 0 or to[0, d] == NO_PIECE or to[0, g - 1] == NO_PIECE:
                continue
            of_heads = [*(to[:, d] == g - 1), *(by[:, d] == g - 1)]
            expected.append((s, d, g - 1, deprels[d], [bool(h) for h in of_heads]))
    found = [
        (int(s), int(d), int(g), str(r), h.tolist())
        for s, d, g, r, h in zip(
            arcs.sentence, arcs.dependent, arcs.governor, arcs.deprel, hits, strict=True
        )
    ]
    assert found == expected


def test_a_shard_that_the_model_could_not_read_at_all():
    arcs, hits = judge(
        Pointers(pointers(0, {}), 0, 1), arcs_of(sentences([([2, 0], ["det", "root"])]))
    )
    assert len(arcs) == 0
    assert hits.size == 0


def test_without_norms_no_arc_is_judged_by_them():
    """Where values have none the lake's pointers by norm are null."""
    rows = pointers(0, {0: (np.array([[1, 0]]), np.array([[1, 0]]))})
    lists = pa.list_(pa.int16())
    for name in ("attends_to_norm", "attended_by_norm"):
        rows = rows.append_column(name, pa.nulls(len(rows), lists))
    arcs = arcs_of(sentences([([2, 0], ["det", "root"])]))
    by_norm, hits = judge(Pointers(rows, 0, 1), arcs, "norm")
    assert (len(by_norm), hits.size) == (0, 0)
    assert judge(Pointers(rows, 0, 1), arcs)[1].tolist() == [[True, True]]
