"""The unit of work of interventions: one shard's sentences, changed in every way and run again.

Layers below a change are run once; rows under many changes go through those above it together.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import pyarrow as pa
import torch

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.moving import sent
from pipeline.core.names import ON_KEYS
from pipeline.core.pieces import Pieces
from pipeline.core.sentence import Sentence
from pipeline.engines.changes import Change, Interventions, Plan, keys_of
from pipeline.engines.edits import Editing
from pipeline.engines.means import AtPlace
from pipeline.engines.observed import Observed
from pipeline.engines.rows import table
from pipeline.engines.shard import Subject, batches
from pipeline.engines.work import Shard
from pipeline.lake.schema import HEAD, LAKE
from pipeline.models.encode import Encoded
from pipeline.models.objective import NOT_SAID, asked, losses
from pipeline.models.outcomes import Said, outcomes, said
from pipeline.models.resume import Kept, Unit, keep, resume, units
from pipeline.models.tap import Tap
from pipeline.models.under import encode_under
from pipeline.statistics.edited import class_keys
from pipeline.statistics.patterns import attention_pattern, output_of


@dataclass(frozen=True)
class Patient:
    """A model under a control, what it was trained to say, and what the census knows of it."""

    subject: Subject
    objective: str | None
    means: list[AtPlace]


def intervene_shard(
    patient: Patient,
    sentences: Sequence[Sentence],
    first: int,
    how: Interventions,
    progress: Callable[[int], object] = lambda n: None,
) -> Shard:
    """`sentences`, the first of which is row `first` of its corpus, watched and changed."""
    subject = patient.subject
    rows = range(first, first + len(sentences))
    encoded, _ = encode_under(subject.control, subject.seed, subject.encoder, sentences, rows)
    observed = Observed(subject, first)
    for batch in batches(_each(encoded, first, how.observe_every), how.batch_pieces):
        observed.watch(batch)
    theatre = _Theatre(patient, first, how)
    chosen = _each(encoded, first, how.every)
    progress(len(sentences) - len(chosen))
    # Each is run under hundreds of changes: a few sentences of like length fill a batch, and each
    # piece of padding would be run as often.
    for batch in batches(chosen, how.batch_pieces // 64):
        observed.weigh(batch, *theatre.operate(batch))
        progress(len(batch))
    counts = {"n_sentences": len(chosen), **asdict(theatre.cost)}
    return Shard({"effects": theatre.table(), "observed": observed.table()}, counts)


def intervene_shards(
    patient: Patient,
    shards: Iterable[tuple[Sequence[Sentence], int]],
    how: Interventions,
    progress: Callable[[int], object] = lambda n: None,
) -> Iterator[Shard]:
    """As `intervene_shard`, one after the other."""
    for sentences, first in shards:
        yield intervene_shard(patient, sentences, first, how, progress)


def _each(encoded: Sequence[Encoded], first: int, every: int) -> list[Encoded]:
    """Of every so many rows of the corpus the first; where the model cannot read that whole, the
    next of the shard that it can."""
    if not every:
        return []
    found: dict[int, Encoded] = {}
    for e in encoded:
        n_before, row_within = divmod(first + e.index, every)
        if e.index >= row_within:  # the first of these rows is in this shard
            found.setdefault(n_before, e)
    return list(found.values())


class Row(NamedTuple):
    """A change to a sentence of the batch, and whether it finds `there` what it is done to."""

    change: Change
    sentence: int
    there: bool


@dataclass
class Cost:
    """Layers run, each on so many rows; and what it would have been, each change a whole pass."""

    n_layer_rows: int = 0
    n_layer_rows_naive: int = 0
    n_layer_runs: int = 0
    n_layer_runs_naive: int = 0


class _Theatre:
    def __init__(self, patient: Patient, first: int, how: Interventions):
        self.patient = patient
        self.subject = patient.subject
        self.first = first
        self.how = how
        self.cost = Cost()
        self._units: list[Unit] = []
        self._found: list[dict[str, object]] = []
        self._plan = Plan(patient.means, how)

    def table(self) -> pa.Table:
        columns: dict = {name: [row[name] for row in self._found] for name in _KEYS + _VALUES}
        kinds = LAKE["effects"]
        return table("effects", {n: pa.array(v, kinds.field(n).type) for n, v in columns.items()})

    def operate(self, batch: list[Encoded]) -> tuple[Tap, torch.Tensor | None]:
        """One batch of sentences under every change. Gives a tap of the batch as it is read."""
        read, says = self._asked(batch)
        device = self.subject.model.device
        source, target = self.subject.encoder.pieces(read)
        source, target = source.to(device), target and target.to(device)
        tap = Tap(source, target, self.subject.places, _plain, self.subject.control.call)
        if not self._units:
            probe = Tap(source, target, self.subject.places, _plain, self.subject.control.call)
            self._units = units(self.subject.model, probe, self.subject.places)
        before, (_, kept) = said(
            self.subject.model, lambda: keep(self.subject.model, tap, self._units)
        )
        self.cost.n_layer_rows += len(batch) * len(self._units)
        self.cost.n_layer_runs += len(self._units)
        speaking = tap.source if tap.target is None else tap.target
        # Asked row by row: of what is here, for a device would be waited for as often.
        here = speaking.here, _padded(says, speaking.ids.shape[1]) if says else None
        padded = None if here[1] is None else sent(here[1], device)
        nothing = _nothing(before, padded)
        for unit, changes in self._plan.by_unit([unit.calls for unit in self._units]):
            rows = list(self._rows(changes, batch, tap))
            for chunk in self._chunks([row for row in rows if row.there], tap):
                after = self._changed(unit, chunk, tap, kept)
                index = sent(torch.tensor([row.sentence for row in chunk]), device)
                of_rows = None if padded is None else padded[index]
                found = outcomes(before, after, index, speaking.real[index], of_rows)
                for row, values in zip(chunk, _by_row(found), strict=True):
                    known = nothing[row.sentence]
                    if "loss" in values:
                        values["loss_change"] = values.pop("loss") - known["loss_before"]
                    self._note(row, known | values, batch, *here)
            for row in (row for row in rows if not row.there):
                self._note(row, nothing[row.sentence], batch, *here)
        return tap, padded

    def _asked(self, batch: list[Encoded]) -> tuple[list[Encoded], list[list[int]]]:
        """The batch as it is read, and what is to be said of it; nothing without an objective."""
        objective = self.patient.objective
        if objective is None:
            return batch, []
        mask = self.subject.encoder.tokenizer.mask_token_id
        pairs = [
            asked(objective, e, mask, random.Random(f"{self.how.seed}/{self.first + e.index}/mask"))
            for e in batch
        ]
        return [e for e, _ in pairs], [says for _, says in pairs]

    def _rows(self, changes: list[Change], batch: list[Encoded], tap: Tap) -> Iterator[Row]:
        """Each change to each sentence, and whether it finds there what it is done to."""
        seen: dict[tuple[str, int], list[bool]] = {}
        for change in changes:
            found = [True] * len(batch)
            if change.key_class is not None and change.condition in ON_KEYS:
                found = [False] * len(batch)
                for k in change.heads:
                    layout = tap.calls[k].layout
                    key = change.key_class, id(layout)
                    if key not in seen:
                        keys = class_keys(layout, change.key_class) & layout.visible
                        seen[key] = keys.flatten(1).any(1).tolist()
                    found = [a or b for a, b in zip(found, seen[key], strict=True)]
            for k, there in enumerate(found):
                yield Row(change, k, there)

    def _chunks(self, rows: list[Row], tap: Tap) -> Iterator[list[Row]]:
        longest = tap.source.ids.shape[1] + (0 if tap.target is None else tap.target.ids.shape[1])
        size = max(1, self.how.batch_pieces // longest)
        for start in range(0, len(rows), size):
            yield rows[start : start + size]

    def _changed(self, unit: int, chunk: list[Row], tap: Tap, kept: Kept) -> Said:
        first = self._units[unit].calls[0]
        here = torch.tensor([row.sentence for row in chunk])
        index = sent(here, tap.source.ids.device)
        changed = Tap(
            tap.source.rows(here),
            tap.target and tap.target.rows(here),
            self.subject.places[first:],
            Editing([row.change for row in chunk], self.patient.means, first),
            self.subject.control.call,
        )
        after, _ = said(
            self.subject.model,
            lambda: resume(self.subject.model, changed, self._units, unit, kept, index),
        )
        n_units = len(self._units) - unit
        self.cost.n_layer_rows += n_units * len(chunk)
        self.cost.n_layer_runs += n_units
        return after

    def _note(
        self,
        row: Row,
        values: dict[str, float],
        batch: list[Encoded],
        speaking: Pieces,
        says: torch.Tensor | None,
    ) -> None:
        change, k, _ = row
        keys = keys_of(change, self.subject.places)
        facts = {
            "sentence": self.first + batch[k].index,
            "n_pieces": int(speaking.lengths[k]),
            "n_said": None if says is None else int((says[k] != NOT_SAID).sum()),
            **dict.fromkeys(_OF_SPEECH),
            **values,
        }
        for name in self._plan.names(change):
            self._found.append(keys | facts | {"key_class": name})
            self.cost.n_layer_rows_naive += len(self._units)
            self.cost.n_layer_runs_naive += len(self._units) if k == 0 else 0


_OF_SPEECH = ("loss_before", "loss_change", "kl")
_KEYS = ["sentence", "scope", *HEAD, "key_class", "condition", "n_heads"]
_VALUES = ["n_pieces", "n_said", "state_change", "cosine", *_OF_SPEECH]


def _plain(call: AttentionCall) -> tuple[torch.Tensor, Reduction]:
    """Attends, and measures nothing."""
    return output_of(attention_pattern(call), call), Reduction()


def _padded(says: list[list[int]], longest: int) -> torch.Tensor:
    return torch.tensor([row + [NOT_SAID] * (longest - len(row)) for row in says])


def _by_row(found: dict[str, torch.Tensor]) -> list[dict[str, float]]:
    columns = {name: values.tolist() for name, values in found.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _nothing(before: Said, says: torch.Tensor | None) -> list[dict[str, float]]:
    """What a change without anything to change does: exactly nothing."""
    n = len(before.states)
    found = {"state_change": [0.0] * n, "cosine": [1.0] * n}
    if says is not None and before.logits is not None:
        found["loss_before"] = losses(before.logits, says).tolist()
        found |= {"loss_change": [0.0] * n, "kl": [0.0] * n}
    return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]
