"""The unit of work: one shard of sentences through one model, into rows of the lake.

Batches never cross a shard and are built from it in a fixed way, so a shard's bytes depend on
nothing but its sentences, its cell and the settings below: any engine, any order, any restart.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise

import torch
from transformers import PreTrainedModel

from pipeline.controls.base import Control
from pipeline.core.moving import Coming
from pipeline.core.sentence import Sentence
from pipeline.engines.grain import over_shard
from pipeline.engines.lanes import in_lanes
from pipeline.engines.rows import Rows, SiteRows, rows_of
from pipeline.engines.totals import SiteSums, Totals, sums_of
from pipeline.engines.work import Shard
from pipeline.models.encode import Encoded, Encoder
from pipeline.models.row_sums import RowSums, row_sums
from pipeline.models.tap import Place, Tap, attention_only, forward
from pipeline.models.under import encode_under
from pipeline.statistics.kernels import DIVERGENCES, KERNELS
from pipeline.statistics.tiles import fits


@dataclass(frozen=True)
class Subject:
    """A model under a control, ready to be measured; `first_position` as `packing` has it."""

    model: PreTrainedModel
    encoder: Encoder
    places: list[Place]
    control: Control
    seed: int
    first_position: int | None = None


@dataclass(frozen=True)
class Asked:
    """How sentences are batched, and what is measured of them beside groups A, B and C.

    `batch_pieces` bounds a batch, padding included. Heads are compared on the rows of the corpus
    that `similarity_every` divides; 0 for none. `kernel` is one of `KERNELS`, made ready. `grain`
    is "sentence" or "shard", see `grain`.
    """

    batch_pieces: int
    similarity_every: int = 0
    norms: bool = True
    trees: bool = True
    kernel: str = "portable"
    grain: str = "sentence"


def measure_shard(
    subject: Subject,
    sentences: Sequence[Sentence],
    first: int,
    asked: Asked,
    progress: Callable[[int], object] = lambda n: None,
) -> Shard:
    """Measure `sentences`, the first of which is row `first` of its corpus.

    `progress` is told of sentences as they pass. Raises MeasurementError, naming layer, head and
    sentence, where a number cannot be trusted.
    """
    (shard,) = measure_shards(subject, [(sentences, first)], asked, progress)
    return shard


def measure_shards(
    subject: Subject,
    shards: Iterable[tuple[Sequence[Sentence], int]],
    asked: Asked,
    progress: Callable[[int], object] = lambda n: None,
) -> Iterator[Shard]:
    """As `measure_shard`, one after the other. While batches are at work the next shard is taken
    and tokenized, and whoever takes a result has time to write it.
    """
    places = subject.places if asked.norms else [replace(p, readout=None) for p in subject.places]
    device = subject.model.device

    def measured(part: _Part) -> tuple[_Part, _Found | None]:
        if not part.batch:
            return part, None
        first = part.of.first
        source, target = subject.encoder.pieces(part.batch)
        sampled = _sampled([first + e.index for e in part.batch], asked.similarity_every)
        tap = Tap(
            source.to(device),
            target and target.to(device),
            places,
            KERNELS[asked.kernel],
            subject.control.call,
            subject.first_position,
            sampled=torch.tensor(sampled) if sampled else None,
            trees=asked.trees,
            values=True,
        )
        # Once in a corpus a pass goes on to its end: were there calls after the last place, the
        # places would not be what `wiring` took them for. A shard's last batch is what is left.
        run = forward if first == 0 and part.is_last else attention_only
        run(subject.model, tap)
        checked = row_sums(tap, places)
        fine = Coming(checked.are_fine)
        sums = sums_of(tap, places, DIVERGENCES[asked.kernel])
        return part, _Found(checked, fine, rows_of(tap, places), sums)

    begun = (_AtWork(subject, places, *shard) for shard in shards)
    parts = (part for shard in begun for part in shard.parts(asked))
    for part, found in in_lanes(measured, parts, device):
        if found is not None:
            part.of.add(part.batch, found)
        progress(len(part.batch))
        if part.is_last:
            progress(len(part.of.sentences) - len(part.of.encoded))
            yield part.of.whole(asked.grain)


class _AtWork:
    """A shard whose batches are at work."""

    def __init__(
        self, subject: Subject, places: Sequence[Place], sentences: Sequence[Sentence], first: int
    ):
        self.sentences, self.first = sentences, first
        rows = range(first, first + len(sentences))
        self.encoded, self._skipped = encode_under(
            subject.control, subject.seed, subject.encoder, sentences, rows
        )
        self.rows, self.totals = Rows(places, self.encoded), Totals(places)

    def parts(self, asked: Asked) -> Iterator["_Part"]:
        """At least one, if an empty one: each shard has its end."""
        groups = [self.encoded]
        if asked.kernel == "triton":
            # What its tiles do not hold another kernel measures, batch by batch: so it is apart.
            held: dict[bool, list[Encoded]] = {True: [], False: []}
            for e in self.encoded:
                held[_is_held(e)].append(e)
            groups = list(held.values())
        cut = [b for group in groups for b in batches(group, asked.batch_pieces, in_pairs=True)]
        cut = cut or [[]]
        for k, batch in enumerate(cut):
            yield _Part(self, batch, k == len(cut) - 1)

    def add(self, batch: Sequence[Encoded], found: "_Found") -> None:
        if not found.are_fine.taken():
            names = [f"sentence {self.sentences[e.index].sentence_id}" for e in batch]
            found.row_sums.blame(names)
        self.rows.add(batch, found.rows)
        self.totals.add(found.sums)

    def whole(self, grain: str) -> Shard:
        counts = {
            "n_sentences": len(self.encoded),
            "n_words": sum(side.n_words for e in self.encoded for side in e.sides),
            "n_pieces": sum(len(side.ids) for e in self.encoded for side in e.sides),
            **asdict(self._skipped),
        }
        tables = {**self.rows.tables(self.first), **self.totals.tables()}
        if grain == "shard":
            tables["heads"] = over_shard(tables["heads"])
        return Shard(tables, counts)


@dataclass(frozen=True)
class _Part:
    """A batch of a shard."""

    of: _AtWork
    batch: list[Encoded]
    is_last: bool


@dataclass(frozen=True)
class _Found:
    """What was measured of a batch."""

    row_sums: RowSums
    are_fine: Coming
    rows: dict[str, SiteRows]
    sums: dict[str, SiteSums]


def _is_held(sentence: Encoded) -> bool:
    """Whether tiles hold all words, those that are said too."""
    return all(fits(side.word) and fits(side.predicts or ()) for side in sentence.sides)


def _sampled(rows: Sequence[int], every: int) -> list[int]:
    return [k for k, row in enumerate(rows) if every and row % every == 0]


def batches(
    encoded: Iterable[Encoded], batch_pieces: int, in_pairs: bool = False
) -> list[list[Encoded]]:
    """Sentences of like length together, the longest first (so that memory peaks at once): as few
    batches as there can be, and of these the largest as small as it can be. `in_pairs` makes them
    an even number, beyond eight a multiple of four: so lanes come to their end together, and none
    has the last batch to itself.
    """
    ordered = sorted(encoded, key=lambda e: [-n for n in (sum(_lengths(e)), *_lengths(e))])
    lengths = [_lengths(e) for e in ordered]
    n_batches = len(_begins(lengths, batch_pieces))
    if in_pairs and n_batches > 2:
        lanes = 2 if n_batches <= 8 else 4
        n_batches = -(-n_batches // lanes) * lanes
    sizes = range(1, batch_pieces)  # beyond them is `batch_pieces` itself
    smallest = 1 + bisect_left(sizes, -n_batches, key=lambda size: -len(_begins(lengths, size)))
    begins = [*_begins(lengths, smallest), len(ordered)]
    return [ordered[a:b] for a, b in pairwise(begins)]


def _begins(lengths: Sequence[tuple[int, int]], batch_pieces: int) -> list[int]:
    """Where batches begin when each is as large as it may be."""
    begins: list[int] = []
    first, source, target = 0, 0, 0
    for k, (n_source, n_target) in enumerate(lengths):
        source, target = max(source, n_source), max(target, n_target)
        if not begins or (k + 1 - first) * (source + target) > batch_pieces:
            begins.append(k)
            first, source, target = k, n_source, n_target
    return begins


def _lengths(sentence: Encoded) -> tuple[int, int]:
    """Pieces of a sentence, and of its translation."""
    return len(sentence.source.ids), len(sentence.target.ids) if sentence.target else 0
