"""What a head gives to the residual stream: against the model's own modules, known by name."""

import re

import pytest
import torch
from torch import nn
from transformers import BertConfig, BertModel
from transformers.pytorch_utils import Conv1D

from pipeline.core.sentence import Sentence
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.encode import Encoder
from pipeline.models.tap import NAME, Place, Tap, forward
from pipeline.models.wiring import wiring
from tests import tiny
from tests.models.families import FAMILIES

NAMES = re.compile(
    r"(attention\.output\.dense|attention\.dense|out_lin|attn\.Wo|attn\.c_proj|out_proj|o_proj"
    r"|Attention\.o)$"
)


@pytest.mark.parametrize("family", FAMILIES)
def test_lengths_and_angles_are_those_of_the_models_own_projection(family, tmp_path):
    checkpoint = Checkpoint(path=str(tiny.save(tmp_path, family)))
    model = checkpoint.load(NAME)
    places = wiring(model)
    seen: list[tuple[nn.Module, torch.Tensor]] = []
    for name, module in model.named_modules():
        if NAMES.search(name) and isinstance(module, nn.Linear | Conv1D):
            module.register_forward_pre_hook(lambda m, args: seen.append((m, args[0])))
    encoder = Encoder(checkpoint.tokenizer(), model.config)
    sentence = Sentence("1", tiny.TEXTS[0], tuple(tiny.TEXTS[0].split()))
    forward(model, Tap(*encoder.pieces(encoder.encode([sentence])[0]), places))
    assert len(seen) == len(places)
    for (module, heads), place in zip(seen, places, strict=True):
        assert place.readout is not None
        n_heads = len(place.readout)
        weight = module.weight if isinstance(module, Conv1D) else module.weight.T
        by_head = heads[0].unflatten(-1, (n_heads, -1)).transpose(0, 1)
        given = by_head @ weight.detach().unflatten(0, (n_heads, -1))
        turned = by_head @ place.readout
        torch.testing.assert_close(turned @ turned.mT, given @ given.mT, atol=1e-4, rtol=1e-3)


def test_layers_that_do_not_read_heads_as_they_are_have_no_readout(tmp_path):
    """A gate between the heads and the projection: then no norm is stated, of any layer."""
    words = tiny.trained("word_piece")
    config = BertConfig(vocab_size=len(words), hidden_size=32, num_hidden_layers=2,
                        num_attention_heads=4, intermediate_size=48)  # fmt: skip
    model = BertModel._from_config(config, attn_implementation=NAME).eval()
    assert all(place.readout is not None for place in wiring(model))
    gate = torch.rand(32)
    dense = model.encoder.layer[1].attention.output.dense
    model.encoder.layer[1].attention.output.dense = nn.Sequential(Gate(gate), dense)
    assert wiring(model) == [Place("encoder", 0), Place("encoder", 1)]
    assert all(place.readout is None for place in wiring(model))
    encoder = Encoder(words, config)
    sentence = Sentence("1", tiny.TEXTS[0], tuple(tiny.TEXTS[0].split()))
    tap = Tap(*encoder.pieces(encoder.encode([sentence])[0]), wiring(model))
    forward(model, tap)
    assert not any(name.startswith(("norm_", "value_")) for name in tap.calls[0].reduction.sums)
    assert set(tap.calls[0].reduction.pointers) == {"attends_to", "attended_by", "tree", "tree_max"}


class Gate(nn.Module):
    def __init__(self, gate: torch.Tensor):
        super().__init__()
        self.gate = gate

    def forward(self, heads: torch.Tensor) -> torch.Tensor:
        return heads * self.gate
