"""What is measured is what transformers computes with eager attention, or nothing."""

import pytest
import torch
from transformers import AutoModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.bert import modeling_bert

from pipeline.core.errors import UserError
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.eager import _apart, check_eager
from pipeline.models.tap import NAME
from pipeline.models.wiring import wiring
from tests import tiny
from tests.models.families import BART, FAMILIES


@pytest.fixture
def bert(tmp_path):
    return Checkpoint(path=str(tiny.save(tmp_path))).load(NAME)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("family", FAMILIES)
def test_families_are_measured_as_they_are_read_eagerly(family, dtype, tmp_path):
    model = Checkpoint(path=str(tiny.save(tmp_path, family))).load(NAME, dtype)
    check_eager(model)
    assert wiring(model)  # through the tap again


def test_a_family_whose_experts_read_the_mask_is_refused_by_name(tmp_path):
    """NLLB's router takes a mask that says True of what is seen for one of what is not."""
    small = BART | {"num_experts": 2, "encoder_sparse_step": 1, "decoder_sparse_step": 1}
    torch.manual_seed(0)
    model = AutoModel.from_config(CONFIG_MAPPING["nllb-moe"](vocab_size=80, **small))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.3)
    model.save_pretrained(tmp_path)
    loaded = Checkpoint(path=str(tmp_path)).load(NAME)
    assert wiring(loaded)
    with pytest.raises(UserError, match=r"nllb-moe does not compute .* \d+% apart, in float32"):
        check_eager(loaded)


def test_what_stands_beside_a_call_is_found(bert, monkeypatch):
    """As where a family's own attention weighs by more than it hands on."""
    eager = modeling_bert.eager_attention_forward

    def sharper(module, query, *args, **kwargs):
        return eager(module, 2 * query, *args, **kwargs)

    check_eager(bert)
    monkeypatch.setattr(modeling_bert, "eager_attention_forward", sharper)
    with pytest.raises(UserError, match="bert does not compute"):
        check_eager(bert)
    assert wiring(bert)


def test_a_family_without_eager_attention_is_refused(bert, monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError("of another shape\nthan that")

    monkeypatch.setattr(modeling_bert, "eager_attention_forward", fails)
    with pytest.raises(UserError, match=r"bert cannot be run with eager .*shape\): ") as caught:
        check_eager(bert)
    assert "\n" not in str(caught.value)
    assert wiring(bert)


def test_a_full_memory_is_no_refusal(bert, monkeypatch):
    def full(*args, **kwargs):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(modeling_bert, "eager_attention_forward", full)
    with pytest.raises(torch.OutOfMemoryError):
        check_eager(bert)


def test_states_that_are_no_numbers_are_left_to_who_names_the_layer(bert):
    with torch.no_grad():
        bert.encoder.layer[1].attention.self.query.weight[9, 0] = torch.nan
    check_eager(bert)


def test_a_rounding_may_choose_another_expert_for_a_piece():
    truth = torch.ones(1, 5, 8)
    other = truth.clone()
    other[0, 2] = -1
    assert _apart(other, truth) == 2
    assert _apart(other.bfloat16(), truth.bfloat16()) == 0
    other[0, 2:] = -1
    assert _apart(other.bfloat16(), truth.bfloat16()) == 2
