"""Group C, the treebank's half: which head follows which relation, beyond what a fixed offset gets.

Sums over shards, then one row per site × layer × head × direction × relation. Offsets are fitted
on one half of the sentences; accuracy, baseline, test and interval are of the other.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipeline.analysis import bootstrap
from pipeline.analysis.arcs import LEVELS, Arcs, FittedOffsets, best_offset, count_offsets, label
from pipeline.analysis.hits import DIRECTIONS
from pipeline.analysis.rules import Rules
from pipeline.analysis.significance import clustered_mcnemar


@dataclass
class _Sums:
    """Of one relation; arrays run over direction × head."""

    n_all: int = 0
    n: int = 0
    # Of the baseline's offset, on the half that it was chosen on, and on the other.
    fitting_hits: int = 0
    baseline_hits: int = 0
    offsets: Counter[int] = field(default_factory=Counter)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def add(self, **increments) -> None:
        for name, value in increments.items():
            if isinstance(value, np.ndarray):
                self.arrays[name] = self.arrays[name] + value if name in self.arrays else value
            else:
                setattr(self, name, getattr(self, name) + value)


@dataclass
class RelationTally:
    """Adds shards up. `offsets` must hold every shard of the corpus beforehand."""

    offsets: FittedOffsets
    rules: Rules
    levels: Sequence[str] = LEVELS
    weighting: str = "attention"
    sums: dict[tuple[str, str], _Sums] = field(default_factory=dict)

    def add(self, arcs: Arcs, hits: np.ndarray, confirms: np.ndarray, weights: np.ndarray) -> None:
        """One shard. `confirms` and the columns of `weights` run over its sentences."""
        if not len(arcs):
            return
        for level in self.levels:
            labels = label(arcs.deprel, level)
            order = np.argsort(labels, kind="stable")  # arcs stay in the order of sentences
            names, starts = np.unique(labels[order], return_index=True)
            for name, arc in zip(names, np.split(order, starts[1:]), strict=True):
                self._add_relation(level, str(name), arcs.where(arc), hits[arc], confirms, weights)

    def _add_relation(self, level, relation, arcs: Arcs, hits, confirms, weights) -> None:
        sums = self.sums.setdefault((level, relation), _Sums())
        sums.add(n_all=len(arcs), hits_all=hits.sum(0, dtype=np.int64), offsets=count_offsets(arcs))
        confirm = confirms[arcs.sentence]
        right = arcs.offset == self.offsets.best(level, relation)
        sums.add(fitting_hits=int((right & ~confirm).sum()))
        arcs, hits, right = arcs.where(confirm), hits[confirm], right[confirm]
        if not len(arcs):
            return
        sentences, starts = np.unique(arcs.sentence, return_index=True)
        arcs_per = np.diff(np.append(starts, len(arcs)))
        hits_per = np.add.reduceat(hits, starts, axis=0, dtype=np.int32)
        # b − c = hits − baseline hits, arc by arc: where both are right or wrong, nothing is left.
        d = hits_per - np.add.reduceat(right, starts, dtype=np.int32)[:, None]
        drawn = weights[:, sentences]
        sums.add(
            n=len(arcs),
            baseline_hits=int(right.sum()),
            hits=hits_per.sum(0, dtype=np.int64),
            b=(hits & ~right[:, None]).sum(0, dtype=np.int64),
            d=d.sum(0, dtype=np.int64),
            d2=(d * d).sum(0, dtype=np.int64),
            drawn_hits=drawn @ hits_per.astype(np.float32),
            drawn_n=drawn @ arcs_per.astype(np.float32)[:, None],
        )

    def frame(self, places: pl.DataFrame) -> pl.DataFrame:
        """The table `relations` of a site, but for what needs other tests or the nulls.

        `places` names the site, layer and head of each column of hits, in one direction.
        """
        columns = pl.concat(places.with_columns(direction=pl.lit(d)) for d in DIRECTIONS)
        frames = []
        for level in self.levels:
            keys = [key for key in sorted(self.sums) if key[0] == level]
            frames += [self._rows(key, self._tests(key, len(columns)), columns) for key in keys]
        return pl.concat(frames) if frames else pl.DataFrame()

    def _tests(self, key: tuple[str, str], n_columns: int) -> dict[str, np.ndarray]:
        sums = self.sums[key]
        a, nothing = sums.arrays, np.zeros(n_columns, np.int64)
        hits, b, d = a.get("hits", nothing), a.get("b", nothing), a.get("d", nothing)
        z, p = clustered_mcnemar(d, a.get("d2", nothing))
        accuracy = low = high = np.full(n_columns, np.nan)
        if sums.n:
            accuracy = hits / sums.n
            low, high = bootstrap.interval(a["drawn_hits"], a["drawn_n"])
        return {
            "hits_all": a["hits_all"],
            "hits": hits,
            "accuracy": accuracy,
            "accuracy_low": low,
            "accuracy_high": high,
            "b": b,
            "c": b - d,
            "z": z,
            "p": p,
        }

    def _rows(
        self, key: tuple[str, str], test: dict[str, np.ndarray], columns: pl.DataFrame
    ) -> pl.DataFrame:
        (level, relation), sums, rules = key, self.sums[key], self.rules
        enough = sums.n >= rules.min_arcs
        # Compared in arcs, not in ratios of them: 0.1 has no exact float.
        needed = sums.baseline_hits + rules.margin * sums.n - 1e-9
        flags = {"margin": (test["hits"] >= needed) & enough}
        shared = {
            "deprel": relation,
            "level": level,
            "weighting": self.weighting,
            "n_all": sums.n_all,
            "baseline_all": best_offset(sums.offsets)[1] / sums.n_all,
            "n": sums.n,
            "baseline_offset": self.offsets.best(level, relation),
            "baseline_fitting": sums.fitting_hits / (sums.n_all - sums.n)
            if sums.n_all > sums.n
            else float("nan"),
            "baseline_accuracy": sums.baseline_hits / sums.n if sums.n else float("nan"),
        }
        return columns.with_columns(
            **{name: pl.lit(value) for name, value in shared.items()},
            **{name: pl.Series(values) for name, values in (test | flags).items()},
        )
