"""The triton kernel against transformers' own eager attentions, for one family of each kind.

Triton's interpreter runs it: slowly, so that the other families are held by the other kernels.
"""

import pytest

from tests import tiny
from tests.models.against import Read, assert_equal
from tests.models.test_one_stack import SENTENCES
from tests.models.test_two_stacks import PAIRS

pytest.importorskip("triton")

from pipeline.statistics import fused

LAYERS = {
    "bert": {"num_hidden_layers": 1},
    "gemma2": {},  # every second has a window
    "t5": {"num_layers": 1, "num_decoder_layers": 1},
}


@pytest.mark.parametrize(("family", "packed"), [(f, False) for f in LAYERS] + [("bert", True)])
def test_statistics_equal_eager_attentions(family, packed, tmp_path, monkeypatch):
    """Both ways; grouped keys, a window and a cap; a bias, and across two stacks."""
    # One tile holds a sentence: several are tried with what is attended, in test_fused.
    monkeypatch.setattr(fused, "SIZE", 64)
    read = Read.of(tiny.save(tmp_path, family, **LAYERS[family]))
    sentences = PAIRS[1:2] if family == "t5" else SENTENCES[:2]
    tap = read.measured(sentences, "triton", packed)
    for row, sentence in enumerate(sentences):
        expected = read.expected(sentence)
        for place, call in zip(read.places, tap.calls, strict=True):
            assert_equal(call, row, expected[place])
