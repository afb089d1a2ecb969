"""Per-head means over a corpus, their intervals, and what they make of a head (`rules`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.analysis import bootstrap
from pipeline.analysis.ratio import ratio
from pipeline.analysis.rules import Rules
from pipeline.core.names import DUMP_CLASSES, KEY_CLASSES
from pipeline.lake.read import frame_of
from pipeline.lake.schema import COUNTS, HEAD, MASSES, NORM_SUMS, OFFSETS, SEGMENTS, SUMS

_SUMMED = (
    *(c.name for c in COUNTS),
    *(c.name for c in SUMS),
    *(f"uniform_{name}" for name in MASSES),
    *(c.name for c in NORM_SUMS),
)
_SEGMENTS = tuple(c.name for c in SEGMENTS)


@dataclass
class HeadTally:
    """Adds shards of the lake's `heads` up, of one site; arrays run over layer × head.

    `draws_offsets`: offsets are resampled too, 19 numbers a head and replicate.
    """

    rules: Rules
    draws_offsets: bool = False
    places: pl.DataFrame = field(default_factory=pl.DataFrame)
    n_sentences: int = 0
    sums: dict[str, np.ndarray] = field(default_factory=dict)

    def add(self, shard: pa.Table, weights: np.ndarray, n_sentences: int) -> None:
        """One shard, of which so many sentences were measured. The columns of the weights run over
        these, or there is one where the shard was added up (`lake.grain`)."""
        if not shard.num_rows:
            return
        n_heads = shard.num_rows // weights.shape[1]
        if self.places.is_empty():
            self.places = frame_of(shard.slice(0, n_heads).select(HEAD))

        def column(name: str) -> np.ndarray:
            # One at a time: all at once are several times the shard.
            return shard[name].to_numpy().reshape(-1, n_heads).astype(np.float64)

        self.n_sentences += n_sentences
        for name in _SUMMED:
            self._sum(name, column(name).sum(0))
        for name in _SEGMENTS:
            # A sentence that is alone, the last of an odd number, has none.
            self._sum(name, np.nan_to_num(column(name)).sum(0))
        rank = column("spearman")
        has_rank = ~np.isnan(rank)
        self._sum("n_spearman", has_rank.sum(0))
        self._sum("spearman", np.where(has_rank, rank, 0.0).sum(0))
        for k in range(4):
            alpha = column(f"alpha_{k}")
            has_position = ~np.isnan(alpha)
            self._sum(f"n_alpha_{k}", has_position.sum(0))
            self._sum(f"alpha_{k}", np.where(has_position, alpha, 0.0).sum(0))
            self._sum(f"sink_{k}", (alpha > self.rules.epsilon).sum(0))
        histogram = shard["argmax_offset"].combine_chunks()
        counts = np.asarray(histogram.flatten()).reshape(-1, n_heads, histogram.type.list_size)
        if counts.size:
            self._sum("argmax_offset", counts.sum(0, dtype=np.int64))
            if self.draws_offsets:
                flat = counts.reshape(len(counts), -1).astype(np.float32)
                drawn = weights @ flat
                self._sum("drawn_offset", drawn.reshape(-1, *counts.shape[1:]))
        for name in DUMP_CLASSES:
            self._sum(f"drawn_{name}", weights @ column(f"mass_{name}"))
        self._sum("drawn_n", weights @ column("n_queries"))
        self._sum("drawn_entropy", weights @ column("entropy_normalised"))
        self._sum("drawn_choice", weights @ column("n_queries_choice"))

    def _sum(self, name: str, value: np.ndarray) -> None:
        self.sums[name] = self.sums[name] + value if name in self.sums else value

    def frame(self, constancies: Mapping[str, np.ndarray]) -> pl.DataFrame:
        """The table `heads` of a site, but for `tracks` and `aligns`. `constancies` come from other
        sums."""
        if self.places.is_empty():
            return pl.DataFrame()
        columns = {**self._means(), **self._sinks(), **self._norms(), **self._intervals()}
        columns |= self._segments()
        columns |= constancies
        columns |= self._classes(columns)
        return self.places.with_columns(
            n_sentences=pl.lit(self.n_sentences),
            **{name: pl.Series(values) for name, values in columns.items()},
        )

    def _means(self) -> dict[str, np.ndarray]:
        s, n = self.sums, self.sums["n_queries"]
        means = {"n_queries": n.astype(np.int64)}
        for column in SUMS:
            over = s["n_queries_choice"] if column.name == "entropy_normalised" else n
            means[column.name] = ratio(s[column.name], over)
        for name in MASSES:
            means[f"uniform_{name}"] = ratio(s[f"uniform_{name}"], n)
            means[f"lift_{name}"] = ratio(s[name], s[f"uniform_{name}"])
        for name in ("cls", "sep"):
            itself, n_itself = s[f"{name}_to_{name}"], s[f"n_queries_{name}"]
            means[f"{name}_to_{name}"] = ratio(itself, n_itself)
            means[f"rest_to_{name}"] = ratio(s[f"mass_{name}"] - itself, n - n_itself)
        for name in DUMP_CLASSES:
            on_others = s[f"mass_{name}"] - s[f"self_{name}"]
            means[f"offdiagonal_{name}"] = ratio(on_others, s["row_sum"] - s["mass_self"])
            del means[f"self_{name}"]
        return means

    def _sinks(self) -> dict[str, np.ndarray]:
        """Over the sentences that have the position."""
        s = self.sums
        return {f"alpha_{k}": ratio(s[f"alpha_{k}"], s[f"n_alpha_{k}"]) for k in range(4)} | {
            f"sink_rate_{k}": ratio(s[f"sink_{k}"], s[f"n_alpha_{k}"]) for k in range(4)
        }

    def _norms(self) -> dict[str, np.ndarray]:
        """Of A × ‖f‖; null throughout where values have no norm."""
        s = self.sums
        content = ratio(
            s["value_norm"] - s["value_norm_special"], s["n_keys"] - s["n_keys_special"]
        )
        return {
            "spearman": ratio(s["spearman"], s["n_spearman"]),
            **{f"norm_share_{m[5:]}": ratio(s[f"norm_{m}"], s["norm_row_sum"]) for m in MASSES},
            **{
                f"norm_ratio_{c}": ratio(ratio(s[f"value_norm_{c}"], s[f"n_keys_{c}"]), content)
                for c in KEY_CLASSES
            },
        }

    def _segments(self) -> dict[str, np.ndarray]:
        """Null throughout where no two sentences were read as one input."""
        s = self.sums
        own = ratio(s["segment_own"], s["segment_both"])
        uniform = ratio(s["uniform_segment_own"], s["uniform_segment_both"])
        return {
            "own_segment": own,
            "uniform_own_segment": uniform,
            "lift_own_segment": ratio(own, uniform),
        }

    def _intervals(self) -> dict[str, np.ndarray]:
        ends = {}
        for name in DUMP_CLASSES:
            low, high = bootstrap.interval(self.sums[f"drawn_{name}"], self.sums["drawn_n"])
            ends |= {f"mass_{name}_low": low, f"mass_{name}_high": high}
        return ends

    def _classes(self, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        flags: dict[str, np.ndarray] = {
            f"dumps_{c}": np.minimum(columns[f"mass_{c}"], columns[f"mass_{c}_low"])
            > self.rules.dump_threshold
            for c in DUMP_CLASSES
        }
        flags |= self._by_norm(columns, flags)
        flags["broad"] = columns["entropy_normalised"] > self.rules.broad_entropy
        flags |= self._patterns(columns, flags["broad"])
        if "argmax_offset" not in self.sums:
            return flags | {"positional": np.zeros(len(self.places), bool)}
        near = self.sums["argmax_offset"][:, : len(OFFSETS)]
        rate = near.max(1) / self.sums["n_queries"]
        flags["best_offset"] = np.asarray(OFFSETS)[near.argmax(1)]
        flags["best_offset_rate"] = rate
        return flags | {"positional": rate >= self.rules.positional_rate}

    def _by_norm(
        self, columns: Mapping[str, np.ndarray], flags: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        shares = {c: columns[f"norm_share_{c}"] for c in DUMP_CLASSES}
        if np.isnan(shares["first"]).all():
            return {}
        both = [flags[f"dumps_{c}"] & (x > self.rules.dump_threshold) for c, x in shares.items()]
        return {"dumps_by_norm": np.logical_or.reduce(both)}

    def _patterns(
        self, columns: Mapping[str, np.ndarray], broad: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Group G: the classes of Kovaleva et al. 2019, §4.1, by rule. A head may be of several.

        Block patterns show on inputs of two sentences.
        """
        rules = self.rules
        vertical = np.fmax(columns["mass_special"], columns["mass_first"])
        near = [columns[f"mass_{c}"] for c in ("prev", "self", "next")]
        diagonal = np.fmax.reduce(near)
        flags = {"vertical": vertical > rules.vertical, "diagonal": diagonal > rules.diagonal}
        mixed = (vertical + diagonal > rules.vertical) & (np.fmin(vertical, diagonal) > rules.mixed)
        flags["mixed"] = mixed & ~flags["vertical"] & ~flags["diagonal"]
        if not np.isnan(columns["lift_own_segment"]).all():
            flags["block"] = columns["lift_own_segment"] > rules.block
        return flags | {"heterogeneous": ~np.logical_or.reduce([*flags.values(), broad])}
