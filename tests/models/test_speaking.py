"""Models with the head of what they were trained to say: what is in them is the bare model."""

import json

import pytest
import torch
from torch import Tensor

from pipeline.controls.base import Control, Trained
from pipeline.controls.random_embeddings import RandomEmbeddings
from pipeline.controls.random_weights import RandomWeights
from pipeline.controls.shuffled_weights import ShuffledWeights
from pipeline.controls.spectrum_weights import SpectrumWeights
from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.encode import Encoder
from pipeline.models.outcomes import Said, said
from pipeline.models.resume import units
from pipeline.models.tap import NAME, Tap, forward
from pipeline.models.wiring import wiring
from pipeline.statistics.patterns import attention_pattern, output_of
from tests import tiny
from tests.models.families import CAUSAL, FAMILIES, TWO_STACKS

SENTENCES = [Sentence(str(i), t, tuple(t.split())) for i, t in enumerate(tiny.TEXTS)]
CONTROLS = (Trained, RandomWeights, ShuffledWeights)
SOME_MORE = {
    "xlm-roberta": (RandomEmbeddings, SpectrumWeights),  # its head stands before its body
    "t5": (RandomEmbeddings, SpectrumWeights),  # its head is beside two stacks
}
SPEAKING = [family for family in FAMILIES if family != "splinter"]  # it marks spans, no more


def objective_of(family: str) -> str:
    if family in TWO_STACKS:
        return "seq2seq"
    return "clm" if family in CAUSAL else "mlm"


HEADS = {"mlm": "ForMaskedLM", "clm": "ForCausalLM", "seq2seq": "ForSeq2SeqLM"}


def attended(call: AttentionCall) -> tuple[Tensor, Reduction]:
    """Without a statistic: what is said is asked, not what was seen."""
    return output_of(attention_pattern(call), call), Reduction()


def what(model, source, target, places) -> Said:
    return said(model, lambda: forward(model, Tap(source, target, places, attended)))[0]


@pytest.mark.parametrize("family", SPEAKING)
def test_every_family_under_every_control(family, tmp_path):
    """What is intervened on is what was measured."""
    tiny.save(tmp_path, family, head=HEADS[objective_of(family)])
    checkpoint = Checkpoint(path=str(tmp_path))
    for made in (*CONTROLS, *SOME_MORE.get(family, ())):
        control: Control = made()
        whole, objective = checkpoint.load_speaking(NAME)
        assert objective == objective_of(family)
        whole = control.apply(whole, 3)
        bare = control.apply(checkpoint.load(NAME), 3)
        encoder = Encoder(checkpoint.tokenizer(), whole.config)
        places = wiring(whole)
        assert places == wiring(bare)
        source, target = encoder.pieces(encoder.encode(SENTENCES)[0])
        of_whole = what(whole, source, target, places)
        truth = what(bare, source, target, places).states
        torch.testing.assert_close(of_whole.states, truth, atol=1e-5, rtol=1e-4)
        assert of_whole.logits is not None
        assert of_whole.logits.shape[:2] == truth.shape[:2]
        assert len(units(whole, Tap(source, target, places), places)) > 1


def test_a_head_that_was_not_saved_is_not_made_up(tmp_path):
    """Sentence encoders name the language model that they were trained from."""
    tiny.save(tmp_path, "bert")
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    config["architectures"] = ["BertForMaskedLM"]
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    checkpoint = Checkpoint(path=str(tmp_path))
    assert checkpoint.objective == "mlm"
    model, objective = checkpoint.load_speaking(NAME)
    assert objective is None
    assert type(model).__name__ == "BertModel"


def test_a_transformer_with_holes_is_refused(tmp_path):
    from safetensors.torch import load_file, save_file

    tiny.save(tmp_path, "bert", head="ForMaskedLM")
    file = tmp_path / "model.safetensors"
    weights = {k: v for k, v in load_file(file).items() if "layer.1.output.dense" not in k}
    save_file(weights, file, metadata={"format": "pt"})
    with pytest.raises(UserError, match="they would be random"):
        Checkpoint(path=str(tmp_path)).load_speaking(NAME)
