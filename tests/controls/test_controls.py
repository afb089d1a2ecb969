"""Each control: what it must keep, what it must destroy, and that its seed alone decides."""

import copy

import pytest
import torch

from pipeline.controls.base import Trained
from pipeline.controls.no_projection import NoProjection
from pipeline.controls.random_weights import RandomWeights
from pipeline.controls.shuffled_weights import ShuffledWeights
from pipeline.core.errors import UserError
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.tap import NAME
from tests import tiny

DRAWN = [RandomWeights(), ShuffledWeights()]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    return Checkpoint(path=str(tiny.save(tmp_path_factory.mktemp("bert")))).load(NAME)


@pytest.fixture
def model(loaded):
    return copy.deepcopy(loaded)


def state(model) -> dict[str, torch.Tensor]:
    return {k: v.clone() for k, v in model.state_dict().items()}


def equal(a, b) -> bool:
    return all(torch.equal(a[k], b[k]) for k in a)


def test_trained_changes_nothing(model):
    before = state(model)
    assert Trained().apply(model, 3) is model
    assert equal(before, state(model))


@pytest.mark.parametrize("control", DRAWN, ids=lambda c: type(c).__name__)
def test_the_seed_decides(control, model):
    one, again, other = (state(control.apply(copy.deepcopy(model), seed)) for seed in (1, 1, 2))
    assert equal(one, again)
    assert not equal(one, other)
    assert not equal(one, state(model))


@pytest.mark.parametrize("control", DRAWN, ids=lambda c: type(c).__name__)
def test_the_global_generator_is_left_alone(control, model):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    control.apply(model, 9)
    assert torch.equal(torch.rand(3), expected)


def test_shuffled_weights_keeps_entries_and_vectors(model):
    before = state(model)
    after = state(ShuffledWeights().apply(model, 0))
    for name, value in before.items():
        if not value.is_floating_point():
            continue
        assert torch.equal(value.flatten().sort().values, after[name].flatten().sort().values)
        moved = value.dim() >= 2 and len(value.unique()) > 1
        assert torch.equal(value, after[name]) != moved, name


def test_random_weights_keeps_the_architecture(model):
    fresh = RandomWeights().apply(model, 0)
    assert fresh is not model
    assert type(fresh) is type(model)
    assert {k: v.shape for k, v in state(fresh).items()} == {
        k: v.shape for k, v in state(model).items()
    }
    assert fresh.config._attn_implementation == NAME
    assert not fresh.training
    weight = fresh.encoder.layer[0].attention.self.query.weight
    assert abs(float(weight.detach().std()) - model.config.initializer_range) < 0.005


def test_no_projection_makes_queries_keys_and_values_the_input(model):
    before = state(model)
    NoProjection().apply(model, 0)
    hidden = torch.randn(2, 5, 32)
    for layer in model.encoder.layer:
        attention = layer.attention.self
        for projection in (attention.query, attention.key, attention.value):
            torch.testing.assert_close(projection(hidden), hidden)
    changed = {k for k, v in state(model).items() if not torch.equal(v, before[k])}
    assert changed
    assert all(any(f".{p}." in k for p in ("query", "key", "value")) for k in changed)


def test_no_projection_refuses_fused_and_grouped_projections(tmp_path):
    for family, tokenizer in (("gpt2", "byte_level"), ("llama", "sentence_piece")):
        folder = tiny.save(tmp_path / family, family, tokenizer)
        with pytest.raises(UserError, match=family):
            NoProjection().apply(Checkpoint(path=str(folder)).load(NAME), 0)
