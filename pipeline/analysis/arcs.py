"""Arcs: the dependencies of a shard of sentences as arrays, and the offsets that explain them.

An arc joins a dependent and its governor, both 0-based word indices; the root has none. What is
known of arcs here comes from the treebank alone: no model is in sight.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import polars as pl

LEVELS = ("full", "universal")


@dataclass(frozen=True)
class Arcs:
    """Parallel arrays, one entry per arc. `sentence` is the row within the shard."""

    sentence: np.ndarray
    dependent: np.ndarray
    governor: np.ndarray
    deprel: np.ndarray

    def __len__(self) -> int:
        return len(self.sentence)

    @property
    def offset(self) -> np.ndarray:
        return self.governor - self.dependent

    def where(self, keep: np.ndarray) -> "Arcs":
        return Arcs(*(a[keep] for a in (self.sentence, self.dependent, self.governor, self.deprel)))


def arcs_of(sentences: pl.DataFrame) -> Arcs:
    """The arcs of a shard; none where the corpus has no trees."""
    annotated = sentences.with_row_index("sentence").filter(
        pl.col("governors").is_not_null() & pl.col("deprels").is_not_null()
    )
    long = (
        annotated.select("sentence", "governors", "deprels")
        .with_columns(dependent=pl.int_ranges(pl.col("governors").list.len()))
        .explode("governors", "deprels", "dependent", empty_as_null=False)
        .filter(pl.col("governors") > 0)
    )
    return Arcs(
        long["sentence"].to_numpy().astype(np.int64),
        long["dependent"].to_numpy().astype(np.int64),
        long["governors"].to_numpy().astype(np.int64) - 1,
        long["deprels"].to_numpy().astype(str),
    )


def label(deprel: np.ndarray, level: str) -> np.ndarray:
    """Relations as in the treebank, or with their sub-types folded (nsubj:pass → nsubj)."""
    if level == "full":
        return deprel
    names, codes = np.unique(deprel, return_inverse=True)
    return np.array([name.partition(":")[0] for name in names.tolist()], dtype=str)[codes]


@dataclass
class FittedOffsets:
    """How often each relation has each offset on the fitting half."""

    counts: dict[tuple[str, str], Counter[int]] = field(default_factory=dict)

    def add(self, arcs: Arcs, confirms: np.ndarray) -> None:
        """`confirms` says of each sentence of the shard whether it belongs to the other half."""
        arcs = arcs.where(~confirms[arcs.sentence])
        for level in LEVELS:
            labels = label(arcs.deprel, level)
            for relation in np.unique(labels):
                counts = self.counts.setdefault((level, str(relation)), Counter())
                counts += count_offsets(arcs.where(labels == relation))

    def best(self, level: str, relation: str) -> int:
        """The next word where the fitting half has no such arc."""
        return best_offset(self.counts.get((level, relation), Counter()))[0]


def count_offsets(arcs: Arcs) -> Counter[int]:
    offsets, counts = np.unique(arcs.offset, return_counts=True)
    return Counter(dict(zip(offsets.tolist(), counts.tolist(), strict=True)))


def best_offset(counts: Counter[int]) -> tuple[int, int]:
    """The commonest offset and its count. Ties go to the nearest, then to the right."""
    return max(counts.items(), key=lambda kv: (kv[1], -abs(kv[0]), kv[0]), default=(1, 0))
