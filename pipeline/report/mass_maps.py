"""Where the attention goes: maps of every key class, cells side by side, for one site."""

import polars as pl

from pipeline.report.addresses import door
from pipeline.report.blocks import Figure
from pipeline.report.figures.mass_map import Tile, draw_mass_maps
from pipeline.report.section import CLASS_NAMES, CROSS, Control, Section
from pipeline.report.text import number, rounded, slug

NAMES = CLASS_NAMES | {
    "punct": "punctuation",
    "self": "own piece",
    "prev": "previous",
    "next": "next",
    "same_word": "same word",
    "other": "other",
}
SHOWN = 5
"""Percent: a class on which no head of any cell in the figure puts as much is left out."""
ABREAST = 4
"""Controls beside the first column: more would be too narrow to read."""


def shape(section: Section, site: str) -> tuple[int, int]:
    """Layers × heads."""
    heads = section.heads.filter(pl.col("site") == site)
    layer, head = heads.select(pl.col("layer").max(), pl.col("head").max()).row(0)
    return layer + 1, head + 1


def _percent(rows: pl.DataFrame, column: str) -> list[int | None]:
    """Null throughout where the table has no such column: only some classes lack the diagonal."""
    if column not in rows.columns:
        return [None] * rows.height
    shares = map(rounded, rows[column])
    return [None if share is None else int(share) for share in shares]


def _columns(section: Section, site: str) -> list[tuple[str, Control, str]]:
    """Title, control and prefix of the table's columns. Across there is no diagonal to leave."""
    columns = []
    for control in section.controls:
        columns.append((control.first_seed_label, control, "mass_"))
        if control.weightless and site != CROSS:
            columns.append((f"{control.name}, off the diagonal", control, "offdiagonal_"))
    return columns


def mass_maps(section: Section, site: str) -> list[Figure]:
    """The figures, none where the site has no masses at all; each has the first control in it."""
    first, *rest = _columns(section, site)
    groups = [rest[k : k + ABREAST] for k in range(0, len(rest), ABREAST)] or [[]]
    found = (
        _mass_map(section, site, [first, *group], f"-{k}" if k > 1 else "")
        for k, group in enumerate(groups, 1)
    )
    return [figure for figure in found if figure is not None]


def _mass_map(
    section: Section, site: str, columns: list[tuple[str, Control, str]], suffix: str
) -> Figure | None:
    frames = [section.first_seed(section.heads, control, site) for _, control, _ in columns]
    prefixes = [prefix for _, _, prefix in columns]
    percent = {
        key: [_percent(*pair) for pair in zip(frames, (p + key for p in prefixes), strict=True)]
        for key in NAMES
    }
    shown = {
        key: found
        for key, found in percent.items()
        if max((value or 0 for values in found for value in values), default=0) >= SHOWN
    }
    if not shown:
        return None
    places = [list(frame.select("layer", "head").iter_rows()) for frame in frames]
    tiles = [
        Tile(row, column, dict(zip(places[column], values, strict=True)))
        for row, found in enumerate(shown.values())
        for column, values in enumerate(found)
    ]
    highest = ", ".join(
        f"{NAMES[key]} {number(max((v for v in found[0] if v is not None), default=None))}"
        for key, found in shown.items()
    )
    beside = f"({'; '.join(text for text, _, _ in columns)})"
    alt = (
        f"Layer by head maps of attention for {section.title}, {site} {beside}. The largest"
        f" percent of any head of {columns[0][0]}: {highest}."
    )
    overlap = "the first piece may be [CLS], and a neighbour may be special."
    if site == CROSS:
        overlap = "the first piece may be special. All are pieces of the source."
    caption = (
        f"Where the attention goes, {site} {beside}: layer 0 on top, head 0 on the left. Classes "
        f"overlap: {overlap} Classes on which no head puts {SHOWN} % are left out."
    )
    name = section.file(f"masses-{slug(site)}{suffix}")
    title = f"Where the attention goes: {section.title}, {site}"
    rows, labels = [NAMES[key] for key in shown], [text for text, _, _ in columns]
    size = shape(section, site)
    svg, boxes = draw_mass_maps(name, title, alt, rows, labels, tiles, size)
    doors = (
        door(section, columns[tile.column][1], site, box, size)
        for tile, box in zip(tiles, boxes, strict=True)
    )
    return Figure(name, caption, alt, svg, tuple(doors))
