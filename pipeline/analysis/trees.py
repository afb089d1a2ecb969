"""Group D: does a head hold the tree as a whole? Undirected attachment (UUAS), by two readings.

`uuas_max` takes for an edge each word and the word it attends to most (Htut et al. 2019),
`uuas_mst` the maximum spanning tree of A + Aᵀ: undirected and without a root, where Htut et al.
take that of A from the gold root. Counted are the treebank's arcs between words that are not
punctuation alone. Beside them stand what neighbours would get, and chance.
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipeline.analysis import bootstrap
from pipeline.analysis.arcs import Arcs
from pipeline.analysis.hits import Pointers
from pipeline.analysis.ratio import ratio

READINGS = {"max": "tree_max", "mst": "tree"}
"""And the pointers of each."""


@dataclass
class TreeTally:
    """Adds shards up; arrays run over heads."""

    sums: dict[str, np.ndarray] = field(default_factory=dict)

    def add(
        self, arcs: Arcs, pointers: Pointers, confirms: np.ndarray, weights: np.ndarray
    ) -> None:
        """One shard. `confirms` and the columns of `weights` run over its sentences."""
        if not pointers.n_heads or not pointers.has("tree"):
            return
        arcs = arcs.where(pointers.measured[arcs.sentence])
        nodes = pointers.nodes(arcs.sentence)
        arcs = arcs.where(nodes.is_node(arcs.dependent) & nodes.is_node(arcs.governor))
        if not len(arcs):
            return
        nodes = pointers.nodes(arcs.sentence)
        confirm = confirms[arcs.sentence]
        self._sum("n_all", len(arcs))
        self._sum("n", confirm.sum())
        adjacent = nodes.between(arcs.dependent, arcs.governor) == 1
        self._sum("chain", (adjacent & confirm).sum())
        # Every edge is as likely as another in a random tree of n words: n − 1 of n(n − 1)/2.
        self._sum("random", (2 / nodes.n_nodes)[confirm].sum())
        # And of n words that each point at any other, an edge is where one of two points.
        missed = 1 - 1 / (nodes.n_nodes - 1)
        self._sum("random_max", (1 - missed**2)[confirm].sum())
        sentences, starts = np.unique(arcs.sentence, return_index=True)
        drawn = weights[:, sentences] * confirms[sentences]
        for reading, column in READINGS.items():
            hits = _joined(arcs, pointers, column)
            self._sum(f"hits_{reading}_all", hits.sum(0, dtype=np.int64))
            self._sum(f"hits_{reading}", hits[confirm].sum(0, dtype=np.int64))
            of_sentence = np.add.reduceat(hits, starts, axis=0, dtype=np.int32)
            self._sum(f"drawn_{reading}", drawn @ of_sentence.astype(np.float32))
        n_arcs = np.diff(np.append(starts, len(arcs)))
        self._sum("drawn_n", (drawn @ n_arcs.astype(np.float32))[:, None])

    def _sum(self, name: str, value) -> None:
        self.sums[name] = self.sums.get(name, 0) + value

    def frame(self, places: pl.DataFrame) -> pl.DataFrame:
        """The table `trees` of a site; empty without trees."""
        if not self.sums:
            return pl.DataFrame()
        s = self.sums
        n, n_all = int(s["n"]), int(s["n_all"])
        columns: dict[str, np.ndarray] = {}
        for reading in READINGS:
            hits, hits_all = s[f"hits_{reading}"], s[f"hits_{reading}_all"]
            low, high = bootstrap.interval(s[f"drawn_{reading}"], s["drawn_n"])
            columns |= {
                f"hits_{reading}_all": hits_all,
                f"hits_{reading}": hits,
                f"uuas_{reading}": ratio(hits, n),
                f"uuas_{reading}_low": low,
                f"uuas_{reading}_high": high,
                f"uuas_{reading}_fitting": ratio(hits_all - hits, n_all - n),
            }
        return places.with_columns(
            n_all=pl.lit(n_all),
            n=pl.lit(n),
            uuas_chain=pl.lit(s["chain"] / n if n else None),
            uuas_random=pl.lit(s["random"] / n if n else None),
            uuas_random_max=pl.lit(s["random_max"] / n if n else None),
            **{name: pl.Series(values) for name, values in columns.items()},
        )


def _joined(arcs: Arcs, pointers: Pointers, column: str) -> np.ndarray:
    """[arc, head]: whether one of an arc's words points at the other."""
    ends = (arcs.dependent, arcs.governor), (arcs.governor, arcs.dependent)
    found = [pointers(column, arcs.sentence, a) == b[:, None] for a, b in ends]
    return found[0] | found[1]
