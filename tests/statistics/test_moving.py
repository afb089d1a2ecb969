"""What goes between the CPU and a device: nobody waits for it, and it comes whole."""

from dataclasses import replace
from functools import cached_property

import numpy as np
import pytest
import torch

from pipeline.core.layout import Layout
from pipeline.core.moving import Coming, sent
from pipeline.core.pieces import Pieces
from tests.statistics.calls import of_two, pieces_of, visibility

NOWHERE = "meta"
"""A device without memory: whoever asks it for a number is refused."""
ASK = {"same_word", "far_in_word"}
"""Tables whose size hangs on who sees whom, which is known there alone."""


def pieces(seed: int = 0) -> Pieces:
    made = of_two(pieces_of(np.random.default_rng(seed), [9, 4, 12]))
    return replace(made, predicts=made.word, types=made.segment)


def layouts(hides: bool | None) -> tuple[Layout, Layout]:
    """One on the CPU, and the same nowhere."""
    here = pieces()
    visible = visibility(here, "causal" if hides else "all")
    there = here.to(NOWHERE)
    return (
        Layout(here, here, visible),
        Layout(there, there, visible.to(NOWHERE), known_to_hide="later" if hides else "nothing"),
    )


@pytest.mark.parametrize("hides", [True, False])
def test_a_layout_is_made_without_a_look_at_the_device(hides):
    here, there = layouts(hides)
    tables = {n for n, x in vars(Layout).items() if isinstance(x, cached_property)} - ASK
    assert len(tables) > 20
    for name in sorted(n for n in tables if n[0] != "_"):
        a, b = getattr(here, name), getattr(there, name)
        if isinstance(a, torch.Tensor):
            assert (a.shape, a.dtype, b.device.type) == (b.shape, b.dtype, NOWHERE), name
        elif isinstance(a, bool | int):
            assert a == b, name
    for name in ASK:
        with pytest.raises((NotImplementedError, RuntimeError)):
            getattr(there, name)


@pytest.mark.parametrize("index", [slice(1, 3), torch.tensor([2, 0, 2])])
def test_some_rows_are_known_here_too(index):
    here = pieces()
    there = here.to(NOWHERE)
    assert there.here is here
    rows, of_rows = here.rows(index), there.rows(index)
    assert of_rows.ids.device.type == NOWHERE
    for name in ("ids", "lengths", "word", "classes", "segment", "predicts", "types"):
        assert torch.equal(getattr(rows, name), getattr(of_rows.here, name))
    assert torch.equal(rows.real_at, of_rows.here.real_at)


def test_what_a_device_has_chosen_is_brought():
    """By an index of its own there is nothing here to look at."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    there = pieces().to(device)
    chosen = there.rows(torch.tensor([1, 1], device=device))
    assert torch.equal(chosen.here.ids, pieces().rows(torch.tensor([1, 1])).ids)


def test_what_comes_is_whole():
    """Behind work that takes long, and taken while more has been given."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    numbers = sent(torch.arange(2**20), device)
    coming = []
    for k in range(8):
        if device.type == "cuda":
            torch.cuda._sleep(10**7)
        coming.append(Coming(numbers * k))
    for k, late in enumerate(coming):
        taken = late.taken()
        assert taken.device.type == "cpu"
        assert torch.equal(taken, torch.arange(2**20) * k)
