"""A measured cell in one piece: its trees, and on which arcs each head is right."""

import numpy as np
import pyarrow.compute as pc

from pipeline.analysis.arcs import Arcs, arcs_of
from pipeline.analysis.hits import Pointers, judge
from pipeline.analysis.simulate import Hits, Trees
from pipeline.core.errors import UserError
from pipeline.lake.columns import whole
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.origins import verified
from pipeline.lake.read import frame_of, read_whole_shard


def measured(lake: Lake, cell: Cell) -> tuple[Trees, Hits]:
    """Of the encoder, or of a model with one stack that is a decoder.

    Raises UserError where the cell was not measured, or its corpus has no trees.
    """
    corpus, pointed = lake.sentences(cell.corpus), lake.measured("pointers", cell)
    both = whole(corpus).files, verified(lake, cell, "pointers").files
    arcs: list[Arcs] = []
    hits: list[Hits] = []
    n_words: list[np.ndarray] = []
    first = 0
    for of_sentences, of_pointers in zip(*both, strict=True):
        sentences = frame_of(read_whole_shard(corpus, of_sentences).select(_ANNOTATION))
        pointers = read_whole_shard(pointed, of_pointers)
        site = "encoder" if "encoder" in pointers["site"].unique().to_pylist() else "decoder"
        at_site = pointers.filter(pc.equal(pointers["site"], site))  # pyrefly: ignore
        found, right = judge(Pointers(at_site, first, len(sentences)), arcs_of(sentences))
        if len(found):
            moved = Arcs(found.sentence + first, found.dependent, found.governor, found.deprel)
            arcs.append(moved)
            hits.append(right)
        n_words.append(sentences["n_words"].to_numpy())
        first += len(sentences)
    if not arcs:
        raise UserError(f"{cell.corpus} has no trees to simulate with: give a corpus of trees")
    together = Arcs(
        *(
            np.concatenate([getattr(one, name) for one in arcs])
            for name in ("sentence", "dependent", "governor", "deprel")
        )
    )
    return Trees(together, np.concatenate(n_words), np.arange(first)), np.concatenate(hits)


_ANNOTATION = ["governors", "deprels", "n_words"]
