"""Device code of the triton kernel: pieces merged into words, and which word gives or gets most.

Tiles end where words do (`tiles`). A word's weights stand in the row, and in the column, of its
first piece. One program has a tile of one side, and goes over all of the other: of queries for the
word that each attends to, of keys for the one that attends to it, and for what each key gets.
"""

from typing import no_type_check

import triton
import triton.language as tl

from pipeline.statistics.fused_tiles import (
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


@program
@no_type_check
def point(
    query, key, bias, visible, packed_from, n_queries, n_keys, level, log, length, query_facts,
    key_facts, query_starts, key_starts, received, to, to_norm, words,
    query_strides, key_strides, bias_strides,
    n_heads, key_groups, longest_query, longest_key, n_rows, channels, n_query_tiles, n_key_tiles,
    n_query_words, n_key_words, first_head, scaling, softcap,
    CAUSAL: tl.constexpr, OF_KEYS: tl.constexpr, IS_SELF: tl.constexpr, C: tl.constexpr,
    TILE: tl.constexpr,
):  # fmt: skip
    of_head = tl.program_id(0).to(tl.int64) + first_head
    sentence, head = of_head // n_heads, of_head % n_heads
    n_i = tl.load(n_queries + sentence).to(tl.int32)
    n_j = tl.load(n_keys + sentence).to(tl.int32)
    key += begins(packed_from, sentence, head // key_groups, key_strides)
    query += begins(packed_from, sentence, head, query_strides)
    if bias is not None:
        bias += sentence * bias_strides[0] + head * bias_strides[1]
    if visible is not None:
        visible += sentence * longest_query * longest_key
    if length is not None:
        length += head * n_rows + first_row(packed_from, sentence, longest_key)
    level += of_head * longest_query
    log += of_head * longest_query
    query_facts += sentence * 6 * longest_query
    key_facts += sentence * 6 * longest_key
    query_starts += sentence * (n_query_tiles + 1)
    key_starts += sentence * (n_key_tiles + 1)
    # A tile of one side for the whole program, and all of the other.
    if OF_KEYS:
        j, inside = tile_at(key_starts, tl.program_id(1), n_j, TILE)
        k = vectors(key, key_strides[2], j, inside, channels, C)
        names, mine = tl.load(key_facts + j, mask=inside, other=-1), inside
        n_others = n_query_tiles
    else:
        i, real = tile_at(query_starts, tl.program_id(1), n_i, TILE)
        q = vectors(query, query_strides[2], i, real, channels, C)
        names, mine = tl.load(query_facts + i, mask=real, other=-1), real
        n_others = n_key_tiles
    given = tl.zeros((TILE,), tl.float32)
    best, found = given, tl.full((TILE,), -1, tl.int32)
    best_norm, found_norm = given, found
    for t in range(0, n_others):
        if OF_KEYS:
            i, real = tile_at(query_starts, t, n_i, TILE)
        else:
            j, inside = tile_at(key_starts, t, n_j, TILE)
        seen = sight(visible, CAUSAL, longest_key, i, j, real, inside)
        if sees(visible, CAUSAL, i, j, seen):
            if OF_KEYS:
                q = vectors(query, query_strides[2], i, real, channels, C)
            else:
                k = vectors(key, key_strides[2], j, inside, channels, C)
            s = scores(q, k, bias, bias_strides, i, j, seen, scaling, softcap)
            top = tl.load(level + i, mask=real, other=0.0)
            beside = tl.load(log + i, mask=real, other=0.0)
            p = weights(s, top, beside, seen, real, inside)
            if OF_KEYS:
                given += tl.sum(p, 0)
            word = tl.load(query_facts + i, mask=real, other=-1)
            opens = tl.load(query_facts + longest_query + i, mask=real, other=-1) > 0
            key_word = tl.load(key_facts + j, mask=inside, other=-1)
            key_opens = tl.load(key_facts + longest_key + j, mask=inside, other=-1) > 0
            by_norm = p
            if length is not None:
                norm = tl.load(length + j, mask=inside, other=0.0)[None, :]
            both = opens[:, None] & key_opens[None, :]
            pieces = tl.load(query_facts + 2 * longest_query + i, mask=opens, other=1)
            key_pieces = tl.load(key_facts + 2 * longest_key + j, mask=key_opens, other=1)
            if tl.max(tl.maximum(pieces, key_pieces), 0) > 1:
                from_pieces = same(tl.where(opens, word, NO_WORD), word)
                to_pieces = same(key_word, tl.where(key_opens, key_word, NO_WORD))
                p = added(from_pieces, p, True) / pieces.to(tl.float32)[:, None]
                if length is not None:
                    by_norm = added(p * norm, to_pieces, False)
                p = added(p, to_pieces, False)
            else:
                if length is not None:
                    by_norm = tl.where(both, p * norm, 0.0)
                p = tl.where(both, p, 0.0)
            if IS_SELF & (t == tl.program_id(1)):  # what a word gives itself is within a tile
                p = tl.where(word[:, None] == key_word[None, :], 0.0, p)
                by_norm = tl.where(word[:, None] == key_word[None, :], 0.0, by_norm)
            best, found = further(p, word, key_word, best, found, OF_KEYS)
            if length is not None:
                best_norm, found_norm = further(
                    by_norm, word, key_word, best_norm, found_norm, OF_KEYS
                )
            if words is not None:
                pairs = words + (of_head - first_head) * n_key_words * n_key_words * 2
                row = 2 * n_key_words
                there = (word * row)[:, None] + (key_word * 2)[None, :]
                back = (key_word * row + 1)[None, :] + (word * 2)[:, None]
                tl.store(pairs + there, p, mask=both)
                tl.store(pairs + back, p, mask=both)
    if OF_KEYS:
        tl.store(received + of_head * longest_key + j, given, mask=inside)
        points = tl.load(key_facts + longest_key + j, mask=inside, other=-1) > 0
        place = of_head * n_key_words + names
    else:
        points = tl.load(query_facts + longest_query + i, mask=real, other=-1) > 0
        place = of_head * n_query_words + names
    tl.store(to + place, found.to(tl.int16), mask=points & mine)
    if length is not None:
        tl.store(to_norm + place, found_norm.to(tl.int16), mask=points & mine)


@triton.jit
@no_type_check
def tile_at(starts, t, n, TILE: tl.constexpr):
    """The pieces of tile `t`, and which of its places hold one."""
    start, end = tl.load(starts + t), tl.load(starts + t + 1)
    i = start + tl.arange(0, TILE)
    return i, (i < end) & (i < n)


@triton.jit
@no_type_check
def same(word, other):
    return tl.where(word[:, None] == other[None, :], 1.0, 0.0).to(tl.bfloat16)


@triton.jit
@no_type_check
def added(a, b, ONES_FIRST: tl.constexpr):
    """The product of ones and zeros, and of numbers: each is three together of as many digits as
    bfloat16 has, which tensor cores add up as float32 would, many times as fast."""
    x = b if ONES_FIRST else a
    one, x = head_and_rest(x)
    two, x = head_and_rest(x)
    three, x = head_and_rest(x)
    if ONES_FIRST:
        return product(a, one) + product(a, two) + product(a, three)
    else:
        return product(one, b) + product(two, b) + product(three, b)


@triton.jit
@no_type_check
def head_and_rest(x):
    """Its first eight digits, which are bfloat16, and the others."""
    bits = x.to(tl.int32, bitcast=True)
    head = (bits >> 16).to(tl.int16).to(tl.bfloat16, bitcast=True)
    return head, x - (bits & -65536).to(tl.float32, bitcast=True)


@triton.jit
@no_type_check
def further(w, word, key_word, best, found, OF_KEYS: tl.constexpr):
    """The largest weight so far of each row, or column, and its word; the first word of equals."""
    if OF_KEYS:
        high = tl.max(w, 0)
        at = tl.min(tl.where(w == high[None, :], word[:, None], 2147483647), 0)
    else:
        high = tl.max(w, 1)
        at = tl.min(tl.where(w == high[:, None], key_word[None, :], 2147483647), 1)
    better = (high > best) | ((high == best) & (at < found))
    return tl.where(better, high, best), tl.where(better, at, found)
