"""What is done to heads, against softmax and sums written out, query by query."""

import math

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.core.call import AttentionCall
from pipeline.core.edit import Edit
from pipeline.core.layout import Layout
from pipeline.core.names import CONDITIONS, EDIT_CLASSES
from pipeline.statistics.edited import (
    VALUE_CLASSES,
    attend_edited,
    class_keys,
    special_by_word,
    value_sums,
)
from pipeline.statistics.patterns import attention_pattern
from pipeline.statistics.portable import attend
from tests.statistics.calls import random_pieces, visibility

HEADS, CHANNELS = 3, 5
CASES = ["all", "causal", "sinks"]


def member(about: dict, name: str, i: int, j: int) -> bool:
    """Whether key j is of a class to query i."""
    if name != "previous_word":
        return bool(about["cls" if name == "first" else name][j])
    word = about["word"]
    if word[i] < 0:
        return False
    start = next(k for k in range(len(word)) if word[k] == word[i])
    return start > 0 and word[start - 1] >= 0 and word[j] == word[start - 1]


def expected(
    scores: np.ndarray, value: np.ndarray, seen: list[bool], keys: list[bool], what: str, sink, mean
) -> np.ndarray:
    """One query's output. `scores` and `value` run over keys; `sink` is a logit or None."""
    exps = [math.exp(s) if ok else 0.0 for s, ok in zip(scores, seen, strict=True)]
    whole = sum(exps) + (math.exp(sink) if sink is not None else 0.0)
    weights = [e / whole for e in exps]
    mass = sum(w for w, k in zip(weights, keys, strict=True) if k)
    rest = sum(weights) - mass
    if what == "mask":
        kept = [0.0 if k else e for e, k in zip(exps, keys, strict=True)]
        left = whole - sum(exps) + sum(kept)
        if left > 0:
            weights = [e / left for e in kept]
    elif what in ("zero_value", "mean_value"):
        weights = [0.0 if k else w for w, k in zip(weights, keys, strict=True)]
    elif what in ("mask_others", "zero_others"):
        taken = min(mass, rest)
        for j, k in enumerate(keys):
            weights[j] *= 1 if k or not rest else (rest - taken) / rest
        if what == "mask_others":
            weights = [w / (1 - taken) for w in weights]
    elif what == "uniform":
        weights = [ok / sum(seen) for ok in seen]
    out = sum(w * v for w, v in zip(weights, value, strict=True))
    return out + mass * mean if what == "mean_value" else out


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), lengths=st.lists(st.integers(1, 12), min_size=1, max_size=3))
@example(seed=12, lengths=[12])
def test_every_condition(case, seed, lengths):
    rng = np.random.default_rng(seed)
    pieces, about = random_pieces(rng, lengths)
    layout = Layout(pieces, pieces, visibility(pieces, "causal" if case == "causal" else "all"))
    n = pieces.ids.shape[1]
    draw = lambda *shape: torch.tensor(rng.normal(size=shape)).float()  # noqa: E731
    shape = (len(lengths), HEADS, n, CHANNELS)
    sinks = draw(HEADS) if case == "sinks" else None
    call = AttentionCall(draw(*shape), draw(*shape), draw(*shape), 0.8, layout, sinks=sinks)
    scores = (0.8 * call.query @ call.key.mT).double().numpy()
    output = draw(HEADS, CHANNELS)
    plain, _ = attend(call)
    for what in CONDITIONS:
        name = EDIT_CLASSES[int(rng.integers(len(EDIT_CLASSES)))]
        mean = draw(len(lengths), HEADS, CHANNELS)
        heads = torch.tensor(rng.random((len(lengths), HEADS)) < 0.6)
        condition = torch.full((len(lengths),), CONDITIONS.index(what))
        edit = Edit(condition, heads, class_keys(layout, name), mean, output)
        found = attend_edited(call, edit)
        assert found.isfinite().all()
        for s, length in enumerate(lengths):
            for h in range(HEADS):
                if not heads[s, h]:
                    assert torch.allclose(found[s, h, :length], plain[s, h, :length], atol=1e-6)
                    continue
                for i in range(length):
                    if what in ("no_head", "mean_head"):
                        truth = 0 * output[h] if what == "no_head" else output[h]
                        assert torch.equal(found[s, h, i], truth)
                        continue
                    truth = expected(
                        scores[s, h, i, :length],
                        call.value[s, h, :length].double().numpy(),
                        layout.visible[s, i, :length].tolist(),
                        [member(about[s], name, i, j) for j in range(length)],
                        what,
                        None if sinks is None else float(sinks[h]),
                        mean[s, h].double().numpy(),
                    )
                    np.testing.assert_allclose(found[s, h, i].numpy(), truth, atol=1e-5)


def test_what_is_subtracted_is_the_classes_contribution():
    """(b): values zeroed and weights kept is the output less what the class gave, to 1e-5."""
    rng = np.random.default_rng(1)
    pieces, _ = random_pieces(rng, [11, 7])
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    query, key, value = (torch.tensor(rng.normal(size=(2, 2, 11, 4))).float() for _ in range(3))
    call = AttentionCall(query, key, value, 1.0, layout)
    condition = torch.full((2,), CONDITIONS.index("zero_value"))
    everyone = torch.ones(2, 2, dtype=torch.bool)
    edit = Edit(condition, everyone, class_keys(layout, "sep"), value.mean(2), value[0].mean(1))
    given = attention_pattern(call) * class_keys(layout, "sep").unsqueeze(1) @ value
    torch.testing.assert_close(
        attend_edited(call, edit), attend(call)[0] - given, atol=1e-5, rtol=0
    )


def test_sums_of_values_and_outputs():
    rng = np.random.default_rng(2)
    pieces, about = random_pieces(rng, [9, 4])
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    query = torch.tensor(rng.normal(size=(2, 4, 9, 3))).float()
    value = torch.tensor(rng.normal(size=(2, 2, 9, 3))).float()  # two heads share a key head
    call = AttentionCall(query, value, value, 1.0, layout)
    output, _ = attend(call)
    of_keys, of_outputs = value_sums(call, output)
    for k, name in enumerate(VALUE_CLASSES):
        for h in range(4):
            truth = sum(
                value[s, h // 2, j]
                for s, n in enumerate((9, 4))
                for j in range(n)
                if (about[s]["word"][j] >= 0 if name == "word" else about[s][name][j])
            )
            torch.testing.assert_close(of_keys[k, h], truth + torch.zeros(3))
    torch.testing.assert_close(of_outputs, output[0].sum(1) + output[1, :, :4].sum(1))


def test_mass_on_specials_by_word():
    rng = np.random.default_rng(3)
    pieces, about = random_pieces(rng, [10, 6])
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    query = torch.tensor(rng.normal(size=(2, 2, 10, 3))).float()
    pattern = attention_pattern(AttentionCall(query, query, query, 1.0, layout))
    found = special_by_word(pattern, layout)
    for s in range(2):
        special = [k for k, is_special in enumerate(about[s]["special"]) if is_special]
        for w in range(about[s]["n_words"]):
            rows = [i for i, word in enumerate(about[s]["word"]) if word == w]
            if rows:
                truth = pattern[s][:, rows][:, :, special].sum(-1).mean(-1)
                torch.testing.assert_close(found[s, :, w], truth)


def test_a_mask_fills_a_row_with_however_little_is_left():
    """As of a head that dumps nearly all of its attention, which is what masks are for."""
    rng = np.random.default_rng(1)
    pieces, _ = random_pieces(rng, [11])
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    sep = class_keys(layout, "sep")[0, 0]
    assert 0 < int(sep.sum()) < 11
    key = (20.0 * sep)[None, None, :, None]
    value = torch.tensor(rng.normal(size=(1, 1, 11, 4))).float()
    call = AttentionCall(torch.ones(1, 1, 11, 1), key, value, 1.0, layout)
    condition = torch.tensor([CONDITIONS.index("mask")])
    edit = Edit(condition, torch.ones(1, 1).bool(), sep[None, None], value.mean(2), value[0, :, 0])
    others = value[0, 0, ~sep].mean(0).expand(11, 4)
    torch.testing.assert_close(attend_edited(call, edit)[0, 0], others, atol=1e-5, rtol=1e-4)
