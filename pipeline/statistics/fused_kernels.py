"""Device code of the triton kernel: programs that have one tile of weights at a time.

`attend` is flash attention (Dao et al. 2022): a tile of queries, all tiles of keys, the softmax
rescaled as it goes. It leaves each row's largest score behind, and the logarithm of its sum beside
that, so that the others know every weight exactly, 2 to the power of s − level − log, from scores
that they make anew: of the two together digits would be lost where scores are large. `measure`
keeps what a query knows of its weights; `point`, in `fused_words`, what is kept between words, and
what a key gets. Nobody adds to what another wrote: every sum has one order, and the same call gives
the same bytes.

Hidden scores are −∞, their weights 0; where a row is no number, all its weights are none.
Annotations are Triton's, not types: hence `no_type_check`.
"""

from typing import no_type_check

import triton
import triton.language as tl

from pipeline.statistics import fused_kept as kept
from pipeline.statistics.fused_tiles import (
    LOG2_E,
    NO_WORD,
    begins,
    first_row,
    product,
    program,
    scores,
    sees,
    sight,
    vectors,
    weights,
)

LEAST_LOG = tl.constexpr(-1e30)
"""Of which the power of 2 is 0."""


@program
@no_type_check
def attend(
    query, key, value, bias, visible, sinks, packed_from, n_queries, n_keys, output, level, log,
    query_strides, key_strides, value_strides, bias_strides, output_strides,
    n_heads, key_groups, value_groups, longest_query, longest_key, channels, value_channels,
    scaling, softcap,
    CAUSAL: tl.constexpr, C: tl.constexpr, V: tl.constexpr, TILE: tl.constexpr,
):  # fmt: skip
    of_head = tl.program_id(0).to(tl.int64)
    sentence, head = of_head // n_heads, of_head % n_heads
    n_i = tl.load(n_queries + sentence).to(tl.int32)
    n_j = tl.load(n_keys + sentence).to(tl.int32)
    if tl.program_id(1) * TILE >= n_i:
        return
    i = tl.program_id(1) * TILE + tl.arange(0, TILE)
    real = i < n_i
    key += begins(packed_from, sentence, head // key_groups, key_strides)
    value += begins(packed_from, sentence, head // value_groups, value_strides)
    query += begins(packed_from, sentence, head, query_strides)
    if bias is not None:
        bias += sentence * bias_strides[0] + head * bias_strides[1]
    if visible is not None:
        visible += sentence * longest_query * longest_key
    q = vectors(query, query_strides[2], i, real, channels, C)
    highest = tl.full((TILE,), float("-inf"), tl.float32)
    total = tl.zeros((TILE,), tl.float32)
    if sinks is not None:  # as a key without a value
        highest = tl.zeros((TILE,), tl.float32) + tl.load(sinks + head) * LOG2_E
        total += 1.0
    mixed = tl.zeros((TILE, V), tl.float32)
    for j0 in range(0, n_j, TILE):
        j = j0 + tl.arange(0, TILE)
        inside = j < n_j
        seen = sight(visible, CAUSAL, longest_key, i, j, real, inside)
        if sees(visible, CAUSAL, i, j, seen):
            k = vectors(key, key_strides[2], j, inside, channels, C)
            s = scores(q, k, bias, bias_strides, i, j, seen, scaling, softcap)
            s = tl.where(seen, s, float("-inf"))
            higher = tl.maximum(highest, tl.max(s, 1))
            # Of a row that has seen nothing yet ∞ − ∞ would be no number.
            top = tl.where(higher == float("-inf"), 0.0, higher)
            p = tl.exp2(s - top[:, None])
            shrunk = tl.exp2(highest - top)
            total = total * shrunk + tl.sum(p, 1)
            v = vectors(value, value_strides[2], j, inside, value_channels, V)
            mixed = mixed * shrunk[:, None] + product(p.to(v.dtype), v)
            highest = higher
    c = tl.arange(0, V)
    to = output + begins(packed_from, sentence, head, output_strides)
    to = to + i[:, None] * output_strides[2] + c[None, :]
    # A row that sees nothing has no weights that are numbers, and so have its sum and its output.
    total = tl.where(total == 0.0, float("nan"), total)
    mixed = (mixed / total[:, None]).to(output.dtype.element_ty)
    tl.store(to, mixed, mask=real[:, None] & (c[None, :] < value_channels))
    of_row = of_head * longest_query + i
    tl.store(level + of_row, tl.where(highest == float("-inf"), 0.0, highest), mask=real)
    tl.store(log + of_row, tl.log2(total), mask=real)


@program
@no_type_check
def measure(
    query, key, bias, visible, packed_from, n_queries, n_keys, level, log, length, few_keys,
    query_facts, key_facts, rows, where, columns, band, query_strides, key_strides, bias_strides,
    n_heads, key_groups, longest_query, longest_key, n_rows, channels, n_few, scaling, softcap,
    CAUSAL: tl.constexpr, IS_SELF: tl.constexpr, SEGMENTS: tl.constexpr, C: tl.constexpr,
    TILE: tl.constexpr, FEW: tl.constexpr,
):  # fmt: skip
    of_head = tl.program_id(0).to(tl.int64)
    sentence, head = of_head // n_heads, of_head % n_heads
    n_i = tl.load(n_queries + sentence).to(tl.int32)
    n_j = tl.load(n_keys + sentence).to(tl.int32)
    i0 = tl.program_id(1) * TILE
    if i0 >= n_i:
        return
    i = i0 + tl.arange(0, TILE)
    real = i < n_i
    key += begins(packed_from, sentence, head // key_groups, key_strides)
    query += begins(packed_from, sentence, head, query_strides)
    if bias is not None:
        bias += sentence * bias_strides[0] + head * bias_strides[1]
    if visible is not None:
        visible += sentence * longest_query * longest_key
    if length is not None:
        length += head * n_rows + first_row(packed_from, sentence, longest_key)
    q = vectors(query, query_strides[2], i, real, channels, C)
    level = tl.load(level + of_head * longest_query + i, mask=real, other=0.0)
    log = tl.load(log + of_head * longest_query + i, mask=real, other=0.0)
    beside = tl.where(log == log, log, 0.0)
    query_facts += sentence * 6 * longest_query
    key_facts += sentence * 6 * longest_key
    word = tl.load(query_facts + i, mask=real, other=-1)
    word = tl.where(word < 0, NO_WORD, word)  # what is in no word is in none with another
    segment = tl.load(query_facts + 3 * longest_query + i, mask=real, other=-1)
    zero = tl.zeros((TILE,), tl.float32)
    entropy, largest, content, at = zero, zero, zero, tl.zeros((TILE,), tl.int32)
    same_word, other, distance, displacement, below, above = zero, zero, zero, zero, zero, zero
    norm_same_word, norm_other = zero, zero
    own, theirs, sees_own, sees_theirs = zero, zero, zero, zero
    band += of_head * longest_query * kept.BAND
    for j0 in range(0, n_j, TILE):
        j = j0 + tl.arange(0, TILE)
        inside = j < n_j
        seen = sight(visible, CAUSAL, longest_key, i, j, real, inside)
        away = j[None, :] - i[:, None]
        is_near = (j0 < i0 + TILE + kept.NEAR) & (j0 + TILE + kept.NEAR > i0)
        if sees(visible, CAUSAL, i, j, seen):
            k = vectors(key, key_strides[2], j, inside, channels, C)
            s = scores(q, k, bias, bias_strides, i, j, seen, scaling, softcap)
            # Not −∞, which times a weight of 0 is no number. It stands before the difference: that
            # would else be taken of scores before they are rounded, and `attend` rounds them.
            log_p = (tl.where(seen, s, LEAST_LOG) - level[:, None]) - beside[:, None]
            p = tl.exp2(log_p)
            entropy -= tl.sum(p * log_p, 1)
            high = tl.max(p, 1)
            is_content = tl.load(key_facts + 4 * longest_key + j, mask=inside, other=-1) > 0
            content = tl.maximum(content, tl.max(tl.where(is_content[None, :], p, 0.0), 1))
            if IS_SELF:
                first = tl.min(tl.where(p == high[:, None], j[None, :], n_j), 1)
                at = tl.where(high > largest, first, at)
                plain = tl.load(key_facts + 5 * longest_key + j, mask=inside, other=-1)
                plain = tl.where(plain > 0, 1.0, 0.0)
                moved = p * away.to(tl.float32)
                in_all = tl.sum(moved, 1)
                displacement += in_all
                distance += tl.sum(tl.abs(moved), 1) if j0 == i0 else tl.abs(in_all)
                if is_near:
                    keep_band(band, p + (log - log)[:, None], i, j, real, inside)
                    below += tl.sum(tl.where(away < -kept.NEAR, p, 0.0), 1)
                    above += tl.sum(tl.where(away > kept.NEAR, p, 0.0), 1)
                    others = tl.load(key_facts + j, mask=inside, other=-1)
                    alike = (word[:, None] == others[None, :]) & (away != 0)
                    same = tl.where(alike, p, 0.0)
                    rest = tl.where((tl.abs(away) > 1) & (alike == 0), p, 0.0) * plain[None, :]
                    same_word += tl.sum(same, 1)
                    other += tl.sum(rest, 1)
                    if length is not None:
                        by_norm = tl.load(length + j, mask=inside, other=0.0)
                        norm_same_word += tl.sum(same * by_norm[None, :], 1)
                        norm_other += tl.sum(rest * by_norm[None, :], 1)
                else:  # and so no word has pieces on either side: words are shorter than tiles
                    in_all = tl.sum(p, 1)
                    below += tl.where(j0 < i0, in_all, 0.0)
                    above += tl.where(j0 > i0, in_all, 0.0)
                    other += tl.sum(p * plain[None, :], 1)
                    if length is not None:
                        by_norm = tl.load(length + j, mask=inside, other=0.0) * plain
                        norm_other += tl.sum(p * by_norm[None, :], 1)
                if SEGMENTS:
                    theirs_of = tl.load(key_facts + 3 * longest_key + j, mask=inside, other=-1)
                    asked = seen & (segment[:, None] >= 0) & (theirs_of[None, :] >= 0)
                    asked = asked & (tl.abs(away) > 1)
                    mine = asked & (segment[:, None] == theirs_of[None, :])
                    yours = asked & (segment[:, None] != theirs_of[None, :])
                    own += tl.sum(tl.where(mine, p, 0.0), 1)
                    theirs += tl.sum(tl.where(yours, p, 0.0), 1)
                    sees_own = tl.maximum(sees_own, tl.max(mine.to(tl.float32), 1))
                    sees_theirs = tl.maximum(sees_theirs, tl.max(yours.to(tl.float32), 1))
            largest = tl.maximum(largest, high)
        elif IS_SELF & is_near:
            keep_band(band, tl.zeros((TILE, TILE), tl.float32), i, j, real, inside)
    # 0, or no number: a maximum has passed over that.
    nothing = log - log
    rows += of_head * kept.N_ROWS * longest_query + i
    keep(rows, kept.OF_ENTROPY, longest_query, entropy / LOG2_E + nothing, real)
    keep(rows, kept.OF_LARGEST, longest_query, largest + nothing, real)
    keep(rows, kept.OF_CONTENT, longest_query, content + nothing, real)
    if IS_SELF:
        tl.store(where + of_head * longest_query + i, at.to(tl.int64), mask=real)
        keep(rows, kept.OF_SAME_WORD, longest_query, same_word + nothing, real)
        keep(rows, kept.OF_OTHER, longest_query, other + nothing, real)
        keep(rows, kept.OF_DISTANCE, longest_query, distance + nothing, real)
        keep(rows, kept.OF_DISPLACEMENT, longest_query, displacement + nothing, real)
        keep(rows, kept.OF_BELOW, longest_query, below + nothing, real)
        keep(rows, kept.OF_ABOVE, longest_query, above + nothing, real)
        if length is not None:
            keep(rows, kept.OF_NORM_SAME_WORD, longest_query, norm_same_word + nothing, real)
            keep(rows, kept.OF_NORM_OTHER, longest_query, norm_other + nothing, real)
        if SEGMENTS:
            choice = sees_own * sees_theirs + nothing
            keep(rows, kept.OF_OWN, longest_query, own * choice, real)
            keep(rows, kept.OF_BOTH, longest_query, (own + theirs) * choice, real)
    # Few keys, each of whose weights is kept: from anywhere.
    for f0 in range(0, n_few, FEW):
        f = f0 + tl.arange(0, FEW)
        j = tl.load(few_keys + sentence * n_few + f, mask=f < n_few, other=longest_key).to(tl.int32)
        inside = j < n_j
        seen = sight(visible, CAUSAL, longest_key, i, j, real, inside)
        k = vectors(key, key_strides[2], j, inside, channels, C)
        s = scores(q, k, bias, bias_strides, i, j, seen, scaling, softcap)
        to = columns + (of_head * n_few + f[None, :]) * longest_query + i[:, None]
        p = weights(s, level, log, seen, real, inside)
        tl.store(to, p, mask=real[:, None] & (f[None, :] < n_few))


@triton.jit
@no_type_check
def keep(rows, row, longest, of_each, real):
    tl.store(rows + row * longest, of_each, mask=real)


@triton.jit
@no_type_check
def keep_band(band, p, i, j, real, inside):
    away = j[None, :] - i[:, None]
    near = (away >= -kept.NEAR) & (away <= kept.NEAR) & real[:, None] & inside[None, :]
    tl.store(band + (i[:, None] * kept.BAND + (away + kept.NEAR)), p, mask=near)
