"""Colours of figures and of the atlas, as they are seen with and without all three cones.

Colour is never alone: marks differ in shape, lines in dashes, cells of a map in lightness.
"""

import re

import numpy as np
import pytest

from pipeline.report import alike, comparison, interventions
from pipeline.report.figures import palette
from pipeline.report.section import KNOWN
from pipeline.style.sheet import sheet
from tests.colour_vision import LEAST, VISIONS, contrast, lab, nearest

TOKENS = [
    dict(re.findall(r"--([\w-]+): (#\w{6});", block)) for block in sheet("").split(":root")[1:3]
]
"""Of the light theme, and what differs in the dark."""
MARKS = palette.marks(list(KNOWN))
GROUPS = {
    "controls": [*(mark.colour for mark in MARKS.values()), palette.BASELINE],
    "kinds of heads": [look.colour for look in alike._KINDS.values()],
    "verdicts": [look.colour for look in interventions._LOOKS.values()],
    "tracking or not": [look.colour for look in interventions._TRACKS.values()],
    "compared": [colour for colour, _ in comparison.MARKS.values()],
}
for _theme, _tokens in zip(("light", "dark"), TOKENS, strict=True):
    GROUPS[f"{_theme} lines of heads"] = [_tokens[f"head-{k}"] for k in range(8)]
    GROUPS[f"{_theme} roles"] = [
        _tokens[role] for role in ("tracks", "aligns", "dumps", "positional", "broad")
    ]
    GROUPS[f"{_theme} signs"] = [_tokens["plus"], _tokens["minus"], _tokens["page"]]


def test_distances_are_those_of_cielab():
    np.testing.assert_allclose(lab("#ffffff"), [100, 0, 0], atol=1e-3)
    np.testing.assert_allclose(lab("#ff0000"), [53.24, 80.09, 67.20], atol=0.02)
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("vision", VISIONS)
def test_greys_look_grey_and_a_confused_pair_is_found(vision):
    assert np.abs(lab("#808080", vision)[1:]).max() < 0.1
    pairs = {"protanopia": "#7a6a00 #d55e00", "deuteranopia": "#cc79a7 #8b949e"}
    if vision in pairs:  # told apart by others at a glance
        assert nearest(pairs[vision].split(), vision)[0] < 6 < LEAST * 3
        assert nearest(pairs[vision].split(), "normal")[0] > 3 * LEAST


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("group", GROUPS)
def test_any_two_marks_are_told_apart(group, vision):
    distance, *pair = nearest(GROUPS[group], vision)
    assert distance >= LEAST, pair


def test_marks_differ_without_colour():
    assert len({mark.marker for mark in MARKS.values()}) == len(KNOWN)
    assert len({mark.dash for mark in MARKS.values()}) == len(KNOWN)
    assert len({shape for _, shape in comparison.MARKS.values()}) == len(comparison.MARKS)
    for looks in (alike._KINDS, interventions._LOOKS, interventions._TRACKS):
        assert len({(look.marker, look.filled) for look in looks.values()}) == len(looks)


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("name", ["lead_scale", "mass_scale", "error_scale"])
def test_a_scale_gets_darker_with_every_step(name, vision):
    """L* falls by 0.9 or more a step, from white paper to what white text can be read on."""
    scale = getattr(palette, name)()
    lightness = np.array([lab(colour, vision)[0] for colour in scale.colours])
    assert (np.diff(lightness) <= -0.9).all()
    assert lightness[0] > 97
    assert lightness[-1] < 35
    for step, colour in enumerate(scale.colours):
        # Numbers in a cell are read on its colour; an error's scale counts the other way.
        value = scale.top - step * scale.step if name == "error_scale" else step * scale.step
        assert scale.colour(value) == colour
        assert contrast(scale.ink(value), colour) >= 4.5


@pytest.mark.parametrize("theme", [0, 1])
def test_text_and_lines_stand_out_from_the_page(theme):
    tokens = {**TOKENS[0], **TOKENS[theme]}
    for name in ("ink", "faint", "link"):
        for ground in ("page", "soft"):
            assert contrast(tokens[name], tokens[ground]) >= 4.5
    for name in [f"head-{k}" for k in range(8)] + ["tracks", "aligns", "dumps", "broad", "minus"]:
        assert contrast(tokens[name], tokens["page"]) >= 3
