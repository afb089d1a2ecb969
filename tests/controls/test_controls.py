"""Each control: what it must keep, what it must destroy, and that its seed alone decides."""

import copy

import pytest
import torch

from pipeline.controls.base import Trained
from pipeline.controls.no_projection import NoProjection
from pipeline.controls.random_embeddings import RandomEmbeddings
from pipeline.controls.random_weights import RandomWeights
from pipeline.controls.shuffled_weights import ShuffledWeights
from pipeline.controls.spectrum_weights import SpectrumWeights, haar
from pipeline.core.call import AttentionCall
from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.encode import Encoder
from pipeline.models.tap import NAME, Tap, forward
from pipeline.statistics.portable import attend
from tests import tiny

DRAWN = [RandomWeights(), ShuffledWeights(), SpectrumWeights(), RandomEmbeddings()]


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


@pytest.mark.parametrize(
    "family", ["bert", "albert", "distilbert", "gpt2", "gpt_neox", "modernbert"]
)
def test_without_projections_values_are_slices_of_the_input(family, tmp_path):
    """As each attention call sees it: value of head h = the h-th slice of the layer's input."""
    kind = "byte_level" if family in ("gpt2", "gpt_neox") else "word_piece"
    model = Checkpoint(path=str(tiny.save(tmp_path, family, kind))).load(NAME)
    NoProjection().apply(model, 0)
    inputs, calls = [], []

    def see(module, args, kwargs):
        given = kwargs.get("hidden_states", args[0] if args else None)
        if any(name in dict(module.named_children()) for name in PROJECTIONS):
            inputs.append(given)

    for module in model.modules():
        module.register_forward_pre_hook(see, with_kwargs=True)

    def watch(call: AttentionCall):
        calls.append(call)
        return attend(call)

    encoder = Encoder(tiny.trained(kind), model.config)
    encoded, _ = encoder.encode([Sentence("a", "", tuple(tiny.TEXTS[0].split()))])
    forward(model, Tap(*encoder.pieces(encoded), kernel=watch))
    assert len(calls) == len(inputs) == 3
    rotary = family in ("gpt_neox", "modernbert")
    for call, hidden in zip(calls, inputs, strict=True):
        slices = hidden.unflatten(-1, (4, 8)).transpose(1, 2)
        torch.testing.assert_close(call.value, slices)
        torch.testing.assert_close(call.query.norm(), slices.norm())
        if not rotary:
            torch.testing.assert_close(call.query, slices)
            torch.testing.assert_close(call.key, slices)


PROJECTIONS = ("query", "q_lin", "c_attn", "query_key_value", "Wqkv")


def test_no_projection_refuses_grouped_keys(tmp_path):
    folder = tiny.save(tmp_path, "llama", "sentence_piece")
    with pytest.raises(UserError, match="llama"):
        NoProjection().apply(Checkpoint(path=str(folder)).load(NAME), 0)


def test_spectrum_weights_keeps_singular_values_and_vectors(model):
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


def test_haar_matrices_are_orthonormal_and_have_no_favourite_direction():
    draw = torch.Generator().manual_seed(0)
    q = haar(9, 4, draw)
    torch.testing.assert_close(q.T @ q, torch.eye(4), atol=1e-5, rtol=0)
    mean = torch.stack([haar(3, 3, draw) for _ in range(4000)]).mean(0)
    assert mean.abs().max() < 0.05


def test_random_embeddings_permutes_rows_and_nothing_else(model):
    before = state(model)
    after = state(RandomEmbeddings().apply(model, 0))
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"embeddings.word_embeddings.weight"}
    rows = [
        set(map(tuple, s["embeddings.word_embeddings.weight"].tolist())) for s in (before, after)
    ]
    assert rows[0] == rows[1]
