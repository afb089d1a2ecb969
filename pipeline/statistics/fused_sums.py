"""Device code of the triton kernel: sums over a head's queries and keys, named in `named`.

One program has one head in one sentence, and adds up what the others keep of each query and each
key. Torch would take a hundred small launches for that, and longer than a layer of the model does.
"""

from typing import no_type_check

import triton
import triton.language as tl

from pipeline.statistics import fused_kept as kept
from pipeline.statistics.fused_tiles import begins, first_row, product, program, vectors


@program
@no_type_check
def add_up(
    rows, where, band, received, packed_from, length, per_choice, n_seeing, key_classes, key_facts,
    n_queries, n_keys, sums, offset_mass, argmax_offset,
    n_heads, longest_query, longest_key, n_rows, step,
    IS_SELF: tl.constexpr, SEGMENTS: tl.constexpr, TILE: tl.constexpr,
):  # fmt: skip
    of_head = tl.program_id(0).to(tl.int64)
    sentence, head = of_head // n_heads, of_head % n_heads
    n_i = tl.load(n_queries + sentence).to(tl.int32)
    n_j = tl.load(n_keys + sentence).to(tl.int32)
    sums += of_head
    longest = longest_query  # numbers in a row
    rows += of_head * kept.N_ROWS * longest
    received += of_head * longest_key
    n_seeing += sentence * longest_key
    if length is not None:
        length += head * n_rows + first_row(packed_from, sentence, longest_key)
    add_row(sums + kept.ENTROPY * step, rows, kept.OF_ENTROPY, longest, n_i, TILE)
    choice = per_choice + sentence * longest_query
    informed = dotted(rows + kept.OF_ENTROPY * longest_query, choice, n_i, TILE)
    tl.store(sums + kept.ENTROPY_NORMALISED * step, informed)
    add_row(sums + kept.CONFIDENCE * step, rows, kept.OF_LARGEST, longest, n_i, TILE)
    add_row(sums + kept.CONFIDENCE_CONTENT * step, rows, kept.OF_CONTENT, longest, n_i, TILE)
    tl.store(sums + kept.ROW_SUM * step, total(received, n_j, TILE))
    if IS_SELF:
        add_row(sums + kept.SAME_WORD * step, rows, kept.OF_SAME_WORD, longest, n_i, TILE)
        add_row(sums + kept.OTHER * step, rows, kept.OF_OTHER, longest, n_i, TILE)
        add_row(sums + kept.DISTANCE * step, rows, kept.OF_DISTANCE, longest, n_i, TILE)
        add_row(sums + kept.DISPLACEMENT * step, rows, kept.OF_DISPLACEMENT, longest, n_i, TILE)
        if length is not None:
            same_word = sums + kept.NORM_SAME_WORD * step
            add_row(same_word, rows, kept.OF_NORM_SAME_WORD, longest, n_i, TILE)
            add_row(sums + kept.NORM_OTHER * step, rows, kept.OF_NORM_OTHER, longest, n_i, TILE)
        if SEGMENTS:
            add_row(sums + kept.SEGMENT_OWN * step, rows, kept.OF_OWN, longest, n_i, TILE)
            add_row(sums + kept.SEGMENT_BOTH * step, rows, kept.OF_BOTH, longest, n_i, TILE)
        # By distance: −8 to 8, then all below and all above.
        band += of_head * longest * kept.BAND
        slot = tl.arange(0, 32)
        mass, norm_mass = tl.zeros((32,), tl.float32), tl.zeros((32,), tl.float32)
        for i0 in range(0, n_i, TILE):
            i = i0 + tl.arange(0, TILE)
            j = i[:, None] + slot[None, :] - kept.NEAR
            there = (i < n_i)[:, None] & (slot < kept.BAND)[None, :] & (j >= 0) & (j < n_j)
            p = tl.load(band + i[:, None] * kept.BAND + slot[None, :], mask=there, other=0.0)
            mass += tl.sum(p, 0)
            if length is not None:
                norm_mass += tl.sum(p * tl.load(length + j, mask=there, other=0.0), 0)
        beside(sums, mass, kept.ITSELF, kept.BEFORE, kept.BEHIND, step)
        if length is not None:
            beside(sums, norm_mass, kept.NORM_ITSELF, kept.NORM_BEFORE, kept.NORM_BEHIND, step)
        to = offset_mass + of_head * 19
        tl.store(to + slot, mass, mask=slot < kept.BAND)
        add_row(to + kept.BAND, rows, kept.OF_BELOW, longest, n_i, TILE)
        add_row(to + kept.BAND + 1, rows, kept.OF_ABOVE, longest, n_i, TILE)
        peaks = tl.zeros((32,), tl.float32)
        for i0 in range(0, n_i, TILE):
            i = i0 + tl.arange(0, TILE)
            away = tl.load(where + of_head * longest_query + i, mask=i < n_i, other=0) - i
            place = tl.where(away > kept.NEAR, kept.BAND + 1, away + kept.NEAR)
            place = tl.where(away < -kept.NEAR, kept.BAND, place)
            is_there = (place[:, None] == slot[None, :]) & (i < n_i)[:, None]
            peaks += tl.sum(is_there.to(tl.float32), 0)
        tl.store(argmax_offset + of_head * 19 + slot, peaks, mask=slot < 19)
    of_keys(
        band + kept.NEAR, received, length,
        key_classes + sentence * 7 * longest_key, key_facts + (sentence * 6 + 5) * longest_key,
        sums, n_j, step, IS_SELF, TILE,
    )  # fmt: skip
    k = tl.arange(0, 4)
    got = tl.load(received + k, mask=k < n_j, other=0.0)
    n_seen_by = tl.load(n_seeing + k, mask=k < n_j, other=0).to(tl.float32)
    alpha = tl.where(n_seen_by > 0.0, got / tl.maximum(n_seen_by, 1.0), float("nan"))
    tl.store(sums + (kept.ALPHA + k) * step, alpha)
    if length is not None:
        tl.store(sums + kept.SPEARMAN * step, spearman(received, n_seeing, length, n_j, TILE))


@triton.jit
@no_type_check
def add_row(to, rows, row, longest, n, TILE: tl.constexpr):
    tl.store(to, total(rows + row * longest, n, TILE))


@triton.jit
@no_type_check
def beside(sums, by_offset, itself, before, behind, step):
    slot = tl.arange(0, 32)
    tl.store(sums + itself * step, tl.sum(tl.where(slot == kept.NEAR, by_offset, 0.0), 0))
    tl.store(sums + before * step, tl.sum(tl.where(slot == kept.NEAR - 1, by_offset, 0.0), 0))
    tl.store(sums + behind * step, tl.sum(tl.where(slot == kept.NEAR + 1, by_offset, 0.0), 0))


@triton.jit
@no_type_check
def total(of_each, n, TILE: tl.constexpr):
    found = tl.zeros((TILE,), tl.float32)
    for i0 in range(0, n, TILE):
        i = i0 + tl.arange(0, TILE)
        found += tl.load(of_each + i, mask=i < n, other=0.0)
    return tl.sum(found, 0)


@triton.jit
@no_type_check
def dotted(a, b, n, TILE: tl.constexpr):
    found = tl.zeros((TILE,), tl.float32)
    for i0 in range(0, n, TILE):
        i = i0 + tl.arange(0, TILE)
        of_a = tl.load(a + i, mask=i < n, other=0.0)
        found += of_a * tl.load(b + i, mask=i < n, other=0.0)
    return tl.sum(found, 0)


@triton.jit
@no_type_check
def of_keys(
    itself, received, length, key_classes, is_plain, sums, n_j, step,
    IS_SELF: tl.constexpr, TILE: tl.constexpr,
):  # fmt: skip
    """By class of key; and, across two sequences, what lies on keys of no class."""
    kind = tl.arange(0, 8)
    none = tl.zeros((8,), tl.float32)
    mass, at_itself, norm_mass, norm = none, none, none, none
    zero = tl.zeros((TILE,), tl.float32)
    other, norm_other, norm_row_sum, lengths = zero, zero, zero, zero
    for j0 in range(0, n_j, TILE):
        j = j0 + tl.arange(0, TILE)
        inside = j < n_j
        there = inside[:, None] & (kind < 7)[None, :]
        classes = tl.load(key_classes + j[:, None] * 7 + kind[None, :], mask=there, other=0.0)
        got = tl.load(received + j, mask=inside, other=0.0)
        mass += tl.sum(classes * got[:, None], 0)
        plain = tl.load(is_plain + j, mask=inside, other=0) > 0
        other += tl.where(plain, got, 0.0)
        if IS_SELF:
            own = tl.load(itself + j * kept.BAND, mask=inside, other=0.0)
            at_itself += tl.sum(classes * own[:, None], 0)
        if length is not None:
            far = tl.load(length + j, mask=inside, other=0.0)
            norm_mass += tl.sum(classes * (got * far)[:, None], 0)
            norm += tl.sum(classes * far[:, None], 0)
            norm_other += tl.where(plain, got * far, 0.0)
            norm_row_sum += got * far
            lengths += far
    to = sums + (kept.BY_CLASS + kind) * step
    tl.store(to, mass, mask=kind < 7)
    if IS_SELF:
        tl.store(to + 7 * step, at_itself, mask=kind < 7)
    else:
        tl.store(sums + kept.OTHER * step, tl.sum(other, 0))
    if length is not None:
        tl.store(to + 14 * step, norm_mass, mask=kind < 7)
        tl.store(to + 21 * step, norm, mask=kind < 7)
        tl.store(sums + kept.NORM_ROW_SUM * step, tl.sum(norm_row_sum, 0))
        tl.store(sums + kept.VALUE_NORM * step, tl.sum(lengths, 0))
        if not IS_SELF:
            tl.store(sums + kept.NORM_OTHER * step, tl.sum(norm_other, 0))


@triton.jit
@no_type_check
def spearman(received, n_seeing, length, n, TILE: tl.constexpr):
    """As `norms.spearman`. Twice what a rank is more than the mean one is how many are less, less
    how many are more; of equals it is their middle."""
    zero = tl.zeros((TILE,), tl.float32)
    aa, bb, ab = zero, zero, zero
    for i0 in range(0, n, TILE):
        i = i0 + tl.arange(0, TILE)
        a, b = share(received, n_seeing, i, n), tl.load(length + i, mask=i < n, other=0.0)
        # What is no number has no rank.
        of_a, of_b = a * 0.0, b * 0.0
        for j0 in range(0, n, TILE):
            j = j0 + tl.arange(0, TILE)
            inside = (j < n)[None, :]
            of_a += beyond(a, share(received, n_seeing, j, n), inside)
            of_b += beyond(b, tl.load(length + j, mask=j < n, other=0.0), inside)
        aa += tl.where(i < n, of_a * of_a, 0.0)
        bb += tl.where(i < n, of_b * of_b, 0.0)
        ab += tl.where(i < n, of_a * of_b, 0.0)
    spread = tl.sum(aa, 0) * tl.sum(bb, 0)
    return tl.where(spread > 0.0, tl.sum(ab, 0) / tl.sqrt(spread), float("nan"))


@triton.jit
@no_type_check
def share(received, n_seeing, j, n):
    """What a key gets of each query that sees it. Divided as torch does it: equals stay equal."""
    n_queries = tl.load(n_seeing + j, mask=j < n, other=1).to(tl.float32)
    return tl.div_rn(tl.load(received + j, mask=j < n, other=0.0), tl.maximum(n_queries, 1.0))


@triton.jit
@no_type_check
def beyond(x, others, inside):
    """How many of the others each is more than, less how many it is less than."""
    more = (x[:, None] > others[None, :]) & inside
    less = (x[:, None] < others[None, :]) & inside
    return tl.sum(more.to(tl.float32) - less.to(tl.float32), 1)


@program
@no_type_check
def give(
    columns, f, few_keys, few_members, query_groups, packed_from, n_queries, n_keys,
    sums, given, energy, f_strides,
    n_heads, longest_query, n_few, channels, step,
    FEW: tl.constexpr, V: tl.constexpr, TILE: tl.constexpr,
):  # fmt: skip
    """What queries give to few keys and get of them, by class of `layout.FEW`."""
    of_head = tl.program_id(0).to(tl.int64)
    sentence, head = of_head // n_heads, of_head % n_heads
    n_i = tl.load(n_queries + sentence).to(tl.int32)
    columns += of_head * n_few * longest_query
    query_groups += sentence * 3 * longest_query
    member = tl.arange(0, FEW)
    is_few = member < n_few
    members = few_members + (sentence * n_few + member) * 3
    none = tl.zeros((FEW,), tl.float32)
    got, of_cls, of_sep = none, none, none
    together = tl.zeros((FEW, FEW), tl.float32)
    for i0 in range(0, n_i, TILE):
        i = i0 + tl.arange(0, TILE)
        real = i < n_i
        there = is_few[:, None] & real[None, :]
        p = tl.load(columns + member[:, None] * longest_query + i[None, :], mask=there, other=0.0)
        is_cls = tl.load(query_groups + longest_query + i, mask=real, other=0.0)
        is_sep = tl.load(query_groups + 2 * longest_query + i, mask=real, other=0.0)
        of_cls += tl.sum(p * is_cls[None, :], 1)
        of_sep += tl.sum(p * is_sep[None, :], 1)
        got += tl.sum(p, 1)
        if f is not None:
            together += product(p, tl.trans(p))
    in_cls = tl.load(members, mask=is_few, other=0.0)
    in_sep = tl.load(members + 1, mask=is_few, other=0.0)
    tl.store(sums + kept.CLS_TO_CLS * step + of_head, tl.sum(of_cls * in_cls, 0))
    tl.store(sums + kept.SEP_TO_SEP * step + of_head, tl.sum(of_sep * in_sep, 0))
    if f is not None:
        f += begins(packed_from, sentence, head, f_strides)
        key = tl.load(few_keys + sentence * n_few + member, mask=is_few, other=0)
        is_there = is_few & (key < tl.load(n_keys + sentence))
        values = vectors(f, f_strides[2], key, is_there, channels, V)
        together *= product(values, tl.trans(values))
        c = tl.arange(0, V)
        for k in range(3):
            is_in = tl.load(members + k, mask=is_few, other=0.0)
            to = (of_head * 3 + k) * channels + c
            tl.store(given + to, tl.sum((is_in * got)[:, None] * values, 0), mask=c < channels)
            both = is_in[:, None] * is_in[None, :]
            tl.store(energy + of_head * 3 + k, tl.sum(tl.sum(together * both, 1), 0))
