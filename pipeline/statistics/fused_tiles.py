"""What the programs of the triton kernel do with one tile of queries and one of keys."""

import os
from typing import no_type_check

import triton
import triton.language as tl

OF_BATCHES = (
    *("longest_query", "longest_key", "n_rows", "n_few", "step", "n_words"),
    *("n_query_tiles", "n_key_tiles", "n_query_words", "n_key_words", "n_weights", "of_part"),
    "first_head",
    *("to", "to_norm", "tree", "tree_max", "offset_mass", "argmax_offset"),
)
"""What a program is given that differs from batch to batch: sizes, and where halves of a tensor
begin. Left to itself Triton compiles anew for those that are 1 or a multiple of 16, or are not."""


def program(function):
    """What can be launched, compiled once for all batches."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return triton.jit(do_not_specialize=[n for n in OF_BATCHES if n in names])(function)


LOG2_E = tl.constexpr(1.4426950408889634)
NO_WORD = tl.constexpr(-2)
"""Unlike any, and unlike what is in none."""
INTERPRETED = tl.constexpr(os.environ.get("TRITON_INTERPRET") == "1")


@triton.jit
@no_type_check
def begins(packed_from, sentence, head, strides):
    """How far the first row of a head in a sentence is from that of the first in the first; also
    where sentences lie end to end."""
    if packed_from is not None:
        return tl.load(packed_from + sentence) * strides[2] + head * strides[1]
    else:
        return sentence * strides[0] + head * strides[1]


@triton.jit
@no_type_check
def first_row(packed_from, sentence, longest):
    """Which row is a sentence's first, where sentences stand one behind the other."""
    if packed_from is not None:
        return tl.load(packed_from + sentence)
    else:
        return sentence * longest


@triton.jit
@no_type_check
def vectors(table, stride, i, real, channels, C: tl.constexpr):
    """Rows of one head, with zeros up to a width that a product takes."""
    c = tl.arange(0, C)
    there = real[:, None] & (c[None, :] < channels)
    return tl.load(table + i[:, None] * stride + c[None, :], mask=there, other=0.0)


@triton.jit
@no_type_check
def product(a, b):
    """In float32, of what type either is."""
    if INTERPRETED:  # which multiplies the bits of bfloat16; that of a GPU gives the same
        a, b = a.to(tl.float32), b.to(tl.float32)
    return tl.dot(a, b, input_precision="ieee")


@triton.jit
@no_type_check
def sight(visible, CAUSAL: tl.constexpr, longest_key, i, j, real, inside):
    """Which query of a tile may see which key."""
    seen = real[:, None] & inside[None, :]
    if visible is not None:
        of_pair = visible + i[:, None] * longest_key + j[None, :]
        seen = seen & (tl.load(of_pair, mask=seen, other=0) != 0)
    if CAUSAL:
        seen = seen & (j[None, :] <= i[:, None])
    return seen


@triton.jit
@no_type_check
def sees(visible, CAUSAL: tl.constexpr, i, j, seen):
    """Whether any query of a tile sees any key, which takes as long to ask as a product."""
    if visible is not None:
        return tl.max(seen.to(tl.int32)) > 0
    elif CAUSAL:
        return tl.min(j, 0) <= tl.max(i, 0)
    else:
        return True


@triton.jit
@no_type_check
def scores(q, k, bias, bias_strides, i, j, seen, scaling, softcap):
    """As the model has them, times `LOG2_E`: weights are powers of 2."""
    if (softcap is None) & (bias is None):
        return product(q, tl.trans(k)) * (scaling * LOG2_E)
    else:
        s = product(q, tl.trans(k)) * scaling
        if softcap is not None:
            # The hyperbolic tangent, of which Triton has none on every device.
            small = tl.exp(-2.0 * tl.abs(s / softcap))
            capped = (1.0 - small) / (1.0 + small) * softcap
            s = tl.where(s < 0, -capped, capped)
        if bias is not None:
            of_pair = (
                i.to(tl.int64)[:, None] * bias_strides[2]
                + j.to(tl.int64)[None, :] * bias_strides[3]
            )
            of_pair += bias
            s += tl.load(of_pair, mask=seen, other=0.0).to(tl.float32)
        return s * LOG2_E


@triton.jit
@no_type_check
def weights(s, level, log, seen, real, inside):
    """Exact, from a row's largest score and the logarithm of its sum beside that; 0 for padding,
    even where a row is no number. What is not seen is set before the difference, see `measure`."""
    s = tl.where(seen, s, float("-inf"))
    p = tl.exp2((s - level[:, None]) - log[:, None])
    return tl.where(real[:, None] & inside[None, :], p, 0.0)
