"""The tap's refusals: a family that it cannot read, a number that cannot be right."""

import pytest
import torch
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from pipeline.core.errors import MeasurementError, UserError
from pipeline.core.sentence import Sentence
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.encode import Encoder
from pipeline.models.tap import NAME, Tap, check, forward, wiring
from tests import tiny
from tests.models.families import REASONS, REFUSED

SENTENCE = Sentence("a", "", tuple(tiny.TEXTS[0].split()))


@pytest.mark.parametrize("family", REFUSED)
def test_a_family_that_cannot_be_read_is_refused_by_name(family, tmp_path):
    config = CONFIG_MAPPING[family](**{"vocab_size": 80, "pad_token_id": 1} | REFUSED[family])
    AutoModel.from_config(config).save_pretrained(tmp_path)
    with pytest.raises(UserError, match=f"attention of {family} .*AttentionInterface") as caught:
        wiring(Checkpoint(path=str(tmp_path)).load(NAME))
    text = str(caught.value)
    assert "\n" not in text
    assert REASONS.get(family, "0 encoder calls for 2 layers") in text


def test_nan_fails_naming_layer_and_head(tmp_path):
    folder = tiny.save(tmp_path)
    model = Checkpoint(path=str(folder)).load(NAME)
    places = wiring(model)
    with torch.no_grad():
        model.encoder.layer[1].attention.self.query.weight[9, 0] = torch.nan
    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoder = Encoder(tokenizer, model.config)
    encoded, _ = encoder.encode([SENTENCE])
    tap = Tap(*encoder.pieces(encoded))
    forward(model, tap)
    with pytest.raises(MeasurementError, match="encoder layer 1 head 1, sentence one"):
        check(tap, places, ["sentence one"])


def test_rows_that_do_not_sum_to_one_fail(tmp_path):
    model = Checkpoint(path=str(tiny.save(tmp_path))).load(NAME)
    places = wiring(model)
    tap = Tap(*_pieces(tmp_path))
    forward(model, tap)
    sums = tap.calls[2].reduction.sums
    sums["row_sum"] = sums["row_sum"].clone()
    sums["row_sum"][0, 3] *= 0.99
    with pytest.raises(MeasurementError, match="layer 2 head 3"):
        check(tap, places, ["sentence one"])
    del tap.calls[1]
    with pytest.raises(MeasurementError, match="2 attention calls"):
        check(tap, places, ["sentence one"])


def _pieces(folder):
    encoder = Encoder(AutoTokenizer.from_pretrained(folder), AutoConfig.from_pretrained(folder))
    encoded, _ = encoder.encode([SENTENCE])
    return encoder.pieces(encoded)
