"""What a model is asked to say of a sentence, and how well it says it."""

import math
import random
from dataclasses import replace

import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax

from pipeline.core.shapes import Bool, Float, Int, Tensor
from pipeline.models.encode import Encoded

NOT_SAID = -100
"""Where a position has nothing to say."""
MASKED = 0.15
"""Share of a text's pieces that a masked language model fills in (Devlin et al. 2019, §3.1)."""


def asked(
    objective: str, encoded: Encoded, mask_id: int | None, draw: random.Random
) -> tuple[Encoded, list[int]]:
    """A sentence as it is read, and what each position of the stack that speaks has to say.

    Of a masked language model's text some pieces, one at least, are masked, and those have to be
    said. A causal one says the next piece, as the decoder of an encoder-decoder does.
    """
    side = encoded.source
    if objective == "seq2seq":
        assert encoded.target is not None
        assert encoded.target.says is not None
        return encoded, list(encoded.target.says)
    if objective == "clm":
        return encoded, [*side.ids[1:], NOT_SAID]
    assert mask_id is not None
    text = [k for k, special in enumerate(side.special) if not special]
    chosen = set(draw.sample(text, math.ceil(MASKED * len(text))))
    read = [mask_id if k in chosen else piece for k, piece in enumerate(side.ids)]
    says = [piece if k in chosen else NOT_SAID for k, piece in enumerate(side.ids)]
    return replace(encoded, source=replace(side, ids=read)), says


def losses(
    logits: Float[Tensor, "row piece vocabulary"], says: Int[Tensor, "row piece"]
) -> Float[Tensor, " row"]:
    """Nats by which each row is wrong, summed over what it says."""
    there = says != NOT_SAID
    each = cross_entropy(logits[there].float(), says[there], reduction="none")
    return _by_row(each, there)


def divergences(
    before: Float[Tensor, "sentence piece vocabulary"],
    after: Float[Tensor, "row piece vocabulary"],
    sentence: Int[Tensor, " row"],
    says: Int[Tensor, "row piece"],
) -> Float[Tensor, " row"]:
    """Kullback–Leibler divergence of what was said before from what is said after, summed.

    `sentence` is that of each row. Vocabularies are large: a few positions are taken at a time.
    """
    there = says != NOT_SAID
    row, piece = there.nonzero(as_tuple=True)
    each = []
    for r, p in zip(row.split(_AT_ONCE), piece.split(_AT_ONCE), strict=True):
        old, new = (log_softmax(x.float(), -1) for x in (before[sentence[r], p], after[r, p]))
        each.append(kl_div(new, old, reduction="none", log_target=True).sum(-1))
    return _by_row(torch.cat(each), there)


_AT_ONCE = 512


def _by_row(each: Float[Tensor, " said"], there: Bool[Tensor, "row piece"]) -> Tensor:
    """What is said one after another, summed by row."""
    found = torch.zeros(there.shape, dtype=each.dtype, device=each.device)
    return found.masked_scatter(there, each).sum(1)
