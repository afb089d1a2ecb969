"""Every statistic against the plain reference, on random patterns of every shape of mask."""

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.core.layout import Layout
from pipeline.statistics.baseline import baseline
from tests import oracle, ranks
from tests.statistics.calls import MASKS, random_pattern, random_pieces, reduce, visibility


@pytest.mark.parametrize("leaks", [False, True])
@pytest.mark.parametrize("mask", MASKS)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), lengths=st.lists(st.integers(1, 24), min_size=1, max_size=4))
@example(seed=352, lengths=[19])
def test_all_statistics_equal_the_reference(mask, leaks, seed, lengths):
    rng = np.random.default_rng(seed)
    pieces, about = random_pieces(rng, lengths)
    layout = Layout(pieces, pieces, visibility(pieces, mask))
    pattern, leak = random_pattern(rng, layout.visible, 3), None
    if leaks:
        leak = torch.tensor(rng.uniform(0.05, 0.95, pattern.shape[:3])).float()
        pattern = pattern * (1 - leak).unsqueeze(-1)
    f = torch.tensor(rng.normal(size=(*pattern.shape[:3], 4))).float()
    found, shared = reduce(pattern, layout, f, leak=leak), baseline(layout)
    for s, n in enumerate(lengths):
        seen = layout.visible[s, :n, :n].numpy()
        for h in range(3):
            expected = oracle.statistics(pattern[s, h, :n, :n].numpy(), seen, about[s])
            choice = expected.pop("n_queries_choice")
            assert shared["n_queries_choice"][s] == choice
            weighted = (pattern[s, h, :n, :n] * f[s, h, :n].norm(dim=-1)).numpy()
            expected |= oracle.value_statistics(
                pattern[s, h, :n, :n].numpy(),
                seen,
                f[s, h, :n].numpy(),
                about[s],
                oracle.statistics(weighted, seen, about[s]),
            )
            assert set(expected) == set(found.sums)
            # Left and right cancel in it: float32 errs by the size of what was added up.
            further = {"displacement_pieces": max(2e-5, 1e-6 * expected["distance_pieces"])}
            received = pattern[s, h, :n, :n].sum(0).numpy() / np.maximum(seen.sum(0), 1)
            length = f[s, h, :n].norm(dim=-1).numpy()
            further["spearman"] = 2e-5 + ranks.reach(received, length)
            for name, value in expected.items():
                atol = further.get(name, 2e-5)
                np.testing.assert_allclose(
                    found.sums[name][s, h].numpy(), value, atol=atol, rtol=1e-5, err_msg=name
                )
            n_words, word = about[s]["n_words"], about[s]["word"]
            for ending, of_head in (("", pattern[s, h, :n, :n].numpy()), ("_norm", weighted)):
                weights = oracle.word_weights(of_head, word, n_words)
                to, by = oracle.pointers(weights)
                pointers = {k: v[s, h, :n_words] for k, v in found.pointers.items()}
                assert_same_pointers(pointers[f"attends_to{ending}"], to, weights)
                assert_same_pointers(pointers[f"attended_by{ending}"], by, weights.T)
            plain = oracle.word_weights(pattern[s, h, :n, :n].numpy(), word, n_words)
            assert_same_tree(pointers["tree"].tolist(), plain, about[s])


def assert_same_pointers(found, expected: list[int], weights: np.ndarray) -> None:
    """Equal, or tied to the last digits of a float."""
    for word, (a, b) in enumerate(zip(found.tolist(), expected, strict=True)):
        if a != b:
            assert min(a, b) >= 0
            assert abs(weights[word, a] - weights[word, b]) < 1e-6


def assert_same_tree(parents: list[int], weights: np.ndarray, about: dict) -> None:
    """The same edges, or edges that weigh the same together."""
    punct = {w for w, p in zip(about["word"], about["punct"], strict=True) if p}
    nodes = sorted({w for w in about["word"] if w >= 0} - punct)
    assert [w for w, parent in enumerate(parents) if parent != -3] == nodes
    found = {(min(w, p), max(w, p)) for w, p in enumerate(parents) if p >= 0}
    expected = oracle.tree_edges(weights, nodes)
    assert len(found) == len(expected)
    both = weights + weights.T
    weight = sum(both[edge] for edge in found)
    assert weight == pytest.approx(sum(both[edge] for edge in expected), abs=1e-5)


def test_baseline_counts_queries():
    rng = np.random.default_rng(0)
    pieces, _ = random_pieces(rng, [7, 3, 12])
    shared = baseline(Layout(pieces, pieces, visibility(pieces, "all")))
    assert shared["n_queries"].tolist() == [7, 3, 12]
    assert shared["n_queries_cls"].tolist() == [1, 1, 1]
    assert shared["n_queries_sep"].tolist() == [1, 1, 1]
