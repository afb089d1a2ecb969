"""Reductions in the order of batches, collected into rows of the lake in the order of sentences.

The sites of a model differ in their layers, their heads and, between an encoder and a decoder, in
the words of their sentences; so each is collected by itself, and its rows stand together. Of a
batch few and large tensors come from the device, all of them begun before one is waited for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch

from pipeline.core.errors import UserError
from pipeline.core.moving import Coming
from pipeline.lake.schema import LAKE, NO_PIECE, SEGMENTS
from pipeline.models.encode import Encoded, Side
from pipeline.models.tap import SITES, Measured, Place, Tap
from pipeline.statistics.baseline import baseline
from pipeline.statistics.kernels import Kernel
from pipeline.statistics.norms import OUTPUT_CLASSES


def _by_side(pointers: Iterable[str]) -> dict[str, list[str]]:
    """Names of pointers by the side whose words they run over."""
    by_side: dict[str, list[str]] = {}
    for name in sorted(pointers):
        by_side.setdefault("keys" if name.startswith("attended_by") else "queries", []).append(name)
    return by_side


@dataclass(frozen=True)
class Named:
    """Numbers by their names."""

    names: list[str]
    numbers: Coming


@dataclass(frozen=True)
class SiteRows:
    """What a batch adds to one site: facts of its layouts, sums that are one number and those that
    are several, and pointers by the side whose words they run over. Rows are heads, layer by layer,
    of each as many as `n_heads` says."""

    n_heads: list[int]
    shared: Named
    sums: Named
    lists: dict[str, Coming]
    pointers: dict[str, Named]


def rows_of(tap: Tap, places: Sequence[Place]) -> dict[str, SiteRows]:
    """What `tap` measured of a batch, by site, on its way to the CPU."""
    return {site: _rows_of(calls, tap.kernel) for site, calls in by_site(tap, places).items()}


def by_site(tap: Tap, places: Sequence[Place]) -> dict[str, list[Measured]]:
    calls: dict[str, list[Measured]] = {site: [] for site in SITES}
    for call, place in zip(tap.calls, places, strict=True):
        calls[place.site].append(call)
    return {site: of_site for site, of_site in calls.items() if of_site}


def _rows_of(calls: list[Measured], kernel: Kernel) -> SiteRows:
    layouts = {id(call.layout): call.layout for call in calls}  # layers share theirs
    shared = {key: baseline(layout, kernel) for key, layout in layouts.items()}
    sums = [
        {name: x for name, x in call.reduction.sums.items() if name not in _OF_SHARDS}
        for call in calls
    ]
    scalars = [{name: x for name, x in of.items() if x.dim() == 2} for of in sums]
    # [sentence, row, …]
    lists = {
        name: Coming(torch.cat([of[name] for of in sums], 1))
        for name in sums[0].keys() - scalars[0].keys()
    }
    pointers = [call.reduction.pointers for call in calls]
    return SiteRows(
        n_heads=[of["row_sum"].shape[1] for of in sums],
        shared=_numbers([shared[id(call.layout)] for call in calls]),
        sums=_numbers(scalars),
        lists=lists,
        pointers={
            side: _of_words(names, pointers) for side, names in _by_side(pointers[0]).items()
        },
    )


def _numbers(by_call: Sequence[dict[str, torch.Tensor]]) -> Named:
    """[number, sentence, row], or layer for row. `by_call` are numbers of each sentence and head,
    or of each sentence, by their names; layers may share theirs."""
    # In an order of their own: of a batch that is left to the portable kernel it is another.
    names = sorted(by_call[0])
    calls = {id(of): torch.stack([of[name] for name in names]).float() for of in by_call}
    calls = {key: x if x.dim() == 3 else x.unsqueeze(-1) for key, x in calls.items()}
    return Named(names, Coming(torch.cat([calls[id(of)] for of in by_call], 2)))


def _of_words(names: list[str], by_call: Sequence[dict[str, torch.Tensor]]) -> Named:
    """[sentence, pointer, row, word]. `by_call` are pointers of each sentence, head and word."""
    all_of_them = torch.cat([of[name] for name in names for of in by_call], 1)
    return Named(names, Coming(all_of_them.unflatten(1, (len(names), -1))))


class Rows:
    """Collects the reductions of the sentences `encoded`, at each of a model's `places`."""

    def __init__(self, places: Sequence[Place], encoded: Sequence[Encoded]):
        self.encoded = encoded
        self._row_of = {e.index: row for row, e in enumerate(encoded)}
        self._sites = {
            site: _Site(site, [p.layer for p in places if p.site == site], encoded)
            for site in SITES
            if any(p.site == site for p in places)
        }

    def add(self, batch: Sequence[Encoded], found: dict[str, SiteRows]) -> None:
        """One batch, of which `rows_of` gave `found`."""
        rows = [self._row_of[e.index] for e in batch]
        for name, site in self._sites.items():
            site.add(rows, found[name])

    def tables(self, first: int) -> dict[str, pa.Table]:
        """The tables `heads` and `pointers`; sentence 0 is row `first` of its corpus."""
        made = [site.tables(first) for site in self._sites.values()]
        heads, pointers = zip(*made, strict=True)
        return {"heads": pa.concat_tables(heads), "pointers": pa.concat_tables(pointers)}


@dataclass
class _Site:
    name: str
    layers: list[int]
    encoded: Sequence[Encoded]

    def __post_init__(self) -> None:
        self._n_heads: list[int] = []
        # [sentence, layer, number] of the layout, [sentence, row, number] of heads.
        self._shared = _Numbers()
        self._sums = _Numbers()
        self._lists_of: dict[str, np.ndarray] = {}
        self._pointers: dict[str, _Pointers] = {}  # by the side whose words they run over

    def _side(self, sentence: Encoded, of: str) -> Side:
        """Whose words a sentence's queries and keys are here. A model with one stack reads one."""
        is_source = self.name == "encoder" or (self.name == "cross" and of == "keys")
        return sentence.source if is_source or sentence.target is None else sentence.target

    def add(self, rows: list[int], found: SiteRows) -> None:
        n_sentences = len(self.encoded)
        self._n_heads = found.n_heads
        self._shared.put(n_sentences, rows, found.shared)
        self._sums.put(n_sentences, rows, found.sums)
        for name, coming in found.lists.items():
            values = coming.taken().numpy()
            if name not in self._lists_of:
                self._lists_of[name] = np.empty((n_sentences, *values.shape[1:]), values.dtype)
            self._lists_of[name][rows] = values
        for side, named in found.pointers.items():
            if side not in self._pointers:
                sides = [self._side(e, side) for e in self.encoded]
                self._pointers[side] = _Pointers(named.names, sides, self._n_rows)
            self._pointers[side].put(rows, named)

    def tables(self, first: int) -> tuple[pa.Table, pa.Table]:
        keys = self._keys(first)
        of_layers = {k: x.repeat(self._n_heads, axis=1) for k, x in self._shared.columns().items()}
        numbers = of_layers | self._sums.columns() | self._lists_of
        alone = [not self._side(e, "queries").is_pair for e in self.encoded]
        for name in _OF_PAIRS & numbers.keys():
            numbers[name][alone] = np.nan
        lists = {
            name: column for of in self._pointers.values() for name, column in of.columns().items()
        }
        return table("heads", {**keys, **numbers}), table("pointers", {**keys, **lists})

    @property
    def _n_rows(self) -> int:
        """Rows of a sentence: the heads of all layers."""
        return sum(self._n_heads)

    def _keys(self, first: int) -> dict[str, np.ndarray | pa.Array]:
        n_sentences, n_rows = len(self.encoded), self._n_rows
        layer, head = layers_and_heads(self.layers, self._n_heads)
        index = np.array([e.index + first for e in self.encoded], np.int32)
        return {
            "sentence": np.repeat(index, n_rows),
            "site": pa.repeat(self.name, n_sentences * n_rows),
            "layer": np.tile(layer, n_sentences),
            "head": np.tile(head, n_sentences),
        }


class _Numbers:
    """Many numbers of each sentence and row, one beside the other."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._values: np.ndarray = np.empty((0, 0, 0), np.float32)  # [number, sentence, row]

    def put(self, n_sentences: int, rows: list[int], found: Named) -> None:
        self._names, batch = found.names, found.numbers.taken().numpy()
        if not len(self._values):
            shape = (len(batch), n_sentences, batch.shape[2])
            self._values = np.empty(shape, np.float32)
        self._values[:, rows] = batch

    def columns(self) -> dict[str, np.ndarray]:
        return dict(zip(self._names, self._values, strict=True))


class _Pointers:
    """Lists by some names, one a sentence and row, laid out flat; `sides` has their words."""

    def __init__(self, names: Sequence[str], sides: Sequence[Side], n_rows: int) -> None:
        self._names, self._sides = names, sides
        n_words = np.repeat([side.n_words for side in sides], n_rows)
        ends = np.concatenate(([0], np.cumsum(n_words)))
        if ends[-1] > np.iinfo(np.int32).max:
            raise UserError("too many pointers for one shard: lower ingest.shard_sentences")
        self._ends = ends.astype(np.int32)
        self._flat = np.empty((len(names), ends[-1]), np.int16)
        self._begins = ends[::n_rows].tolist()
        self._n_rows = n_rows

    def put(self, rows: list[int], found: Named) -> None:
        batch = found.numbers.taken().numpy()  # [sentence, pointer, row, word]
        for k, row in enumerate(rows):
            side = self._sides[row]
            flat = self._flat[:, self._begins[row] : self._begins[row + 1]]
            kept = flat.reshape(len(flat), self._n_rows, side.n_words)
            kept[:] = batch[k, :, :, : side.n_words]
            if side.unread:
                for name, of_rows in zip(self._names, kept, strict=True):
                    said = name.startswith("predicted")
                    of_rows[:, side.words_without_pieces if said else side.unread] = NO_PIECE

    def columns(self) -> dict[str, pa.Array]:
        ends = pa.array(self._ends)
        lists = [pa.ListArray.from_arrays(ends, pa.array(flat)) for flat in self._flat]
        return dict(zip(self._names, lists, strict=True))


_OF_PAIRS = {column.name for column in SEGMENTS}
_OF_SHARDS = {f"{what}_{name}" for what in ("output", "output_energy") for name in OUTPUT_CLASSES}


def table(name: str, columns: dict) -> pa.Table:
    """Columns in the schema's order and types; a statistic the site does not have is null.

    A number without a column is a bug: it would be measured and thrown away.
    """
    schema = LAKE[name]
    unknown = set(columns) - set(schema.names)
    assert not unknown, f"no column in lake.schema for {sorted(unknown)}"
    n_rows = len(columns["site"])
    return pa.table(
        [_array(columns.get(field.name), field.type, n_rows) for field in schema], schema=schema
    )


def layers_and_heads(
    layers: Sequence[int], n_heads: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Of each row of a sentence; none where `n_heads` is empty, as where nothing was read."""
    heads = [np.arange(n, dtype=np.int16) for n in n_heads]
    layer = np.repeat(np.array(layers[: len(heads)], np.int16), np.array(n_heads, np.int64))
    return layer, np.concatenate([*heads, np.empty(0, np.int16)])


def _array(values, kind: pa.DataType, n_rows: int) -> pa.Array:
    if values is None:
        return pa.nulls(n_rows, kind)
    if isinstance(values, pa.Array):
        return values
    if pa.types.is_fixed_size_list(kind):
        flat = values.reshape(-1).astype(kind.value_type.to_pandas_dtype(), copy=False)
        return pa.FixedSizeListArray.from_arrays(pa.array(flat), kind.list_size)
    flat = values.reshape(-1)
    if flat.dtype.kind != "U":
        flat = flat.astype(kind.to_pandas_dtype(), copy=False)
    # NaN says that there is no such thing: null. Where there is none nothing is copied.
    return pa.array(flat, kind, from_pandas=bool(flat.dtype.kind == "f" and np.isnan(flat).any()))
