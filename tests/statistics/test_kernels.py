"""Kernels give the same numbers, whatever is attended: each against the portable one.

Against truth, transformers' eager attentions, the families' tests hold every kernel. The one that
Triton's interpreter runs is in test_fused.py.
"""

import warnings
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from pipeline.core.layout import Layout
from pipeline.statistics import native, norms, patterns, portable
from pipeline.statistics.kernels import KERNELS, choose
from pipeline.statistics.norms import transformed
from pipeline.statistics.patterns import attention_pattern, output_of, pattern_and_leak
from tests.statistics.calls import (
    FLAGS_ON,
    MASKS,
    NONE,
    Largest,
    assert_rounded,
    assert_same,
    assert_whole,
    call_of,
    of_two,
    one_sequence,
    pieces_of,
    reduce,
    visibility,
)

OTHERS = [name for name in KERNELS if name not in ("portable", "triton")]
SEEDS = st.integers(0, 2**32 - 1)
LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=4)


FLAGS = st.fixed_dictionaries({name: st.booleans() for name in FLAGS_ON})


@pytest.mark.parametrize("kernel", OTHERS)
@pytest.mark.parametrize("mask", MASKS)
@settings(max_examples=12, deadline=None)
@given(seed=SEEDS, lengths=LENGTHS, flags=FLAGS)
def test_within_one_sequence(kernel, mask, seed, lengths, flags):
    rng = np.random.default_rng(seed)
    pieces = pieces_of(rng, lengths)
    layout = Layout(pieces, pieces, visibility(pieces, mask))
    assert_same(kernel, call_of(rng, layout, (4, 2), flags))


@pytest.mark.parametrize("kernel", OTHERS)
@settings(max_examples=12, deadline=None)
@given(seed=SEEDS, lengths=LENGTHS, flags=FLAGS)
def test_across_two(kernel, seed, lengths, flags):
    rng = np.random.default_rng(seed)
    source = pieces_of(rng, lengths)
    target = pieces_of(rng, list(rng.permutation([n + 3 for n in lengths])))
    predicts = torch.cat((target.word[:, 1:], torch.full_like(target.word[:, :1], -1)), 1)
    queries = replace(target, predicts=predicts)
    visible = queries.real[:, :, None] & source.real[:, None, :]
    layout = Layout(queries, source, visible, is_self=False)
    assert_same(kernel, call_of(rng, layout, (3, 3), flags))


@pytest.mark.parametrize("kernel", OTHERS)
@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, lengths=st.lists(st.integers(4, 30), min_size=1, max_size=3))
def test_two_sentences_in_one_input(kernel, seed, lengths):
    rng = np.random.default_rng(seed)
    pieces = of_two(pieces_of(rng, lengths))
    layout = Layout(pieces, pieces, visibility(pieces, "causal" if seed % 2 else "all"))
    assert_same(kernel, call_of(rng, layout, (2, 2), dict.fromkeys(FLAGS_ON, True)))


@pytest.mark.parametrize("mask", MASKS)
@settings(max_examples=12, deadline=None)
@given(seed=SEEDS, lengths=LENGTHS, flags=FLAGS)
def test_sentences_in_parts_change_nothing(mask, seed, lengths, flags):
    rng = np.random.default_rng(seed)
    pieces = pieces_of(rng, lengths)
    call = call_of(rng, Layout(pieces, pieces, visibility(pieces, mask)), (4, 2), flags)
    with patch.object(patterns, "AT_ONCE", 2 * max(lengths) ** 2):
        assert len(call.layout.parts(2)) == (len(lengths) + 1) // 2
        in_parts = portable.attend(call)
    assert_whole(call, *in_parts)


@pytest.mark.parametrize("mask", MASKS)
@settings(max_examples=12, deadline=None)
@given(seed=SEEDS, lengths=LENGTHS, flags=FLAGS)
def test_the_portable_kernel_measures_the_pattern(mask, seed, lengths, flags):
    """Its softmax is its own."""
    rng = np.random.default_rng(seed)
    pieces = pieces_of(rng, lengths)
    layout = Layout(pieces, pieces, visibility(pieces, mask))
    call = call_of(rng, layout, (4, 2), flags)
    pattern, leak = pattern_and_leak(call)
    f = None if call.readout is None else transformed(call)
    assert_whole(call, output_of(pattern, call), reduce(pattern, layout, f, call.trees, leak))


def test_what_grows_with_the_square_of_a_length_is_held_for_a_few_sentences(monkeypatch):
    seen = []
    pattern_of = portable._softened

    def watched(scores, call):
        seen.append(scores.numel())
        return pattern_of(scores, call)

    monkeypatch.setattr(portable, "_softened", watched)
    monkeypatch.setattr(patterns, "AT_ONCE", 2 * 32**2)
    rng = np.random.default_rng(0)
    pieces = pieces_of(rng, [32] * 7)
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    portable.attend(call_of(rng, layout, (4, 4), dict.fromkeys(FLAGS_ON, False)))
    assert layout.visible.shape[1:] == (32, 32)
    assert max(seen) == 2 * 32**2


@pytest.mark.parametrize("kernel", OTHERS)
@pytest.mark.parametrize(("mask", "lengths"), [("all", [20]), ("causal window", [7, 20])])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_near_what_it_rounds(kernel, dtype, mask, lengths):
    rng = np.random.default_rng(2)
    pieces = pieces_of(rng, lengths)
    layout = Layout(pieces, pieces, visibility(pieces, mask))
    assert_rounded(kernel, call_of(rng, layout, (4, 2), dict.fromkeys(FLAGS_ON, True)), dtype)


@pytest.mark.parametrize("kernel", OTHERS)
def test_a_bias_may_hide_keys(kernel):
    """As a mask that a model adds to its scores: −∞, or the least number there is."""
    rng = np.random.default_rng(1)
    pieces = pieces_of(rng, [9, 6])
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    call = call_of(rng, layout, (2, 2), dict.fromkeys(FLAGS_ON, True))
    assert call.bias is not None
    call.bias[0, :, 2:, 3] = -torch.inf
    call.bias[0, :, 4:, 1] = torch.finfo(torch.float32).min
    assert_same(kernel, call)


@pytest.mark.parametrize("kernel", OTHERS)
def test_of_equals_the_first_is_pointed_at(kernel):
    """A head that looks at all alike, in trees too; of 16 and 8 keys, and of words of one piece and
    of two, nothing is rounded."""
    rng = np.random.default_rng(0)
    word = torch.tensor([[-1, 0, 0, 1, 2, 2, *range(3, 12), -1], [-1, 0, 1, 1, 2, 3, 4, -1] * 2])
    word[1, 8:] = -1
    pieces = pieces_of(rng, [16, 8], word=word, n_words=torch.tensor([12, 5]))
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    call = call_of(rng, layout, (4, 2), dict.fromkeys(FLAGS_ON, False) | {"trees": True})
    call.query[:, 1:] = 0
    assert_same(kernel, call)


@pytest.mark.parametrize("kernel", [*OTHERS, "triton"])
def test_a_new_statistic_is_in_every_kernel(kernel, monkeypatch):
    """Written once, in torch."""
    if kernel == "triton":
        pytest.importorskip("triton")

    def most(digest, layout):
        return {"most_received": digest.received.amax(-1)}

    monkeypatch.setattr(portable, "STATISTICS", (*portable.STATISTICS, most))
    rng = np.random.default_rng(0)
    pieces = pieces_of(rng, [9, 12])
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    call = call_of(rng, layout, (4, 2), dict.fromkeys(FLAGS_ON, True))
    assert_same(kernel, call)
    assert "most_received" in KERNELS[kernel](call)[1].sums


@pytest.mark.parametrize("kernel", [*OTHERS, "triton"])
def test_a_key_behind_the_end_of_a_sentence_has_no_weight(kernel):
    """Of a sentence that has fewer of the few keys than another, some are no keys of its own."""
    if kernel == "triton":
        pytest.importorskip("triton")
    rng = np.random.default_rng(0)
    pieces = pieces_of(rng, [60, 3])
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    vars(layout)["few_keys"] = torch.tensor([[0, 49], [49, 49]])
    vars(layout)["few_members"] = torch.ones(2, 2, 3)
    call = call_of(rng, layout, (2, 2), dict.fromkeys(FLAGS_ON, False) | {"readout": True})
    call.value[1, :, 3:] = torch.nan  # what lies there is nothing of the sentence's
    choose(kernel, "cpu")
    _, found = KERNELS[kernel](call)
    for name in ("cls_to_cls", "output_cls", "output_energy_cls"):
        assert found.sums[name][0].ne(0).all()
        assert found.sums[name][1].eq(0).all()


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_is_no_number_is_not_hidden(kernel):
    if kernel == "triton":
        pytest.importorskip("triton")
    rng = np.random.default_rng(0)
    pieces = pieces_of(rng, [9])
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    call = call_of(rng, layout, (2, 2), dict.fromkeys(FLAGS_ON, False))
    call.query[0, 1, 4] = torch.nan
    choose(kernel, "cpu")
    _, found = KERNELS[kernel](call)
    assert found.sums["row_sum"].isnan().tolist() == [[False, True]]


def natively(a, b, keys):
    native.load(lambda line: None)
    return torch.ops.headcensus.spearman(a.contiguous(), b.contiguous(), keys.lengths)


@pytest.mark.parametrize("correlate", [norms.spearman, natively])
@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, lengths=st.sampled_from([[1], [2, 7], [160, 9], [161, 3], [257, 300, 9]]))
def test_rank_correlation_is_scipys(correlate, seed, lengths):
    """Ties share a rank; what is equal throughout has no correlation; padding has no rank."""
    rng = np.random.default_rng(seed)
    keys = pieces_of(rng, lengths)
    a, b = torch.tensor(rng.integers(0, 9, (2, len(lengths), 3, max(lengths)))).float()
    b[:, 1] = 1
    found = correlate(a.transpose(1, 2).contiguous().transpose(1, 2), b, keys)
    for s, n in enumerate(lengths):
        for h in range(3):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # equal throughout
                expected = spearmanr(a[s, h, :n], b[s, h, :n]).statistic if n > 1 else np.nan
            assert found[s, h].item() == pytest.approx(expected, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("n", [20, 300])
def test_ranks_take_no_more_room_than_what_is_ranked(n):
    keys = pieces_of(np.random.default_rng(0), [n] * 6)
    a, b = torch.rand(2, 6, 4, n)
    b[0, 1] = 1
    with Largest() as largest:
        norms.spearman(a, b, keys)
    assert largest.n == a.numel()


@pytest.mark.parametrize("n", [9, 200])
def test_what_is_no_number_has_no_rank_correlation(n):
    keys = pieces_of(np.random.default_rng(0), [n, 5])
    a, b = torch.rand(2, 2, 2, n)
    a[0, 1, 3] = torch.nan
    assert norms.spearman(a, b, keys).isnan().tolist() == [[False, True], [False, False]]


@pytest.mark.parametrize("kernel", ["portable", *OTHERS])
def test_who_gets_nothing_is_pointed_at_by_nobody(kernel):
    """Where a head is sure a weight of e^−200 is no number but 0, and no pointer."""
    call = one_sequence([12], "all", flags=NONE)
    pieces = call.layout.queries
    singles = replace(pieces, word=torch.arange(12)[None], n_words=torch.tensor([12]))
    call = replace(call, layout=Layout(singles, singles, call.layout.visible))
    call = replace(call, query=call.query * 200 / call.scaling)
    choose(kernel, "cpu")
    found = KERNELS[kernel](call)[1].pointers
    p = attention_pattern(call)
    p.diagonal(dim1=-2, dim2=-1).zero_()
    for name, weights in (("attends_to", p), ("attended_by", p.mT)):
        most, at = weights.max(-1)
        is_none, is_some = most == 0, most > 1e-30  # between them kernels round
        assert set(found[name][is_none].tolist()) == {-1}, name
        assert torch.equal(found[name][is_some].long(), at[is_some]), name
        assert is_some.any()
