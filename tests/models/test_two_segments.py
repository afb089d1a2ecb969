"""Two sentences as one input: against eager, with the tokenizer's own pairing, padded and alone."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
import torch

from pipeline.controls.base import Trained
from pipeline.controls.shuffled_words import ShuffledWords
from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence, joined
from pipeline.engines.shard import Asked, Subject, measure_shard
from pipeline.models.under import encode_under
from tests import tiny
from tests.models.against import FAST, Read

SENTENCES = [Sentence(f"s{k}", t, tuple(t.split())) for k, t in enumerate(tiny.TEXTS)]
INPUTS = [joined(*SENTENCES[:2]), SENTENCES[3], joined(SENTENCES[3], SENTENCES[2])]


def expected(read: Read, sentence: Sentence) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Ids, [layer × head, (own, both)] of plain loops, and which text each piece is of."""
    first, *second = (" ".join(sentence.words[w] for w in words) for words in sentence.segments)
    encoded = read.tokenizer(first, *second, return_token_type_ids=True)
    inputs = {"input_ids": torch.tensor([encoded["input_ids"]])}
    if getattr(read.model.config, "type_vocab_size", 0) > 1:
        inputs["token_type_ids"] = torch.tensor([encoded["token_type_ids"]])
    with torch.inference_mode():
        patterns = read.eager(**inputs, output_attentions=True).attentions
    stacked = torch.cat(patterns, 1)[0].numpy()
    text = [-1 if t is None else t for t in encoded.sequence_ids()]
    sums = np.zeros((len(stacked), 2))
    for h, pattern in enumerate(stacked):
        for i, row in enumerate(pattern):
            seen = [j for j in range(len(row)) if stacked[:, i, j].any()]
            far = [j for j in seen if abs(i - j) > 1 and text[j] >= 0]
            if text[i] >= 0 and {text[j] for j in far} == {0, 1}:
                sums[h, 0] += sum(row[j] for j in far if text[j] == text[i])
                sums[h, 1] += sum(row[j] for j in far)
    return encoded["input_ids"], sums, np.array(text)


@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2", "llama"])
@pytest.mark.parametrize("kernel", FAST)
def test_pairs_are_read_as_the_tokenizer_joins_them(family, kernel, tmp_path):
    read = Read.of(tiny.save(tmp_path, family))
    tap = read.measured(INPUTS, kernel)
    segment = tap.source.segment
    assert segment is not None
    n_both = 0.0
    for row, sentence in enumerate(INPUTS):
        ids, sums, text = expected(read, sentence)
        assert tap.source.ids[row, : len(ids)].tolist() == ids
        assert segment[row, : len(ids)].tolist() == text.tolist()
        for k, name in enumerate(("segment_own", "segment_both")):
            found = torch.cat([call.reduction.sums[name][row] for call in tap.calls])
            np.testing.assert_allclose(found.numpy(), sums[:, k], rtol=1e-4, atol=1e-4)
        n_both += sums[:, 1].sum()
    assert n_both > 1


SEGMENTS = [f"{of}segment_{what}" for of in ("", "uniform_") for what in ("own", "both")]


@pytest.mark.parametrize("n_words", [1, 24], ids=["shortest", "longest"])
@pytest.mark.parametrize("batch_pieces", [24, 1000], ids=["a batch of its own", "with pairs"])
def test_the_odd_one_has_no_segments_and_takes_none_from_others(tmp_path, n_words, batch_pieces):
    """The last of an odd number of sentences, in whatever batch it is read."""
    read = Read.of(tiny.save(tmp_path))
    subject = Subject(read.model, read.encoder, read.places, Trained(), 0)
    pairs = [joined(a, b) for a, b in pairwise(SENTENCES)]
    words = (SENTENCES[0].words * 60)[:n_words]
    odd = Sentence("odd", " ".join(words), words)

    def measured(sentences: list[Sentence]) -> pa.Table:
        return measure_shard(subject, sentences, 0, Asked(batch_pieces)).tables["heads"]

    of_pairs, of_all = measured(pairs), measured([*pairs, odd])
    n_heads = len(of_all) - len(of_pairs)
    assert n_heads == len(of_pairs) // len(pairs)
    for name in SEGMENTS:
        found = of_all[name].to_numpy()
        np.testing.assert_allclose(found[:-n_heads], of_pairs[name].to_numpy(), rtol=1e-4)
        assert of_all[name].null_count == n_heads
        assert np.isnan(found[-n_heads:]).all()


def test_words_are_shuffled_within_their_sentence(tmp_path):
    read = Read.of(tiny.save(tmp_path))
    (encoded, *_), _ = encode_under(ShuffledWords(), 1, read.encoder, INPUTS, [0, 1, 2])
    side, n = encoded.source, INPUTS[0].second
    assert n is not None
    of_first = side.word[: side.segment.index(1)]
    order = list(dict.fromkeys(w for w in of_first if w >= 0))
    assert sorted(order) == list(range(n))
    assert order != sorted(order)
    assert all(w < 0 or w >= n for w in side.word[side.segment.index(1) :])


def test_no_encoder_decoder_reads_two(tmp_path):
    read = Read.of(tiny.save(tmp_path, "bart"))
    with pytest.raises(UserError, match="set ingest"):
        read.encoder.encode(INPUTS)
