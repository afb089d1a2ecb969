"""Attention calls made up for tests, and what it is for kernels to agree on one.

Nothing here but torch, numpy and the project: on a machine with a GPU that holds these and pytest,
test_fused.py runs, and there its kernel is compiled.
"""

from dataclasses import replace

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.layout import Layout
from pipeline.core.names import KEY_CLASSES
from pipeline.core.pieces import Pieces
from pipeline.statistics.kernels import KERNELS, choose
from pipeline.statistics.norms import transformed
from pipeline.statistics.patterns import attention_pattern
from pipeline.statistics.portable import attend
from tests import ranks

FLAGS_ON = ("bias", "softcap", "sinks", "readout", "trees")
"""What a call may have, and mostly has not."""


class Largest(TorchDispatchMode):
    """How many numbers the largest tensor has that torch makes meanwhile."""

    n = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        for each in made if isinstance(made, (tuple, list)) else (made,):
            if isinstance(each, torch.Tensor):
                self.n = max(self.n, each.numel())
        return made


def random_pieces(rng: np.random.Generator, lengths: list[int]) -> tuple[Pieces, list[dict]]:
    """Sentences with specials at both ends, words of one to three pieces, some without any."""
    longest, about = max(lengths), []
    for n in lengths:
        word, w = [-1], 0
        while len(word) < n - 1:
            w += int(rng.random() < 0.15)  # a word that got no piece
            for _ in range(min(int(rng.integers(1, 4)), n - 1 - len(word))):
                word.append(w)
            w += 1
        word = [*word, -1][:n]
        end = [i == n - 1 and n > 1 for i in range(n)]
        start = [i == 0 for i in range(n)]
        punct = {w for w in word if w >= 0 and rng.random() < 0.2}
        about.append(
            {"word": word, "n_words": w, "cls": start, "bos": [False] * n, "sep": end, "eos": end}
            | {"special": [a or b for a, b in zip(start, end, strict=True)], "first": start}
            | {"punct": [w in punct for w in word]}
        )
    padded = {
        key: torch.tensor(
            [a[key] + [fill] * (longest - n) for a, n in zip(about, lengths, strict=True)]
        )
        for key, fill in (("word", -1), *((c, False) for c in KEY_CLASSES))
    }
    pieces = Pieces(
        ids=torch.zeros(len(lengths), longest, dtype=torch.long),
        lengths=torch.tensor(lengths),
        word=padded["word"],
        n_words=torch.tensor([a["n_words"] for a in about]),
        classes=torch.stack([padded[c] for c in KEY_CLASSES], -1),
    )
    return pieces, about


def reduce(
    pattern: torch.Tensor,
    layout: Layout,
    f: torch.Tensor | None = None,
    trees: bool = True,
    leak: torch.Tensor | None = None,
) -> Reduction:
    """What the portable kernel makes of a call with that pattern, and where they are given with the
    transformed values `f`. `leak` is what a sink takes of each row."""
    n_sentences, n_heads, n_queries, n_keys = pattern.shape
    bias = pattern.log()
    call = AttentionCall(
        query=torch.zeros(n_sentences, n_heads, n_queries, 1),
        key=torch.zeros(n_sentences, n_heads, n_keys, 1),
        value=torch.zeros(n_sentences, n_heads, n_keys, 1) if f is None else f,
        scaling=1.0,
        layout=layout,
        bias=bias if leak is None else bias - leak.log().unsqueeze(-1),
        sinks=None if leak is None else torch.zeros(n_heads),
        readout=None if f is None else torch.eye(f.shape[-1]).expand(n_heads, -1, -1),
        trees=trees,
    )
    return attend(call)[1]


def random_pattern(rng, visible: torch.Tensor, n_heads: int) -> torch.Tensor:
    scores = torch.tensor(rng.normal(0, 4, (visible.shape[0], n_heads, *visible.shape[1:])))
    hidden = ~visible.unsqueeze(1)
    return scores.masked_fill(hidden, -torch.inf).softmax(-1).nan_to_num(0.0).float()


MASKS = {
    "all": lambda i, j: i == i,
    "causal": lambda i, j: j <= i,
    "window": lambda i, j: (i - j).abs() <= 3,
    "causal window": lambda i, j: (j <= i) & (i - j <= 3),
}


def visibility(pieces: Pieces, mask: str) -> torch.Tensor:
    n = pieces.ids.shape[1]
    i, j = torch.arange(n)[:, None], torch.arange(n)[None, :]
    return pieces.real[:, :, None] & pieces.real[:, None, :] & MASKS[mask](i, j)


def pieces_of(rng: np.random.Generator, lengths: list[int], **changes) -> Pieces:
    pieces, _ = random_pieces(rng, lengths)
    return replace(pieces, **changes)


def of_two(pieces: Pieces) -> Pieces:
    """The same with half of each one's words for a second sentence."""
    half = pieces.n_words[:, None] // 2
    segment = torch.where(pieces.word < 0, -1, (pieces.word >= half).long())
    return replace(pieces, segment=segment)


def layout_of(lengths: list[int], punctuation: set[tuple[int, int]] = frozenset()) -> Layout:
    """Sentences of one piece a word, without special pieces."""
    longest = max(lengths)
    classes = torch.zeros(len(lengths), longest, len(KEY_CLASSES), dtype=torch.bool)
    for sentence, word in punctuation:
        classes[sentence, word, KEY_CLASSES.index("punct")] = True
    place = torch.arange(longest).expand(len(lengths), -1)
    n = torch.tensor(lengths)
    word = torch.where(place < n[:, None], place, -1)
    pieces = Pieces(torch.zeros_like(word), n, word, n, classes)
    return Layout(pieces, pieces, pieces.real[:, :, None] & pieces.real[:, None, :])


def call_of(
    rng: np.random.Generator, layout: Layout, heads: tuple[int, int], flags: dict[str, bool]
) -> AttentionCall:
    """Channels of keys and of values are not as many; heads are, and key heads."""
    n_heads, n_keys = heads
    (s, q), k = layout.queries.word.shape, layout.keys.word.shape[1]

    def normal(*shape: int) -> torch.Tensor:
        return torch.tensor(rng.normal(size=shape)).float()

    return AttentionCall(
        # As a model hands them on: heads lie side by side.
        normal(s, q, n_heads, 6).transpose(1, 2),
        normal(s, k, n_keys, 6).transpose(1, 2),
        normal(s, k, n_keys, 5).transpose(1, 2),
        1.3,
        layout,
        bias=normal(1, n_heads, q, k) if flags["bias"] else None,
        softcap=2.0 if flags["softcap"] else None,
        sinks=normal(n_heads) if flags["sinks"] else None,
        readout=normal(n_heads, 5, 5) if flags["readout"] else None,
        trees=flags["trees"],
    )


def reach(call: AttentionCall) -> torch.Tensor:
    """[sentence, head]: how far ties to the last digits may move its rank correlation."""
    layout = call.layout
    real = layout.queries.real[:, None, :, None]
    seen = (attention_pattern(call) * real).sum(2) / layout.n_seeing.clamp(min=1).unsqueeze(1)
    length, found = transformed(call).norm(dim=-1), torch.zeros(seen.shape[:2])
    for s, n in enumerate(layout.keys.lengths.tolist()):
        for h in range(seen.shape[1]):
            found[s, h] = ranks.reach(seen[s, h, :n].cpu().numpy(), length[s, h, :n].cpu().numpy())
    return found


def assert_same(kernel: str, call: AttentionCall) -> None:
    choose(kernel, call.query.device.type)
    assert_whole(call, *KERNELS[kernel](call))


def assert_rounded(kernel: str, call: AttentionCall, dtype: torch.dtype) -> None:
    """Its inputs are rounded, nothing of the statistics is: those are float32's of the same inputs.
    The output rounds itself, and weights it may: 8 bits or 11, less than 2 % of a value of size 1.
    """
    choose(kernel, call.query.device.type)
    rounded = {name: getattr(call, name).to(dtype) for name in ("query", "key", "value")}
    output, found = KERNELS[kernel](replace(call, **rounded))
    expected, truth = attend(replace(call, **{name: x.float() for name, x in rounded.items()}))
    assert output.dtype == dtype
    real = call.layout.queries.real[:, None, :, None]
    assert ((output.float() - expected) * real).abs().max() < 0.02
    for name, sums in truth.sums.items():
        torch.testing.assert_close(found.sums[name], sums, atol=1e-4, rtol=1e-4, equal_nan=True)
    for name, words in truth.pointers.items():
        assert torch.equal(found.pointers[name], words), name


def assert_whole(call: AttentionCall, output: torch.Tensor, found: Reduction) -> None:
    """They are what the portable kernel gives of the whole call at once."""
    expected, truth = attend(call)
    real = call.layout.queries.real[:, None, :, None]
    torch.testing.assert_close(output * real, expected * real, atol=1e-5, rtol=1e-4)
    assert set(found.sums) == set(truth.sums)
    for name, sums in truth.sums.items():
        assert found.sums[name].shape == sums.shape, name
        if name == "spearman" and not torch.allclose(found.sums[name], sums, 1e-4, 1e-4, True):
            assert torch.equal(found.sums[name].isnan(), sums.isnan())
            off = (found.sums[name] - sums).abs().nan_to_num()
            assert (off <= 1e-4 + reach(call)).all()
            continue
        torch.testing.assert_close(
            found.sums[name], sums, atol=1e-4, rtol=1e-4, equal_nan=True, msg=name
        )
    assert set(found.pointers) == set(truth.pointers)
    for name, words in truth.pointers.items():
        # Continuous weights have no ties: what is largest is largest in any order of sums.
        assert found.pointers[name].dtype == words.dtype
        assert torch.equal(found.pointers[name], words), name


ALL, NONE = dict.fromkeys(FLAGS_ON, True), dict.fromkeys(FLAGS_ON, False)


def one_sequence(lengths: list[int], mask: str, seed: int = 0, **options) -> AttentionCall:
    rng = np.random.default_rng(seed)
    pieces = pieces_of(rng, lengths)
    layout = Layout(pieces, pieces, visibility(pieces, mask))
    return call_of(rng, layout, options.get("heads", (2, 1)), options.get("flags", ALL))
