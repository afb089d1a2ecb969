"""One site of a cell: what is tallied of its heads. And from all sites of a cell, its tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.analysis.alignments import AlignmentTally
from pipeline.analysis.arcs import LEVELS, Arcs, FittedOffsets
from pipeline.analysis.heads import HeadTally
from pipeline.analysis.hits import Pointers, judge
from pipeline.analysis.links import FittedPosition, Links
from pipeline.analysis.relations import RelationTally
from pipeline.analysis.rules import Rules
from pipeline.analysis.significance import with_q

SIDES = {"source": "", "target": "target_"}
"""The two sides of a sentence pair, and how the corpus's columns of each begin."""


@dataclass(frozen=True)
class SentenceShard:
    """What a corpus says of one shard. Without translations both sides are the same text."""

    number: int
    first: int
    arcs: Mapping[str, Arcs]
    links: Links | None
    confirms: np.ndarray

    @property
    def n_sentences(self) -> int:
        return len(self.confirms)


@dataclass
class Fitted:
    """What position alone explains of a corpus: of each side's arcs, and of the links across."""

    offsets: dict[str, FittedOffsets] = field(
        default_factory=lambda: {side: FittedOffsets() for side in SIDES}
    )
    position: FittedPosition = field(default_factory=FittedPosition)

    def add(self, shard: SentenceShard) -> None:
        for side, offsets in self.offsets.items():
            offsets.add(shard.arcs[side], shard.confirms)
        if shard.links is not None:
            self.position.add(shard.links, shard.confirms)


class SiteTally:
    """Adds shards of a site up. Across two sequences heads may align words, else follow arcs.

    `side` is that of the sentence which the site's words are of.
    """

    def __init__(self, site: str, side: str, fitted: Fitted, rules: Rules):
        self.is_cross = site == "cross"
        self.side = side
        self.heads = HeadTally(rules)
        self.relations = RelationTally(fitted.offsets[side], rules)
        self.alignments = AlignmentTally(fitted.position, rules)

    def add(
        self, heads: pa.Table, pointers: pa.Table, shard: SentenceShard, weights: np.ndarray
    ) -> None:
        """One shard; the columns of `weights` run over its sentences."""
        measured = np.unique(heads["sentence"].to_numpy()) - shard.first
        self.heads.add(heads, weights[:, measured])
        found = Pointers(pointers, shard.first, shard.n_sentences)
        arcs = shard.arcs[self.side]
        if self.is_cross:
            if shard.links is not None:
                self.alignments.add(shard.links, found, shard.confirms, weights)
        elif len(arcs):
            self.relations.add(*judge(found, arcs), shard.confirms, weights)


def tables_of(sites: Sequence[SiteTally], rules: Rules) -> dict[str, pl.DataFrame]:
    """What these sites of one cell add to `heads`, `relations` and `alignments`.

    Tests are corrected together, whatever site they are of: the cell is one search for heads.
    """
    heads = [site.heads.frame() for site in sites]
    relations = [site.relations.frame(site.heads.places) for site in sites]
    alignments = [site.alignments.frame(site.heads.places) for site in sites]
    tests = _together(relations)
    of_levels = [tests.filter(level=level) for level in LEVELS] if len(tests) else []
    return {
        "heads": _together(heads),
        "relations": _together(
            [with_q(t, pl.col("n") >= rules.min_arcs, rules) for t in of_levels]
        ),
        "alignments": _with_q(_together(alignments), rules),
    }


def _with_q(alignments: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    enough = pl.col("n_sure") >= rules.min_arcs
    return with_q(alignments, enough, rules) if len(alignments) else alignments


def _together(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Sites differ in the columns they have: the diagonal, for one, is not everywhere."""
    some = [frame for frame in frames if len(frame)]
    return pl.concat(some, how="diagonal_relaxed") if some else pl.DataFrame()
