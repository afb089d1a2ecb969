"""Laws: what must hold of the statistics whatever the pattern, and closed forms by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.call import AttentionCall
from pipeline.core.layout import Layout
from pipeline.core.pieces import Pieces
from pipeline.core.words import words_of
from pipeline.statistics.digests import largest_content
from pipeline.statistics.patterns import attention_pattern
from pipeline.statistics.portable import attend
from pipeline.statistics.shape import offset_bin
from tests.statistics.calls import random_pattern, random_pieces, reduce, visibility

SEEDS = st.integers(0, 2**32 - 1)
LENGTHS = st.lists(st.integers(2, 20), min_size=1, max_size=4)


def one(pieces: Pieces, row: int, n: int) -> Pieces:
    return Pieces(
        pieces.ids[row : row + 1, :n],
        pieces.lengths[row : row + 1],
        pieces.word[row : row + 1, :n],
        pieces.n_words[row : row + 1],
        pieces.classes[row : row + 1, :n],
    )


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, lengths=LENGTHS)
def test_a_batch_is_its_sentences(seed, lengths):
    """k sentences in one batch = k batches of one: padding changes nothing."""
    rng = np.random.default_rng(seed)
    pieces, _ = random_pieces(rng, lengths)
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    pattern = random_pattern(rng, layout.visible, 2)
    f = torch.tensor(rng.normal(size=(*pattern.shape[:3], 5))).float()
    together = reduce(pattern, layout, f)
    for row, n in enumerate(lengths):
        alone_pieces = one(pieces, row, n)
        alone_layout = Layout(alone_pieces, alone_pieces, visibility(alone_pieces, "all"))
        alone = reduce(
            pattern[row : row + 1, :, :n, :n].contiguous(), alone_layout, f[row : row + 1, :, :n]
        )
        for name, value in alone.sums.items():
            torch.testing.assert_close(
                together.sums[name][row], value[0], atol=1e-4, rtol=1e-5, equal_nan=True
            )
        n_words = int(pieces.n_words[row])
        for name, words in alone.pointers.items():
            found = together.pointers[name][row, :, :n_words]
            assert torch.equal(found, words[0, :, :n_words]), name


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, lengths=LENGTHS)
def test_a_uniform_pattern_gives_the_closed_forms(seed, lengths):
    pieces, _ = random_pieces(np.random.default_rng(seed), lengths)
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    sums = reduce(layout.uniform, layout).sums
    n = torch.tensor(lengths, dtype=torch.float)[:, None]
    expected = {
        "row_sum": n,
        "mass_cls": torch.ones_like(n),
        "mass_first": torch.ones_like(n),
        "mass_self": torch.ones_like(n),
        "mass_prev": (n - 1) / n,
        "mass_next": (n - 1) / n,
        "entropy_nats": n * n.log(),
        "entropy_normalised": n,
        "confidence": torch.ones_like(n),
        "distance_pieces": (n * n - 1) / 3,
        "displacement_pieces": torch.zeros_like(n),
        "alpha_0": 1 / n,
    }
    for name, value in expected.items():
        torch.testing.assert_close(sums[name], value, atol=1e-4, rtol=1e-5, msg=name)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, lengths=LENGTHS)
def test_every_mass_is_within_the_row_sum(seed, lengths):
    rng = np.random.default_rng(seed)
    pieces, _ = random_pieces(rng, lengths)
    layout = Layout(pieces, pieces, visibility(pieces, "causal"))
    sums = reduce(random_pattern(rng, layout.visible, 2), layout).sums
    for name in (n for n in sums if n.startswith("mass_")):
        assert (sums[name] <= sums["row_sum"] + 1e-4).all(), name
        assert (sums[name] >= 0).all(), name
    torch.testing.assert_close(sums["offset_mass"].sum(-1), sums["row_sum"])
    assert (sums["argmax_offset"].sum(-1) == torch.tensor(lengths)[:, None]).all()
    assert (sums["displacement_pieces"] <= 1e-6).all()  # nobody sees ahead


@pytest.mark.parametrize("n", [7, 90])
def test_words_are_merged_as_one_by_one(n):
    """Whatever pieces a word has, none, or some apart; on either side, and with weights on keys."""
    rng = np.random.default_rng(n)
    word = torch.tensor(rng.integers(-1, n // 2, (2, n)))
    n_words = n // 2 + 1  # the last has no piece
    words = words_of(word, n_words)
    pattern, weight = torch.rand(2, 3, n, n), torch.rand(2, 3, n)
    belongs = (word[:, None] == torch.arange(n_words)[:, None]).float().unsqueeze(1)
    of_columns = pattern @ belongs.mT / belongs.sum(-1).clamp(min=1).unsqueeze(-2)
    torch.testing.assert_close(words.mean_of_columns(pattern), of_columns)
    torch.testing.assert_close(words.sum_of_rows(pattern), belongs @ pattern)
    weighted = belongs @ (pattern * weight.unsqueeze(-1))
    torch.testing.assert_close(words.sum_of_rows(pattern, weight), weighted)


def test_three_words_by_hand():
    """[CLS] un ##do it [SEP]: the pattern is written down, and so is every answer."""
    flags = torch.zeros(1, 5, 7, dtype=torch.bool)
    flags[0, 0, [0, 4, 6]] = True  # cls, first, special
    flags[0, 4, [2, 3, 6]] = True  # sep, eos, special
    pieces = Pieces(
        ids=torch.arange(5)[None],
        lengths=torch.tensor([5]),
        word=torch.tensor([[-1, 0, 0, 1, -1]]),
        n_words=torch.tensor([2]),
        classes=flags,
    )
    pattern = torch.tensor(
        [
            [0.2, 0.2, 0.2, 0.2, 0.2],
            [0.5, 0.1, 0.1, 0.1, 0.2],
            [0.1, 0.3, 0.2, 0.3, 0.1],
            [0.0, 0.4, 0.4, 0.2, 0.0],
            [0.6, 0.0, 0.1, 0.0, 0.3],
        ]
    )[None, None]
    layout = Layout(pieces, pieces, torch.ones(1, 5, 5, dtype=torch.bool))
    # 'undo' looks at 'it' with the mean of 0.1 and 0.3; 'it' at 'undo' with the sum of 0.4 and 0.4.
    rows = layout.query_words.mean_of_columns(pattern.mT)
    words = layout.key_words.sum_of_rows(rows).mT[0, 0]
    torch.testing.assert_close(words, torch.tensor([[0.35, 0.2], [0.8, 0.2]]))
    found = reduce(pattern, layout).pointers
    assert found["attends_to"].tolist() == [[[1, 0]]]
    assert found["attended_by"].tolist() == [[[1, 0]]]
    assert found["tree"].tolist() == [[[-1, 0]]]
    sums = {k: v[0, 0].tolist() for k, v in reduce(pattern, layout).sums.items()}
    assert math.isclose(sums["mass_cls"], 1.4, abs_tol=1e-6)
    assert math.isclose(sums["mass_sep"], 0.8, abs_tol=1e-6)
    assert math.isclose(sums["sep_to_sep"], 0.3, abs_tol=1e-6)
    assert math.isclose(sums["mass_prev"], 0.5 + 0.3 + 0.4 + 0.0, abs_tol=1e-6)
    assert math.isclose(sums["mass_same_word"], 0.1 + 0.3, abs_tol=1e-6)
    # In no class and not adjacent: un → it; ##do → none; it → un; SEP → un, ##do.
    assert math.isclose(sums["mass_other"], 0.2 + 0.2 + 0.1 + 0.4 + 0.0 + 0.1, abs_tol=1e-6)
    assert math.isclose(sums["confidence_content"], 0.2 + 0.1 + 0.3 + 0.4 + 0.1, abs_tol=1e-6)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, lengths=LENGTHS)
def test_a_pattern_is_left_as_it_was(seed, lengths):
    """What is put aside while it is measured is put back."""
    rng = np.random.default_rng(seed)
    pieces, _ = random_pieces(rng, lengths)
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    pattern = random_pattern(rng, layout.visible, 2)
    before = pattern.clone()
    largest_content(pattern.mT, layout)
    assert torch.equal(pattern, before)


def test_a_pattern_may_be_of_a_model_s_pass():
    """Made while a model ran, and measured behind it."""
    pieces, _ = random_pieces(np.random.default_rng(0), [5, 12])
    with torch.inference_mode():
        layout = Layout(pieces, pieces, visibility(pieces, "all"))
        assert layout.uniform.is_inference()
    found = largest_content(layout.uniform.mT, layout)
    assert torch.equal(found, layout.uniform.amax(-1))


def test_offset_bins():
    assert offset_bin(torch.arange(-10, 11)).tolist() == [17, 17, *range(17), 18, 18]


def test_pattern_times_value_is_the_output():
    rng = np.random.default_rng(3)
    pieces, _ = random_pieces(rng, [6, 9])
    layout = Layout(pieces, pieces, visibility(pieces, "causal"))
    query, key, value = (torch.tensor(rng.normal(size=(2, 4, 9, 8))).float() for _ in range(3))
    call = AttentionCall(query, key[:, :2], value[:, :2], 0.3, layout)
    output, _ = attend(call)
    reference = torch.nn.functional.scaled_dot_product_attention(
        query,
        key[:, :2].repeat_interleave(2, 1),
        value[:, :2].repeat_interleave(2, 1),
        attn_mask=layout.visible.unsqueeze(1) | ~pieces.real[:, None, :, None],
        scale=0.3,
    )
    real = pieces.real[:, None, :, None]
    torch.testing.assert_close(output * real, reference * real, atol=1e-5, rtol=1e-4)


def test_softcap_bias_and_sinks_enter_the_softmax():
    rng = np.random.default_rng(4)
    pieces, _ = random_pieces(rng, [5])
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    query, key = (torch.tensor(rng.normal(size=(1, 2, 5, 4))).float() for _ in range(2))
    bias = torch.tensor(rng.normal(size=(1, 2, 5, 5))).float()
    sinks = torch.tensor([0.5, -1.0])
    call = AttentionCall(query, key, key, 1.0, layout, bias=bias, softcap=2.0, sinks=sinks)
    scores = torch.tanh(query @ key.transpose(-1, -2) / 2) * 2 + bias
    weights = scores.exp()
    expected = weights / (weights.sum(-1, keepdim=True) + sinks.exp()[:, None, None])
    torch.testing.assert_close(attention_pattern(call), expected)
    assert (expected.sum(-1) < 1).all()
