"""The unit of work: one shard of sentences through one model, into rows of the lake.

Batches never cross a shard and are built from it in a fixed way, so a shard's bytes depend on
nothing but its sentences, its cell and the settings below: any engine, any order, any restart.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import pyarrow as pa
import torch
from transformers import PreTrainedModel

from pipeline.controls.base import Control
from pipeline.core.sentence import Sentence
from pipeline.engines.lanes import in_lanes
from pipeline.engines.rows import Rows
from pipeline.engines.totals import Totals, alike
from pipeline.models.encode import Encoded, Encoder
from pipeline.models.tap import Place, Tap, check, forward
from pipeline.models.under import encode_under
from pipeline.statistics.kernels import DIVERGENCES, KERNELS


@dataclass(frozen=True)
class Subject:
    """A model under a control, ready to be measured."""

    model: PreTrainedModel
    encoder: Encoder
    places: list[Place]
    control: Control
    seed: int


@dataclass(frozen=True)
class Asked:
    """How sentences are batched, and what is measured of them beside groups A, B and C.

    `batch_pieces` bounds a batch, padding included. Heads are compared on the rows of the corpus
    that `similarity_every` divides; 0 for none. `kernel` is one of `KERNELS`, made ready.
    """

    batch_pieces: int
    similarity_every: int = 0
    norms: bool = True
    trees: bool = True
    kernel: str = "portable"


@dataclass(frozen=True)
class Shard:
    """What one shard adds to the lake, and what it had to leave out."""

    tables: dict[str, pa.Table]
    counts: dict[str, int]


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
    rows = range(first, first + len(sentences))
    encoded, skipped = encode_under(subject.control, subject.seed, subject.encoder, sentences, rows)
    places = subject.places if asked.norms else [replace(p, readout=None) for p in subject.places]
    collected, totals = Rows(places, encoded), Totals(places)
    device = subject.model.device

    def measured(batch: list[Encoded]) -> tuple[list[Encoded], Tap, dict[str, torch.Tensor]]:
        source, target = subject.encoder.pieces(batch)
        sampled = _sampled([first + e.index for e in batch], asked.similarity_every)
        tap = Tap(
            source.to(device),
            target and target.to(device),
            places,
            KERNELS[asked.kernel],
            subject.control.call,
            sampled=torch.tensor(sampled, device=device) if sampled else None,
            trees=asked.trees,
            values=True,
        )
        forward(subject.model, tap)
        check(tap, places, [f"sentence {sentences[e.index].sentence_id}" for e in batch])
        return batch, tap, alike(tap, places, DIVERGENCES[asked.kernel])

    for batch, tap, between_heads in in_lanes(
        measured, batches(encoded, asked.batch_pieces), device
    ):
        collected.add(batch, tap)
        totals.add(tap, between_heads)
        progress(len(batch))
    progress(len(sentences) - len(encoded))
    counts = {
        "n_sentences": len(encoded),
        "n_words": sum(side.n_words for e in encoded for side in e.sides),
        "n_pieces": sum(len(side.ids) for e in encoded for side in e.sides),
        **asdict(skipped),
    }
    return Shard({**collected.tables(first), **totals.tables()}, counts)


def _sampled(rows: Sequence[int], every: int) -> list[int]:
    return [k for k, row in enumerate(rows) if every and row % every == 0]


def batches(encoded: Sequence[Encoded], batch_pieces: int) -> Iterator[list[Encoded]]:
    """Sentences of like length together, the longest first (so that memory peaks at once)."""
    batch: list[Encoded] = []
    longest = _lengths()
    for sentence in sorted(encoded, key=lambda e: [-n for n in (sum(_lengths(e)), *_lengths(e))]):
        wider = tuple(max(pair) for pair in zip(longest, _lengths(sentence), strict=True))
        if batch and (len(batch) + 1) * sum(wider) > batch_pieces:
            yield batch
            batch, wider = [], _lengths(sentence)
        batch.append(sentence)
        longest = wider
    if batch:
        yield batch


def _lengths(sentence: Encoded | None = None) -> tuple[int, int]:
    """Pieces of a sentence, and of its translation."""
    if sentence is None:
        return 0, 0
    return len(sentence.source.ids), len(sentence.target.ids) if sentence.target else 0
