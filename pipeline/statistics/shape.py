"""Group B: the shape of a pattern. How sharp it is, how far it reaches, where it peaks."""

import torch

from pipeline.core.layout import N_BINS, Layout, offset_bin
from pipeline.core.shapes import Float, Tensor


def sharpness(
    pattern: Float[Tensor, "sentence head query key"], layout: Layout
) -> dict[str, Float[Tensor, "sentence head ..."]]:
    """Entropy (nats), its share of ln(keys in sight), largest weights, the largest one's offset.

    Queries that see one key alone have no choice: they add 0 to the normalised entropy and are
    not in `n_queries_choice`. Confidence: Voita et al. 2019, §4.
    """
    entropy = entropies(pattern)
    ln_visible = layout.n_visible.clamp(min=1).log()
    choice = layout.n_visible > 1
    per_choice = torch.where(choice, 1 / ln_visible.where(choice, 1.0), 0.0)
    largest, where = pattern.max(-1)
    content = pattern.masked_fill(layout.keys.in_class("special")[:, None, None, :], 0.0)
    sums = {
        "entropy_nats": entropy.sum(-1),
        "entropy_normalised": (entropy * per_choice.unsqueeze(1)).sum(-1),
        "confidence": largest.sum(-1),
        "confidence_content": content.amax(-1).sum(-1),
    }
    if layout.is_self:
        bins = offset_bin(where - torch.arange(where.shape[-1], device=where.device))
        real = layout.queries.real.unsqueeze(1).expand_as(bins).to(pattern.dtype)
        counts = pattern.new_zeros(*bins.shape[:2], N_BINS)
        sums["argmax_offset"] = counts.scatter_add_(-1, bins, real)
    return sums


def entropies(weights: Float[Tensor, "... weight"]) -> Float[Tensor, "..."]:
    """−Σ p ln p. `torch.special.entr` takes one weight at a time on a CPU; this, several."""
    return -weights.clamp_min(_TINY).log_().mul_(weights).sum(-1)


_TINY = torch.finfo(torch.float32).tiny


def reach(
    pattern: Float[Tensor, "sentence head query key"], layout: Layout
) -> dict[str, Float[Tensor, "sentence head ..."]]:
    """Mass by signed distance key − query, and the mean distances it gives (pieces)."""
    if not layout.is_self:
        return {}
    by_offset = pattern.flatten(2) @ layout.offsets
    return {
        "offset_mass": by_offset[..., :N_BINS],
        "distance_pieces": by_offset[..., N_BINS],
        "displacement_pieces": by_offset[..., N_BINS + 1],
    }
