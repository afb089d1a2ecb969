"""Synthetic tables with the schemas of `lake.tables`: a made-up census that looks like a real one.

Counts in `census` and `dumps` are taken from the made-up heads and relations, so that the tables
agree with one another as real ones do.
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.core.names import DUMP_CLASSES
from pipeline.lake.tables import TABLES

DEPRELS = [
    "nsubj", "obj", "iobj", "csubj", "ccomp", "xcomp", "obl", "vocative", "expl", "dislocated",
    "advcl", "advmod", "discourse", "aux", "cop", "mark", "nmod", "appos", "nummod", "acl",
    "amod", "det", "clf", "case", "conj", "cc", "fixed", "flat", "list", "parataxis", "compound",
    "orphan", "punct", "nsubj:pass", "obl:agent",
]  # fmt: skip
CONTROLS = (
    ("trained", (0,)),
    ("no_projection", (0,)),
    ("shuffled_weights", (0,)),
    ("random_weights", (0, 1, 2)),
)
QUARANTINE = ("corpus", "source", "line", "sentence_id", "reason")
TRUE_LAYERS = (1, 2, 3, 4)


@dataclass
class Grid:
    model: str = "minilm"
    corpus: str = "ewt"
    controls: tuple = CONTROLS
    sites: tuple[str, ...] = ("encoder",)
    layers: int = 6
    heads: int = 12
    deprels: tuple[str, ...] = tuple(DEPRELS)
    nulls: bool = True
    quarantined: int = 3
    links: bool = False
    """Whether the corpus has gold links, for the cross-attention heads to be scored against."""
    unaligned: int = 0
    repeats: int = 0
    norms: bool = True
    """Whether values have norms, and what else is measured beside attention."""
    seed: int = 7
    rows: dict[str, list[dict]] = field(default_factory=dict)


def _frame(name: str, rows: list[dict]) -> pl.DataFrame:
    """Columns that a row does not name are null, as the schema allows."""
    schema = TABLES[name]
    known = [{column: row.get(column) for column in schema.names} for row in rows]
    return pl.from_arrow(pa.Table.from_pylist(known, schema=schema))  # type: ignore[return-value]


def _masses(rng: np.random.Generator, control: str, site: str, layer: int, head: int, n: int):
    """Twelve numbers that a head of this control might have."""
    uniform = 1 / 24
    cls, sep, own, prev, after = uniform, uniform, uniform, uniform, uniform
    if control == "trained":
        depth = layer / max(1, n - 1)
        kind = rng.choice(
            ["sep", "cls", "prev", "next", "broad", "mixed"], p=[0.4, 0.1, 0.1, 0.1, 0.1, 0.2]
        )
        sep = 0.05 + 0.1 * depth + (0.55 * rng.random() ** 0.4 if kind == "sep" else 0)
        cls = 0.05 + (0.5 + 0.3 * rng.random() if kind == "cls" else 0.03)
        left = max(0.05, 1 - sep - cls)
        prev = left * (0.93 if kind == "prev" else 0.15)
        after = left * (0.9 if kind == "next" else 0.1)
        own = left * 0.04
    elif control == "no_projection":
        own = 0.9 + 0.05 * rng.random()
        cls, sep, prev, after = 0.02 + 0.02 * layer, 0.02 + 0.01 * layer, 0.01, 0.01
    elif control == "shuffled_weights":
        sep, cls = 0.05 + 0.1 * rng.random(), 0.05 + 0.1 * rng.random()
    if site == "cross":
        own = prev = after = None
    return {"cls": cls, "sep": sep, "self": own, "prev": prev, "next": after}


def _head(rng, grid: Grid, control: str, site: str, layer: int, head: int) -> dict:
    mass = _masses(rng, control, site, layer, head, grid.layers)
    mass["first"] = mass["cls"]
    mass |= {"bos": 0.0, "eos": 0.0, "punct": 0.08, "same_word": 0.02}
    mass["other"] = max(0.0, 1 - sum(value or 0.0 for value in mass.values()))
    row: dict = {"n_sentences": 200, "n_queries": 4800, "row_sum": 1.0}
    row |= {f"mass_{key}": value for key, value in mass.items()}
    for key, value in mass.items():
        there = 0.0 if key in ("bos", "eos") else None if value is None else 1 / 24
        row[f"uniform_mass_{key}"] = there
        row[f"lift_mass_{key}"] = value / there if there and value is not None else None
    for key in DUMP_CLASSES:
        value = mass[key]
        row[f"offdiagonal_{key}"] = min(1.0, value / (1 - 0.9 * (mass["self"] or 0.0)))
        row[f"mass_{key}_low"], row[f"mass_{key}_high"] = value - 0.02, value + 0.02
        row[f"dumps_{key}"] = value - 0.02 > 0.5
    if grid.norms:
        # Half of what attention says, and for every third head nearly all of it.
        part = 0.97 if head % 3 == 0 else 0.473
        row |= {f"norm_share_{k}": None if v is None else v * part for k, v in mass.items()}
        row |= {f"norm_ratio_{k}": 0.25 for k in DUMP_CLASSES}
        row |= {f"constancy_{k}": 0.9 for k in DUMP_CLASSES}
        row["spearman"] = -0.2
        shares = [row[f"norm_share_{k}"] > 0.5 and row[f"dumps_{k}"] for k in DUMP_CLASSES]
        row["dumps_by_norm"] = any(shares)
    row["vertical"], row["diagonal"] = mass["cls"] + mass["sep"] > 0.6, row.get("positional", False)
    row["mixed"], row["heterogeneous"] = False, not row["vertical"]
    row["entropy_normalised"] = 0.99 if control == "random_weights" else 0.3 + 0.65 * rng.random()
    row["positional"] = max(mass["prev"] or 0, mass["next"] or 0) > 0.6
    row["broad"] = row["entropy_normalised"] > 0.9
    row["best_offset"], row["best_offset_rate"] = -1, 0.95 if row["positional"] else 0.4
    return row


def _relation(rng, grid: Grid, control: str, layer: int, head: int, k: int, direction: str) -> dict:
    n_all = 60 + 97 * ((k * 7) % 23)
    n = n_all // 2
    baseline = 0.15 + 0.02 * (k % 25)
    chance = 0.12
    home = (layer * grid.heads + head) % (2 * len(grid.deprels) + 5)
    if (
        control == "trained"
        and layer in TRUE_LAYERS
        and home == 2 * k
        and direction == "dep_to_gov"
    ):
        chance = min(0.95, baseline + 0.35)
    chance = float(np.clip(chance + 0.06 * rng.standard_normal(), 0, 1))
    hits = round(n * chance)
    fitting = round((n_all - n) * float(np.clip(chance + 0.02 * rng.standard_normal(), 0, 1)))
    accuracy = hits / n
    lead = accuracy - baseline
    row = {
        "level": "full", "weighting": "attention", "n_all": n_all, "hits_all": hits + fitting,
        "n": n, "hits": hits, "accuracy": accuracy,
        "accuracy_low": max(0.0, accuracy - 1 / n**0.5),
        "accuracy_high": min(1.0, accuracy + 1 / n**0.5),
        "baseline_offset": (-1, 1, 2, -2)[k % 4], "baseline_accuracy": baseline,
        "baseline_fitting": baseline,
        "b": 10, "c": 5, "z": 1.0, "p": 0.1, "q": 0.01 if lead > 0.08 else 0.9,
    }  # fmt: skip
    enough = n >= 100
    row["margin"], row["significant"] = lead >= 0.10 and enough, row["q"] < 0.05 and enough
    row["beats_nulls"] = accuracy > 0.34 if grid.nulls else None
    flags = row["margin"] and row["significant"]
    row["tracks"] = bool(flags and row["beats_nulls"]) if grid.nulls else None
    return row


def _alignment(rng, grid: Grid, control: str, layer: int, head: int, convention: str) -> dict:
    """Head 1 of every true layer is good, by awo better than by awi."""
    n, n_sure, baseline = 2000, 1800, 0.65
    chance = 0.1
    if control == "trained" and layer in TRUE_LAYERS and head == 1:
        chance = 0.6 + 0.05 * layer + (0.05 if convention == "awo" else 0)
    chance = float(np.clip(chance + 0.02 * rng.standard_normal(), 0, 1))
    sure, possible = round(n_sure * chance), round(n * chance)
    aer = 1 - (sure + possible) / (n + n_sure)
    row = {
        "convention": convention, "weighting": "attention", "n_words_all": 2 * n,
        "aer_all": aer, "aer_fitting": aer,
        "n_sentences": 100, "n_words": n, "n_sure": n_sure, "hits_sure": sure,
        "hits_possible": possible, "precision": possible / n, "recall": sure / n_sure, "aer": aer,
        "aer_low": max(0.0, aer - 1 / n**0.5), "aer_high": min(1.0, aer + 1 / n**0.5),
        "baseline": "offset", "baseline_offset": 1, "baseline_aer": baseline,
        "z": 1.0, "p": 0.1, "q": 0.01 if aer < baseline else 0.9,
    }  # fmt: skip
    row["margin"], row["significant"] = aer <= baseline - 0.1, row["q"] < 0.05
    row["beats_nulls"] = aer < 0.8 if grid.nulls else None
    flags = row["margin"] and row["significant"]
    row["aligns"] = bool(flags and row["beats_nulls"]) if grid.nulls else None
    return row


def _census(grid: Grid, cell: dict, heads: list[dict], relations: list[dict]) -> dict:
    place = ("site", "layer", "head")

    def passing(*flags: str) -> set:
        return {tuple(r[p] for p in place) for r in relations if all(r[flag] for flag in flags)}

    def having(*flags: str) -> set:
        return {tuple(h[p] for p in place) for h in heads if any(h[flag] for flag in flags)}

    dumps = having(*(f"dumps_{c}" for c in DUMP_CLASSES))
    known = grid.nulls and bool(grid.deprels)
    tracks = passing("tracks") if known else set()
    follows = tracks if known else passing("margin", "significant")
    judged = any(h["aligns"] is not None for h in heads)
    naive = {
        tuple(r[p] for p in place) for r in relations if r["accuracy"] > r["baseline_accuracy"]
    }
    others = dumps | having("positional", "broad")
    return cell | {
        "n_sentences": 200, "n_words": 4000, "n_pieces": 4800, "n_heads": len(heads),
        "n_repeats": grid.repeats,
        "n_quarantined": grid.quarantined, "n_too_long": 1, "n_words_without_pieces": 2,
        "n_unaligned": grid.unaligned, "n_aligns": len(having("aligns")) if judged else None,
        "n_tracks": len(tracks) if known else None,
        "n_margin": len(passing("margin")), "n_significant": len(passing("significant")),
        "n_beats_nulls": len(passing("beats_nulls")) if known else None,
        "n_margin_significant": len(passing("margin", "significant")), "n_naive": len(naive),
        **{f"n_dumps_{c}": len(having(f"dumps_{c}")) for c in DUMP_CLASSES},
        "n_dumps": len(dumps), "n_tracks_and_dumps": len(tracks & dumps) if known else None,
        "n_tracks_norm": len(tracks) if known and grid.norms else None,
        "n_dumps_by_norm": len(having("dumps_by_norm")) if grid.norms else None,
        **{f"n_{c}": len(having(c)) for c in ("vertical", "diagonal", "mixed", "heterogeneous")},
        "n_block": None,
        "n_positional": len(having("positional")), "n_broad": len(having("broad")),
        "n_neither": len(heads) - len(others | follows | having("aligns")),
    }  # fmt: skip


def make(*grids: Grid) -> dict[str, pl.DataFrame]:
    """The tables of one or several models and corpora."""
    rows: dict[str, list[dict]] = {name: [] for name in TABLES}
    for grid in grids:
        for control, seeds in grid.controls:
            for seed in seeds:
                _cell(grid, control, seed, rows)
    return {name: _frame(name, found) for name, found in rows.items()}


def _cell(grid: Grid, control: str, seed: int, rows: dict[str, list[dict]]) -> None:
    rng = np.random.default_rng([grid.seed, seed, len(control)])
    cell = {"model": grid.model, "control": control, "seed": seed, "corpus": grid.corpus}
    heads, relations, alignments = [], [], []
    for site in grid.sites:
        for layer in range(grid.layers):
            for head in range(grid.heads):
                place = cell | {"site": site, "layer": layer, "head": head}
                heads.append(place | _head(rng, grid, control, site, layer, head))
                if site == "cross":
                    for convention in ("awi", "awo") if grid.links else ():
                        row = place | _alignment(rng, grid, control, layer, head, convention)
                        alignments.append(row)
                        rows["alignments"].append(
                            row | {"weighting": "norm", "aer": min(1.0, row["aer"] + 0.03)}
                        )
                    continue
                relations += [
                    place
                    | {"direction": direction, "deprel": deprel}
                    | _relation(rng, grid, control, layer, head, k, direction)
                    for k, deprel in enumerate(grid.deprels)
                    for direction in ("dep_to_gov", "gov_to_dep")
                ]
    for key in DUMP_CLASSES:
        for step in range(4, 17):
            above = sum(head[f"mass_{key}_low"] > step / 20 for head in heads)
            row = {"key_class": key, "threshold": step / 20, "n_heads": above}
            rows["dumps"].append(cell | row)
    tracked = {(r["site"], r["layer"], r["head"]) for r in relations if r["tracks"]}
    for head in heads:
        here = (head["site"], head["layer"], head["head"]) in tracked
        head["tracks"] = here if grid.nulls and grid.deprels else None
        verdicts = [a["aligns"] for a in alignments if a["layer"] == head["layer"]
                    and a["head"] == head["head"] and head["site"] == "cross"]  # fmt: skip
        head["aligns"] = any(verdicts) if verdicts and grid.nulls else None
    rows["heads"] += heads
    if grid.norms:
        _beside(rng, cell, heads, relations, rows)
    _choices(cell, heads, relations, rows)
    rows["relations"] += relations
    rows["alignments"] += alignments
    rows["census"].append(_census(grid, cell, heads, relations))


def _beside(rng, cell: dict, heads: list[dict], relations: list[dict], rows: dict) -> None:
    """Trees and likeness of a cell."""
    keys = ("site", "layer", "head")
    for site in sorted({head["site"] for head in heads}):
        here = [head for head in heads if head["site"] == site]
        for k, a in enumerate(here):
            for b in here[k + 1 :]:
                pair = {"other_layer": b["layer"], "other_head": b["head"], "n_queries": 320}
                near = 0.1 if a["layer"] == b["layer"] else 0.3
                divergence = {"js_divergence": near + 0.1 * rng.random()}
                rows["similarity"].append(cell | {x: a[x] for x in keys} | pair | divergence)
        for head in here if relations and site != "cross" else ():
            uuas = 0.2 + 0.3 * rng.random()
            row = {"n_all": 1000, "n": 500, "uuas_chain": 0.4}
            row |= {"uuas_random": 0.15, "uuas_random_max": 0.16}
            for reading in ("max", "mst"):
                row |= {f"hits_{reading}_all": round(1000 * uuas)}
                row |= {f"hits_{reading}": round(500 * uuas), f"uuas_{reading}": uuas}
                row |= {f"uuas_{reading}_low": uuas - 0.02, f"uuas_{reading}_high": uuas + 0.02}
                row |= {f"uuas_{reading}_fitting": uuas + 0.001}
            rows["trees"].append(cell | {x: head[x] for x in keys} | row)


def _choices(cell: dict, heads: list[dict], relations: list[dict], rows: dict) -> None:
    """Counts by margin and by nulls."""
    for step in range(0, 32, 2) if relations else ():
        n = sum(bool(head["tracks"]) for head in heads)
        rows["margins"].append(cell | {"margin": step / 100, "n_heads": max(0, n + 2 - step // 4)})
    if relations and cell["control"] == "trained":
        choices = {"all": 3, "random_weights alone": 5, "no_projection alone": 3}
        for name, n in choices.items():
            rows["nulls"].append(cell | {"nulls": name, "n_tracks": n})


BY_ARCS = ("tracks", "tracks_norm", "margin", "significant", "beats_nulls")
BY_ARCS += ("margin_significant", "tracks_and_dumps")


def of_few_arcs(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """As `aggregate` makes them where no relation has `min_arcs` arcs."""
    flags = ("margin", "significant", "beats_nulls", "tracks")
    relations = tables["relations"].with_columns(pl.col(flags) & False)
    heads = tables["heads"].with_columns(tracks=pl.lit(None, pl.Boolean))
    counts = {f"n_{name}": pl.lit(None, pl.Int32) for name in BY_ARCS}
    changed = {"relations": relations, "heads": heads}
    changed |= {"census": tables["census"].with_columns(**counts)}
    return tables | changed | {name: tables[name].clear() for name in ("margins", "nulls")}


def quarantine(*rows: tuple) -> pl.DataFrame:
    kinds = (pl.String, pl.String, pl.Int64, pl.String, pl.String)
    return pl.DataFrame(rows, schema=dict(zip(QUARANTINE, kinds, strict=True)), orient="row")
