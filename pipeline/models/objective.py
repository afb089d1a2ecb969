"""What a model is asked to say of a sentence, and how well it says it."""

import math
import random
from dataclasses import replace

from torch.nn.functional import cross_entropy, kl_div, log_softmax

from pipeline.core.shapes import Float, Int, Tensor
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
    flat = cross_entropy(
        logits.float().flatten(0, 1), says.flatten(), ignore_index=NOT_SAID, reduction="none"
    )
    return flat.view(says.shape).sum(1)


def divergences(
    before: Float[Tensor, "row piece vocabulary"],
    after: Float[Tensor, "row piece vocabulary"],
    says: Int[Tensor, "row piece"],
) -> Float[Tensor, " row"]:
    """Kullback–Leibler divergence of what was said before from what is said after, summed."""
    p, q = (log_softmax(logits.float(), -1) for logits in (before, after))
    of_piece = kl_div(q, p, reduction="none", log_target=True).sum(-1)
    return of_piece.masked_fill(says == NOT_SAID, 0.0).sum(1)
