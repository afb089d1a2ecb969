"""Roles: what the census's tables say of each head, in the form that a page shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline.atlas.data import Roles, Tracked
from pipeline.core.names import DUMP_CLASSES
from pipeline.lake.layout import word

Head = tuple[str, int, int]
"""Site, layer, head."""


@dataclass(frozen=True)
class Table:
    """Roles of every head by model and control, the control in the grid's words."""

    of: Mapping[tuple[str, str], Mapping[Head, Roles]] = field(default_factory=dict)

    def at(self, model: str, control: str) -> Mapping[Head, Roles]:
        return self.of.get((model, control), {})


def roles(tables: Mapping[str, pl.DataFrame], corpus: str) -> Table:
    """From `heads`, `relations` and, where it is there, `alignments`, at level `full`."""
    here = pl.col("corpus") == corpus
    relations = tables["relations"].filter(
        here, pl.col("tracks"), level="full", weighting="attention"
    )
    tracked: dict[tuple, list[Tracked]] = {}
    for row in relations.sort("accuracy", descending=True).iter_rows(named=True):
        accuracy, baseline = (round(row[c], 4) for c in ("accuracy", "baseline_accuracy"))
        relation = Tracked(row["deprel"], row["direction"], accuracy, baseline)
        tracked.setdefault(_key(row), []).append(relation)
    aligned: dict[tuple, dict[str, float]] = {}
    if "alignments" in tables:
        for row in (
            tables["alignments"]
            .filter(here, pl.col("aligns"), weighting="attention")
            .iter_rows(named=True)
        ):
            aligned.setdefault(_key(row), {})[row["convention"]] = round(row["aer"], 4)
    found: dict[tuple[str, str], dict[Head, Roles]] = {}
    for row in tables["heads"].filter(here).iter_rows(named=True):
        key = _key(row)
        head = (row["site"], row["layer"], row["head"])
        cell = found.setdefault((row["model"], word(row["control"], row["seed"])), {})
        cell[head] = _roles(row, tracked.get(key, []), aligned.get(key, {}))
    return Table(found)


def _key(row: Mapping) -> tuple:
    return tuple(row[k] for k in ("model", "control", "seed", "site", "layer", "head"))


def _roles(row: Mapping, relations: list[Tracked], aligns: dict[str, float]) -> Roles:
    dumps_on = [name for name in DUMP_CLASSES if row.get(f"dumps_{name}")]
    flags = {
        "tracks": bool(row.get("tracks")),
        "aligns": bool(row.get("aligns")),
        "dumps": bool(dumps_on),
        "positional": bool(row.get("positional")),
        "broad": bool(row.get("broad")),
    }
    across = row["site"] == "cross"
    asked = ("aligns",) if across else ("tracks",)
    unknown = [name for name in asked if row.get(name) is None]
    return Roles([n for n, flag in flags.items() if flag], relations, dumps_on, aligns, unknown)
