"""Group H: how alike heads are, by the Jensen–Shannon divergence of their patterns.

As in Clark et al. 2019, §6: the divergence of two heads' rows, query by query, added up. Pairs are
many, so that it is taken of a sample of sentences.
"""

from dataclasses import dataclass
from functools import cached_property

import torch

from pipeline.core.call import AttentionCall
from pipeline.core.layout import Layout
from pipeline.core.moving import sent
from pipeline.core.shapes import Float, Int, Tensor
from pipeline.statistics.patterns import pattern_and_leak
from pipeline.statistics.shape import entropies

MAX_QUERIES = 64
"""Of a longer sentence so many queries are taken, evenly spread."""


@dataclass(frozen=True)
class Sample:
    """Some sentences of a batch, of whose patterns rows are kept; shared by the layers that share
    the batch's layout. Their indices are on the CPU."""

    of: Layout
    sentences: Int[Tensor, " sampled"]

    def rows(self, call: AttentionCall) -> Float[Tensor, "sampled head row key"]:
        """All rows of their patterns, or `MAX_QUERIES`; behind a sentence's last are zeros.

        Where a learned sink takes part of a row, that part is a further key.
        """
        asked = call.rows(self._sentences, self._layout)
        if self._few is not None:
            asked = asked.few(*self._few)
        pattern, leak = pattern_and_leak(asked)
        if leak is None:
            return pattern
        real = asked.layout.queries.real.unsqueeze(1)
        return torch.cat((pattern, (leak * real).unsqueeze(-1)), -1)

    @cached_property
    def _sentences(self) -> Int[Tensor, " sampled"]:
        return sent(self.sentences, self.of.visible.device)

    @cached_property
    def _layout(self) -> Layout:
        return self.of.rows(self.sentences)

    @cached_property
    def _few(self) -> tuple[Int[Tensor, "sampled row"], Layout] | None:
        """Which queries are taken, and their layout; None where all are."""
        lengths = self._layout.queries.here.lengths
        if int(lengths.max()) <= MAX_QUERIES:
            return None
        n_taken = lengths.clamp(max=MAX_QUERIES)
        k = torch.arange(MAX_QUERIES)
        at = torch.where(k < n_taken[:, None], k * lengths[:, None] // n_taken[:, None], 0)
        return sent(at, self.of.visible.device), self._layout.few(at, n_taken)


def n_sampled(lengths: Int[Tensor, " sentence"]) -> int:
    """Rows that a `Sample` takes of sentences with so many queries."""
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
