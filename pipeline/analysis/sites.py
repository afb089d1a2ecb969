"""One site of a cell: what is tallied of its heads. And from all sites of a cell, its tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.analysis.alignments import AlignmentTally
from pipeline.analysis.arcs import LEVELS, Arcs, FittedOffsets
from pipeline.analysis.heads import HeadTally
from pipeline.analysis.hits import ENDINGS, Pointers, judge
from pipeline.analysis.links import FittedPosition, Links
from pipeline.analysis.relations import RelationTally
from pipeline.analysis.rules import Rules
from pipeline.analysis.significance import with_q
from pipeline.analysis.totals import OutputTally
from pipeline.analysis.trees import TreeTally

SIDES = {"source": "", "target": "target_"}
"""The two sides of a sentence pair, and how the corpus's columns of each begin."""


def trees_of(sentences: pl.DataFrame, side: str) -> pl.DataFrame:
    """`governors` and `deprels` of one side. A sentence without translation is its own."""
    own = pl.col("target_n_words").is_null()
    return sentences.select(
        pl.when(own).then(key).otherwise(f"{SIDES[side]}{key}").alias(key)
        for key in ("governors", "deprels")
    )


@dataclass(frozen=True)
class SentenceShard:
    """What a corpus says of one shard. Without translations both sides are the same text. `texts`
    is a hash of each sentence's words, where it was asked for."""

    number: int
    first: int
    arcs: Mapping[str, Arcs]
    links: Links | None
    confirms: np.ndarray
    texts: pl.Series | None = None

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
    texts: list[pl.Series] = field(default_factory=list)

    def add(self, shard: SentenceShard) -> None:
        for side, offsets in self.offsets.items():
            offsets.add(shard.arcs[side], shard.confirms)
        if shard.links is not None:
            self.position.add(shard.links, shard.confirms)
        if shard.texts is not None:
            self.texts.append(shard.texts)

    @property
    def n_repeats(self) -> int:
        """Sentences of which an earlier one has the same words."""
        return sum(map(len, self.texts)) - pl.concat(self.texts).n_unique() if self.texts else 0


class SiteTally:
    """Adds shards of a site up. Across two sequences heads may align words, else follow arcs.

    `side` is that of the sentence which the site's words are of.
    """

    def __init__(
        self, site: str, side: str, fitted: Fitted, rules: Rules, draws_offsets: bool = False
    ):
        self.is_cross = site == "cross"
        self.side = side
        self.heads = HeadTally(rules, draws_offsets)
        self.outputs = OutputTally()
        self.trees = TreeTally()
        offsets, position = fitted.offsets[side], fitted.position
        self.relations = {w: RelationTally(offsets, rules, weighting=w) for w in ENDINGS}
        self.alignments = {w: AlignmentTally(position, rules, w) for w in ENDINGS}

    def add(
        self, measured: Mapping[str, pa.Table], shard: SentenceShard, weights: np.ndarray
    ) -> None:
        """One shard, by the tables of the lake; the columns of `weights` run over its sentences."""
        pointers = Pointers(measured["pointers"], shard.first, shard.n_sentences)
        heads, read = measured["heads"], pointers.measured
        is_added_up = heads["sentence"].null_count > 0
        # A shard that is one row a head is drawn as a whole, by the weight of its first sentence.
        self.heads.add(heads, weights[:, :1] if is_added_up else weights[:, read], int(read.sum()))
        arcs = shard.arcs[self.side]
        if self.is_cross:
            if shard.links is not None:
                for tally in self.alignments.values():
                    tally.add(shard.links, pointers, shard.confirms, weights)
        elif len(arcs):
            self.trees.add(arcs, pointers, shard.confirms, weights)
            for weighting, tally in self.relations.items():
                tally.add(*judge(pointers, arcs, weighting), shard.confirms, weights)


def tables_of(sites: Sequence[SiteTally], rules: Rules) -> dict[str, pl.DataFrame]:
    """What these sites of one cell add to each table.

    Tests are corrected together, whatever site they are of: the cell is one search for heads. Each
    weighting and each level of labels is that search told once more, and corrected by itself.
    """
    relations, alignments = [], []
    for weighting in ENDINGS:
        tests = _together([s.relations[weighting].frame(s.heads.places) for s in sites])
        of_levels = [tests.filter(level=level) for level in LEVELS] if len(tests) else []
        relations += [with_q(t, pl.col("n") >= rules.min_arcs, rules) for t in of_levels]
        tests = _together([s.alignments[weighting].frame(s.heads.places) for s in sites])
        if len(tests):
            alignments.append(with_q(tests, pl.col("n_sure") >= rules.min_arcs, rules))
    return {
        "heads": _together([s.heads.frame(s.outputs.constancies()) for s in sites]),
        "relations": _together(relations),
        "alignments": _together(alignments),
        "trees": _together([s.trees.frame(s.heads.places) for s in sites]),
    }


def _together(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Sites differ in the columns they have: the diagonal, for one, is not everywhere."""
    some = [frame for frame in frames if len(frame)]
    return pl.concat(some, how="diagonal_relaxed") if some else pl.DataFrame()
