"""What is added up over a whole shard, and not sentence by sentence: it has many numbers a head.

What classes of key give (group E), how alike heads are (group H), and values, for their means.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch
from torch.nn.functional import pad

from pipeline.core.moving import Coming, sum_in_double
from pipeline.engines.rows import by_site, layers_and_heads, table
from pipeline.models.tap import SITES, Measured, Place, Tap
from pipeline.statistics.edited import VALUE_CLASSES
from pipeline.statistics.norms import OUTPUT_CLASSES
from pipeline.statistics.similarity import n_sampled


@dataclass(frozen=True)
class SiteSums:
    """What a batch adds to the totals of one site. Tensors lie flat, layer by layer; `n_heads` says
    how many heads a layer has, and `sizes` how much of them is its.

    `n_pieces` are the keys of each class of value, and last the queries. `outputs` and `energies`
    are [class, …], None without a readout; `values` [class of value, …]. `divergences` is
    [head, head], how far the heads of all layers are from one another, None where no sentence was
    sampled.
    """

    n_heads: list[int]
    n_queries: int
    n_pieces: list[int]
    n_sampled: int
    sizes: dict[str, list[int]]
    outputs: Coming | None
    energies: Coming | None
    values: Coming
    divergences: Coming | None


def sums_of(
    tap: Tap, places: Sequence[Place], divergences: Callable[[torch.Tensor], torch.Tensor]
) -> dict[str, SiteSums]:
    """Of a batch, by site, on its way to the CPU. `divergences` compares the heads of rows."""
    return {
        site: _sums_of(calls, tap.sampled, divergences)
        for site, calls in by_site(tap, places).items()
    }


def _sums_of(
    calls: list[Measured],
    sampled: torch.Tensor | None,
    divergences: Callable[[torch.Tensor], torch.Tensor],
) -> SiteSums:
    # Sizes are known here: no device is asked.
    keys, queries = calls[0].layout.keys.here, calls[0].layout.queries.here
    sums, n_queries = calls[0].reduction.sums, int(queries.lengths.sum())
    n_pieces = [*keys.classes.sum((0, 1)).tolist(), int((keys.word >= 0).sum()), n_queries]
    of_keys, of_queries = zip(*(c.values for c in calls if c.values is not None), strict=True)
    sizes = {"value": [x.numel() for x in of_queries]}
    values = torch.cat([x.flatten(1) for x in of_keys], 1)
    output = torch.cat([x.flatten() for x in of_queries])
    outputs = energies = None
    if f"output_{OUTPUT_CLASSES[0]}" in sums:
        outputs, energies = _by_class(calls, "output"), _by_class(calls, "output_energy")
        of_calls = [call.reduction.sums[f"output_{OUTPUT_CLASSES[0]}"] for call in calls]
        sizes["output"] = [x[0].numel() for x in of_calls]
    rows = [call.rows for call in calls if call.rows is not None]
    return SiteSums(
        n_heads=[call.reduction.sums["row_sum"].shape[1] for call in calls],
        n_queries=n_queries,
        n_pieces=n_pieces,
        n_sampled=0 if sampled is None else n_sampled(queries.lengths[sampled]),
        sizes=sizes,
        outputs=outputs,
        energies=energies,
        values=Coming(torch.cat((values, output[None]))),
        divergences=Coming(divergences(_side_by_side(rows))) if rows else None,
    )


def _side_by_side(rows: list[torch.Tensor]) -> torch.Tensor:
    """Heads of all layers. What a sink takes is a further key, to which a layer without gives 0."""
    width = max(of_layer.shape[-1] for of_layer in rows)
    n_more = [width - x.shape[-1] for x in rows]
    return torch.cat([pad(x, (0, n)) if n else x for x, n in zip(rows, n_more, strict=True)], 1)


def _by_class(calls: list[Measured], key: str) -> Coming:
    """One tensor for all classes and layers, each as wide as it is."""
    classes = [
        torch.cat([call.reduction.sums[f"{key}_{name}"].flatten(1) for call in calls], 1)
        for name in OUTPUT_CLASSES
    ]
    return Coming(sum_in_double(torch.stack(classes), 1))


class Totals:
    """Adds batches up, at each of a model's `places`; sums are in double precision."""

    def __init__(self, places: Sequence[Place]):
        self._sites = {
            site: _Site(site, [p.layer for p in places if p.site == site])
            for site in SITES
            if any(p.site == site for p in places)
        }

    def add(self, found: dict[str, SiteSums]) -> None:
        """One batch, of which `sums_of` gave `found`."""
        for name, site in self._sites.items():
            site.add(found[name])

    def tables(self) -> dict[str, pa.Table]:
        """`outputs`, `similarity` and `values`."""
        sites = list(self._sites.values())
        return {
            "outputs": pa.concat_tables([site.outputs() for site in sites]),
            "similarity": pa.concat_tables([site.similarity() for site in sites]),
            "values": pa.concat_tables([site.values() for site in sites]),
        }


def _add(totals: dict[str, np.ndarray], names: Sequence[str], found: Coming | None) -> None:
    if found is not None:
        for name, sums in zip(names, found.taken().double().numpy(), strict=True):
            totals[name] = totals.get(name, 0) + sums


class _Site:
    def __init__(self, name: str, layers: list[int]):
        self.name = name
        self.layers = layers
        self.n_heads: list[int] = []
        self.n_queries = 0
        self.n_sampled = 0
        # What is added up lies flat: layers may be of different widths.
        self._sizes: dict[str, list[int]] = {}
        self._outputs: dict[str, np.ndarray] = {}
        self._energies: dict[str, np.ndarray] = {}
        self._divergences: np.ndarray | None = None
        self._values: dict[str, np.ndarray] = {}
        self._n_keys: dict[str, int] = {}

    def add(self, found: SiteSums) -> None:
        self.n_heads = found.n_heads
        self.n_queries += found.n_queries
        self.n_sampled += found.n_sampled
        self._sizes = found.sizes
        _add(self._outputs, OUTPUT_CLASSES, found.outputs)
        _add(self._energies, OUTPUT_CLASSES, found.energies)
        _add(self._values, (*VALUE_CLASSES, "output"), found.values)
        for name, n in zip(self._values, found.n_pieces, strict=True):
            self._n_keys[name] = self._n_keys.get(name, 0) + n
        if found.divergences is not None:
            divergences = found.divergences.taken().double().numpy()
            known = self._divergences
            self._divergences = divergences if known is None else known + divergences

    def values(self) -> pa.Table:
        frames = [
            table(
                "values",
                {
                    **self._keys(np.arange(len(of_heads))),
                    "key_class": np.full(len(of_heads), name),
                    "n_pieces": np.full(len(of_heads), self._n_keys[name]),
                    "value": pa.array(of_heads, pa.list_(pa.float64())),
                },
            )
            for name, total in self._values.items()
            for of_heads in [self._by_head(total, "value")]
        ]
        return pa.concat_tables(frames) if frames else table("values", self._keys(np.arange(0)))

    def outputs(self) -> pa.Table:
        frames = [
            table(
                "outputs",
                {
                    **self._keys(np.arange(len(energy))),
                    "key_class": np.full(len(energy), name),
                    "n_queries": np.full(len(energy), self.n_queries),
                    "output": pa.array(
                        self._by_head(self._outputs[name], "output"), pa.list_(pa.float64())
                    ),
                    "energy": energy,
                },
            )
            for name, energy in self._energies.items()
        ]
        return pa.concat_tables(frames) if frames else table("outputs", self._keys(np.arange(0)))

    def similarity(self) -> pa.Table:
        """A row per pair; a head comes before the `other`."""
        if self._divergences is None:
            return table("similarity", self._keys(np.arange(0)))
        a, b = np.triu_indices(len(self._divergences), 1)
        other = self._keys(b)
        return table(
            "similarity",
            {
                **self._keys(a),
                "other_layer": other["layer"],
                "other_head": other["head"],
                "n_queries": np.full(len(a), self.n_sampled),
                "js_divergence": self._divergences[a, b],
            },
        )

    def _by_head(self, flat: np.ndarray, what: str) -> list[np.ndarray]:
        layers = np.split(flat, np.cumsum(self._sizes[what])[:-1])
        sizes = zip(layers, self.n_heads, strict=True)
        return [of_head for layer, n in sizes for of_head in layer.reshape(n, -1)]

    def _keys(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Site, layer and head of rows that run over the heads of all layers."""
        layer, head = layers_and_heads(self.layers, self.n_heads)
        return {
            "site": np.full(len(rows), self.name),
            "layer": layer[rows],
            "head": head[rows],
        }
