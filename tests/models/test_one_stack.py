"""The tap against transformers' own eager attentions: encoders and decoders of many families."""

import pytest

from pipeline.core.sentence import Sentence
from tests import tiny
from tests.models.against import FAST, Read, assert_equal, assert_near
from tests.models.families import CAUSAL, ONE_STACK, PADDED, SINKS

SENTENCES = [Sentence(str(i), t, tuple(t.split())) for i, t in enumerate(tiny.TEXTS[::2])]


@pytest.fixture(scope="module", params=list(ONE_STACK))
def family(request, tmp_path_factory):
    folder = tiny.save(tmp_path_factory.mktemp("family"), request.param)
    return request.param, Read.of(folder), folder


@pytest.fixture(scope="module")
def truth(family):
    """Of each sentence by itself, for each layer."""
    _, read, _ = family
    return [list(read.expected(sentence).values()) for sentence in SENTENCES]


def test_every_layer_has_its_place(family):
    name, read, _ = family
    assert {place.site for place in read.places} == {"decoder" if name in CAUSAL else "encoder"}
    n_layers = ONE_STACK[name].get("num_hidden_layers", 2)
    assert [place.layer for place in read.places] == list(range(n_layers))


@pytest.mark.parametrize("kernel", FAST)
@pytest.mark.parametrize("batch", ["padded", "packed", "alone"])
def test_statistics_equal_eager_attentions(family, truth, batch, kernel):
    """Float32: 1e-5 per query; sentences of a batch against each sentence by itself."""
    name, read, _ = family
    n = 1 if batch == "alone" else len(SENTENCES)
    tap = read.measured(SENTENCES[:n], kernel, batch == "packed" and name not in PADDED)
    for row in range(n):
        for call, expected in zip(tap.calls, truth[row], strict=True):
            assert_equal(call, row, expected)
            leaks = bool((expected.patterns.sum(-1) < 0.999).any())
            assert call.leaks == leaks == (name in SINKS)
    # Nothing is shown by patterns that are all alike, or that see one key alone.
    largest = [expected.patterns.max(-1).mean() for layers in truth for expected in layers]
    assert max(largest) > 0.15
    assert max(largest) < 0.95


def test_sentences_can_lie_end_to_end(family):
    name, read, _ = family
    assert (read.first_position is None) == (name in PADDED)


@pytest.mark.parametrize("kernel", FAST)
def test_bfloat16_is_near(family, kernel):
    name, read, folder = family
    near = Read.of(folder, "bfloat16")
    packed = near.first_position is not None
    assert packed == (name not in PADDED)
    assert_near(read.measured(SENTENCES), near.measured(SENTENCES, kernel, packed), 0.05)
