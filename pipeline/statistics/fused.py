"""The triton kernel: flash attention on a GPU, and its digest, in memory that grows with length.

No pattern is ever written. Three programs make what is kept (`fused_kernels`, `fused_words`), each
with a tile of weights at a time: the second and the third make theirs anew, which costs less than
keeping them. That is several launches and not one: what a key gets is added up by the program of
that key, in one order, so that nothing is added atomically and every run gives the same bytes.
Trees alone need the weights between all words: with them memory grows with words squared.

What it does not read is left to the portable kernel, by rule, and that is said once.
"""

import sys
from functools import cache
from typing import Any

import torch
import triton

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.digest import Digest, Distances, Pairs
from pipeline.core.layout import N_BINS, Layout
from pipeline.core.shapes import Float, Int, Tensor
from pipeline.statistics import fused_kernels, fused_trees, fused_words, portable
from pipeline.statistics.norms import transformed, values_of
from pipeline.statistics.tiles import Tiles, Tiling, Uncut, tiling

SIZES = (64, 32)
"""Pieces in a tile, of queries as of keys, where products are half precision's and vectors short;
and where not. Larger ones do not fit into the registers of compute capability 8.0 or 9.0."""
WORDS_SIZE = 32
"""The same where pieces are merged into words: these products are float32's always."""
SHORT = 128
LEAST = 16
"""Channels that a product on a GPU takes at least; and they are a power of two."""
DTYPES = (torch.float32, torch.bfloat16, torch.float16)
N_ROWS = 14
"""Numbers that `fused_kernels.measure` keeps of each query, but for where the largest weight is."""
ROOM_FOR_BINS = 32


def attend(
    call: AttentionCall,
) -> tuple[Float[Tensor, "sentence head query value_channel"], Reduction]:
    """As `portable.attend`. Scores are float32, whatever type queries and keys are of."""
    try:
        sides = _sides(call)
    except Uncut as reason:
        _say(f"headcensus: the portable kernel measures what the triton kernel cannot: {reason}")
        return portable.attend(call)
    f = None if call.readout is None else transformed(call)
    length = None if f is None else f.norm(dim=-1).contiguous()
    with torch.cuda.device_of(call.query):
        output, digest = _digest(call, length, sides)
    values = values_of(f, length, digest, call.layout)
    return output, portable.reduction(digest, call.layout, values)


@cache
def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _sides(call: AttentionCall) -> Tiling:
    """Raises Uncut for what the kernel does not read."""
    dtypes = {call.query.dtype, call.key.dtype, call.value.dtype}
    if len(dtypes) > 1 or not dtypes <= set(DTYPES):
        raise Uncut(f"attention in {', '.join(sorted(map(str, dtypes)))}")
    return tiling(call.layout, WORDS_SIZE)


def _digest(call: AttentionCall, length: Tensor | None, sides: Tiling) -> tuple[Tensor, Digest]:
    layout, query = call.layout, call.query
    n_sentences, n_heads, n_queries, _ = query.shape
    common = _common(call)
    output, lse = _attended(call, common)
    common |= {"lse": lse, "length": length}
    facts = {"query_facts": sides.queries.facts, "key_facts": sides.keys.facts}
    few = layout.few_keys.contiguous()

    def zeros(*shape: int) -> Tensor:
        return torch.zeros(n_sentences, n_heads, *shape, device=query.device)

    n_tiles = triton.cdiv(n_queries, common["TILE"])
    rows, bins = zeros(N_ROWS, n_queries), zeros(n_tiles, ROOM_FOR_BINS)
    where = torch.zeros(rows[:, :, 0].shape, dtype=torch.long, device=query.device)
    columns = zeros(few.shape[1], n_queries)
    two = layout.is_self and layout.queries.segment is not None
    fused_kernels.measure[(n_sentences * n_heads, n_tiles)](
        **common, **facts, few=few, n_few=few.shape[1],
        rows=rows, where=where, columns=columns, bins=bins, IS_SELF=layout.is_self, SEGMENTS=two,
    )  # fmt: skip
    received = zeros(call.key.shape[2])
    pointers = _pointers(call, common, sides, received)
    entropy, largest, content, itself, *_ = rows.unbind(2)
    pairs = weighted = distances = segments = None
    if layout.is_self:
        bins = bins.sum(2)[..., :N_BINS]
        same_word, other, distance, displacement, *of_norm, own, both = (
            rows[:, :, 4:].sum(3).unbind(2)
        )
        before, behind = bins[..., N_BINS // 2 - 2], bins[..., N_BINS // 2]
        pairs = Pairs(itself, before, behind, same_word, other)
        distances = Distances(bins, distance, displacement)
        weighted = None if length is None else Pairs(itself * length, *of_norm)
        segments = torch.stack((own, both), -1) if two else None
    digest = Digest(
        received, entropy, largest, where, content, columns, pointers, pairs, weighted, distances,
        segments,
    )  # fmt: skip
    return output, digest


def _common(call: AttentionCall) -> dict[str, Any]:
    """What every program is given."""
    layout = call.layout
    query, key = _rows(call.query), _rows(call.key)
    shape = (*query.shape[:3], key.shape[2])
    bias = None if call.bias is None else call.bias.expand(shape)
    half, short = query.element_size() < 4, max(query.shape[3], call.value.shape[3]) <= SHORT
    return {
        "query": query,
        "key": key,
        "bias": bias,
        "visible": layout.visible.contiguous().view(torch.uint8) if layout.hides else None,
        "n_queries": layout.queries.lengths,
        "n_keys": layout.keys.lengths,
        "query_strides": query.stride()[:3],
        "key_strides": key.stride()[:3],
        "bias_strides": (0, 0, 0, 0) if bias is None else bias.stride(),
        "n_heads": shape[1],
        "key_groups": shape[1] // key.shape[1],
        "longest_query": shape[2],
        "longest_key": shape[3],
        "channels": query.shape[3],
        "scaling": call.scaling,
        "softcap": call.softcap,
        "C": _wide(query.shape[3]),
        **_sized(SIZES[0 if half and short else -1]),
        # Said, since what Triton does unasked is about to change, and digits with it.
        "enable_fp_fusion": True,
    }


def _sized(size: int) -> dict[str, int]:
    return {"TILE": size, "num_warps": 8 if size > 32 else 4}


def _attended(call: AttentionCall, common: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """The output; and the logarithm of each row's sum, sinks with it."""
    value, (n_sentences, n_heads, n_queries, _) = _rows(call.value), call.query.shape
    # Heads of a piece side by side, as the model goes on with them.
    output = value.new_zeros(n_sentences, n_queries, n_heads, value.shape[3]).transpose(1, 2)
    lse = torch.zeros(n_sentences, n_heads, n_queries, device=value.device)
    fused_kernels.attend[(n_sentences * n_heads, triton.cdiv(n_queries, common["TILE"]))](
        **common, value=value, sinks=None if call.sinks is None else call.sinks.float(),
        output=output, lse=lse, value_strides=value.stride()[:3],
        output_strides=output.stride()[:3], value_groups=n_heads // value.shape[1],
        value_channels=value.shape[3], V=_wide(value.shape[3]),
    )  # fmt: skip
    return output, lse


def _pointers(
    call: AttentionCall, common: dict[str, Any], sides: Tiling, received: Tensor
) -> dict[str, Int[Tensor, "sentence head word"]]:
    """Fills `received` too."""
    layout = call.layout
    found: dict[str, Tensor] = {}

    def point(name: str, queries: Tiles, of_keys: bool, words: Tensor | None = None) -> None:
        own = sides.keys if of_keys else queries
        names = (name,) if common["length"] is None else (name, f"{name}_norm")
        for each in names:
            shape = (*call.query.shape[:2], own.n_words)
            found[each] = torch.full(shape, -1, dtype=torch.int16, device=received.device)
        fused_words.point[(received.shape[0] * received.shape[1], own.n)](
            **common | _sized(WORDS_SIZE), query_facts=queries.facts, key_facts=sides.keys.facts,
            query_starts=queries.starts, key_starts=sides.keys.starts, received=received,
            to=found[name], to_norm=found[names[-1]], words=words,
            n_query_tiles=queries.n, n_key_tiles=sides.keys.n, n_query_words=queries.n_words,
            n_key_words=sides.keys.n_words, OF_KEYS=of_keys, IS_SELF=layout.is_self,
        )  # fmt: skip

    words = None
    if layout.is_self and call.trees:
        n_words = sides.keys.n_words
        words = received.new_zeros(*received.shape[:2], n_words, n_words)
    point("attends_to", sides.queries, of_keys=False, words=words)
    point("attended_by", sides.queries, of_keys=True)
    if sides.said is not None:
        point("predicted_attends_to", sides.said, of_keys=False)
    if words is not None:
        found |= _trees(words, layout)
    return found


def _trees(
    words: Float[Tensor, "sentence head word word"], layout: Layout
) -> dict[str, Int[Tensor, "sentence head word"]]:
    """As `trees.spanning_tree` and `pointers.nodes_pointer`, in one launch."""
    n_sentences, n_heads, n_words, _ = words.shape
    shape = (n_sentences, n_heads, n_words)
    tree, tree_max = words.new_empty(2, *shape, dtype=torch.int16)
    if n_words:
        wide = triton.next_power_of_2(n_words)
        fused_trees.grow[(n_sentences * n_heads,)](
            words, layout.tree_words.contiguous().view(torch.uint8), tree, tree_max,
            n_heads, n_words, WORDS=wide, num_warps=max(1, min(wide // 128, 8)),
            enable_fp_fusion=True,
        )  # fmt: skip
    return {"tree_max": tree_max, "tree": tree}


def _rows(x: Tensor) -> Tensor:
    return x if x.stride(3) == 1 else x.contiguous()


def _wide(channels: int) -> int:
    return max(LEAST, triton.next_power_of_2(channels))
