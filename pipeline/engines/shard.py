"""The unit of work: one shard of sentences through one model, into rows of the lake.

Batches never cross a shard and are built from it in a fixed way, so a shard's bytes depend on
nothing but its sentences, its cell and the settings below: any engine, any order, any restart.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
import torch
from transformers import PreTrainedModel

from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.lake.schema import LAKE, NO_PIECE
from pipeline.models.encode import Encoded, Encoder
from pipeline.models.tap import Place, Tap, check, forward
from pipeline.statistics.portable import baseline


@dataclass(frozen=True)
class Subject:
    """A model under a control, ready to be measured."""

    model: PreTrainedModel
    encoder: Encoder
    places: list[Place]


@dataclass(frozen=True)
class Shard:
    """What one shard adds to the lake, and what it had to leave out."""

    heads: pa.Table
    pointers: pa.Table
    counts: dict[str, int]


def measure_shard(
    subject: Subject,
    sentences: Sequence[Sentence],
    first: int,
    batch_pieces: int,
    progress: Callable[[int], object] = lambda n: None,
) -> Shard:
    """Measure `sentences`, the first of which is row `first` of its corpus.

    `batch_pieces` bounds a batch, padding included. `progress` is told of sentences as they pass.
    Raises MeasurementError, naming layer, head and sentence, where a number cannot be trusted.
    """
    encoded, skipped = subject.encoder.encode(sentences)
    rows = _Rows(subject.places, encoded)
    for batch in batches(encoded, batch_pieces):
        tap = Tap(subject.encoder.pieces(batch).to(subject.model.device))
        forward(subject.model, tap)
        check(tap, subject.places, [f"sentence {sentences[e.index].sentence_id}" for e in batch])
        rows.add(batch, tap)
        progress(len(batch))
    progress(len(sentences) - len(encoded))
    counts = {
        "n_sentences": len(encoded),
        "n_words": sum(e.n_words for e in encoded),
        "n_pieces": sum(len(e.ids) for e in encoded),
        **asdict(skipped),
    }
    return Shard(*rows.tables(first), counts)


def batches(encoded: Sequence[Encoded], batch_pieces: int) -> Iterator[list[Encoded]]:
    """Sentences of like length together, the longest first (so that memory peaks at once)."""
    batch: list[Encoded] = []
    for sentence in sorted(encoded, key=lambda e: -len(e.ids)):
        if batch and (len(batch) + 1) * len(batch[0].ids) > batch_pieces:
            yield batch
            batch = []
        batch.append(sentence)
    if batch:
        yield batch


class _Rows:
    """Collects reductions in the order of batches, gives rows in the order of sentences."""

    def __init__(self, places: list[Place], encoded: list[Encoded]):
        self.places = places
        self.encoded = encoded
        self._row_of = {e.index: row for row, e in enumerate(encoded)}
        self._sums: dict[str, np.ndarray] = {}
        self._pointers: dict[str, list[np.ndarray]] = {
            name: [np.empty(0, np.int16)] * len(encoded) for name in ("attends_to", "attended_by")
        }

    def add(self, batch: list[Encoded], tap: Tap) -> None:
        rows = [self._row_of[e.index] for e in batch]
        shared = {id(call.layout): baseline(call.layout) for call in tap.calls}
        by_call = [_with_shared(call.reduction.sums, shared[id(call.layout)]) for call in tap.calls]
        for name in by_call[0]:
            values = torch.stack([sums[name] for sums in by_call], 1).flatten(1, 2).cpu().numpy()
            if name not in self._sums:
                shape = (len(self.encoded), *values.shape[1:])
                self._sums[name] = np.empty(shape, values.dtype)
            self._sums[name][rows] = values
        for name, collected in self._pointers.items():
            tensors = [getattr(call.reduction, name) for call in tap.calls]
            values = torch.stack(tensors, 1).flatten(1, 2).cpu().numpy()
            for row, sentence, pointers in zip(rows, batch, values, strict=True):
                kept = pointers[:, : sentence.n_words].copy()
                kept[:, sentence.words_without_pieces] = NO_PIECE
                collected[row] = kept.ravel()

    def tables(self, first: int) -> tuple[pa.Table, pa.Table]:
        keys = self._keys(first)
        heads = {**keys, **self._sums}
        pointers = {**keys, **{k: self._lists(v) for k, v in self._pointers.items()}}
        return _table("heads", heads), _table("pointers", pointers)

    @property
    def _n_heads(self) -> int:
        n = next(iter(self._sums.values())).shape[1] if self._sums else 0
        return n // len(self.places)

    def _keys(self, first: int) -> dict[str, np.ndarray]:
        n_sentences, n_heads = len(self.encoded), self._n_heads
        index = np.array([e.index + first for e in self.encoded], np.int32)
        n_rows = len(self.places) * n_heads
        return {
            "sentence": np.repeat(index, n_rows),
            "site": np.tile(np.repeat([p.site for p in self.places], n_heads), n_sentences),
            "layer": np.tile(np.repeat([p.layer for p in self.places], n_heads), n_sentences),
            "head": np.tile(np.arange(n_heads), n_sentences * len(self.places)),
        }

    def _lists(self, collected: list[np.ndarray]) -> pa.Array:
        n_rows = len(self.places) * self._n_heads
        lengths = np.repeat([e.n_words for e in self.encoded], n_rows)
        ends = np.concatenate(([0], np.cumsum(lengths)))
        if ends[-1] > np.iinfo(np.int32).max:
            raise UserError("too many pointers for one shard: lower ingest.shard_sentences")
        ends = ends.astype(np.int32)
        flat = np.concatenate(collected) if collected else np.empty(0, np.int16)
        return pa.ListArray.from_arrays(pa.array(ends), pa.array(flat, pa.int16()))


def _with_shared(
    sums: dict[str, torch.Tensor], shared: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """The layout's own numbers stand in every head's row."""
    n_heads = sums["row_sum"].shape[1]
    return sums | {k: v[:, None].expand(-1, n_heads) for k, v in shared.items()}


def _table(name: str, columns: dict) -> pa.Table:
    """Columns in the schema's order and types; a statistic the site does not have is null.

    A number without a column is a bug: it would be measured and thrown away.
    """
    schema = LAKE[name]
    unknown = set(columns) - set(schema.names)
    assert not unknown, f"no column in lake.schema for {sorted(unknown)}"
    n_rows = len(columns["sentence"])
    return pa.table(
        [_array(columns.get(field.name), field.type, n_rows) for field in schema], schema=schema
    )


def _array(values, kind: pa.DataType, n_rows: int) -> pa.Array:
    if values is None:
        return pa.nulls(n_rows, kind)
    if isinstance(values, pa.Array):
        return values
    if pa.types.is_fixed_size_list(kind):
        flat = values.reshape(-1).astype(kind.value_type.to_pandas_dtype())
        return pa.FixedSizeListArray.from_arrays(pa.array(flat), kind.list_size)
    flat = values.reshape(-1)
    if flat.dtype.kind != "U":
        flat = flat.astype(kind.to_pandas_dtype())
    return pa.array(flat, kind, from_pandas=True)  # NaN says that there is no such thing: null
