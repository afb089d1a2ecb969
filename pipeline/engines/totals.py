"""What is added up over a whole shard, and not sentence by sentence: it has many numbers a head.

What classes of key give (group E), how alike heads are (group H), and values, for their means.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import torch

from pipeline.engines.rows import table
from pipeline.models.tap import SITES, Measured, Place, Tap
from pipeline.statistics.edited import VALUE_CLASSES
from pipeline.statistics.norms import OUTPUT_CLASSES
from pipeline.statistics.similarity import n_sampled


def alike(
    tap: Tap, places: Sequence[Place], divergences: Callable[[torch.Tensor], torch.Tensor]
) -> dict[str, torch.Tensor]:
    """By site, how far the heads of all its layers are from one another in the rows that were kept:
    [head, head], summed over rows."""
    if tap.sampled is None:
        return {}
    rows: dict[str, list[torch.Tensor]] = {}
    for call, place in zip(tap.calls, places, strict=True):
        if call.rows is not None:
            rows.setdefault(place.site, []).append(call.rows)
    return {site: divergences(torch.cat(of_site, 1)) for site, of_site in rows.items()}


class Totals:
    """Adds batches up, at each of a model's `places`; sums are in double precision."""

    def __init__(self, places: Sequence[Place]):
        self.places = places
        self._sites = {
            site: _Site(site, [p.layer for p in places if p.site == site])
            for site in SITES
            if any(p.site == site for p in places)
        }

    def add(self, tap: Tap, alike: dict[str, torch.Tensor]) -> None:
        """One batch, and what `alike` says of it."""
        for name, site in self._sites.items():
            calls = [c for c, p in zip(tap.calls, self.places, strict=True) if p.site == name]
            site.add_outputs(calls)
            site.add_values(calls)
            if tap.sampled is not None:
                site.add_divergences(calls, tap.sampled, alike[name])

    def tables(self) -> dict[str, pa.Table]:
        """`outputs`, `similarity` and `values`."""
        sites = list(self._sites.values())
        return {
            "outputs": pa.concat_tables([site.outputs() for site in sites]),
            "similarity": pa.concat_tables([site.similarity() for site in sites]),
            "values": pa.concat_tables([site.values() for site in sites]),
        }


class _Site:
    def __init__(self, name: str, layers: list[int]):
        self.name = name
        self.layers = layers
        self.n_heads = 0
        self.n_queries = 0
        self.n_sampled = 0
        # What is added up lies flat: layers may be of different widths.
        self._sizes: dict[str, list[int]] = {}
        self._outputs: dict[str, np.ndarray] = {}
        self._energies: dict[str, np.ndarray] = {}
        self._divergences: np.ndarray | None = None
        self._values: dict[str, np.ndarray] = {}
        self._n_keys: dict[str, int] = {}

    def add_outputs(self, calls: list[Measured]) -> None:
        self.n_heads = calls[0].reduction.sums["row_sum"].shape[1]
        self.n_queries += int(calls[0].layout.queries.lengths.sum())
        if f"output_{OUTPUT_CLASSES[0]}" not in calls[0].reduction.sums:
            return
        for kept, key in ((self._outputs, "output"), (self._energies, "output_energy")):
            # One copy for all classes and layers, each as wide as it is.
            sums = [
                [call.reduction.sums[f"{key}_{name}"].flatten(1) for call in calls]
                for name in OUTPUT_CLASSES
            ]
            flat = torch.cat([x for of_class in sums for x in of_class], 1)
            totals = np.split(flat.sum(0, dtype=torch.double).cpu().numpy(), len(OUTPUT_CLASSES))
            for name, total in zip(OUTPUT_CLASSES, totals, strict=True):
                kept[name] = kept.get(name, 0) + total
            self._sizes[key] = [x.shape[1] for x in sums[0]]

    def add_divergences(
        self, calls: list[Measured], sampled: torch.Tensor, divergences: torch.Tensor
    ) -> None:
        found = divergences.double().cpu().numpy()
        self._divergences = found if self._divergences is None else self._divergences + found
        self.n_sampled += n_sampled(calls[0].layout.queries.lengths[sampled])

    def add_values(self, calls: list[Measured]) -> None:
        keys, queries = calls[0].layout.keys, calls[0].layout.queries
        n_keys = [*keys.classes.sum((0, 1)).tolist(), int((keys.word >= 0).sum())]
        sums = [call.values for call in calls if call.values is not None]
        of_keys = torch.cat([of_keys.double().flatten(1) for of_keys, _ in sums], 1).cpu().numpy()
        output = torch.cat([output.double().flatten() for _, output in sums]).cpu().numpy()
        self._sizes["value"] = [output.numel() for _, output in sums]
        found = zip((*VALUE_CLASSES, "output"), [*of_keys, output], strict=True)
        for name, total in found:
            self._values[name] = self._values.get(name, 0) + total
        n_pieces = [*n_keys, int(queries.lengths.sum())]
        for name, n in zip(self._values, n_pieces, strict=True):
            self._n_keys[name] = self._n_keys.get(name, 0) + n

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
        return [of_head for layer in layers for of_head in layer.reshape(self.n_heads, -1)]

    def _keys(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Site, layer and head of rows that run over layers × heads."""
        layer, head = np.divmod(rows, self.n_heads or 1)
        return {
            "site": np.full(len(rows), self.name),
            "layer": np.asarray(self.layers, np.int16)[layer],
            "head": head.astype(np.int16),
        }
