"""Sentences end to end: a shard of them is what it is with padding, and who cannot read them is
given padding.
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch
from transformers import AutoModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from pipeline.controls.base import Control, Trained
from pipeline.controls.no_projection import NoProjection
from pipeline.core.call import AttentionCall, packed, padded
from pipeline.core.errors import MeasurementError
from pipeline.core.sentence import Sentence
from pipeline.engines.shard import Asked, Subject, measure_shard
from pipeline.models.packing import first_position
from pipeline.models.tap import NAME
from pipeline.statistics.kernels import choose
from tests import tiny
from tests.models.against import FAST, Read

SENTENCES = [Sentence(text, text, tuple(text.split())) for text in tiny.TEXTS]


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return Read.of(tiny.save(tmp_path_factory.mktemp("bert")))


def shard(
    read: Read, kernel: str, first: int | None, control: Control | None = None
) -> dict[str, pa.Table]:
    """Heads are compared on every second sentence. The last batch has no padding."""
    choose(kernel, "cpu")  # made ready
    control = control or Trained()
    subject = Subject(read.model, read.encoder, read.places, control, 0, first)
    return measure_shard(subject, SENTENCES, 0, Asked(40, 2, kernel=kernel)).tables


# Plain; grouped keys turned by their positions; capped and windowed; with learned sinks.
@pytest.mark.parametrize("family", ["bert", "llama", "gemma2", "gpt_oss"])
@pytest.mark.parametrize("kernel", FAST)
def test_a_shard_is_what_it_is_with_padding(family, kernel, tmp_path):
    read = Read.of(tiny.save(tmp_path, family))
    assert_same(shard(read, kernel, None), shard(read, kernel, read.first_position))


@pytest.mark.parametrize("kernel", FAST)
def test_under_a_control_that_changes_calls_too(bert, kernel):
    whole = NoProjection(whole=True)
    with_padding, without = (shard(bert, kernel, first, whole) for first in (None, 0))
    assert_same(with_padding, without)
    assert not with_padding["heads"].equals(shard(bert, kernel, 0)["heads"])


class EveryKeyIsTheFirst(Control):
    """Changes more of a call than each piece by itself."""

    def call(self, call: AttentionCall) -> AttentionCall:
        padded = call.padded()
        return replace(padded, key=padded.key[:, :, :1].expand_as(padded.key))


@pytest.mark.parametrize("kernel", FAST)
def test_under_a_control_that_wants_padding(bert, kernel):
    control = EveryKeyIsTheFirst()
    with_padding, without = (shard(bert, kernel, first, control) for first in (None, 0))
    assert_same(with_padding, without)
    assert not with_padding["heads"].equals(shard(bert, kernel, 0)["heads"])


def assert_same(a: dict[str, pa.Table], b: dict[str, pa.Table]) -> None:
    assert len(a["similarity"]) > 0
    assert len(a["outputs"]) > 0
    for name, table in a.items():
        for column in table.column_names:
            one, other = (_flat(of[name][column]) for of in (a, b))
            assert one.is_null().equals(other.is_null()), column
            if pa.types.is_floating(one.type):
                x, y = (np.nan_to_num(v.to_numpy(zero_copy_only=False)) for v in (one, other))
                np.testing.assert_allclose(x, y, atol=2e-4, rtol=2e-3, err_msg=column)
            else:
                assert one.equals(other), column


def _flat(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    array = pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array
    return array if not pa.types.is_nested(array.type) else array.flatten()


def test_nothing_of_padding_is_computed(bert):
    """Every layer reads as many rows as there are pieces."""
    rows = []
    layer = bert.model.encoder.layer[1].attention.self.query
    hook = layer.register_forward_pre_hook(lambda module, args: rows.append(args[0].shape[:2]))
    bert.measured(SENTENCES, packed=True)
    bert.measured(SENTENCES)
    hook.remove()
    lengths = [len(e.source.ids) for e in bert.encoder.encode(SENTENCES)[0]]
    assert rows == [(1, sum(lengths)), (len(lengths), max(lengths))]


def test_a_sentence_that_cannot_be_trusted_is_named(bert):
    """And no other, beside which it lies."""
    encoded, _ = bert.encoder.encode(SENTENCES)
    own = set(encoded[1].source.ids) - {
        k for e in (*encoded[:1], *encoded[2:]) for k in e.source.ids
    }
    embeddings = bert.model.get_input_embeddings().weight
    before = embeddings.detach().clone()
    with torch.no_grad():
        embeddings[next(iter(own))] = torch.nan
    with pytest.raises(MeasurementError, match=f"head 0, {SENTENCES[1].sentence_id}"):
        bert.measured(SENTENCES, packed=True)
    with torch.no_grad():
        embeddings.copy_(before)


def test_who_mixes_neighbours_or_counts_itself_is_given_padding(bert):
    assert first_position(bert.model) == 0

    def mixes(module, args, output):
        return output + 0.1 * output.roll(1, dims=1)

    def counts(module, args, kwargs):
        ids = kwargs["input_ids"]
        return args, kwargs | {"position_ids": torch.arange(ids.shape[1])[None]}

    embeddings = bert.model.embeddings
    for hook in (
        embeddings.register_forward_hook(mixes),
        embeddings.register_forward_pre_hook(counts, with_kwargs=True),
    ):
        assert first_position(bert.model) is None
        hook.remove()
    assert first_position(bert.model) == 0


def test_who_scales_by_places_beyond_a_probe_is_given_padding():
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "head_dim": 8}
    config = CONFIG_MAPPING["llama4_text"](
        **shape, vocab_size=20, num_key_value_heads=1, num_local_experts=1, intermediate_size=16,
        intermediate_size_mlp=16, pad_token_id=0, attn_implementation=NAME,
    )  # fmt: skip
    model = AutoModel.from_config(config).eval()
    assert first_position(model) is None
    config.attn_temperature_tuning = False
    assert first_position(model) == 0


@pytest.mark.parametrize("family", ["bart", "t5"])
def test_translations_are_padded(family, tmp_path):
    assert first_position(Read.of(tiny.save(tmp_path, family)).model) is None


def test_what_is_packed_can_be_unpacked():
    lengths = torch.tensor([2, 4, 1])
    real = torch.arange(4) < lengths[:, None]
    tensor = torch.randn(3, 5, 4, 6) * real[:, None, :, None]
    flat = packed(tensor, real.flatten().nonzero().squeeze(-1))
    assert flat.shape == (1, 5, 7, 6)
    begins = lengths.cumsum(0) - lengths
    at = begins[:, None] + torch.minimum(torch.arange(4), lengths[:, None] - 1)
    assert (padded(flat, at) * real[:, None, :, None]).equal(tensor)
