"""Places of what is largest, against torch's own search."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.statistics.largest import first_largest

SIZES = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 130), st.integers(1, 130))


@pytest.mark.parametrize("dim", [-1, -2])
@pytest.mark.parametrize("turned", [False, True], ids=["rows", "columns"])
@given(shape=SIZES, n_values=st.integers(1, 5), seed=st.integers(0, 2**32 - 1))
def test_the_first_of_equals_is_found(dim, turned, shape, n_values, seed):
    """Whichever dimension lies side by side in memory."""
    draw = torch.Generator().manual_seed(seed)
    weights = torch.randint(n_values, shape, generator=draw).float()
    weights = weights.mT.contiguous().mT if turned else weights
    largest, where = first_largest(weights, dim)
    expected, _ = weights.max(dim)
    assert torch.equal(largest, expected)
    # Spelled out: of equals torch promises no place.
    is_largest = weights == expected.unsqueeze(dim)
    before = is_largest.long().cumsum(dim) == 0
    assert torch.equal(where, before.sum(dim))


def test_nan_stays():
    weights = torch.zeros(1, 1, 4, 40)
    weights[0, 0, 2, 3] = torch.nan
    assert first_largest(weights, -1)[0].isnan().any()
    assert first_largest(weights, -2)[0].isnan().any()


def test_nothing_has_no_largest():
    largest, where = first_largest(torch.zeros(0, 2, 3, 4), -1)
    assert largest.shape == where.shape == (0, 2, 3)
