"""How fine the lake's `heads` are: a row per sentence, or per shard where sentences are too many.

Rows are sums over queries, so those of a shard's sentences add. What is no sum is left null: how
much goes to the first positions, and ranks; and which sentence it was.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa

from pipeline.lake.schema import HEAD, LAKE, SINKS, SPEARMAN

MIN_SHARDS = 20
"""Intervals are then had by drawing shards anew, and a few say nothing of others."""

_NO_SUMS = ("sentence", SPEARMAN.name, *(column.name for column in SINKS))


def over_shard(heads: pa.Table) -> pa.Table:
    """The rows of a shard's sentences, added up for each site, layer and head."""
    sites = list(_sites(heads))
    return pa.concat_tables(map(_added, sites)) if sites else heads


def _sites(heads: pa.Table) -> Iterator[pa.Table]:
    """The rows of each site stand together."""
    site = heads["site"].combine_chunks().dictionary_encode()
    starts = np.flatnonzero(np.diff(site.indices.to_numpy(), prepend=-1))
    for start, end in pairwise([*starts, len(heads)]):
        yield heads.slice(start, end - start)


def _added(heads: pa.Table) -> pa.Table:
    sentence = heads["sentence"].to_numpy()
    n_heads = int(np.searchsorted(sentence, sentence[0], side="right"))
    columns = []
    for field in LAKE["heads"]:
        column = heads[field.name]
        if field.name in _NO_SUMS or column.null_count == len(column):
            columns.append(pa.nulls(n_heads, field.type))
        elif field.name in HEAD:
            columns.append(column.slice(0, n_heads).combine_chunks())
        elif pa.types.is_fixed_size_list(field.type):
            bins = column.combine_chunks().flatten().to_numpy()
            total = _total(bins.reshape(-1, n_heads, field.type.list_size)).ravel()
            flat = pa.array(total).cast(field.type.value_type)
            columns.append(pa.FixedSizeListArray.from_arrays(flat, field.type.list_size))
        else:
            total = _total(column.to_numpy().reshape(-1, n_heads))
            columns.append(pa.array(total).cast(field.type))
    return pa.Table.from_arrays(columns, schema=LAKE["heads"])


def _total(values: np.ndarray) -> np.ndarray:
    """Over sentences, in double; one that has no such number adds nothing."""
    wide = np.float64 if values.dtype.kind == "f" else np.int64
    return np.asarray(np.nansum(values, axis=0, dtype=wide))
