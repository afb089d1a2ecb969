"""How alike heads are: against scipy, head by head and row by row."""

from importlib.util import find_spec

import numpy as np
import pytest
import torch

from pipeline.core.call import AttentionCall
from pipeline.core.layout import Layout
from pipeline.statistics.kernels import DIVERGENCES, NoKernel, choose
from pipeline.statistics.patterns import attention_pattern, pattern_and_leak
from pipeline.statistics.similarity import MAX_QUERIES, Sample, js_divergences, n_sampled
from tests.statistics.calls import random_pieces, visibility


def a_call(lengths: list[int], mask: str, **more) -> AttentionCall:
    rng = np.random.default_rng(len(lengths))
    pieces, _ = random_pieces(rng, lengths)
    layout = Layout(pieces, pieces, visibility(pieces, mask))
    shape = (len(lengths), 3, max(lengths), 4)
    query, key, value = (torch.tensor(rng.normal(size=shape)).float() for _ in range(3))
    return AttentionCall(query, key, value, 2.0, layout, **more)


@pytest.fixture(params=DIVERGENCES)
def divergences(request):
    """By each kernel; by that of a GPU where there is one, and else in Triton's interpreter."""
    device = "cuda" if request.param == "triton" and torch.cuda.is_available() else "cpu"
    try:
        choose(request.param, device)
    except NoKernel as reason:
        pytest.skip(str(reason))
    return lambda rows: DIVERGENCES[request.param](rows.to(device)).cpu()


@pytest.mark.parametrize("mask", ["all", "causal"])
def test_divergences_are_those_of_scipy(mask, divergences):
    distance = pytest.importorskip("scipy.spatial.distance")
    lengths = [5, 9, 1, 7]
    call = a_call(lengths, mask)
    chosen = torch.tensor([0, 1, 2])
    found = divergences(Sample(call.layout, chosen).rows(call))
    pattern = attention_pattern(call)
    assert n_sampled(call.layout.queries.lengths[chosen]) == 15
    for a in range(3):
        for b in range(3):
            total = sum(
                distance.jensenshannon(pattern[s, a, i].double(), pattern[s, b, i].double()) ** 2
                for s in chosen.tolist()
                for i in range(lengths[s])
            )
            assert found[a, b] == pytest.approx(total, abs=1e-5)


def test_heads_that_share_nothing_and_heads_that_are_the_same(divergences):
    """ln 2 a row, and exactly nothing; of many more weights than are looked at together."""
    rows = torch.zeros(1, 3, 50, 60)
    rows[:, 0, :, 7] = 1
    rows[:, 1:, :, 8] = 1
    found = divergences(rows)
    torch.testing.assert_close(found[0, 1:], torch.full((2,), 50 * np.log(2)).float())
    assert found[1, 2] == 0
    torch.testing.assert_close(found, found.T)


@pytest.mark.parametrize("n_heads", [2, 16, 37])
def test_kernels_agree_on_any_number_of_heads(n_heads, divergences, monkeypatch):
    """Also where there is nothing, and where what is compared comes in several parts."""
    if find_spec("triton") is not None:
        monkeypatch.setattr("pipeline.statistics.fused_similarity.MOST", 40)
    rows = torch.tensor(np.random.default_rng(n_heads).dirichlet([0.1] * 9, (3, n_heads, 5)))
    rows = torch.where(rows < 1e-3, 0.0, rows).float()
    rows[1, :, 3:] = 0.0
    torch.testing.assert_close(divergences(rows), js_divergences(rows.double()).float())


@pytest.mark.parametrize("n_biases", [0, 1, 2])
@pytest.mark.parametrize("mask", ["all", "causal"])
def test_of_a_long_sentence_rows_are_taken_evenly(mask, n_biases, monkeypatch):
    """And no others are made: of 8,192 pieces all of them would be gigabytes."""
    lengths = [3 * MAX_QUERIES + 1, 4]
    bias = torch.randn(n_biases, 3, lengths[0], lengths[0], generator=torch.manual_seed(1))
    call = a_call(lengths, mask, **({"bias": bias} if n_biases else {}))
    made = []
    monkeypatch.setattr(
        "pipeline.statistics.similarity.pattern_and_leak",
        lambda call: made.append(pattern_and_leak(call)) or made[-1],
    )
    rows = Sample(call.layout, torch.tensor([0, 1])).rows(call)
    assert [pattern.shape for pattern, _ in made] == [(2, 3, MAX_QUERIES, lengths[0])]
    assert n_sampled(torch.tensor(lengths)) == MAX_QUERIES + 4
    at = [k * lengths[0] // MAX_QUERIES for k in range(MAX_QUERIES)]
    pattern = attention_pattern(call)
    torch.testing.assert_close(rows[0], pattern[0][:, at])
    torch.testing.assert_close(rows[1, :, :4], pattern[1, :, :4])
    assert not rows[1, :, 4:].any()


@pytest.mark.parametrize("length", [6, MAX_QUERIES + 9])
def test_what_a_sink_takes_is_a_key_of_its_own(length):
    """Two heads alike but for their sinks are not alike: one of them looks at nothing."""
    call = a_call([length], "all", sinks=torch.tensor([-99.0, 99.0, -99.0]))
    call.query[:, 1], call.key[:, 1] = call.query[:, 0], call.key[:, 0]
    rows = Sample(call.layout, torch.tensor([0])).rows(call)
    n = min(length, MAX_QUERIES)
    torch.testing.assert_close(rows.sum(-1), torch.ones(1, 3, n))
    assert js_divergences(rows)[0, 1] / n > 0.5
