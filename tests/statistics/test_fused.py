"""The triton kernel against the portable one: compiled where there is a GPU, and elsewhere in
Triton's interpreter. That is slow, so cases are few and tiles small, that there are several of each
side.

Against truth, transformers' eager attentions, tests/models/test_interpreted.py holds it.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.core.call import AttentionCall, packed
from pipeline.core.layout import Layout
from pipeline.core.names import KEY_CLASSES
from pipeline.core.pieces import Pieces
from pipeline.statistics import portable
from pipeline.statistics.pointers import nodes_pointer
from pipeline.statistics.trees import spanning_tree, undirected
from tests.statistics.calls import (
    ALL,
    FLAGS_ON,
    MASKS,
    NONE,
    Largest,
    assert_rounded,
    assert_same,
    call_of,
    layout_of,
    of_two,
    one_sequence,
    pieces_of,
)

pytest.importorskip("triton")
from triton.runtime.errors import OutOfResources

from pipeline.statistics import fused, fused_kernels
from pipeline.statistics.tiles import tiling


@pytest.fixture(autouse=True)
def where_it_is_fast():
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        yield


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    monkeypatch.setattr(fused, "SIZE", 16)
    monkeypatch.setattr(fused, "WIDE_SIZE", 16)


@pytest.fixture(autouse=True)
def poisoned(monkeypatch):
    """What is left empty holds nothing that may be read before it is written."""
    new_empty = torch.Tensor.new_empty

    def filled(self, *shape, **how):
        made = new_empty(self, *shape, **how)
        return made.fill_(float("nan") if made.is_floating_point() else torch.iinfo(made.dtype).max)

    monkeypatch.setattr(torch.Tensor, "new_empty", filled)


@pytest.mark.parametrize("mask", MASKS)
def test_within_one_sequence(mask):
    # A window has a third tile to leave out.
    assert_same("triton", one_sequence([37 if "window" in mask else 20, 5], mask))


@pytest.mark.parametrize("name", [*FLAGS_ON, "none"])
def test_each_option_alone(name):
    assert_same("triton", one_sequence([19], "causal", flags=NONE | {name: True}))


@pytest.mark.parametrize("seed", range(2))
def test_across_two(seed):
    rng = np.random.default_rng(seed)
    source, target = pieces_of(rng, [35, 4]), pieces_of(rng, [6, 20])
    predicts = torch.cat((target.word[:, 1:], torch.full_like(target.word[:, :1], -1)), 1)
    queries = replace(target, predicts=predicts)
    visible = queries.real[:, :, None] & source.real[:, None, :]
    layout = Layout(queries, source, visible, is_self=False)
    assert_same("triton", call_of(rng, layout, (2, 2), (ALL, NONE)[seed]))


@pytest.mark.parametrize("mask", ["all", "causal"])
def test_two_sentences_in_one_input(mask):
    call = one_sequence([9, 28], mask)
    pieces = of_two(call.layout.queries)
    assert_same("triton", replace(call, layout=Layout(pieces, pieces, call.layout.visible)))


def test_words_in_any_order():
    """As the shuffled words' control has them: of equals the first word wins, wherever it is."""
    call = one_sequence([30], "all", flags=NONE | {"trees": True})
    pieces = call.layout.queries
    turned = torch.where(pieces.word >= 0, pieces.n_words[:, None] - 1 - pieces.word, -1)
    pieces = replace(pieces, word=turned)
    layout = Layout(pieces, pieces, call.layout.visible)
    assert_same("triton", replace(call, layout=layout))
    tied = replace(call, layout=layout, query=torch.zeros_like(call.query))
    singles = replace(pieces, word=torch.arange(29, -1, -1)[None], n_words=torch.tensor([30]))
    tied = replace(tied, layout=Layout(singles, singles, call.layout.visible))
    _, found = fused.attend(tied)
    assert found.pointers["attends_to"].unique().tolist() == [0, 1]
    assert found.pointers["attended_by"].unique().tolist() == [0, 1]


def test_more_padding_changes_nothing():
    """On the right as on the left, where `visible` alone says it."""
    rng = np.random.default_rng(3)
    call = one_sequence([21], "causal", flags=ALL | {"bias": False, "sinks": False})
    _, alone = fused.attend(call)
    pieces = call.layout.queries
    n_left, n_right = 5, 14
    shown = torch.zeros(1, 40, 40, dtype=torch.bool)
    shown[:, n_left:26, n_left:26] = call.layout.visible

    def widened(x: torch.Tensor, dim: int, fill: float) -> torch.Tensor:
        def more(n: int) -> torch.Tensor:
            shape = list(x.shape)
            shape[dim] = n
            full = torch.full(shape, fill, dtype=x.dtype)
            return torch.tensor(rng.normal(size=shape)).to(x) if x.is_floating_point() else full

        return torch.cat((more(n_left), x, more(n_right)), dim)

    # Padding on the left sees itself alone: a row without any key has no softmax.
    shown[:, range(n_left), range(n_left)] = True
    padded = Pieces(
        ids=widened(pieces.ids, 1, 0),
        lengths=pieces.lengths + n_left,
        word=widened(pieces.word, 1, -1),
        n_words=pieces.n_words,
        classes=widened(pieces.classes, 1, 0),
    )
    sides = {name: widened(getattr(call, name), 2, 0) for name in ("query", "key", "value")}
    wide = replace(call, **sides, layout=Layout(padded, padded, shown))
    assert_same("triton", wide)
    _, found = fused.attend(wide)
    for name, words in alone.pointers.items():
        assert torch.equal(words, found.pointers[name]), name
    for name in ("entropy_nats", "mass_punct", "mass_same_word", "mass_cls"):
        torch.testing.assert_close(alone.sums[name], found.sums[name], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("flags", [ALL | {"bias": False}, NONE])
def test_end_to_end_is_the_same(flags):
    call = one_sequence([3, 18, 7], "causal", heads=(4, 2), flags=flags)
    layout = call.layout
    sides = {
        name: packed(getattr(call, name), layout.keys.real_at) for name in ("query", "key", "value")
    }
    (output, found), (expected, truth) = map(
        fused.attend, (replace(call, **sides, packed=True), call)
    )
    torch.testing.assert_close(output, packed(expected, layout.keys.real_at), atol=0, rtol=0)
    assert found.sums.keys() == truth.sums.keys()
    for name, sums in truth.sums.items():
        torch.testing.assert_close(found.sums[name], sums, atol=1e-6, rtol=1e-6, equal_nan=True)
    for name, words in truth.pointers.items():
        assert torch.equal(found.pointers[name], words), name


@pytest.mark.parametrize(("mask", "lengths"), [("all", [20]), ("causal window", [7, 20])])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_near_what_it_rounds(dtype, mask, lengths):
    assert_rounded("triton", one_sequence(lengths, mask, flags=ALL | {"trees": False}), dtype)


def told(call: AttentionCall, hides: str) -> AttentionCall:
    """As on a GPU, where masks are not looked at."""
    return replace(call, layout=replace(call.layout, known_to_hide=hides))


@pytest.mark.parametrize(("mask", "hides"), [("all", "any"), ("causal", "later")])
def test_what_a_mask_is_known_to_hide_changes_nothing(mask, hides):
    """Where tiles are several; and where sentences lie end to end."""
    call = one_sequence([40, 5], mask, flags=ALL | {"bias": False})
    layout = call.layout
    sides = {
        name: packed(getattr(call, name), layout.keys.real_at) for name in ("query", "key", "value")
    }
    for given in (call, replace(call, **sides, packed=True)):
        (output, found), (expected, truth) = fused.attend(told(given, hides)), fused.attend(given)
        torch.testing.assert_close(output, expected, atol=1e-6, rtol=1e-6)
        for name, sums in truth.sums.items():
            torch.testing.assert_close(found.sums[name], sums, atol=1e-6, rtol=1e-6, equal_nan=True)
        for name, words in truth.pointers.items():
            assert torch.equal(found.pointers[name], words), name


def test_a_row_that_sees_nothing_is_no_number():
    call = one_sequence([9], "all", flags=NONE)
    visible = call.layout.visible.clone()
    visible[0, 5] = False
    pieces = call.layout.queries
    blind = replace(call, layout=Layout(pieces, pieces, visible))
    (output, found), (expected, truth) = fused.attend(blind), portable.attend(blind)
    assert torch.equal(output.isnan(), expected.isnan())
    for name in ("row_sum", "entropy_nats", "confidence", "mass_self"):
        assert found.sums[name].isnan().all() == truth.sums[name].isnan().all()


def test_channels_of_any_number():
    call = one_sequence([18], "all", flags=NONE)
    rng = np.random.default_rng(5)

    def normal(n_heads: int, channels: int) -> torch.Tensor:
        return torch.tensor(rng.normal(size=(1, n_heads, 18, channels))).float()

    wide = {"query": normal(2, 40), "key": normal(1, 40), "value": normal(1, 72)}
    assert_same("triton", replace(call, scaling=0.2, **wide))


def test_the_same_call_gives_the_same_bytes():
    call = one_sequence([20], "all", flags=ALL)
    (output, one), (again, other) = fused.attend(call), fused.attend(call)
    assert torch.equal(output, again)
    for name, sums in one.sums.items():
        assert sums.cpu().numpy().tobytes() == other.sums[name].cpu().numpy().tobytes(), name
    for name, words in one.pointers.items():
        assert torch.equal(words, other.pointers[name]), name


@pytest.mark.parametrize(("trees", "quadratic"), [(False, False), (True, True)])
def test_memory_grows_with_length_but_for_trees(trees, quadratic):
    call = one_sequence([64], "all", flags=NONE | {"trees": trees})
    layout = call.layout
    singles = replace(layout.queries, word=torch.arange(64)[None], n_words=torch.tensor([64]))
    call = replace(call, layout=Layout(singles, singles, layout.visible))
    portable.attend(call)  # the layout's own tables are made, once for all heads
    with Largest() as largest:
        fused._attend(call, tiling(call.layout, 16))
    assert (largest.n >= 4 * 64 * 64) == quadratic


def test_what_is_not_read_is_portables_and_that_is_said_once(capsys, monkeypatch):
    fused._say.cache_clear()
    call = one_sequence([30], "all", flags=NONE)
    plain = call.layout.queries

    def of(word: list[int]) -> AttentionCall:
        pieces = replace(plain, word=torch.tensor([word]), n_words=torch.tensor([20]))
        return replace(call, layout=Layout(pieces, pieces, call.layout.visible))

    for word, reason in (([0] * 9 + [1] * 21, "21 pieces"), ([0, 1, 0] + [-1] * 27, "two places")):
        for _ in range(2):
            assert_same("triton", of(word))
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert reason in said
    many = call.layout.queries.classes.clone()
    many[..., KEY_CLASSES.index("sep")] = True
    pieces = replace(call.layout.queries, classes=many)
    monkeypatch.setattr(fused, "MOST_FEW", 29)
    assert_same("triton", replace(call, layout=Layout(pieces, pieces, call.layout.visible)))
    assert "30 separators" in capsys.readouterr().err
    double = {name: getattr(call, name).double() for name in ("query", "key", "value")}
    fused.attend(replace(call, **double))
    assert "float64" in capsys.readouterr().err

    def no_room(**_):
        raise OutOfResources(70_000, 65_536, "shared memory")

    monkeypatch.setattr(fused_kernels, "measure", {(2, 2): no_room})
    assert_same("triton", call)
    assert "shared memory" in capsys.readouterr().err


@pytest.mark.parametrize("n_words", [1, 2, 7, 33])
def test_trees_are_those_of_the_loop(n_words):
    """Of few different weights, so that many are equal or 0; and where words are punctuation."""
    draw = np.random.default_rng(n_words)
    weights = torch.tensor(draw.choice([0.0, 0.25, 0.5, 0.75], (3, 2, n_words, n_words))).float()
    weights.diagonal(dim1=-2, dim2=-1).zero_()
    weights[0, 1] = 0.0
    layout = layout_of([n_words, max(1, n_words - 3), 1], {(0, n_words // 2), (2, 0)})
    tree_max, tree = torch.full((2, 3, 2, n_words), 99, dtype=torch.int16)
    pairs = torch.stack((weights, weights.mT), -1).flatten(0, 1)
    for heads in (range(4), range(4, 6)):
        fused._grow(pairs[heads.start : heads.stop], layout, heads, tree_max, tree)
    assert torch.equal(tree, spanning_tree(undirected(weights), layout))
    assert torch.equal(tree_max, nodes_pointer(weights, layout))


@pytest.mark.parametrize("mask", ["all", "causal window"])
def test_trees_are_grown_of_as_many_heads_as_there_is_room_for(mask, monkeypatch):
    call = one_sequence([9, 20, 5], mask, heads=(4, 2), flags=ALL | {"bias": False})
    _, whole = fused.attend(call)
    monkeypatch.setattr(fused, "TREES_AT_ONCE", 5 * 2 * int(call.layout.queries.n_words.max()) ** 2)
    _, parts = fused.attend(call)
    assert list(parts.pointers) == list(whole.pointers)
    for name, words in whole.pointers.items():
        assert torch.equal(parts.pointers[name], words), name


@pytest.mark.parametrize("mask", ["all", "causal"])
def test_large_scores_lose_no_digits(mask):
    """As where a model's keys have a bias of some thousands: weights are as they would be without,
    and a census stops where they do not add up to 1."""
    call = one_sequence([19, 7], mask, flags=NONE)
    query, key = torch.cat((call.query, torch.ones_like(call.query[..., :1])), -1), call.key
    away = torch.cat((key, torch.full_like(key[..., :1], 5000.0 / call.scaling)), -1)
    _, found = fused.attend(replace(call, query=query, key=away))
    rows = found.sums["row_sum"] / call.layout.queries.lengths[:, None]
    torch.testing.assert_close(rows, torch.ones_like(rows), atol=2e-6, rtol=0)
    _, truth = portable.attend(replace(call, query=query, key=away))
    for name in ("entropy_nats", "confidence", "mass_self"):
        torch.testing.assert_close(found.sums[name], truth.sums[name], atol=1e-3, rtol=1e-3)
