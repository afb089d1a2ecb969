"""Linear layers by oneDNN do what torch's do."""

import pytest
import torch
from transformers import AutoModel

from pipeline.core.errors import UserError
from pipeline.models.linears import multiplies_bfloat16, on_onednn
from tests import tiny

FAMILIES = ["bert", "gpt2", "t5", "modernbert"]
"""Linear layers with a bias and without one, and GPT-2's own, whose weights lie the other way."""


def states(model, rows=3):
    ids = 5 + torch.arange(7 * rows).reshape(rows, 7) % 60
    given = {"decoder_input_ids": ids} if model.config.is_encoder_decoder else {}
    with torch.inference_mode():
        return model(input_ids=ids, **given).last_hidden_state


@pytest.fixture(params=FAMILIES)
def folder(request, tmp_path):
    return tiny.save(tmp_path, request.param)


def load(folder):
    return AutoModel.from_pretrained(folder).eval()


def test_in_float32_only_last_digits_differ(folder):
    for rows in (1, 3, 30):
        expected, model = states(load(folder), rows), load(folder)
        assert on_onednn(model, "onednn") is model
        torch.testing.assert_close(states(model, rows), expected, atol=2e-5, rtol=1e-4)


def test_every_linear_layer_is_multiplied_by_it(folder):
    """Its own weights are no longer asked."""
    model = on_onednn(load(folder), "onednn")
    expected = states(model)
    for module in model.modules():
        if type(module).__name__ in ("Linear", "Conv1D"):
            torch.nn.init.constant_(module.weight, torch.nan)
    assert torch.equal(states(model), expected)


@pytest.mark.skipif(not multiplies_bfloat16(), reason="no bfloat16 by oneDNN on this processor")
def test_bfloat16_is_near_and_no_more(folder):
    expected = states(load(folder))
    found = states(on_onednn(load(folder), "onednn_bf16"))
    assert found.dtype == torch.float32
    error = (found - expected).norm() / expected.norm()
    assert 1e-4 < error < 0.1


def test_torch_is_left_alone(folder):
    model = load(folder)
    on_onednn(model, "torch")
    assert torch.equal(states(model), states(load(folder)))


def test_other_dtypes_are_refused(tmp_path):
    model = load(tiny.save(tmp_path, "bert")).to(torch.bfloat16)
    with pytest.raises(UserError, match=r"measure\.linears=onednn: .* bfloat16 on cpu"):
        on_onednn(model, "onednn")


def test_a_processor_without_bfloat16_is_told(tmp_path, monkeypatch):
    """Where oneDNN would fail at the first layer, in words of its own."""
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    model = load(tiny.save(tmp_path, "bert"))
    with pytest.raises(UserError, match="no bfloat16 on this processor"):
        on_onednn(model, "onednn_bf16")
