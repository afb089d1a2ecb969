"""The triton kernel: flash attention on a GPU and its statistics, in memory that grows with length.

No pattern is ever written. Three programs make what is kept (`fused_kernels`, `fused_words`), each
with a tile of weights at a time: the second and the third make theirs anew, which costs less than
keeping them. Two add up what those keep (`fused_sums`), and one grows trees (`fused_trees`). That
is several launches and not one: what a key gets is added up by the program of that key, in one
order, so that nothing is added atomically and every run gives the same bytes. Trees alone need the
weights between all words: they are grown of as many heads together as there is room for.

What it does not read is left to the portable kernel, by rule, and that is said once.
"""

import sys
from functools import cache
from typing import Any

import torch
import triton
from triton.runtime.errors import OutOfResources

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.layout import FEW, N_BINS, Layout
from pipeline.core.shapes import Float, Int, Tensor
from pipeline.statistics import (
    fused_kernels,
    fused_sums,
    fused_trees,
    fused_words,
    named,
    portable,
)
from pipeline.statistics.fused_kept import BAND, N_ROWS
from pipeline.statistics.norms import given_by_class, transformed
from pipeline.statistics.tiles import SIZE, Tiles, Tiling, Uncut, tiling

WIDE_SIZE = 64
"""Queries, and keys, of a tile in the program that makes the output, where products are half
precision's and vectors short. Larger ones do not fit into the registers of compute capability 8.0
or 9.0."""
SUMS_SIZE = 64
"""The same where numbers of queries and of keys are added up."""
SHORT, MIDDLE = 64, 128
"""Channels of vectors."""
WORDS_A_WARP = 128
"""Of a tree that grows."""
TREES_AT_ONCE = 2**28
"""Numbers between words that trees are read off together (1 GiB): they grow with words squared."""
MOST_FEW = 64
"""Keys of a sentence of which each weight is kept: two or three, but where it quotes separators."""
LEAST = 16
"""Channels that a product on a GPU takes at least; and they are a power of two."""
DTYPES = (torch.float32, torch.bfloat16, torch.float16)
FUSION = True
"""Said, since what Triton does unasked is about to change, and digits with it."""


def attend(
    call: AttentionCall,
) -> tuple[Float[Tensor, "sentence head query value_channel"], Reduction]:
    """As `portable.attend`. Scores are float32, whatever type queries and keys are of."""
    try:
        with torch.cuda.device_of(call.query):
            return _attend(call, _sides(call))
    except (Uncut, OutOfResources) as reason:
        _say(f"headcensus: the portable kernel measures what the triton kernel cannot: {reason}")
        return portable.attend(call.padded())


@cache
def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _sides(call: AttentionCall) -> Tiling:
    """Raises Uncut for what the kernel does not read."""
    dtypes = {call.query.dtype, call.key.dtype, call.value.dtype}
    if len(dtypes) > 1 or not dtypes <= set(DTYPES):
        raise Uncut(f"attention in {', '.join(sorted(map(str, dtypes)))}")
    n_few = call.layout.few_keys.shape[1]
    if n_few > MOST_FEW:
        raise Uncut(f"a sentence of {n_few} separators, more than {MOST_FEW}")
    return tiling(call.layout, SIZE)


def _attend(
    call: AttentionCall, sides: Tiling
) -> tuple[Float[Tensor, "sentence head query value_channel"], Reduction]:
    has, common = named.asked(call), _common(call)
    f = _rows(transformed(call)) if named.VALUES in has else None
    # Head by head, as the product leaves it.
    length = None if f is None else f.norm(dim=-1).transpose(0, 1).contiguous()
    output, level, log = _attended(call, common)
    n_rows = 0 if length is None else length[0].numel()
    common |= {"level": level, "log": log, "length": length, "n_rows": n_rows}
    kept = _measured(call, common, sides, named.SEGMENTS in has)
    pointers, received = _pointers(call, common, sides)
    found = _added_up(call, common, sides, has, f=f, received=received, **kept)
    return output, Reduction(named.others(call) | found, pointers)


def _common(call: AttentionCall) -> dict[str, Any]:
    """What every program is given that makes weights."""
    layout = call.layout
    query, key = _rows(call.query), _rows(call.key)
    n_sentences, n_queries, n_keys = layout.visible.shape
    shape = (n_sentences, query.shape[1], n_queries, n_keys)
    bias = None if call.bias is None else call.bias.expand(shape)
    is_read = layout.hides and layout.known_to_hide != "later"
    return {
        "query": query,
        "key": key,
        "bias": bias,
        "visible": layout.visible.contiguous().view(torch.uint8) if is_read else None,
        "CAUSAL": layout.known_to_hide == "later",
        "packed_from": layout.packed_from if call.packed else None,
        "n_queries": layout.queries.lengths,
        "n_keys": layout.keys.lengths,
        "query_strides": _strides(query),
        "key_strides": _strides(key),
        "bias_strides": (0, 0, 0, 0) if bias is None else bias.stride(),
        "n_heads": shape[1],
        "key_groups": shape[1] // key.shape[1],
        "longest_query": n_queries,
        "longest_key": n_keys,
        "channels": query.shape[3],
        "scaling": call.scaling,
        "softcap": call.softcap,
        "C": _wide(query.shape[3]),
        "TILE": SIZE,
        "num_warps": warps(query.dtype, query.shape[3]),
        "enable_fp_fusion": FUSION,
    }


def warps(dtype: torch.dtype, channels: int, hides: bool = False) -> int:
    """As few as hold a tile in their registers: what a warp has by itself it waits for nobody to
    add up. Where pieces are hidden from others `measure` holds more."""
    if dtype == torch.float32:
        return 4
    return (1 if channels <= MIDDLE else 2) * (2 if hides else 1)


def output_sizes(dtype: torch.dtype, channels: int) -> dict[str, int]:
    """Of the program that makes the output."""
    is_wide = dtype != torch.float32 and channels <= SHORT
    return {"TILE": WIDE_SIZE if is_wide else SIZE, "num_warps": 4}


def _attended(call: AttentionCall, common: dict[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
    """The output; and the largest score of each row and the logarithm of its sum beside that, sinks
    with them, of padding nothing."""
    value, n_heads, n_queries = _rows(call.value), common["n_heads"], common["longest_query"]
    # Heads of a piece side by side, as the model goes on with them. What it makes of padding it
    # never reads, but what is no number would spread by masks that add.
    shape = (len(call.query), call.query.shape[2], n_heads, value.shape[3])
    output = (value.new_empty if call.packed else value.new_zeros)(shape).transpose(1, 2)
    n_sentences = len(call.layout.visible)
    # Not halves of one: where the second begins Triton compiles by, too.
    of_rows = (n_sentences, n_heads, n_queries)
    level, log = (value.new_empty(of_rows, dtype=torch.float32) for _ in range(2))
    sizes = output_sizes(value.dtype, max(common["channels"], value.shape[3]))
    fused_kernels.attend[(n_sentences * n_heads, triton.cdiv(n_queries, sizes["TILE"]))](
        **common | sizes, value=value, sinks=None if call.sinks is None else call.sinks.float(),
        output=output, level=level, log=log, value_strides=_strides(value),
        output_strides=_strides(output), value_groups=n_heads // value.shape[1],
        value_channels=value.shape[3], V=_wide(value.shape[3]),
    )  # fmt: skip
    return output, level, log


def _measured(
    call: AttentionCall, common: dict[str, Any], sides: Tiling, segments: bool
) -> dict[str, Tensor]:
    """`rows` and `where` of each query, its `band` of weights near it, and `columns`, the weights
    of few keys. Of padding nothing is written."""
    layout, log = call.layout, common["log"]
    common = common | {"num_warps": warps(common["query"].dtype, common["channels"], layout.hides)}
    (n_sentences, n_heads, n_queries), n_few = log.shape, layout.few_keys.shape[1]
    kept = {
        "rows": log.new_empty(n_sentences, n_heads, N_ROWS.value, n_queries),
        "where": log.new_empty(n_sentences, n_heads, n_queries, dtype=torch.long),
        "band": log.new_empty(n_sentences, n_heads, n_queries, BAND.value),
        "columns": log.new_empty(n_sentences, n_heads, n_few, n_queries),
    }
    fused_kernels.measure[(n_sentences * n_heads, triton.cdiv(n_queries, SIZE))](
        **common, **kept, **_of(layout, "few_keys"), query_facts=sides.queries.facts,
        key_facts=sides.keys.facts, n_few=n_few, IS_SELF=layout.is_self, SEGMENTS=segments,
        FEW=LEAST,
    )  # fmt: skip
    return kept


def _added_up(
    call: AttentionCall,
    common: dict[str, Any],
    sides: Tiling,
    has: frozenset[str],
    columns: Float[Tensor, "sentence head few query"],
    f: Float[Tensor, "#sentence head piece channel"] | None,
    **kept: Tensor,
) -> dict[str, Float[Tensor, "sentence head ..."]]:
    layout, (n_sentences, n_heads, n_few, _) = call.layout, columns.shape
    sums = columns.new_empty(len(named.SUMS), n_sentences, n_heads)
    offset_mass, argmax_offset = columns.new_empty(2, n_sentences, n_heads, N_BINS)
    names = ("packed_from", "n_queries", "n_keys", "n_heads", "longest_query", "enable_fp_fusion")
    shared = {name: common[name] for name in names} | {"sums": sums, "step": sums.stride(0)}
    fused_sums.add_up[(n_sentences * n_heads,)](
        **shared, **kept, **_of(layout, "per_choice", "n_seeing", "key_classes"),
        length=common["length"], n_rows=common["n_rows"],
        longest_key=common["longest_key"], key_facts=sides.keys.facts, offset_mass=offset_mass,
        argmax_offset=argmax_offset, IS_SELF=layout.is_self, SEGMENTS=named.SEGMENTS in has,
        TILE=SUMS_SIZE,
    )  # fmt: skip
    channels = 0 if f is None else f.shape[3]
    given = columns.new_empty(n_sentences, n_heads, len(FEW), channels)
    energy = columns.new_empty(n_sentences, n_heads, len(FEW))
    fused_sums.give[(n_sentences * n_heads,)](
        **shared, **_of(layout, "few_keys", "few_members", "query_groups"), columns=columns,
        f=f, f_strides=_strides(f), given=given, energy=energy, n_few=n_few, channels=channels,
        FEW=_wide(n_few), V=_wide(channels), TILE=SUMS_SIZE,
    )  # fmt: skip
    found = named.by_name(named.SUMS, sums.unbind(), has)
    if layout.is_self:
        found |= {"offset_mass": offset_mass, "argmax_offset": argmax_offset}
    return found if f is None else found | given_by_class(given, energy)


def _pointers(
    call: AttentionCall, common: dict[str, Any], sides: Tiling
) -> tuple[dict[str, Int[Tensor, "sentence head word"]], Float[Tensor, "sentence head key"]]:
    """And what each key gets."""
    layout, log = call.layout, common["log"]
    n_sentences, n_heads, _ = log.shape
    received = log.new_empty(n_sentences, n_heads, common["longest_key"])
    found: dict[str, Tensor] = {}

    def point(
        name: str, queries: Tiles, of_keys: bool, heads: range, words: Tensor | None = None
    ) -> None:
        own = sides.keys if of_keys else queries
        names = (name,) if common["length"] is None else (name, f"{name}_norm")
        if name not in found:
            # Of words without a piece there is none.
            shape = (len(names), n_sentences, n_heads, own.n_words)
            found.update(zip(names, log.new_full(shape, -1, dtype=torch.int16), strict=True))
        fused_words.point[(len(heads), own.n)](
            **common, query_facts=queries.facts, key_facts=sides.keys.facts,
            query_starts=queries.starts, key_starts=sides.keys.starts, received=received,
            to=found[names[0]], to_norm=found[names[-1]], words=words, first_head=heads.start,
            n_query_tiles=queries.n, n_key_tiles=sides.keys.n, n_query_words=queries.n_words,
            n_key_words=sides.keys.n_words, OF_KEYS=of_keys, IS_SELF=layout.is_self,
        )  # fmt: skip

    every, trees = range(n_sentences * n_heads), {}
    if layout.is_self and call.trees:
        n_words = sides.keys.n_words
        tree_max, tree = log.new_empty(2, n_sentences, n_heads, n_words, dtype=torch.int16)
        trees = {"tree_max": tree_max, "tree": tree}
        step = max(1, TREES_AT_ONCE // max(1, 2 * n_words**2))
        for first in every[::step]:
            heads = every[first : first + step]
            # All of it is written, but for tiles in which nothing is seen.
            made = log.new_zeros if layout.hides else log.new_empty
            words = made(len(heads), n_words, n_words, 2)
            point("attends_to", sides.queries, of_keys=False, heads=heads, words=words)
            _grow(words, layout, heads, **trees)
            del words  # before there are others
    else:
        point("attends_to", sides.queries, of_keys=False, heads=every)
    point("attended_by", sides.queries, of_keys=True, heads=every)
    if sides.said is not None:
        point("predicted_attends_to", sides.said, of_keys=False, heads=every)
    return found | trees, received


def _grow(
    words: Float[Tensor, "grown word word 2"],
    layout: Layout,
    heads: range,
    tree_max: Int[Tensor, "sentence head word"],
    tree: Int[Tensor, "sentence head word"],
) -> None:
    """As `trees.spanning_tree` and `pointers.nodes_pointer`, in one launch, of what each word gives
    each other and gets of it. Heads of sentences one behind the other: some of all."""
    (_, n_heads, n_words) = tree.shape
    if n_words:
        wide = max(WORDS_A_WARP, triton.next_power_of_2(n_words))
        n_warps = min(wide // WORDS_A_WARP, 8)
        fused_trees.grow[(len(heads),)](
            words, layout.tree_words.contiguous().view(torch.uint8), tree, tree_max,
            n_heads, n_words, heads.start, WORDS=wide, num_warps=n_warps, enable_fp_fusion=FUSION,
        )  # fmt: skip


def _of(layout: Layout, *names: str) -> dict[str, Tensor]:
    return {name: getattr(layout, name).contiguous() for name in names}


def _strides(x: Tensor | None) -> tuple[int, ...]:
    """Of sentences, heads and rows; within a row numbers lie side by side."""
    return (0, 0, 0) if x is None else x.stride()[:3]


def _rows(x: Tensor) -> Tensor:
    return x if x.stride(-1) == 1 else x.contiguous()


def _wide(channels: int) -> int:
    return max(LEAST, triton.next_power_of_2(channels))
