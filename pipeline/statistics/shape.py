"""Group B: the shape of a pattern. How sharp it is, how far it reaches, where it peaks."""

import torch

from pipeline.core.digest import Digest
from pipeline.core.layout import HALF_WIDTH, N_BINS, Layout
from pipeline.core.shapes import Float, Int, Tensor


def sharpness(digest: Digest, layout: Layout) -> dict[str, Float[Tensor, "sentence head ..."]]:
    """Entropy (nats), its share of ln(keys in sight), largest weights, the largest one's offset.

    Queries that see one key alone have no choice: they add 0 to the normalised entropy and are
    not in `n_queries_choice`. Confidence: Voita et al. 2019, §4.
    """
    sums = {
        "entropy_nats": digest.entropy.sum(-1),
        "entropy_normalised": (digest.entropy * layout.per_choice.unsqueeze(1)).sum(-1),
        "confidence": digest.largest.sum(-1),
        "confidence_content": digest.content.sum(-1),
    }
    if layout.is_self:
        where = digest.where
        bins = offset_bin(where - torch.arange(where.shape[-1], device=where.device))
        real = layout.queries.real.unsqueeze(1).expand_as(bins).to(digest.largest.dtype)
        counts = digest.largest.new_zeros(*bins.shape[:2], N_BINS)
        sums["argmax_offset"] = counts.scatter_add_(-1, bins, real)
    return sums


def offset_bin(displacement: Int[Tensor, "..."]) -> Int[Tensor, "..."]:
    """Bin of a signed distance key − query: −8..8 in order, then below, then above."""
    inside = displacement + HALF_WIDTH
    return torch.where(
        displacement < -HALF_WIDTH,
        N_BINS - 2,
        torch.where(displacement > HALF_WIDTH, N_BINS - 1, inside),
    )


def reach(digest: Digest, layout: Layout) -> dict[str, Float[Tensor, "sentence head ..."]]:
    """Mass by signed distance key − query, and the mean distances it gives (pieces)."""
    if digest.distances is None:
        return {}
    return {
        "offset_mass": digest.distances.bins,
        "distance_pieces": digest.distances.distance,
        "displacement_pieces": digest.distances.displacement,
    }


def entropies(weights: Float[Tensor, "... weight"]) -> Float[Tensor, "..."]:
    """−Σ p ln p. `torch.special.entr` takes one weight at a time on a CPU; this, several."""
    return -weights.clamp_min(TINY).log_().mul_(weights).sum(-1)


TINY = torch.finfo(torch.float32).tiny
