"""Maps of a section: which head tracks which relation and, from `mass_maps`, what else it does."""

import polars as pl

from pipeline.analysis.nulls import TRAINED
from pipeline.lake.schema import HEAD
from pipeline.report.addresses import door, named
from pipeline.report.blocks import Block, Figure, Heading, Table, say
from pipeline.report.figures.relation_map import HeadCell, Map, draw_relation_maps
from pipeline.report.mass_maps import mass_maps, shape
from pipeline.report.relations import (
    arrow,
    head_name,
    is_undecided,
    leading,
    passing,
    points,
    with_lead,
)
from pipeline.report.section import Section
from pipeline.report.settings import ReportSettings
from pipeline.report.text import number, plural, signed, slug


def _cell(row: dict | None, layer: int, head: int) -> HeadCell:
    name = f"L{layer}H{head}"
    if row is None or row["lead"] is None:
        return HeadCell(layer, head, None, None, f"{name}: no relation scored")
    lead = round(row["lead"])
    tip = (
        f"{name}: {row['deprel']} {arrow(row)}, accuracy {number(points(row, 'accuracy'), 1)} %, "
        f"best offset {number(points(row, 'baseline_accuracy'), 1)} %"
    )
    if not row["passes"]:
        return HeadCell(layer, head, lead, None, tip)
    base, _, subtype = row["deprel"].partition(":")
    more = f" +{row['n_passing'] - 1}" if row["n_passing"] > 1 else ""
    second = f"{':' + subtype if subtype else ''}{arrow(row)}{more}"
    relations = plural(row["n_passing"], "relation")
    return HeadCell(layer, head, lead, (base, second), f"{tip}; passes for {relations}")


def _passes(section: Section) -> str:
    return "pass margin and significance" if is_undecided(section) else "track a relation"


def _relation_map(section: Section, site: str, best: pl.DataFrame) -> Figure:
    n_layers, n_heads = shape(section, site)
    maps = []
    for control in section.controls:
        rows = section.first_seed(best, control, site).iter_rows(named=True)
        by_head = {(row["layer"], row["head"]): row for row in rows}
        places = section.first_seed(section.heads, control, site).select("layer", "head")
        cells = tuple(_cell(by_head.get(place), *place) for place in places.iter_rows())
        maps.append(Map(control.first_seed_label, n_layers, n_heads, cells))
    marked = sum(cell.label is not None for cell in maps[0].cells)
    alt = (
        f"Layer by head map for {section.title}, {site}: {marked} of {len(maps[0].cells)} heads of "
        f"{maps[0].title} {_passes(section)}."
    )
    caption = (
        f"Relations, {site}. Framed cells {_passes(section)} (its name, ↑ dependent to governor, ↓ "
        "governor to dependent, +k further pairs of relation and direction). Colour: the lead over "
        "the best fixed offset, on the confirming half, of the relation on which the head led most "
        "on the fitting half; in a frame, most of those named."
    )
    title = f"Relations by layer and head: {section.title}, {site}"
    name = section.file(f"relations-{slug(site)}")
    svg, boxes = draw_relation_maps(name, title, alt, maps)
    doors = (
        door(section, control, site, box, (n_layers, n_heads))
        for control, box in zip(section.controls, boxes, strict=True)
    )
    return Figure(name, caption, alt, svg, tuple(doors))


def _tracking_table(section: Section, settings: ReportSettings) -> Block:
    """Which trained head passes for which relation, best lead first."""
    rows = with_lead(section.relations).filter(pl.col("control") == TRAINED, passing(section))
    rows = rows.sort(["lead", "deprel", *HEAD], descending=[True] + [False] * 4)
    which = "that pass margin and significance" if is_undecided(section) else "that track"
    if rows.is_empty():
        does = "passes margin and significance" if is_undecided(section) else "tracks a relation"
        return say(f"No {TRAINED} head {does}.")
    shown = rows.head(settings.max_tracking)
    lines = tuple(
        (
            named(head_name(row, section.sites), row),
            f"{row['deprel']} {arrow(row)}",
            number(row["n"]),
            number(points(row, "accuracy"), 1),
            number(points(row, "baseline_accuracy"), 1),
            signed(row["lead"], 1),
        )
        for row in shown.iter_rows(named=True)
    )
    header = ("head", "relation", "arcs", "accuracy %", "best offset %", "lead, points")
    all_of = "The" if shown.height == rows.height else f"The first {shown.height} of {rows.height}"
    return Table(f"{all_of} pairs of {TRAINED} head and relation {which}", header, lines, words=2)


def maps(section: Section, settings: ReportSettings) -> list[Block]:
    blocks: list[Block] = [Heading(3, "Layer × head maps")]
    if not section.has_syntax:
        blocks.append(say("No map of relations: the corpus has no syntactic arcs."))
    elif (best := leading(section, settings.min_arcs)).is_empty():
        arcs = plural(settings.min_arcs, "arc")
        blocks.append(say(f"No map of relations: none has {arcs} in the confirming half."))
    else:
        scored = set(section.relations["site"])
        blocks += [_relation_map(section, s, best) for s in section.sites if s in scored]
        if section.trained is not None:
            blocks.append(_tracking_table(section, settings))
    for site in section.sites:
        figures = mass_maps(section, site)
        blocks += figures or [say(f"At the site {site} no attention was measured.")]
    if any(len(control.seeds) > 1 for control in section.controls):
        blocks.append(say("A control with several seeds is drawn in the maps for its first seed."))
    return blocks
