"""How alike heads are: laid out so that heads with like patterns stand beside one another."""

from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.core.names import DUMP_CLASSES
from pipeline.report.blocks import Block, Figure, Heading, Table, say
from pipeline.report.figures.scatter import Look, Plane, Spot, draw_scatter
from pipeline.report.links import is_unjudged
from pipeline.report.relations import head_name, is_undecided
from pipeline.report.section import Control, Section
from pipeline.report.text import number, slug, spread

_KINDS = {
    "tracks": Look("tracks a relation", "#0072B2", "o"),
    "aligns": Look("aligns words", "#882255", "D"),
    "dumps": Look("dumps", "#E69F00", "s"),
    "positional": Look("positional", "#009E73", "^"),
    "broad": Look("broad", "#56B4E9", "v"),
    "none": Look("none of these", "#8b949e", "o", filled=False),
}


def alike(section: Section) -> list[Block]:
    """Of the model itself, or of the first control; nothing where no pair was compared."""
    pairs = section.similarity
    if pairs.is_empty():
        return []
    shown = section.controls[0]
    n_queries = int(pairs["n_queries"].max())  # pyrefly: ignore
    planes = [plane for site in section.sites if (plane := _plane(section, shown, site))]
    laid_out = (
        " The picture lays heads out by the square roots of their divergences (classical scaling)."
    )
    blocks: list[Block] = [
        Heading(3, "How alike heads are"),
        say(
            "The Jensen–Shannon divergence of two heads' patterns, 0 where they are the same and "
            f"ln 2 = 0.69 where they share no key, averaged over up to {n_queries} queries (Clark "
            f"et al. 2019, §6).{laid_out if planes else ''}"
        ),
    ]
    if planes:
        name = section.file(f"alike-{slug(shown.name)}")
        title = f"Heads by likeness: {section.title}"
        said = "; ".join(f"{p.title}: {_farthest(section, shown, p.title)}" for p in planes)
        alt = (
            f"Heads of {section.title}, {shown.name}, near one another where their patterns are "
            f"alike. {said}. The table that follows holds the mean divergences."
        )
        caption = "A mark is a head; what it does is what it is counted as, the first that fits."
        if is_undecided(section) or is_unjudged(section):
            caption += " Who tracks or aligns is not decided: no null control was measured."
        blocks.append(Figure(name, caption, alt, draw_scatter(name, title, alt, planes)))
    rows = tuple(
        (label, *(spread(_means(section, control, same), 2) for same in (True, False)))
        for control in section.controls
        for label in [control.label]
    )
    header = ("control", "within a layer", "across layers")
    return [*blocks, Table("Mean divergence of two heads, nats", header, rows)]


def _means(section: Section, control: Control, same_layer: bool) -> list[float | None]:
    is_same = pl.col("layer") == pl.col("other_layer")
    rows = section.similarity.filter(
        is_same if same_layer else ~is_same, pl.col("control") == control.name
    )
    means = rows.group_by("seed", maintain_order=True).agg(pl.col("js_divergence").mean())
    return [None if m is None else round(m, 2) for m in means.sort("seed")["js_divergence"]]


def _plane(section: Section, control: Control, site: str) -> Plane | None:
    pairs = section.first_seed(section.similarity, control, site)
    heads = section.first_seed(section.heads, control, site).sort("layer", "head")
    n = heads.height
    if n < 3 or pairs.height != n * (n - 1) // 2:
        return None
    index = {place: k for k, place in enumerate(heads.select("layer", "head").iter_rows())}
    squared = np.zeros((n, n))
    columns = ("layer", "head", "other_layer", "other_head", "js_divergence")
    for layer, head, other_layer, other_head, divergence in pairs.select(columns).iter_rows():
        a, b = index[layer, head], index[other_layer, other_head]
        squared[a, b] = squared[b, a] = divergence
    spots = [
        Spot(float(x), float(y), _KINDS[_kind(row)], head_name(row, (site,)))
        for (x, y), row in zip(classical_scaling(squared), heads.iter_rows(named=True), strict=True)
    ]
    return Plane(site, _labelled(spots))


def _labelled(spots: list[Spot]) -> list[Spot]:
    """With their names beside those that no other mark is near enough to hide."""
    width, height = (np.ptp([getattr(spot, axis) for spot in spots]) / 10 for axis in "xy")

    def alone(spot: Spot) -> bool:
        near = [s for s in spots if abs(s.x - spot.x) < width and abs(s.y - spot.y) < height]
        return len(near) == 1

    return [replace(spot, text=spot.tip) if alone(spot) else spot for spot in spots]


def classical_scaling(squared: np.ndarray) -> np.ndarray:
    """Points in the plane, [point, 2], whose distances come nearest (Torgerson 1952).

    `squared` are squared distances. Each axis runs so that its largest coordinate is positive;
    coordinates are rounded, so that a last digit moves nothing.
    """
    centred = squared - squared.mean(0) - squared.mean(1)[:, None] + squared.mean()
    values, vectors = np.linalg.eigh(-centred / 2)
    points = vectors[:, [-1, -2]] * np.sqrt(np.clip(values[[-1, -2]], 0, None))
    # Rounded first: of two that are as large the first decides, whatever their last digits.
    points = np.round(points, 3)
    largest = points[np.abs(points).argmax(0), [0, 1]]
    return points * np.where(largest < 0, -1, 1)


def _kind(row: dict) -> str:
    flags = {"dumps": any(row[f"dumps_{c}"] for c in DUMP_CLASSES)}
    for name in _KINDS:
        if flags.get(name, row.get(name)):
            return name
    return "none"


def _farthest(section: Section, control: Control, site: str) -> str:
    """The pair of heads with the largest divergence, to two decimals; of several the first."""
    pairs = section.first_seed(section.similarity, control, site)
    columns = ("js_divergence", "layer", "head", "other_layer", "other_head")
    # Rounded first: a last digit must not choose.
    ranked = pairs.select(columns).with_columns(pl.col("js_divergence").round(2))
    ranked = ranked.sort(columns, descending=[True] + [False] * 4)
    apart, layer, head, other_layer, other_head = ranked.row(0)
    return (
        f"L{layer}H{head} and L{other_layer}H{other_head} are least alike, {number(apart, 2)} nats"
    )
