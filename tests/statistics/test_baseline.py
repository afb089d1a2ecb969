"""Facts of a batch: what a head without any preference gives, by every kernel."""

import numpy as np
import pytest
import torch

from pipeline.core.layout import Layout
from pipeline.statistics.baseline import baseline
from pipeline.statistics.kernels import KERNELS, choose
from tests.statistics.calls import MASKS, of_two, pieces_of, reduce, visibility


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("mask", MASKS)
def test_is_what_is_measured_of_the_uniform_pattern(kernel, mask):
    if kernel == "triton":
        pytest.importorskip("triton")
    choose(kernel, "cpu")
    pieces = of_two(pieces_of(np.random.default_rng(0), [5, 30, 1]))
    layout = Layout(pieces, pieces, visibility(pieces, mask))
    found, expected = baseline(layout, KERNELS[kernel]), reduce(layout.uniform, layout).sums
    of_uniform = {name for name in found if name.startswith("uniform_")}
    assert {"uniform_mass_cls", "uniform_mass_prev", "uniform_segment_own"} <= of_uniform
    for name in of_uniform:
        torch.testing.assert_close(
            found[name], expected[name.removeprefix("uniform_")][:, 0], atol=1e-5, rtol=1e-5
        )


def test_is_the_same_in_a_model_s_pass_and_outside():
    pieces = pieces_of(np.random.default_rng(0), [5, 12])
    with torch.inference_mode():
        layout = Layout(pieces, pieces, visibility(pieces, "all"))
        inside = baseline(layout)
    for name, value in baseline(layout).items():
        assert torch.equal(value, inside[name]), name
