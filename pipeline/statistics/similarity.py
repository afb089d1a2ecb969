"""Group H: how alike heads are, by the Jensen–Shannon divergence of their patterns.

As in Clark et al. 2019, §6: the divergence of two heads' rows, query by query, added up. Pairs are
many, so that it is taken of a sample of sentences.
"""

import torch

from pipeline.core.call import AttentionCall
from pipeline.core.shapes import Float, Int, Tensor
from pipeline.statistics.patterns import attention_pattern
from pipeline.statistics.shape import entropies

MAX_QUERIES = 64
"""Of a longer sentence so many queries are taken, evenly spread."""


def sampled_rows(
    call: AttentionCall, sentences: Int[Tensor, " sampled"]
) -> Float[Tensor, "sampled head row key"]:
    """Rows of the patterns of some sentences of a batch: all of them, or `MAX_QUERIES`.

    Where a learned sink takes part of a row, that part is a further key.
    """
    pattern = attention_pattern(call.rows(sentences, call.layout.rows(sentences)))
    if call.sinks is not None:
        leaked = (1 - pattern.sum(-1, keepdim=True)).clamp(min=0)
        real = call.layout.queries.real[sentences][:, None, :, None]
        pattern = torch.cat((pattern, leaked * real), -1)
    lengths = call.layout.queries.lengths[sentences]
    taken = lengths.clamp(max=MAX_QUERIES)[:, None]
    k = torch.arange(int(taken.max()), device=taken.device)
    # Behind a sentence's last row comes padding, whose weights are 0.
    at = torch.where(k < taken, k * lengths[:, None] // taken, pattern.shape[2] - 1)
    rows = pattern.gather(
        2, at[:, None, :, None].expand(-1, *pattern.shape[1:2], -1, pattern.shape[3])
    )
    return rows * (k < taken)[:, None, :, None]


def n_sampled(lengths: Int[Tensor, " sentence"]) -> int:
    """Rows that `sampled_rows` takes of sentences with so many queries."""
    return int(lengths.clamp(max=MAX_QUERIES).sum())


def js_divergences(
    rows: Float[Tensor, "sampled head row key"],
) -> Float[Tensor, "head head"]:
    """Jensen–Shannon divergence (nats) of each pair of heads, summed over rows.

    By entropies, H((p + q)/2) − (H(p) + H(q))/2, which needs no smoothing of zeros.
    """
    n_heads = rows.shape[1]
    flat = rows.transpose(0, 1).reshape(n_heads, -1)
    entropy = entropies(flat)
    found = flat.new_zeros(n_heads, n_heads)
    for a in range(n_heads - 1):
        mixed = entropies((flat[a + 1 :] + flat[a]).mul_(0.5))
        found[a, a + 1 :] = mixed - (entropy[a + 1 :] + entropy[a]) / 2
    found.clamp_(min=0)
    return found + found.T
