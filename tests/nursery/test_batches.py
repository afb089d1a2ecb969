"""What a model is fed while it learns is what it is fed when it is measured."""

from dataclasses import replace

import pytest
import torch

from pipeline.nursery import text
from pipeline.nursery.architectures import build, loss
from pipeline.nursery.batches import IGNORED, Batcher
from pipeline.nursery.vocabulary import tokenizer
from tests.nursery.little import RECIPES


@pytest.fixture(scope="module", params=list(RECIPES))
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def made(kind):
    """A batcher, its sentences in pieces, and one pass over them."""
    recipe = RECIPES[kind]
    written = text.training(recipe)
    batcher = Batcher(recipe, tokenizer(recipe, written.sources + written.targets))
    pairs = batcher.encode(written)
    return batcher, pairs, list(batcher.once(pairs, seed=3))


def test_every_sentence_once(made):
    _, pairs, batches = made
    assert sum(len(batch.ids) for batch in batches) == len(pairs) > 140
    assert sum(int(batch.real.sum()) for batch in batches) == sum(len(s) for s, _ in pairs)


def test_padding_is_bounded_and_on_the_right(made):
    batcher, _, batches = made
    for batch in batches:
        width = batch.ids.shape[1] + (0 if batch.decoder_ids is None else batch.labels.shape[1])
        assert len(batch.ids) * width <= batcher.recipe.batch_pieces or len(batch.ids) == 1
        assert torch.equal(batch.real, batch.real.sort(1, descending=True).values)
        assert torch.equal(batch.ids == batcher.pad, batch.real == 0)


def test_the_same_seed_gives_the_same_batches(made):
    batcher, pairs, _ = made
    streams = [batcher.endless(pairs, torch.Generator().manual_seed(s)) for s in (1, 1, 2)]
    first, same, other = ([next(stream) for _ in range(12)] for stream in streams)
    assert all(torch.equal(a.ids, b.ids) for a, b in zip(first, same, strict=True))
    assert any(a.ids.shape != c.ids.shape for a, c in zip(first, other, strict=True))


def test_the_loss_is_that_of_transformers(made, kind):
    """Labels, shifts and masks are as the model classes themselves make them."""
    batcher, _, batches = made
    torch.manual_seed(0)
    model = build(batcher.recipe, batcher.words).eval()
    batch = batches[0]
    unshifted = batch.ids.masked_fill(batch.real == 0, IGNORED)
    labels = unshifted if kind == "clm" else batch.labels
    expected = model(input_ids=batch.ids, attention_mask=batch.real, labels=labels).loss
    torch.testing.assert_close(loss(model, batch), expected)


def test_a_decoder_reads_the_labels_shifted():
    from transformers.models.m2m_100.modeling_m2m_100 import shift_tokens_right

    recipe = RECIPES["mt"]
    written = text.training(recipe)
    words = tokenizer(recipe, written.sources + written.targets)
    batcher = Batcher(recipe, words)
    config = build(recipe, words).config
    assert config.decoder_start_token_id == words.bos_token_id
    for batch in batcher.once(batcher.encode(written), seed=0):
        labels = batch.labels.clone()
        expected = shift_tokens_right(labels, config.pad_token_id, config.decoder_start_token_id)
        assert torch.equal(batch.decoder_ids, expected)


def test_hidden_pieces_are_the_share_asked_for_and_never_special():
    recipe = replace(RECIPES["mlm"], masked=0.3)
    written = text.training(recipe)
    words = tokenizer(recipe, written.sources)
    batcher = Batcher(recipe, words)
    asked = masked = kept = real = 0
    for batch in batcher.once(batcher.encode(written), seed=0):
        labelled = batch.labels != IGNORED
        assert not torch.isin(batch.labels[labelled], torch.tensor(words.all_special_ids)).any()
        assert not labelled[batch.real == 0].any()
        assert not labelled[:, 0].any()
        asked += int(labelled.sum())
        masked += int((batch.ids[labelled] == words.mask_token_id).sum())
        kept += int((batch.ids[labelled] == batch.labels[labelled]).sum())
        real += int(batch.real.sum()) - 2 * len(batch.ids)
    assert 0.27 < asked / real < 0.33
    assert 0.75 < masked / asked < 0.85
    assert 0.05 < kept / asked < 0.15
