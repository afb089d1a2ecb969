"""Group H by Triton: how far each two of many heads are from one another, in one launch.

Torch would take eight launches a head, and bring all that is compared from memory as often.
"""

from typing import no_type_check

import torch
import triton
import triton.language as tl

from pipeline.core.shapes import Float, Tensor
from pipeline.statistics.fused_tiles import program
from pipeline.statistics.shape import TINY

HEADS, WEIGHTS = 16, 16
"""Heads on either side of a tile, and weights of each that are looked at together."""
MOST = 4096
"""Weights of a head that one program goes through, where there are not too many programs."""
N_PARTS = 64


def js_divergences(rows: Float[Tensor, "sampled head row key"]) -> Float[Tensor, "head head"]:
    """As that of `similarity`, added up in another order, and without a difference of entropies."""
    n_heads = rows.shape[1]
    flat = rows.transpose(0, 1).reshape(n_heads, -1)
    n_weights = flat.shape[1]
    n_parts = max(1, min(triton.cdiv(n_weights, MOST), N_PARTS))
    n_tiles = triton.cdiv(n_heads, HEADS)
    # Below the diagonal nothing is written.
    parts = flat.new_zeros(n_parts, n_heads, n_heads)
    with torch.cuda.device_of(rows):
        diverge[(n_tiles, n_tiles, n_parts)](
            flat, parts, n_heads, n_weights, triton.cdiv(n_weights, n_parts * WEIGHTS) * WEIGHTS,
            TINY, HEADS=HEADS, WEIGHTS=WEIGHTS, enable_fp_fusion=False,
        )  # fmt: skip
    found = parts.sum(0).triu_(1).clamp_(min=0)
    return found + found.T


@program
@no_type_check
def diverge(
    flat, parts, n_heads, n_weights, of_part, least, HEADS: tl.constexpr, WEIGHTS: tl.constexpr
):
    """Of heads p and q with a mean m, Σ (p ln p + q ln q) / 2 − m ln m, weight by weight."""
    if tl.program_id(1) < tl.program_id(0):
        return
    part = tl.program_id(2)
    a = tl.program_id(0) * HEADS + tl.arange(0, HEADS)
    b = tl.program_id(1) * HEADS + tl.arange(0, HEADS)
    found = tl.zeros((HEADS, HEADS), tl.float32)
    for first in range(part * of_part, tl.minimum((part + 1) * of_part, n_weights), WEIGHTS):
        k = first + tl.arange(0, WEIGHTS)
        p, q = weights(flat, a, k, n_heads, n_weights), weights(flat, b, k, n_heads, n_weights)
        m = (p[:, None, :] + q[None, :, :]) * 0.5
        own, other = informed(p, least) * 0.5, informed(q, least) * 0.5
        found += tl.sum(own[:, None, :] + other[None, :, :] - informed(m, least), 2)
    to = parts + part.to(tl.int64) * n_heads * n_heads + a[:, None] * n_heads + b[None, :]
    tl.store(to, found, mask=(a < n_heads)[:, None] & (b < n_heads)[None, :])


@triton.jit
@no_type_check
def weights(flat, head, k, n_heads, n_weights):
    there = (head < n_heads)[:, None] & (k < n_weights)[None, :]
    return tl.load(
        flat + head.to(tl.int64)[:, None] * n_weights + k[None, :], mask=there, other=0.0
    )


@triton.jit
@no_type_check
def informed(p, least):
    """p ln p; 0 of 0."""
    return p * tl.log(tl.maximum(p, least))
