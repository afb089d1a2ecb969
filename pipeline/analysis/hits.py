"""Hits: on which arcs a head points at the governor. One shard of pointers against its arcs.

`dep_to_gov`: the word that the dependent attends to most is its governor. `gov_to_dep` (the
transposed map): the word that attends most to the dependent is its governor.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.analysis.arcs import Arcs
from pipeline.lake.schema import NO_PIECE

DIRECTIONS = {"dep_to_gov": "attends_to", "gov_to_dep": "attended_by"}


def judge(pointers: pa.Table, first: int, n_sentences: int, arcs: Arcs) -> tuple[Arcs, np.ndarray]:
    """The arcs that can be judged, and for each whether each head hits it.

    `pointers` is a shard of the lake whose sentences start at row `first`. Sentences that the model
    could not read have no rows there, and words without any piece no pointers: their arcs are left
    out. Hits are [arc, direction × head], booleans, heads in the shard's order, `dep_to_gov` first.
    """
    n_rows = pointers.num_rows
    rows = pointers["sentence"].to_numpy()
    n_heads = int(np.searchsorted(rows, rows[0], side="right")) if n_rows else 0
    if not n_heads:
        return arcs.where(np.zeros(len(arcs), bool)), np.zeros((0, 0), bool)
    starts = np.full(n_sentences, -1)
    measured = rows[::n_heads] - first
    attends_to = pointers["attends_to"].combine_chunks()
    lengths = pc.list_value_length(attends_to).to_numpy(zero_copy_only=False)[::n_heads]  # pyright: ignore
    ends = np.cumsum(lengths * n_heads)
    starts[measured] = ends - lengths * n_heads
    n_words = np.zeros(n_sentences, np.int64)
    n_words[measured] = lengths

    arcs = arcs.where(starts[arcs.sentence] >= 0)
    flat = attends_to.flatten().to_numpy()
    has_piece = [
        flat[starts[arcs.sentence] + word] != NO_PIECE for word in (arcs.dependent, arcs.governor)
    ]
    arcs = arcs.where(has_piece[0] & has_piece[1])
    place = (starts[arcs.sentence] + arcs.dependent)[:, None] + n_words[arcs.sentence][
        :, None
    ] * np.arange(n_heads)[None, :]
    hits = [
        pointers[column].combine_chunks().flatten().to_numpy()[place] == arcs.governor[:, None]
        for column in DIRECTIONS.values()
    ]
    return arcs, np.concatenate(hits, 1)
