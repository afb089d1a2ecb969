"""The tap against transformers' own eager attentions: encoder-decoders, at every site."""

import importlib

import pytest
import torch

from pipeline.core.sentence import Sentence
from pipeline.models.tap import SITES
from tests import tiny
from tests.models.against import FAST, Read, assert_equal, assert_near
from tests.models.families import TWO_STACKS


def text(line: str, target: str | None = None) -> Sentence:
    translation = None if target is None else text(target)
    return Sentence(line, line, tuple(line.split()), target=translation)


PAIRS = [
    text(tiny.TEXTS[0], "Dogs bark , of course ."),  # longer than its translation
    text("cats bark .", tiny.TEXTS[0]),  # shorter
    text("cats , of course , bark", "cats , bark , of course"),  # as long
    text(tiny.TEXTS[3]),  # the same text on both sides
]


@pytest.fixture(scope="module", params=list(TWO_STACKS))
def family(request, tmp_path_factory):
    folder = tiny.save(tmp_path_factory.mktemp("family"), request.param)
    return request.param, Read.of(folder), folder


@pytest.fixture(scope="module")
def truth(family):
    """Of each pair by itself, for each place."""
    _, read, _ = family
    return [read.expected(sentence) for sentence in PAIRS]


def test_sites_have_layers_and_heads_of_their_own(family):
    name, read, _ = family
    layers = {site: [p.layer for p in read.places if p.site == site] for site in SITES}
    assert layers == {"encoder": [0, 1], "decoder": [0, 1, 2], "cross": [0, 1, 2]}
    tap = read.measured(PAIRS)
    heads = [call.reduction.sums["row_sum"].shape[1] for call in tap.calls]
    decoder = 4 if name in ("t5", "mt5", "umt5") else 2
    assert heads == [4 if place.site == "encoder" else decoder for place in read.places]


@pytest.mark.parametrize("kernel", FAST)
@pytest.mark.parametrize("rows", [(0, 1, 2, 3), (2,)], ids=["padded", "alone"])
def test_statistics_equal_eager_attentions(family, truth, rows, kernel):
    """Float32: 1e-5 per query; pairs of a batch against each pair by itself."""
    _, read, _ = family
    tap = read.measured([PAIRS[row] for row in rows], kernel)
    assert tap.target is not None
    assert torch.equal(tap.source.lengths, tap.target.lengths) == (rows == (2,))
    for k, row in enumerate(rows):
        for place, call in zip(read.places, tap.calls, strict=True):
            assert_equal(call, k, truth[row][place])
    for site in SITES:
        patterns = [e.patterns for pair in truth for p, e in pair.items() if p.site == site]
        assert 0.2 < max(pattern.max(-1).mean() for pattern in patterns) < 0.95


def test_the_decoder_reads_what_transformers_makes_of_the_labels(family):
    _, read, _ = family
    labels = read.tokenizer(text_target=PAIRS[1].target.text)["input_ids"]
    (encoded,), _ = read.encoder.encode(PAIRS[1:2])
    assert encoded.target.ids == _shifted(read.eager, torch.tensor([labels]))[0].tolist()
    assert len(encoded.target.ids) == len(labels)
    # What stands at a position is said by the one before it.
    assert encoded.target.predicts[:-1] == encoded.target.word[1:]


def _shifted(model, labels: torch.Tensor) -> torch.Tensor:
    """As the family's own training loss does."""
    if hasattr(model, "_shift_right"):
        return model._shift_right(labels)
    shift = importlib.import_module(type(model).__module__).shift_tokens_right
    start = model.config.decoder_start_token_id
    rest = () if start is None else (start,)
    return shift(labels, model.config.pad_token_id, *rest)


@pytest.mark.parametrize("kernel", FAST)
def test_bfloat16_is_near(family, kernel):
    _, read, folder = family
    near = Read.of(folder, "bfloat16")
    assert_near(read.measured(PAIRS), near.measured(PAIRS, kernel), 0.05)
