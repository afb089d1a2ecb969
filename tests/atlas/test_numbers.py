"""What a page shows equals what the model computes, to the errors that the page states."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import AutoModel

from pipeline.atlas import Example, build, quantise, render
from pipeline.atlas.capture import capture
from pipeline.atlas.fit import fit
from pipeline.controls.random_pieces import RandomPieces
from pipeline.controls.random_weights import RandomWeights
from pipeline.controls.shuffled_words import ShuffledWords
from pipeline.models.checkpoint import Checkpoint
from tests.atlas import back, made

FAMILIES = ("bert", "modernbert", "gpt2", "llama", "gemma2", "gpt_oss", "bart", "t5")


@pytest.fixture(scope="module", params=FAMILIES)
def shown(request, tmp_path_factory):
    """A subject, its document as the page has it, and the same weights run by transformers."""
    folder = tmp_path_factory.mktemp(request.param)
    subject = made.subject(folder, request.param)
    found = back.document(render(build([subject], made.EXAMPLES)))
    eager = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    return subject, found, eager


def truth(subject, eager, example: Example) -> dict[str, list[np.ndarray]]:
    """The model's own attentions, [head, query, key] per layer, by site."""
    (encoded,), _ = subject.encoder.encode([example.sentence])
    inputs = {"input_ids": torch.tensor([encoded.source.ids])}
    if encoded.target is not None:
        inputs["decoder_input_ids"] = torch.tensor([encoded.target.ids])
    with torch.inference_mode():
        out = eager(**inputs, output_attentions=True)
    if encoded.target is None:
        found = {subject.places[0].site: out.attentions}
    else:
        of = (out.encoder_attentions, out.decoder_attentions, out.cross_attentions)
        found = dict(zip(back.SITES, of, strict=True))
    return {site: [layer[0].numpy() for layer in layers] for site, layers in found.items()}


def test_weights_equal_the_models_own(shown):
    subject, found, eager = shown
    (seen,) = found["subjects"]
    for read, example in zip(seen["readings"], made.EXAMPLES, strict=True):
        for site, layers in truth(subject, eager, example).items():
            off = np.abs(back.weights(seen, read, site) - np.stack(layers))
            assert off.max() <= found["weight_error"] + 1e-6
            assert (off <= (np.sqrt(np.stack(layers)) + 1 / 1020) / 255 + 1e-6).all()


@pytest.mark.parametrize("levels", [127, 63])
def test_what_is_rounded_to_fit_is_off_by_no_more_than_is_said(tmp_path, levels):
    subject = made.subject(tmp_path, "bart")
    eager = AutoModel.from_pretrained(tmp_path, attn_implementation="eager").eval()
    whole = build([subject], made.EXAMPLES)
    limits = np.linspace(0, len(whole.json()), 60).astype(int).tolist()
    cut = next(found for n in limits if (found := fit(whole, n)).levels == levels)
    found = json.loads(cut.json())
    (seen,) = found["subjects"]
    largest = 0.0
    for site, layers in truth(subject, eager, made.EXAMPLES[0]).items():
        shown = back.weights(seen, seen["readings"][0], site, levels)
        largest = max(largest, np.abs(shown - np.stack(layers)).max())
    assert whole.weight_error < largest <= found["weight_error"]


def test_softmax_of_the_sums_shown_is_the_pattern(shown):
    """A score that is off by ε each way moves a weight w by at most w (1 − w) (e^2ε − 1)."""
    subject, found, eager = shown
    (seen,) = found["subjects"]
    for read, example in zip(seen["readings"], made.EXAMPLES, strict=True):
        for site, layers in truth(subject, eager, example).items():
            for layer, pattern in enumerate(layers):
                off = np.abs(back.softmax(seen, read, site, layer) - pattern)
                assert (off <= np.expm1(2 * found["sum_error"] + 1e-3) * pattern + 1e-4).all()


def test_sums_are_within_the_error_stated(shown):
    subject, found, _ = shown
    (seen,) = found["subjects"]
    assert found["largest_sum_error"] <= found["sum_error"]
    readings = capture(subject, [e.sentence for e in made.EXAMPLES])
    for read, reading in zip(seen["readings"], readings, strict=True):
        for call in reading.calls:
            groups = len(call.query) // len(call.key)
            key = call.key.repeat(groups, 0)
            exact = call.query @ key.swapaxes(1, 2) * call.scaling
            shown_sums = back.sums(seen, read, call.place.site, call.place.layer)
            off = np.where(call.visible, np.abs(shown_sums - exact), 0)
            assert off.max() <= found["sum_error"] + 1e-4


def test_a_bias_and_codes_come_back():
    draw = np.random.default_rng(0)
    scores = draw.normal(size=(3, 4, 5)) * np.array([0.1, 1, 1000])[:, None, None]
    kept = quantise.bias(scores)
    found = back.Parts(quantise.pack(kept)).next(3, 4, 5)
    np.testing.assert_allclose(found, kept.values)
    assert (np.abs(found - scores).max((1, 2)) <= np.abs(scores).max((1, 2)) / 65_000).all()


def test_a_control_is_shown_as_it_was_measured(tmp_path):
    """What it draws hangs on the row of the sentence in its corpus, as in the lake."""
    checkpoint = Checkpoint(path=str(made.tiny.save(tmp_path / "bert", "bert")))
    examples = [replace(made.EXAMPLES[0], row=7)]
    subjects = [
        made.Subject.load("m", checkpoint),
        made.Subject.load("m", checkpoint, RandomWeights(), "random_weights-1", 1),
        made.Subject.load("m", checkpoint, ShuffledWords(), "shuffled_words", 0),
        made.Subject.load("m", checkpoint, RandomPieces(), "random_pieces-2", 2),
    ]
    seen = back.document(render(build(subjects, examples)))["subjects"]
    reads = [s["readings"][0] for s in seen]
    words = [[w for w in read["source"]["word"] if w >= 0] for read in reads]
    assert words[0] == words[1] == words[3] != words[2]
    assert set(words[0]) == set(words[2])
    assert reads[0]["source"]["pieces"] == reads[1]["source"]["pieces"]
    assert reads[0]["source"]["pieces"] != reads[3]["source"]["pieces"]
    patterns = [back.weights(s, r, "encoder") for s, r in zip(seen, reads, strict=True)]
    assert np.abs(patterns[0] - patterns[1]).max() > 0.05


def test_a_pair_is_read_as_two_segments(tmp_path):
    subject = made.subject(tmp_path / "bert", "bert")
    found = back.document(render(build([subject], [replace(made.EXAMPLES[0], pair=True)])))
    read = found["subjects"][0]["readings"][0]
    words = found["sentences"][0]["source"]["words"]
    both = made.EXAMPLES[0].sentence
    assert tuple(words) == (*both.words, *both.target.words)
    row = read["source"]
    assert row["pieces"].count("[SEP]") == 2
    starts = row["segment"].index(1)
    assert all(w >= len(both.words) for w in row["word"][starts:] if w >= 0)
    assert set(row["word"]) - {-1} == set(range(len(words)))
    ids = subject.encoder.tokenizer(" ".join(both.words), " ".join(both.target.words))
    eager = AutoModel.from_pretrained(tmp_path / "bert", attn_implementation="eager").eval()
    tensors = {k: torch.tensor([v]) for k, v in ids.items()}
    with torch.inference_mode():
        layers = eager(**tensors, output_attentions=True).attentions
    pattern = np.stack([layer[0].numpy() for layer in layers])
    assert np.abs(back.weights(found["subjects"][0], read, "encoder") - pattern).max() < 0.005


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # its files are never closed
@pytest.mark.parametrize("family", ["bert", "gpt2", "bart"])
def test_bertviz_shows_the_same(family, tmp_path):
    """The same sentence in bertviz's own page: the numbers are the model's there and here."""
    bertviz = pytest.importorskip("bertviz")
    subject = made.subject(tmp_path / family, family)
    found = back.document(render(build([subject], made.EXAMPLES[:1])))
    seen, read = found["subjects"][0], found["subjects"][0]["readings"][0]
    eager = AutoModel.from_pretrained(tmp_path / family, attn_implementation="eager").eval()
    own = truth(subject, eager, made.EXAMPLES[0])
    patterns = {site: [torch.tensor(p)[None] for p in layers] for site, layers in own.items()}
    if "cross" in patterns:
        given = {f"{site}_attention": layers for site, layers in patterns.items()}
        given |= {"encoder_tokens": read["source"]["pieces"]}
        given |= {"decoder_tokens": read["target"]["pieces"]}
    else:
        (layers,) = patterns.values()
        given = {"attention": layers, "tokens": read["source"]["pieces"]}
    html = bertviz.head_view(**given, html_action="return").data
    params = re.search(r"params = (\{.*?\});? // HACK", html, re.S)
    assert params
    theirs = [np.array(part["attn"]) for part in json.loads(params[1])["attention"]]
    assert len(theirs) == len(patterns)
    for site, attention in zip(patterns, theirs, strict=True):
        # Of a decoder that is deeper than its encoder bertviz leaves out the rest.
        shown = back.weights(seen, read, site)[: len(attention)]
        np.testing.assert_allclose(shown, attention, atol=0.004)
