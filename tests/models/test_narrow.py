"""What is between two layers in bfloat16 is what it would be by way of float32."""

import pytest
import torch
import torch.nn.functional as F

from pipeline.models import linears
from pipeline.models.linears import multiplies_bfloat16, on_onednn
from pipeline.models.narrow import Narrow, held, narrow
from tests import tiny
from tests.models.test_linears import load, states

FAMILIES = ["bert", "gpt2", "t5", "modernbert", "llama", "opt"]
"""Activations that stand alone between two layers, gates, and one of many steps."""
ACTIVATIONS = {
    "gelu": F.gelu,
    "tanh": torch.nn.GELU(approximate="tanh"),
    "relu": torch.nn.ReLU(),
    "silu": torch.nn.SiLU(),
}


@pytest.mark.skipif(not multiplies_bfloat16(), reason="no bfloat16 by oneDNN on this processor")
@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_gives_what_it_gives_by_way_of_float32(family, tmp_path, monkeypatch):
    folder = tiny.save(tmp_path, family)
    found = states(on_onednn(load(folder), "onednn_bf16"))
    monkeypatch.setattr(linears, "held", lambda tensor: tensor.float())
    assert torch.equal(found, states(on_onednn(load(folder), "onednn_bf16")))


def drawn():
    return (3 * torch.randn(7, 50, generator=torch.Generator().manual_seed(0))).bfloat16()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_read_in_either_type(name):
    activation, x = ACTIVATIONS[name], drawn()
    expected = activation(x.float())
    behind = activation(held(x))
    assert isinstance(behind, Narrow)
    between = narrow(behind)
    assert type(between) is torch.Tensor
    assert torch.equal(between, expected.bfloat16())
    assert torch.equal(behind + 0, expected)
    assert torch.equal(activation(behind), activation(expected))
    assert torch.equal(narrow(activation(behind)), activation(expected).bfloat16())


def test_whoever_else_reads_it_finds_float32():
    x = drawn()
    wide = x.float()
    assert held(x).dtype == torch.float32
    found = [
        held(x) * 0.1,
        torch.cat([held(x), wide]),
        held(x).view(-1, 10).transpose(0, 1),
        torch.where(held(x) > 0, held(x), 0.5),
    ]
    expected = [
        wide * 0.1,
        torch.cat([wide, wide]),
        wide.view(-1, 10).transpose(0, 1),
        torch.where(wide > 0, wide, 0.5),
    ]
    for a, b in zip(found, expected, strict=True):
        assert type(a) is torch.Tensor
        assert torch.equal(a, b)


def test_what_is_written_to_it_is_read():
    in_place = (
        lambda y: y.add_(1),
        lambda y: F.relu(y, inplace=True),
        lambda y: F.relu(y, True),
    )
    for write in in_place:
        x, wide = held(drawn()), drawn().float()
        write(x)
        write(wide)
        assert torch.equal(x * 1, wide)
        assert torch.equal(narrow(x), wide.bfloat16())
        assert torch.equal(F.gelu(x), F.gelu(wide))


def test_an_activation_may_be_called_by_keyword():
    assert torch.equal(F.gelu(input=held(drawn())), F.gelu(drawn().float()))
