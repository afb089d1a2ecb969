"""Controls of the weights: what each must keep, what it must destroy, and that its seed decides."""

import pytest
import torch

from pipeline.controls.base import Trained
from pipeline.controls.random_embeddings import RandomEmbeddings
from pipeline.controls.random_weights import RandomWeights
from pipeline.controls.shuffled_weights import ShuffledWeights
from pipeline.controls.spectrum_weights import SpectrumWeights, haar
from pipeline.models.tap import NAME
from pipeline.models.wiring import wiring
from tests.controls.models import KINDS, changed, fresh, load, state

DRAWN = [RandomWeights(), ShuffledWeights(), SpectrumWeights(), RandomEmbeddings()]
EVERY_DRAWN = pytest.mark.parametrize("control", DRAWN, ids=lambda c: type(c).__name__)
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)


def test_trained_changes_nothing():
    model = fresh("encoder")
    before = state(model)
    assert Trained().apply(model, 3) is model
    assert not changed(before, state(model))


@EVERY_KIND
@EVERY_DRAWN
def test_the_seed_decides(control, kind):
    before = state(fresh(kind))
    one, again, other = (state(control.apply(fresh(kind), seed)) for seed in (1, 1, 2))
    assert not changed(one, again)
    assert changed(one, other)
    assert changed(before, one)


@EVERY_DRAWN
def test_the_global_generator_is_left_alone(control):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    control.apply(fresh("encoder"), 9)
    assert torch.equal(torch.rand(3), expected)


@EVERY_KIND
def test_shuffled_weights_keeps_entries_and_vectors(kind):
    model = fresh(kind)
    before = state(model)
    after = state(ShuffledWeights().apply(model, 0))
    for name, value in before.items():
        if not value.is_floating_point():
            continue
        assert torch.equal(value.flatten().sort().values, after[name].flatten().sort().values)
        moved = value.dim() >= 2 and len(value.unique()) > 1
        assert torch.equal(value, after[name]) != moved, name


@EVERY_KIND
def test_random_weights_keeps_the_architecture(kind):
    model = fresh(kind)
    drawn = RandomWeights().apply(model, 0)
    assert drawn is not model
    assert type(drawn) is type(model)
    before, after = state(model), state(drawn)
    assert {k: v.shape for k, v in after.items()} == {k: v.shape for k, v in before.items()}
    assert drawn.config._attn_implementation == NAME
    assert not drawn.training
    assert wiring(drawn) == wiring(model)
    matrices = [name for name, parameter in drawn.named_parameters() if parameter.dim() >= 2]
    assert set(matrices) <= changed(before, after)
    if kind != "encoder-decoder":  # T5 has a scale for each matrix
        of = [after[n] for n in matrices if n.endswith(("query.weight", "q_proj.weight"))]
        drift = torch.stack([w.std() - model.config.initializer_range for w in of])
        assert drift.abs().max() < 0.005


def test_random_weights_keeps_the_number_format():
    drawn = RandomWeights().apply(fresh("encoder-decoder").bfloat16(), 0)
    fresh("encoder-decoder").float()
    assert {p.dtype for p in drawn.parameters()} == {torch.bfloat16}


@EVERY_KIND
def test_spectrum_weights_keeps_singular_values_and_vectors(kind):
    model = fresh(kind)
    before = state(model)
    after = state(SpectrumWeights().apply(model, 0))
    for name, value in before.items():
        if not value.is_floating_point() or value.dim() < 2:
            assert torch.equal(value, after[name]), name
            continue
        kept, found = torch.linalg.svdvals(value), torch.linalg.svdvals(after[name])
        torch.testing.assert_close(found, kept, atol=1e-3, rtol=1e-4)
        if kept.max() > 0:
            # Nothing is left of the directions: entries are as good as independent.
            pair = torch.stack((value.flatten(), after[name].flatten()))
            assert abs(float(torch.corrcoef(pair)[0, 1])) < 0.3, name


def test_each_expert_keeps_its_singular_values():
    model = load("gpt_oss")
    draw, before = torch.Generator().manual_seed(0), {}
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "experts" in name and value.dim() == 3:
                n_experts, n, m = value.shape
                factors = (torch.randn(n_experts, *of, generator=draw) for of in ((n, 2), (2, m)))
                value.copy_(torch.bmm(*factors))
                before[name] = torch.linalg.svdvals(value)
    after = state(SpectrumWeights().apply(model, 0))
    assert before
    for name, values in before.items():
        torch.testing.assert_close(torch.linalg.svdvals(after[name]), values, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("control", [ShuffledWeights(), SpectrumWeights()])
@pytest.mark.parametrize(("family", "part"), [("marian", "embed_positions"), ("gpt_oss", "bias")])
def test_what_was_never_trained_and_what_turns_nothing_is_kept(control, family, part):
    model = load(family)
    with torch.no_grad():
        for value in model.parameters():
            value.add_(torch.rand(value.shape, generator=torch.Generator().manual_seed(0)))
    before = state(model)
    moved = changed(before, state(control.apply(model, 0)))
    assert moved
    assert any(part in name for name in before)
    assert not any(part in name for name in moved)


def test_haar_matrices_are_orthonormal_and_have_no_favourite_direction():
    draw = torch.Generator().manual_seed(0)
    q = haar(9, 4, draw)
    torch.testing.assert_close(q.T @ q, torch.eye(4), atol=1e-5, rtol=0)
    mean = torch.stack([haar(3, 3, draw) for _ in range(4000)]).mean(0)
    assert mean.abs().max() < 0.05


BOTH = {"encoder.embed_tokens.weight", "decoder.embed_tokens.weight"}
EMBEDDINGS = {
    "bert": ({}, {"embeddings.word_embeddings.weight"}),
    "llama": ({}, {"embed_tokens.weight"}),
    "t5": ({}, BOTH | {"shared.weight"}),
    "bart": ({"tie_word_embeddings": False}, BOTH),
    "marian": ({"share_encoder_decoder_embeddings": False, "decoder_vocab_size": 90}, BOTH),
}


@pytest.mark.parametrize("family", EMBEDDINGS)
def test_random_embeddings_permutes_rows_and_nothing_else(family):
    """Of the encoder and of the decoder, whether they share an embedding or not."""
    changes, expected = EMBEDDINGS[family]
    model = load(family, **changes)
    before = state(model)
    after = state(RandomEmbeddings().apply(model, 0))
    assert changed(before, after) == expected
    for name in expected:
        rows = [sorted(map(tuple, s[name].tolist())) for s in (before, after)]
        assert rows[0] == rows[1]
        in_place = (before[name] == after[name]).all(-1).float().mean()
        assert in_place < 0.1


@pytest.mark.parametrize("control", [ShuffledWeights(), SpectrumWeights()])
def test_weights_of_another_number_format(control):
    model = load("bert").bfloat16()
    before = state(model)
    after = state(control.apply(model, 0))
    assert changed(before, after)
    assert {p.dtype for p in model.parameters()} == {torch.bfloat16}
