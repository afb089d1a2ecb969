"""A batch that the triton kernel leaves to the portable one, among others that it takes."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.controls.base import Trained
from pipeline.core.sentence import Sentence
from pipeline.engines.shard import Asked, Subject, batches, measure_shard
from pipeline.statistics import portable
from tests import tiny
from tests.models.against import Read

LONG = "tb" * 15
"""A word of too many pieces for a tile."""


def test_what_no_tile_holds_is_apart(tmp_path, monkeypatch):
    """One word that is too long takes its own sentence to the portable kernel, and no other."""
    fused = pytest.importorskip("pipeline.statistics.fused")
    read = Read.of(tiny.save(tmp_path))
    subject = Subject(read.model, read.encoder, read.places, Trained(), 0)
    texts = ["dogs bark .", f"dogs {LONG}", "cats do", "dogs bark and cats bark too ."]
    sentences = [Sentence(str(k), t, tuple(t.split())) for k, t in enumerate(texts)]
    left, plain = [], portable.attend

    def attend(call):
        left.append(call.layout.queries.lengths.tolist())
        return plain(call)

    monkeypatch.setattr(fused.portable, "attend", attend)
    found = measure_shard(subject, sentences, 0, Asked(1000, kernel="triton"))
    (lengths,) = {tuple(of_call) for of_call in left}
    assert len(lengths) == 1
    assert lengths[0] > 24
    monkeypatch.undo()
    expected = measure_shard(subject, sentences, 0, Asked(1000, kernel="portable"))
    for name, table in expected.tables.items():
        assert_frame_equal(
            pl.DataFrame(found.tables[name]), pl.DataFrame(table), rel_tol=1e-3, abs_tol=1e-4
        )


@pytest.mark.parametrize("family", ["bert", "bart"])
def test_columns_are_the_same_whoever_measured_a_batch(family, tmp_path, capsys):
    """Kernels name what they find in an order of their own each."""
    fused = pytest.importorskip("pipeline.statistics.fused")
    fused._say.cache_clear()
    read = Read.of(tiny.save(tmp_path, family))
    subject = Subject(read.model, read.encoder, read.places, Trained(), 0)
    texts = [f"dogs {LONG}", "dogs bark .", "cats do"]
    for order in (texts, texts[::-1]):
        sentences = [Sentence(str(k), t, tuple(t.split())) for k, t in enumerate(order)]
        assert len(batches(read.encoder.encode(sentences)[0], 80, in_pairs=True)) == 2
        found, expected = (
            measure_shard(subject, sentences, 0, Asked(80, 2, kernel=kernel))
            for kernel in ("triton", "portable")
        )
        for name, table in expected.tables.items():
            assert_frame_equal(
                pl.DataFrame(found.tables[name]), pl.DataFrame(table), rel_tol=1e-3, abs_tol=1e-4
            )
    assert "a word of" in capsys.readouterr().err
    assert np.ptp(expected.tables["heads"]["mass_first"].to_numpy()) > 0.1
