"""Exemplars: sentences in which a head is most and least itself, chosen by query, not by hand.

A head that tracks a relation points along it or does not, arc by arc; one that aligns words points
at a linked word or does not. Where it does most often more than not, it is most itself; where it
does least, one sees what else it does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.analysis.alignments import CONVENTIONS
from pipeline.analysis.arcs import arcs_of
from pipeline.analysis.hits import DIRECTIONS, Pointers, judge
from pipeline.analysis.links import links_of
from pipeline.analysis.sites import trees_of
from pipeline.atlas.build import Example
from pipeline.atlas.roles import Head
from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence, sentence_of
from pipeline.lake import manifest
from pipeline.lake.columns import whole
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.origins import verified
from pipeline.lake.read import frame_of, read_shard, read_whole_shard

_WAYS = {"dep_to_gov": "dependent → governor", "gov_to_dep": "governor → dependent"}


@dataclass(frozen=True)
class Habit:
    """What a head does: it follows a relation in a direction, or aligns words by a convention.

    `deprel` is None for a head that aligns.
    """

    head: Head
    way: str
    deprel: str | None = None

    def __str__(self) -> str:
        site, layer, head = self.head
        what = (
            f"aligning ({self.way})" if self.deprel is None else f"{self.deprel} {_WAYS[self.way]}"
        )
        return f"{site} layer {layer} head {head}, {what}"


@dataclass(frozen=True)
class Score:
    """How often a head does it in a sentence, of how many times it could."""

    row: int
    hits: int
    n: int

    @property
    def lead(self) -> int:
        """Hits less misses: a long sentence says more than a short one."""
        return 2 * self.hits - self.n


def choose(
    lake: Lake,
    cell: Cell,
    tables: Mapping[str, pl.DataFrame],
    n: int = 8,
    max_words: int = 24,
) -> list[Example]:
    """Up to `n` sentences of a cell's corpus, none longer than `max_words` on either side.

    Of each of the clearest habits the sentence where it shows most and the one where least; then,
    where that is not enough, the corpus's first. Raises UserError where no sentence is that short.
    """
    wanted = habits(tables, cell)[: (n + 1) // 2]
    found: dict[int, tuple[str, Head | None]] = {}
    for habit, scores in zip(wanted, scored(lake, cell, wanted, max_words), strict=True):
        left = [score for score in scores if score.row not in found]
        for score, how in zip(most_and_least(left), ("most", "least"), strict=False):
            found[score.row] = (f"{how} itself: {habit}: {score.hits} of {score.n}", habit.head)
    chosen = dict(list(found.items())[:n])
    for row in _short(lake, cell.corpus, max_words):
        if len(chosen) >= n:
            break
        chosen.setdefault(row, ("", None))
    if not chosen:
        raise UserError(
            f"atlas: {cell.corpus} has no sentence of atlas.max_words={max_words} or fewer words;"
            " raise it"
        )
    sentences = sentences_at(lake, cell.corpus, list(chosen))
    return [Example(sentences[row], why, row, about=about) for row, (why, about) in chosen.items()]


def most_and_least(scores: Sequence[Score]) -> list[Score]:
    """The two ends; ties go to the sentence that comes first. One where there is but one."""
    if not scores:
        return []
    ends = [max(scores, key=lambda s: (s.lead, -s.row)), min(scores, key=lambda s: (s.lead, s.row))]
    return ends if ends[0] != ends[1] else ends[:1]


def habits(tables: Mapping[str, pl.DataFrame], cell: Cell) -> list[Habit]:
    """The clearest habit of each head of a cell, those furthest ahead of their baseline first.

    Where no head tracks or aligns, or it is not known, the furthest ahead all the same.
    """
    found: list[tuple[bool, float, Habit]] = []
    for row in (
        _of_cell(tables["relations"], cell).filter(level="full", weighting="attention").to_dicts()
    ):
        if row["accuracy"] is not None and row["baseline_accuracy"] is not None:
            habit = Habit(_head(row), row["direction"], row["deprel"])
            lead = row["accuracy"] - row["baseline_accuracy"]
            found.append((bool(row["tracks"]), lead, habit))
    if "alignments" in tables:
        for row in _of_cell(tables["alignments"], cell).filter(weighting="attention").to_dicts():
            if row["aer"] is not None and row["baseline_aer"] is not None:
                habit = Habit(_head(row), row["convention"])
                found.append((bool(row["aligns"]), row["baseline_aer"] - row["aer"], habit))
    known = any(flag for flag, _, _ in found)
    best: dict[Head, Habit] = {}
    for flag, _, habit in sorted(found, key=lambda f: (-f[0], -f[1], f[2].head, f[2].way)):
        if flag or not known:
            best.setdefault(habit.head, habit)
    return list(best.values())


def _of_cell(table: pl.DataFrame, cell: Cell) -> pl.DataFrame:
    return table.filter(**asdict(cell))


def _head(row: Mapping) -> Head:
    return row["site"], row["layer"], row["head"]


def scored(
    lake: Lake, cell: Cell, wanted: Sequence[Habit], max_words: int | None = None
) -> list[list[Score]]:
    """Of each habit its score in every sentence that offers a chance, in the order of rows.

    Raises UserError where the cell was not measured.
    """
    found: list[list[Score]] = [[] for _ in wanted]
    if not wanted:
        return found
    for first, sentences, pointers in _shards(lake, cell):
        allowed = _allowed(sentences, max_words)
        sites = pointers["site"].unique().to_pylist()
        for habit, scores in zip(wanted, found, strict=True):
            at_site = pointers.filter(pc.equal(pointers["site"], habit.head[0]))  # pyrefly: ignore
            if not len(at_site):
                continue
            both = _judged(habit, at_site, sentences, first, "cross" in sites)
            for k in np.unique(both[0]).tolist():
                if allowed[k]:
                    hits = both[1][both[0] == k]
                    scores.append(Score(first + k, int(hits.sum()), len(hits)))
    return found


def _judged(
    habit: Habit, pointers: pa.Table, sentences: pl.DataFrame, first: int, beside: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Sentence of every chance, and whether the head took it."""
    found = Pointers(pointers, first, len(sentences))
    places = pointers.slice(0, found.n_heads)
    layers, heads = places["layer"].to_pylist(), places["head"].to_pylist()
    at = list(zip(layers, heads, strict=True)).index(habit.head[1:])
    if habit.deprel is None:
        return _linked(habit, found, sentences, at)
    side = "target" if habit.head[0] == "decoder" and beside else "source"
    arcs = arcs_of(trees_of(sentences, side))
    arcs, hits = judge(found, arcs.where(arcs.deprel == habit.deprel))
    column = list(DIRECTIONS).index(habit.way) * found.n_heads + at
    return arcs.sentence, hits[:, column]


def _linked(
    habit: Habit, found: Pointers, sentences: pl.DataFrame, at: int
) -> tuple[np.ndarray, np.ndarray]:
    """The same for words that have a link."""
    links = links_of(sentences)
    if links is None:
        return np.zeros(0, np.int64), np.zeros(0, bool)
    linked = np.unique(np.stack((links.sentence, links.target), 1), axis=0)
    linked = linked[found.measured[linked[:, 0]]]
    sentence, target = linked[:, 0], linked[:, 1]
    source = found(CONVENTIONS[habit.way], sentence, target)[:, at].astype(np.int64)
    possible, _ = links.tables()
    where = links.pair(sentence, target, source.clip(min=0))
    return sentence, possible[where] & (source >= 0)


def _shards(lake: Lake, cell: Cell) -> Iterator[tuple[int, pl.DataFrame, pa.Table]]:
    """First row, sentences and pointers of each shard."""
    folder, measured = lake.sentences(cell.corpus), lake.measured("pointers", cell)
    files, pointed = whole(folder).files, verified(lake, cell, "pointers").files
    first = 0
    for file, pointers in zip(files, pointed, strict=True):
        sentences = frame_of(read_whole_shard(folder, file))
        yield first, sentences, read_whole_shard(measured, pointers)
        first += len(sentences)


def _short(lake: Lake, corpus: str, max_words: int) -> Iterator[int]:
    """Rows of sentences that are short enough."""
    for first, sentences in _sentences(lake, corpus):
        yield from (first + np.flatnonzero(_allowed(sentences, max_words))).tolist()


def _sentences(lake: Lake, corpus: str) -> Iterator[tuple[int, pl.DataFrame]]:
    """First row and sentences of each shard."""
    first = 0
    folder = lake.sentences(corpus)
    for file in manifest.paths(folder, whole(folder)):
        sentences = frame_of(read_shard(file))
        yield first, sentences
        first += len(sentences)


def _allowed(sentences: pl.DataFrame, max_words: int | None) -> np.ndarray:
    if max_words is None:
        return np.ones(len(sentences), bool)
    longest = sentences.select(pl.max_horizontal("n_words", "target_n_words")).to_series()
    return (longest <= max_words).to_numpy()


def sentences_at(lake: Lake, corpus: str, rows: Sequence[int]) -> dict[int, Sentence]:
    """Sentences of a corpus by row, with all that is known of them."""
    found: dict[int, Sentence] = {}
    n_sentences = 0
    for first, sentences in _sentences(lake, corpus):
        n_sentences = first + len(sentences)
        for row in rows:
            if first <= row < n_sentences:
                found[row] = sentence_of(sentences.row(row - first, named=True))
    missing = sorted(set(rows) - set(found))
    if missing:
        raise UserError(
            f"atlas: {corpus} has no sentence {missing[0]}: give a number from 0 to"
            f" {n_sentences - 1}"
        )
    return found
