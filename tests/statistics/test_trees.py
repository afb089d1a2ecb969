"""The batched tree against a solver, against every tree there is, and where there is none."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import minimum_spanning_tree

from pipeline.core.layout import Layout
from pipeline.statistics.trees import _enter, spanning_tree, undirected
from tests.statistics.calls import layout_of

SEEDS = st.integers(0, 2**32 - 1)


def edges(parents: torch.Tensor) -> set[tuple[int, int]]:
    found = enumerate(parents.tolist())
    return {(min(w, p), max(w, p)) for w, p in found if p >= 0}


def some_weights(rng, n_sentences: int, n_words: int) -> torch.Tensor:
    return torch.tensor(rng.random((n_sentences, 3, n_words, n_words))).float()


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, lengths=st.lists(st.integers(1, 25), min_size=1, max_size=4))
def test_it_is_the_tree_of_a_solver(seed, lengths):
    weights = some_weights(np.random.default_rng(seed), len(lengths), max(lengths))
    found = spanning_tree(undirected(weights), layout_of(lengths))
    for s, n in enumerate(lengths):
        for h in range(3):
            both = (weights[s, h] + weights[s, h].T)[:n, :n].numpy()
            # The solver looks for the least, and takes 0 for no edge.
            cost = np.where(np.eye(n), 0, 10 - both)
            a, b = minimum_spanning_tree(cost).nonzero()
            pairs = zip(a.tolist(), b.tolist(), strict=True)
            assert edges(found[s, h, :n]) == {(min(p), max(p)) for p in pairs}
            assert (found[s, h, n:] == -3).all()


def test_tensors_enter_as_arrays_do():
    """The steps on a GPU are those on a CPU."""
    n_trees, n_words = 4, 13
    weights = undirected(torch.rand(1, n_trees, n_words, n_words))
    barrier = torch.zeros(n_trees, n_words)
    barrier[1, :3] = barrier[2, 5] = -torch.inf
    first_row = torch.arange(n_trees) * n_words
    at = [torch.empty(n_words - 3, n_trees, dtype=torch.long) for _ in range(2)]
    _enter(weights.view(-1, n_words), first_row, barrier.clone(), at[0])
    _enter(*(t.numpy() for t in (weights.view(-1, n_words), first_row, barrier, at[1])))
    assert torch.equal(*at)


@pytest.mark.parametrize("n", range(1, 7))
def test_no_tree_weighs_more(n):
    weights = some_weights(np.random.default_rng(n), 1, n)
    both = weights + weights.mT
    found = spanning_tree(undirected(weights), layout_of([n]))
    pairs = list(itertools.combinations(range(n), 2))
    for h in range(3):
        best = max(
            sum(float(both[0, h, a, b]) for a, b in chosen)
            for chosen in itertools.combinations(pairs, n - 1)
            if joined(chosen, n)
        )
        weight = sum(float(both[0, h, a, b]) for a, b in edges(found[0, h]))
        assert weight == pytest.approx(best, abs=1e-5)


def joined(chosen, n: int) -> bool:
    reached = {0}
    for _ in range(n):
        reached |= {b for pair in chosen for a, b in (pair, pair[::-1]) if a in reached}
    return len(reached) == n


def test_punctuation_takes_no_part():
    weights = torch.full((1, 1, 4, 4), 0.1)
    weights[0, 0, :, 1] = 1.0  # all look at the comma
    weights[0, 0, 3, 0] = 0.5
    found = spanning_tree(undirected(weights), layout_of([4], {(0, 1)}))
    assert found[0, 0].tolist() == [-1, -3, 0, 0]


def test_words_that_nothing_joins_are_trees_of_their_own():
    weights = torch.zeros(1, 1, 5, 5)
    weights[0, 0, 0, 2] = 0.3
    weights[0, 0, 4, 3] = 0.2
    found = spanning_tree(undirected(weights), layout_of([5]))
    assert edges(found[0, 0]) == {(0, 2), (3, 4)}
    assert (found >= -1).all()


def test_sentences_of_punctuation_alone_and_of_nothing():
    weights = torch.rand(2, 1, 2, 2)
    found = spanning_tree(undirected(weights), layout_of([2, 1], {(0, 0), (0, 1)}))
    assert found.tolist() == [[[-3, -3]], [[-1, -3]]]
    wordless = layout_of([2])
    pieces = replace(wordless.queries, word=torch.tensor([[-1, -1]]), n_words=torch.tensor([0]))
    nothing = spanning_tree(torch.zeros(1, 2, 0, 0), Layout(pieces, pieces, wordless.visible))
    assert nothing.shape == (1, 2, 0)
