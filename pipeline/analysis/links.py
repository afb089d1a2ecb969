"""Links: the gold alignment of a shard of sentence pairs as arrays, and positions that explain it.

A rule that knows only where a word stands, a fixed offset or the diagonal, is what an alignment by
attention has to be better than. What is known of links here comes from the corpus alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

MAX_OFFSET = 10
DIAGONAL = None
"""In place of an offset: the source word at the same relative place."""
OFFSETS: tuple[int | None, ...] = (*range(-MAX_OFFSET, MAX_OFFSET + 1), DIAGONAL)


@dataclass(frozen=True)
class Links:
    """Parallel arrays, one entry per link, sorted by sentence; sizes run over all sentences.

    Sentences without annotation have no target word to align: `n_target` is 0 there.
    """

    sentence: np.ndarray
    source: np.ndarray
    target: np.ndarray
    sure: np.ndarray
    n_source: np.ndarray
    n_target: np.ndarray

    def __len__(self) -> int:
        return len(self.sentence)

    def where(self, keep: np.ndarray) -> "Links":
        """Some of them; of the same sentences."""
        of = ("sentence", "source", "target", "sure")
        return replace(self, **{name: getattr(self, name)[keep] for name in of})

    def words(self) -> tuple[np.ndarray, np.ndarray]:
        """Sentence and place of every target word that an aligner has to align."""
        sentence = np.repeat(np.arange(len(self.n_target)), self.n_target)
        before = np.cumsum(self.n_target) - self.n_target
        return sentence, np.arange(len(sentence)) - before[sentence]

    def tables(self) -> tuple[np.ndarray, np.ndarray]:
        """Whether a pair of words is linked at all, and surely: flat, by `pair`."""
        possible, sure = np.zeros((2, int((self.n_source * self.n_target).sum())), bool)
        where = self.pair(self.sentence, self.target, self.source)
        possible[where] = True
        sure[where[self.sure]] = True
        return possible, sure

    def pair(self, sentence: np.ndarray, target: np.ndarray, source: np.ndarray) -> np.ndarray:
        """The place of a pair of words in the flat tables."""
        sizes = self.n_source * self.n_target
        before = np.cumsum(sizes) - sizes
        return before[sentence] + target * self.n_source[sentence] + source

    def by_position(self, offset: int | None, sentence: np.ndarray, target: np.ndarray):
        """The source word that a rule of position gives each target word; −1 outside."""
        n_source, n_target = self.n_source[sentence], self.n_target[sentence]
        if offset is None:
            # The middle of the word, so that both ends of the diagonal are met.
            return (2 * target + 1) * n_source // (2 * n_target)
        source = target + offset
        return np.where((source >= 0) & (source < n_source), source, -1)


def links_of(sentences: pl.DataFrame) -> Links | None:
    """The links of a shard; None where no sentence of it has any annotation."""
    sentences = sentences.with_row_index("sentence")
    annotated = sentences["alignment"].is_not_null().to_numpy()
    if not annotated.any():
        return None
    long = (
        sentences.select("sentence", "alignment")
        .filter(pl.col("alignment").list.len() > 0)
        .explode("alignment", empty_as_null=False)
        .unnest("alignment")
    )
    counted = {
        key: np.where(annotated, sentences[column].fill_null(0).to_numpy(), 0).astype(np.int64)
        for key, column in (("n_source", "n_words"), ("n_target", "target_n_words"))
    }
    columns = {name: long[name].to_numpy().astype(np.int64) for name in ("sentence", *_ENDS)}
    return Links(**columns, sure=long["sure"].to_numpy().astype(bool), **counted)


_ENDS = ("source", "target")


@dataclass
class FittedPosition:
    """Which rule of position errs least on the fitting half."""

    hits: np.ndarray = field(default_factory=lambda: np.zeros(len(OFFSETS), np.int64))
    size: np.ndarray = field(default_factory=lambda: np.zeros(len(OFFSETS), np.int64))

    def add(self, links: Links, confirms: np.ndarray) -> None:
        """`confirms` says of each sentence of the shard whether it belongs to the other half."""
        sentence, target = (a[~confirms[links.words()[0]]] for a in links.words())
        n_sure = int((links.sure & ~confirms[links.sentence]).sum())
        for k, (hits, n_aligned) in enumerate(_scores(links, sentence, target)):
            self.hits[k] += hits
            self.size[k] += n_aligned + n_sure

    @property
    def best(self) -> int | None:
        """An offset (source − target), or `DIAGONAL`. Ties go to the nearest offset."""
        rate = self.hits / np.maximum(self.size, 1)
        near = [MAX_OFFSET if o is None else abs(o) for o in OFFSETS]
        return OFFSETS[max(range(len(OFFSETS)), key=lambda k: (rate[k], -near[k]))]


def _scores(links: Links, sentence: np.ndarray, target: np.ndarray) -> Iterator[tuple[int, int]]:
    """Per rule: sure and possible links that it finds, together, and words that it aligns."""
    possible, sure = links.tables()
    for offset in OFFSETS:
        source = links.by_position(offset, sentence, target)
        inside = source >= 0
        where = links.pair(sentence[inside], target[inside], source[inside])
        yield int(possible[where].sum() + sure[where].sum()), int(inside.sum())
