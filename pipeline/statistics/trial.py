"""A kernel's trial: two small calls, measured by it and by the portable kernel.

Those two kernels are compiled where they run, by whatever compiler there is, for whatever chip. So
a machine is asked once a process whether it makes the same numbers of them, before any is counted.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import torch

from pipeline.core.call import AttentionCall, Reduction, packed
from pipeline.core.layout import Layout
from pipeline.core.names import KEY_CLASSES
from pipeline.core.pieces import Pieces
from pipeline.core.shapes import Float, Tensor
from pipeline.statistics import portable, similarity
from pipeline.statistics.patterns import attention_pattern

LENGTHS = (70, 37)
"""Pieces of the sentences: some tiles of a GPU's kernel, and a part of one."""
WORD = (1, 3, 1, 2)
"""Pieces of a word, in turn."""
N_HEADS, N_KEY_HEADS, CHANNELS = 4, 2, 64
NEAR, NEAR_IN_HALF = 1e-3, 2e-2
"""How far numbers may lie apart, and those of an output that is rounded to half precision."""


def disagreement(
    attend: Callable[[AttentionCall], tuple[Tensor, Reduction]],
    divergences: Callable[[Tensor], Tensor],
    device: str,
) -> str | None:
    """What a kernel makes otherwise than the portable one there, by name; None where all is the
    same. Raises what the kernel raises."""
    for call in _calls(device):
        output, found = attend(call)
        expected, truth = portable.attend(call.padded())
        real_at = call.layout.keys.real_at
        output = output if call.packed else packed(output, real_at)
        near = NEAR if output.dtype == torch.float32 else NEAR_IN_HALF
        if not _are_near(output, packed(expected, real_at), near):
            return "output"
        for name, numbers in truth.sums.items():
            if name not in found.sums or not _are_near(found.sums[name], numbers, NEAR):
                return name
        for name, words in truth.pointers.items():
            if name not in found.pointers or not torch.equal(found.pointers[name], words):
                return name
    rows = attention_pattern(call.padded())
    if not _are_near(divergences(rows), similarity.js_divergences(rows), NEAR):
        return "similarity"
    return None


def _are_near(a: Float[Tensor, "..."], b: Float[Tensor, "..."], near: float) -> bool:
    return a.shape == b.shape and torch.allclose(a.float(), b.float(), near, near, equal_nan=True)


def _calls(device: str) -> Iterator[AttentionCall]:
    """One of a bidirectional model that reads sentences end to end, one of a causal model; on a GPU
    the latter's is in half precision."""
    pieces = _pieces().to(device)
    half = torch.bfloat16 if torch.device(device).type == "cuda" else torch.float32
    yield _call(pieces, "nothing", torch.float32)
    yield _call(pieces, "later", half)


def _call(pieces: Pieces, hides: Literal["nothing", "later"], dtype: torch.dtype) -> AttentionCall:
    draw = torch.Generator().manual_seed(0)
    visible = pieces.real[:, :, None] & pieces.real[:, None, :]
    layout = Layout(pieces, pieces, visible.tril() if hides == "later" else visible, True, hides)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=draw).to(visible.device)

    def heads(n: int) -> Tensor:
        """As a model hands them on: heads lie side by side."""
        each = normal(*pieces.ids.shape, n, CHANNELS).to(dtype).transpose(1, 2)
        return packed(each, pieces.real_at) if hides == "nothing" else each

    query, key, value = heads(N_HEADS), heads(N_KEY_HEADS), heads(N_KEY_HEADS)
    readout = normal(N_HEADS, CHANNELS, CHANNELS) / CHANNELS**0.5
    return AttentionCall(
        *(query, key, value),
        scaling=CHANNELS**-0.5,
        layout=layout,
        readout=readout,
        packed=hides == "nothing",
    )


def _pieces() -> Pieces:
    """Words of several pieces between a first piece and a last, and a full stop."""
    word = torch.full((len(LENGTHS), max(LENGTHS)), -1)
    n_pieces = torch.tensor(WORD * max(LENGTHS))
    of_piece = torch.arange(len(n_pieces)).repeat_interleave(n_pieces)
    classes = torch.zeros(*word.shape, len(KEY_CLASSES), dtype=torch.bool)
    for k, n in enumerate(LENGTHS):
        word[k, 1 : n - 1] = of_piece[: n - 2]
        for place, names in ((0, ("cls", "first", "special")), (n - 1, ("sep", "special"))):
            classes[k, place, [KEY_CLASSES.index(name) for name in names]] = True
        classes[k, word[k] == word[k].max(), KEY_CLASSES.index("punct")] = True
    return Pieces(
        ids=torch.zeros_like(word),
        lengths=torch.tensor(LENGTHS),
        word=word,
        n_words=word.max(1).values + 1,
        classes=classes,
    )
