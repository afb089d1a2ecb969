"""Group I: does a cross-attention head align words? Its alignment error rate, and what that needs.

A head aligns each target word with the source word that it attends to most: from the position that
reads the word (`awi`), or from the one that has to say it (`awo`; Kobayashi et al. 2020, §5). With
A these links, S the sure and P the possible ones (S within P), the alignment error rate is
AER = 1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|) (Och & Ney 2003, §5). The rule of position that a head
must be better than is fitted on one half of the sentences; all else is of the other half.
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipeline.analysis import bootstrap
from pipeline.analysis.hits import ENDINGS, Pointers
from pipeline.analysis.links import FittedPosition, Links
from pipeline.analysis.ratio import ratio
from pipeline.analysis.rules import Rules
from pipeline.analysis.significance import clustered_mcnemar

CONVENTIONS = {"awi": "attends_to", "awo": "predicted_attends_to"}


@dataclass
class AlignmentTally:
    """Adds shards up; arrays run over convention × head.

    `position` must hold every shard of the corpus beforehand.
    """

    position: FittedPosition
    rules: Rules
    weighting: str = "attention"
    sums: dict[str, np.ndarray] = field(default_factory=dict)

    def add(
        self, links: Links, pointers: Pointers, confirms: np.ndarray, weights: np.ndarray
    ) -> None:
        """One shard. `confirms` and the columns of `weights` run over its sentences."""
        ending = ENDINGS[self.weighting]
        if not pointers.n_heads or not pointers.has(f"attends_to{ending}"):
            return
        of_words = _Judged(links, pointers, self.position.best, ending)
        self._sum("n_words_all", np.array(len(of_words.sentence)))
        self._sum("hits_all", of_words.hits().sum(0))
        self._sum("size_all", of_words.aligned.sum(0) + of_words.n_sure.sum())
        chosen = confirms[of_words.sentence]
        size = _per_sentence(of_words.aligned, of_words.sentence, len(confirms))
        hits = _per_sentence(of_words.hits(), of_words.sentence, len(confirms))
        size, hits = size + of_words.n_sure[:, None], hits * confirms[:, None]
        size = size * confirms[:, None]
        self._sum("n_sentences", np.array((size.max(1) > 0).sum()))
        self._sum("n_words", of_words.aligned[chosen].sum(0))
        self._sum("n_sure", of_words.n_sure[confirms].sum())
        self._sum("hits_sure", of_words.sure[chosen].sum(0))
        self._sum("hits_possible", of_words.possible[chosen].sum(0))
        self._sum("size", size.sum(0))
        self._sum("drawn_hits", weights @ hits.astype(np.float32))
        self._sum("drawn_size", weights @ size.astype(np.float32))
        base = of_words.position_possible, of_words.position_sure, of_words.position_aligned
        self._sum("base_hits", (base[0][chosen].astype(int) + base[1][chosen]).sum())
        self._sum("base_size", base[2][chosen].sum() + of_words.n_sure[confirms].sum())
        d = of_words.possible.astype(int) - of_words.position_possible[:, None]
        d = _per_sentence(d, of_words.sentence, len(confirms)) * confirms[:, None]
        self._sum("d", d.sum(0))
        self._sum("d2", (d * d).sum(0))

    def _sum(self, name: str, value: np.ndarray) -> None:
        self.sums[name] = self.sums[name] + value if name in self.sums else value

    def frame(self, places: pl.DataFrame) -> pl.DataFrame:
        """The table `alignments` of a site, but for what needs other tests or the nulls.

        `places` names the site, layer and head of each head, in the shards' order.
        """
        if not self.sums:
            return pl.DataFrame()
        s = self.sums
        columns = pl.concat(places.with_columns(convention=pl.lit(c)) for c in CONVENTIONS)
        hits = s["hits_sure"] + s["hits_possible"]
        high, low = bootstrap.interval(s["drawn_hits"], s["drawn_size"])
        z, p = clustered_mcnemar(s["d"], s["d2"])
        offset, aer = self.position.best, _error(hits, s["size"])
        baseline = _error(s["base_hits"], s["base_size"])
        enough = s["n_sure"] >= self.rules.min_arcs
        values = {
            "n_words_all": np.broadcast_to(s["n_words_all"], aer.shape),
            "aer_all": _error(s["hits_all"], s["size_all"]),
            "aer_fitting": _error(s["hits_all"] - hits, s["size_all"] - s["size"]),
            **{name: s[name] for name in ("n_words", "hits_sure", "hits_possible")},
            "precision": ratio(s["hits_possible"], s["n_words"]),
            "recall": ratio(s["hits_sure"], s["n_sure"]),
            "aer": aer,
            "aer_low": 1 - low,
            "aer_high": 1 - high,
            "z": z,
            "p": p,
            "margin": (aer <= baseline - self.rules.margin + 1e-9) & enough,
        }
        return columns.with_columns(
            weighting=pl.lit(self.weighting),
            n_sentences=pl.lit(int(s["n_sentences"])),
            n_sure=pl.lit(int(s["n_sure"])),
            baseline=pl.lit("diagonal" if offset is None else "offset"),
            baseline_offset=pl.lit(offset, pl.Int32),
            baseline_aer=pl.lit(float(baseline)),
            **{name: pl.Series(value) for name, value in values.items()},
        )


class _Judged:
    """Every target word of a shard that a model read, against the gold links.

    [word, convention × head]: whether it was `aligned` with any word, and whether that pair is
    linked: `possible`, and `sure`. Words without any piece, and their links, are left out; one that
    is said and never read counts under either convention.
    """

    def __init__(self, links: Links, pointers: Pointers, position: int | None, ending: str):
        measured = pointers.measured
        links = links.where(measured[links.sentence])
        whole = pointers.has_piece("predicted_attends_to", links.sentence, links.target)
        whole &= pointers.has_piece("attended_by", links.sentence, links.source)
        # Neither a head nor a rule of position can be right about a link that is left out.
        links = links.where(whole)
        sentence, target = links.words()
        keep = measured[sentence]
        sentence, target = sentence[keep], target[keep]
        keep = pointers.has_piece("predicted_attends_to", sentence, target)
        self.sentence, target = sentence[keep], target[keep]
        pointed = [pointers(c + ending, self.sentence, target) for c in CONVENTIONS.values()]
        source = np.concatenate(pointed, 1).astype(np.int64)
        self.aligned = source >= 0
        tables = links.tables()
        at = links.pair(self.sentence[:, None], target[:, None], source.clip(0))
        self.possible, self.sure = (table[at] & self.aligned for table in tables)

        rule = links.by_position(position, self.sentence, target)
        self.position_aligned = rule >= 0
        at = links.pair(self.sentence, target, rule.clip(0))
        self.position_possible, self.position_sure = (t[at] & (rule >= 0) for t in tables)
        self.n_sure = np.bincount(links.sentence[links.sure], minlength=len(links.n_target))

    def hits(self) -> np.ndarray:
        """What a word adds to |A ∩ S| + |A ∩ P|."""
        return self.possible.astype(np.int64) + self.sure


def _per_sentence(values: np.ndarray, sentence: np.ndarray, n_sentences: int) -> np.ndarray:
    """Sums of rows that are sorted by sentence."""
    sums = np.zeros((n_sentences, values.shape[1]), np.int64)
    if len(sentence):
        found, starts = np.unique(sentence, return_index=True)
        sums[found] = np.add.reduceat(values, starts, axis=0, dtype=np.int64)
    return sums


def _error(hits: np.ndarray, size: np.ndarray) -> np.ndarray:
    return 1 - ratio(hits, size)
