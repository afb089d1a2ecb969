"""What a census found that interventions start from: mean values, mean outputs, who dumps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import torch

from pipeline.core.names import DUMPED_ON
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.origins import verified
from pipeline.lake.read import scan
from pipeline.lake.schema import HEAD
from pipeline.models.tap import Place
from pipeline.statistics.edited import classes_at


@dataclass(frozen=True)
class AtPlace:
    """Of one attention call, over the corpus: means are [head, channel], masses [head], and
    `n_keys` says of how many keys each class's mean is."""

    values: dict[str, torch.Tensor]
    output: torch.Tensor
    masses: dict[str, torch.Tensor]
    n_keys: dict[str, int]

    @property
    def n_heads(self) -> int:
        return len(self.output)

    def same(self, a: str, b: str) -> bool:
        """Whether two classes that are there have been the same keys all over the corpus.

        Which key is the previous word hangs on the query, so that it is no other class. As many
        keys they must be, too: where a value hangs on the piece alone, the same piece at both ends
        has the mean that it has at one.
        """
        if a != b and "previous_word" in (a, b):
            return False
        as_many = self.n_keys[a] == self.n_keys[b]
        return as_many and torch.equal(self.values[a], self.values[b])


def read(lake: Lake, cell: Cell, places: Sequence[Place]) -> list[AtPlace]:
    """In the order of `places`. Raises UserError where the cell was not measured, or over other
    sentences than those in the lake.
    """
    verified(lake, cell, "values")
    values = scan(lake.measured("values", cell)).collect()
    heads = scan(lake.measured("heads", cell))
    masses = (
        heads.group_by(HEAD)
        .agg(pl.col("n_queries").sum(), *(pl.col(f"mass_{c}").sum() for c in DUMPED_ON))
        .sort(HEAD)
        .collect()
    )
    return [_at(values, masses, place) for place in places]


def _at(values: pl.DataFrame, masses: pl.DataFrame, place: Place) -> AtPlace:
    here = {"site": place.site, "layer": place.layer}
    found, n_keys = {}, {}
    for (name,), rows in values.filter(**here).group_by("key_class"):
        if n := int(rows.filter(head=0)["n_pieces"].sum()):
            found[str(name)], n_keys[str(name)] = _mean(rows), n
    of_heads = masses.filter(**here)
    shares = {
        c: torch.from_numpy((of_heads[f"mass_{c}"] / of_heads["n_queries"]).to_numpy().copy())
        for c in DUMPED_ON
    }
    if "previous_word" in classes_at(place.site != "cross"):
        # A word that stands before another may be any word, and is taken for one.
        found["previous_word"], n_keys["previous_word"] = found["word"], n_keys["word"]
    return AtPlace(found, found["output"], shares, n_keys)


def _mean(rows: pl.DataFrame) -> torch.Tensor:
    """[head, channel]; shards stand one after another."""
    n_heads = rows["head"].n_unique()
    ordered = rows.with_row_index().sort("head", "index", maintain_order=True)
    sums = np.array(ordered["value"].to_list()).reshape(n_heads, -1, len(ordered["value"][0]))
    n = ordered["n_pieces"].to_numpy().reshape(n_heads, -1)
    return torch.from_numpy(sums.sum(1) / n.sum(1, keepdims=True)).float()
