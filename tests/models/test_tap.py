"""The tap: what it refuses, a family that it cannot read and a number that cannot be right; and
what it knows of a mask."""

from dataclasses import replace

import pytest
import torch
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from pipeline.controls.base import Trained
from pipeline.core.errors import MeasurementError, UserError
from pipeline.core.sentence import Sentence
from pipeline.engines.shard import Asked, Subject, measure_shard
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.encode import Encoder
from pipeline.models.row_sums import check
from pipeline.models.tap import HIDES, NAME, Tap, attention_only, forward
from pipeline.models.wiring import few_pieces, wiring
from tests import tiny
from tests.models.against import Read
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


@pytest.mark.parametrize(
    ("kind", "n_pieces"), [("compressed_sparse", 4), ("heavily_compressed", 128)]
)
def test_keys_that_are_not_pieces_are_refused_where_they_show(kind, n_pieces, tmp_path):
    """Up to so many pieces DeepSeek V4 has a key for each; from then on others beside them."""
    small = REFUSED["deepseek_v32"] | {"head_dim": 8, "o_groups": 2, "o_lora_rank": 8}
    small |= {"num_local_experts": 4, "index_n_heads": 2, "index_head_dim": 8, "index_topk": 4}
    small |= {"num_key_value_heads": 1, "layer_types": [f"{kind}_attention"] * 2}
    config = CONFIG_MAPPING["deepseek_v4"](vocab_size=80, **small)
    AutoModel.from_config(config).save_pretrained(tmp_path)
    model = Checkpoint(path=str(tmp_path)).load(NAME)
    assert len(wiring(model)) == 2
    forward(model, Tap(few_pieces(n_pieces - 1)))
    with pytest.raises(UserError, match=f"{n_pieces + 1} keys where {n_pieces} pieces are read"):
        forward(model, Tap(few_pieces(n_pieces)))


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


@pytest.mark.parametrize(
    ("family", "which"),
    [
        ("bert", [("encoder", "nothing")]),
        ("gpt2", [("decoder", "later")]),
        ("gemma2", [("decoder", "any"), ("decoder", "later")]),  # some of its layers have a window
        ("modernbert", [("encoder", "any"), ("encoder", "nothing")]),
        ("bart", [("cross", "nothing"), ("decoder", "later"), ("encoder", "nothing")]),
        ("t5", [("cross", "nothing"), ("decoder", "later"), ("encoder", "nothing")]),
    ],
)
def test_a_mask_says_what_it_hides_beside_padding(family, which, tmp_path):
    """So that none has to be looked at on a GPU."""
    read = Read.of(tiny.save(tmp_path, family))
    sentences = [SENTENCE, replace(SENTENCE, words=SENTENCE.words[:3])]
    tap = Tap(*read.encoder.pieces(read.encoder.encode(sentences)[0]), read.places)
    forward(read.model, tap)
    masks = {id(mask): mask for mask in tap._masks}
    said = {at: getattr(masks[at[1]], HIDES) for at in tap._layout_of}
    assert sorted((site, hidden) for (site, _), hidden in said.items()) == which
    for at, hidden in said.items():
        layout = tap._layout_of[at]
        real = layout.queries.real[:, :, None] & layout.keys.real[:, None, :]
        if hidden == "nothing":
            assert torch.equal(layout.visible, real)
        elif hidden == "later":
            assert torch.equal(layout.visible, real.tril())


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


def test_what_follows_the_last_attention_is_not_run(tmp_path):
    """And nothing measured hangs on it."""
    model = Checkpoint(path=str(tiny.save(tmp_path))).load(NAME)
    places = wiring(model)
    whole, short = (Tap(*_pieces(tmp_path), places) for _ in range(2))
    forward(model, whole)
    run = []
    for k, layer in enumerate(model.encoder.layer):
        layer.output.register_forward_hook(lambda *_, k=k: run.append(k))
    attention_only(model, short)
    assert run == [0, 1]
    for one, other in zip(whole.calls, short.calls, strict=True):
        for name, sums in one.reduction.sums.items():
            assert torch.equal(sums, other.reduction.sums[name]), name


def test_a_call_after_the_last_place_is_seen_once_in_a_corpus(tmp_path):
    """In its first batch, which runs to its end."""
    folder = tiny.save(tmp_path)
    model = Checkpoint(path=str(folder)).load(NAME)
    encoder = Encoder(AutoTokenizer.from_pretrained(folder), model.config)
    subject = Subject(model, encoder, wiring(model)[:-1], Trained(), 0)
    with pytest.raises(MeasurementError, match=r"saw 3 attention calls .* not 2"):
        measure_shard(subject, [SENTENCE], 0, Asked(64))


def _pieces(folder):
    encoder = Encoder(AutoTokenizer.from_pretrained(folder), AutoConfig.from_pretrained(folder))
    encoded, _ = encoder.encode([SENTENCE])
    return encoder.pieces(encoded)
