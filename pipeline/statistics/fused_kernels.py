"""Device code of the triton kernel: programs that have one tile of weights at a time.

`attend` is flash attention (Dao et al. 2022): a tile of queries, all tiles of keys, the softmax
rescaled as it goes. It leaves the logarithm of each row's sum behind, so that the others know every
weight exactly, exp(s − lse), from scores that they make anew. `measure` keeps what a query knows of
its weights; `point`, in `fused_words`, what is kept between words, and what a key gets. Nobody adds
to what another wrote: every sum has one order, and the same call gives the same bytes.

Hidden scores are −∞, their weights 0; where a row is no number, all its weights are none.
Annotations are Triton's, not types: hence `no_type_check`.
"""

from typing import no_type_check

import triton.language as tl

from pipeline.statistics import fused_kept as kept
from pipeline.statistics.fused_tiles import (
    begins,
    first_row,
    product,
    program,
    scores,
    sight,
    vectors,
    weights,
)


@program
@no_type_check
def attend(
    query, key, value, bias, visible, sinks, packed_from, n_queries, n_keys, output, lse,
    query_strides, key_strides, value_strides, bias_strides, output_strides,
    n_heads, key_groups, value_groups, longest_query, longest_key, channels, value_channels,
    scaling, softcap, C: tl.constexpr, V: tl.constexpr, TILE: tl.constexpr,
):  # fmt: skip
    sentence, head = tl.program_id(0).to(tl.int64) // n_heads, tl.program_id(0) % n_heads
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
        highest = tl.zeros((TILE,), tl.float32) + tl.load(sinks + head)
        total += 1.0
    mixed = tl.zeros((TILE, V), tl.float32)
    for j0 in range(0, n_j, TILE):
        j = j0 + tl.arange(0, TILE)
        inside = j < n_j
        seen = sight(visible, longest_key, i, j, real, inside)
        if tl.max(seen.to(tl.int32)) > 0:
            k = vectors(key, key_strides[2], j, inside, channels, C)
            s = scores(q, k, bias, bias_strides, i, j, seen, scaling, softcap)
            higher = tl.maximum(highest, tl.max(s, 1))
            # Of a row that has seen nothing yet ∞ − ∞ would be no number.
            level = tl.where(higher == float("-inf"), 0.0, higher)
            p = tl.exp(s - level[:, None])
            shrunk = tl.exp(highest - level)
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
    log = tl.where(highest == float("-inf"), 0.0, highest) + tl.log(total)
    tl.store(lse + (sentence * n_heads + head) * longest_query + i, log, mask=real)


@program
@no_type_check
def measure(
    query, key, bias, visible, packed_from, n_queries, n_keys, lse, length, few_keys, query_facts,
    key_facts, rows, where, columns, bins, query_strides, key_strides, bias_strides,
    n_heads, key_groups, longest_query, longest_key, n_rows, channels, n_few, scaling, softcap,
    IS_SELF: tl.constexpr, SEGMENTS: tl.constexpr, C: tl.constexpr, TILE: tl.constexpr,
):  # fmt: skip
    sentence, head = tl.program_id(0).to(tl.int64) // n_heads, tl.program_id(0) % n_heads
    of_head = sentence * n_heads + head
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
    log = tl.load(lse + of_head * longest_query + i, mask=real, other=0.0)
    query_facts += sentence * 6 * longest_query
    key_facts += sentence * 6 * longest_key
    word = tl.load(query_facts + i, mask=real, other=-1)
    segment = tl.load(query_facts + 3 * longest_query + i, mask=real, other=-1)
    zero = tl.zeros((TILE,), tl.float32)
    entropy, largest, content, at = zero, zero, zero, tl.zeros((TILE,), tl.int32)
    itself, same_word, other, distance, displacement = zero, zero, zero, zero, zero
    norm_before, norm_behind, norm_same_word, norm_other = zero, zero, zero, zero
    own, theirs, sees_own, sees_theirs = zero, zero, zero, zero
    slot = tl.arange(0, 32)
    of_bins = tl.zeros((32,), tl.float32)
    for j0 in range(0, n_j, TILE):
        j = j0 + tl.arange(0, TILE)
        inside = j < n_j
        seen = sight(visible, longest_key, i, j, real, inside)
        if tl.max(seen.to(tl.int32)) > 0:
            k = vectors(key, key_strides[2], j, inside, channels, C)
            s = scores(q, k, bias, bias_strides, i, j, seen, scaling, softcap)
            p = weights(s, log, real, inside)
            entropy -= tl.sum(p * tl.where(p == 0.0, 0.0, s - log[:, None]), 1)
            high = tl.max(p, 1)
            at = tl.where(high > largest, j0 + tl.argmax(p, 1).to(tl.int32), at)
            largest = tl.maximum(largest, high)
            is_content = tl.load(key_facts + 4 * longest_key + j, mask=inside, other=-1) > 0
            content = tl.maximum(content, tl.max(tl.where(is_content[None, :], p, 0.0), 1))
            if IS_SELF:
                away = j[None, :] - i[:, None]
                far = (away < -1) | (away > 1)
                others = tl.load(key_facts + j, mask=inside, other=-1)
                alike = (word[:, None] == others[None, :]) & (word[:, None] >= 0) & (away != 0)
                plain = tl.load(key_facts + 5 * longest_key + j, mask=inside, other=-1) > 0
                same = tl.where(alike, p, 0.0)
                rest = tl.where(plain[None, :] & far & (alike == 0), p, 0.0)
                itself += tl.sum(tl.where(away == 0, p, 0.0), 1)
                same_word += tl.sum(same, 1)
                other += tl.sum(rest, 1)
                if length is not None:
                    by_norm = tl.load(length + j, mask=inside, other=0.0)
                    norm_same_word += tl.sum(same * by_norm[None, :], 1)
                    norm_other += tl.sum(rest * by_norm[None, :], 1)
                    norm = p * by_norm[None, :]
                    norm_before += tl.sum(tl.where(away == -1, norm, 0.0), 1)
                    norm_behind += tl.sum(tl.where(away == 1, norm, 0.0), 1)
                moved = p * away.to(tl.float32)
                displacement += tl.sum(moved, 1)
                distance += tl.sum(tl.abs(moved), 1)
                if (j0 < i0 + TILE + 8) & (j0 + TILE + 8 > i0):
                    for b in range(17):
                        of_bins += tl.where(slot == b, tl.sum(tl.where(away == b - 8, p, 0.0)), 0.0)
                of_bins += tl.where(slot == 17, tl.sum(tl.where(away < -8, p, 0.0)), 0.0)
                of_bins += tl.where(slot == 18, tl.sum(tl.where(away > 8, p, 0.0)), 0.0)
                if SEGMENTS:
                    theirs_of = tl.load(key_facts + 3 * longest_key + j, mask=inside, other=-1)
                    asked = seen & far & (segment[:, None] >= 0) & (theirs_of[None, :] >= 0)
                    mine = asked & (segment[:, None] == theirs_of[None, :])
                    yours = asked & (segment[:, None] != theirs_of[None, :])
                    own += tl.sum(tl.where(mine, p, 0.0), 1)
                    theirs += tl.sum(tl.where(yours, p, 0.0), 1)
                    sees_own = tl.maximum(sees_own, tl.max(mine.to(tl.float32), 1))
                    sees_theirs = tl.maximum(sees_theirs, tl.max(yours.to(tl.float32), 1))
    # 0, or no number: a maximum may have passed over those.
    nothing = log - log
    rows += of_head * kept.N_ROWS * longest_query + i
    choice = sees_own * sees_theirs
    tl.store(rows + kept.OF_ENTROPY * longest_query, entropy, mask=real)
    tl.store(rows + kept.OF_LARGEST * longest_query, largest + nothing, mask=real)
    tl.store(rows + kept.OF_CONTENT * longest_query, content + nothing, mask=real)
    tl.store(where + of_head * longest_query + i, at.to(tl.int64), mask=real)
    if IS_SELF:
        tl.store(rows + kept.OF_ITSELF * longest_query, itself, mask=real)
        tl.store(rows + kept.OF_SAME_WORD * longest_query, same_word, mask=real)
        tl.store(rows + kept.OF_OTHER * longest_query, other, mask=real)
        tl.store(rows + kept.OF_DISTANCE * longest_query, distance, mask=real)
        tl.store(rows + kept.OF_DISPLACEMENT * longest_query, displacement, mask=real)
        tl.store(rows + kept.OF_NORM_BEFORE * longest_query, norm_before, mask=real)
        tl.store(rows + kept.OF_NORM_BEHIND * longest_query, norm_behind, mask=real)
        tl.store(rows + kept.OF_NORM_SAME_WORD * longest_query, norm_same_word, mask=real)
        tl.store(rows + kept.OF_NORM_OTHER * longest_query, norm_other, mask=real)
        tl.store(rows + kept.OF_OWN * longest_query, own * choice, mask=real)
        tl.store(rows + kept.OF_BOTH * longest_query, (own + theirs) * choice, mask=real)
        tl.store(bins + (of_head * tl.num_programs(1) + tl.program_id(1)) * 32 + slot, of_bins)
    # Few keys, each of whose weights is kept: a tile of keys from anywhere.
    for f0 in range(0, n_few, TILE):
        f = f0 + tl.arange(0, TILE)
        j = tl.load(few_keys + sentence * n_few + f, mask=f < n_few, other=longest_key).to(tl.int32)
        inside = j < n_j
        seen = sight(visible, longest_key, i, j, real, inside)
        k = vectors(key, key_strides[2], j, inside, channels, C)
        s = scores(q, k, bias, bias_strides, i, j, seen, scaling, softcap)
        to = columns + (of_head * n_few + f[None, :]) * longest_query + i[:, None]
        p = weights(s, log, real, inside)
        tl.store(to, p, mask=real[:, None] & (f[None, :] < n_few))
