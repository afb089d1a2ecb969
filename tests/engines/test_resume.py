"""A pass taken up in the middle gives what a whole pass gives: every family, every layer."""

from functools import partial

import pytest
import torch

from pipeline.core.sentence import Sentence
from pipeline.engines.changes import Change
from pipeline.engines.edits import Editing
from pipeline.engines.means import AtPlace
from pipeline.models.outcomes import said
from pipeline.models.resume import keep, resume, units
from pipeline.models.tap import Tap, forward
from tests import tiny
from tests.models.against import Read
from tests.models.families import FAMILIES, TWO_STACKS

SENTENCES = [Sentence(str(i), t, tuple(t.split())) for i, t in enumerate(tiny.TEXTS)]


def change(before, after):
    """The largest of any piece's state, in lengths of the longest state. Padding's may be 0."""
    return (after - before).norm(dim=-1).max() / before.norm(dim=-1).max()


@pytest.mark.parametrize("family", list(FAMILIES))
def test_taken_up_anywhere(family, tmp_path):
    read = Read.of(tiny.save(tmp_path, family))
    model, places = read.model, read.places
    source, target = read.encoder.pieces(read.encoder.encode(SENTENCES)[0])
    found = units(model, Tap(source, target, places), places)
    sites = [places[unit.calls[0]].site for unit in found]
    assert [k for unit in found for k in unit.calls] == list(range(len(places)))
    # Every layer by itself; a decoder's has two calls.
    assert len(found) == len(places) - sum(place.site == "cross" for place in places)
    assert len(set(sites)) == (2 if family in TWO_STACKS else 1)
    tap = Tap(source, target, places)
    before, (_, kept) = said(model, lambda: keep(model, tap, found))
    rows = torch.tensor([2, 0, 0, 3, 1])
    for k, unit in enumerate(found):
        for call in unit.calls:
            n_heads = tap.calls[call].reduction.sums["row_sum"].shape[1]
            # No head is given a mean here, so that its width does not matter.
            means = [AtPlace({}, torch.zeros(n_heads, 1), {}, {})] * len(places)
            changes = [Change("head", "no_head", None, {call: (r % n_heads,)}) for r in range(5)]
            again = Tap(source.rows(rows), target and target.rows(rows), places[unit.calls[0] :])
            again.kernel = Editing(changes, means, unit.calls[0])
            resumed, _ = said(model, partial(resume, model, again, found, k, kept, rows))
            whole = Tap(source.rows(rows), target and target.rows(rows), places)
            whole.kernel = Editing(changes, means, 0)
            full, _ = said(model, partial(forward, model, whole))
            # A few 1e-7 of rounding; 7e-6 in T5, whose scores are large.
            assert change(full.states, resumed.states) < 3e-5
            assert change(before.states[rows], full.states) > 1e-3
    after, _ = said(model, lambda: forward(model, Tap(source, target, places)))
    assert torch.equal(after.states, before.states)
