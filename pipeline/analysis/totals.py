"""What the lake holds a row of per shard and not per sentence: outputs of classes, divergences."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.analysis.ratio import ratio
from pipeline.core.names import DUMP_CLASSES
from pipeline.lake.read import frame_of
from pipeline.lake.schema import HEAD

_PAIR = [*HEAD, "other_layer", "other_head"]


@dataclass
class OutputTally:
    """Adds shards of `outputs` at one site up; arrays run over layer × head.

    What heads give stands in one row after another, for heads of several layers may differ in
    width (Gemma 4): `begins` says where each one's starts.
    """

    outputs: dict[str, np.ndarray] = field(default_factory=dict)
    begins: dict[str, np.ndarray] = field(default_factory=dict)
    energies: dict[str, np.ndarray] = field(default_factory=dict)
    n_queries: int = 0

    def add(self, shard: pa.Table) -> None:
        for name in DUMP_CLASSES:
            rows = shard.filter(pc.equal(shard["key_class"], name))  # pyrefly: ignore
            if len(rows):
                vectors = rows["output"].combine_chunks()
                widths = pc.list_value_length(vectors).to_numpy()  # pyrefly: ignore
                self.begins[name] = np.cumsum(widths) - widths
                self.outputs[name] = self.outputs.get(name, 0) + vectors.flatten().to_numpy()
                self.energies[name] = self.energies.get(name, 0) + rows["energy"].to_numpy()
        if len(shard):
            self.n_queries += shard["n_queries"][0].as_py()

    def constancies(self) -> dict[str, np.ndarray]:
        """1 − Var(w)/E‖w‖² of w, what a class gives to a query: 1 where it always gives the same.

        NaN where it never gives anything.
        """
        found = {}
        for name, total in self.outputs.items():
            mean = total / self.n_queries
            found[f"constancy_{name}"] = ratio(
                np.add.reduceat(np.square(mean), self.begins[name]),
                self.energies[name] / self.n_queries,
            )
        return found


def similarity(shards: Iterable[pa.Table]) -> pl.DataFrame:
    """The table `similarity` of a cell: mean divergence of each pair of heads of a site."""
    pairs = None
    divergence, n_queries = np.zeros(0), np.zeros(0, np.int64)
    for shard in shards:
        if not len(shard):
            continue
        if pairs is None:
            pairs = frame_of(shard.select(_PAIR))
            divergence, n_queries = np.zeros(len(shard)), np.zeros(len(shard), np.int64)
        # Shards have the same pairs in the same order, so that sums are the same at every run.
        divergence += shard["js_divergence"].to_numpy()
        n_queries += shard["n_queries"].to_numpy()
    if pairs is None:
        return pl.DataFrame()
    assert isinstance(pairs, pl.DataFrame)
    return pairs.with_columns(
        n_queries=pl.Series(n_queries), js_divergence=pl.Series(ratio(divergence, n_queries))
    )
