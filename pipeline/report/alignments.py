"""Which words the cross-attention heads align, beside position alone and the controls' heads."""

import polars as pl

from pipeline.analysis.nulls import TRAINED
from pipeline.report.addresses import door, named
from pipeline.report.blocks import Block, Cell, Code, Figure, Heading, Table, say
from pipeline.report.figures.error_map import ErrorCell, ErrorMap, Position, draw_error_maps
from pipeline.report.links import CONVENTIONS, aligning, is_unjudged, ranked, rule
from pipeline.report.mass_maps import shape
from pipeline.report.relations import head_name, points
from pipeline.report.section import CROSS, Control, Section
from pipeline.report.text import DASH, between, number, plural, rounded, spread, yes_no

SHOWN = 5
"""Heads per convention in the table; the picture has all of them."""
SCORES = {"aer": "AER %", "precision": "precision %", "recall": "recall %"}
SIZES = {"n_sentences": "sentence", "n_words": "target word", "n_sure": "sure link"}
FLAGS = {"margin": "margin", "significant": "significant", "beats_nulls": "beats nulls"}


def _of(rows: pl.DataFrame, control: Control, convention: str) -> pl.DataFrame:
    """Rows of one convention, of a control's first seed."""
    return rows.filter(
        pl.col("control") == control.name,
        pl.col("seed") == control.seeds[0],
        pl.col("convention") == convention,
    )


def _interval(row: dict) -> str:
    return between(points(row, "aer_low"), points(row, "aer_high"))


def _row(row: dict) -> tuple[Cell, ...]:
    return (
        row["convention"],
        named(head_name(row, (row["site"],)), row),
        number(points(row, "aer"), 1),
        _interval(row),
        number(points(row, "aer_norm"), 1),
        f"{number(points(row, 'baseline_aer'), 1)} ({rule(row)})",
        number(points(row, "precision"), 1),
        number(points(row, "recall"), 1),
        *(yes_no(row[flag]) for flag in FLAGS),
        yes_no(row["aligns"]),
    )


def _table(section: Section, rows: pl.DataFrame) -> Table:
    shown = section.controls[0]
    lines = tuple(
        _row(row)
        for convention in CONVENTIONS
        for row in _of(rows, shown, convention).head(SHOWN).iter_rows(named=True)
    )
    header = (
        "convention",
        "head",
        "AER %",
        "95 % interval",
        "by value norms, AER %",
        "position, AER % (rule)",
        "precision %",
        "recall %",
        *FLAGS.values(),
        "aligns",
    )
    n_heads = section.n_heads(CROSS)
    most = min(SHOWN, n_heads)
    which = f"The best {most} of {plural(n_heads, 'cross-attention head')}"
    caption = f"{which} of {shown.first_seed_label} by each convention"
    return Table(caption, header, lines, words=2)


def _own_best(rows: pl.DataFrame, control: Control) -> tuple[str, ...]:
    """A control's own best head by each convention, over its seeds."""
    cells = [control.label]
    for convention in CONVENTIONS:
        best = rows.filter(pl.col("control") == control.name, pl.col("convention") == convention)
        best = best.group_by("seed", maintain_order=True).first().sort("seed")
        cells += [spread([rounded(v, 1) for v in best[column]], 1) for column in SCORES]
    return tuple(cells)


def _side_by_side(section: Section, rows: pl.DataFrame, position: dict) -> Table:
    aer = number(points(position, "baseline_aer"), 1)
    by_rule = (f"position: {rule(position)}", *(aer, DASH, DASH) * len(CONVENTIONS))
    own = (_own_best(rows, control) for control in section.controls)
    header = tuple(f"{c}, {score}" for c in CONVENTIONS for score in SCORES.values())
    caption = (
        "The best head of each, beside the best rule of position; of seeds the median (range), of"
        " two the range"
    )
    return Table(caption, ("best head of", *header), (*own, by_rule))


def _cell(row: dict) -> ErrorCell:
    aer = rounded(row["aer"])
    tip = (
        f"L{row['layer']}H{row['head']}, {row['convention']}: alignment error rate "
        f"{number(points(row, 'aer'), 1)} % ({_interval(row)}), precision "
        f"{number(points(row, 'precision'), 1)} %, recall {number(points(row, 'recall'), 1)} %"
    )
    return ErrorCell(
        row["layer"], row["head"], None if aer is None else int(aer), row["passes"], tip
    )


def _maps(section: Section, control: Control) -> list[ErrorMap]:
    rows = section.alignments.with_columns(aligning(section).alias("passes"))
    return [
        ErrorMap(
            control.first_seed_label,
            convention,
            tuple(_cell(row) for row in _of(rows, control, convention).iter_rows(named=True)),
        )
        for convention in CONVENTIONS
    ]


def _figure(section: Section, rows: pl.DataFrame, position: dict) -> Figure:
    shown = section.controls[0]
    maps = [_maps(section, control) for control in section.controls]
    best = [_of(rows, shown, convention).head(1).to_dicts() for convention in CONVENTIONS]
    firsts = [row for found in best for row in found]
    error, name = rounded(position["baseline_aer"]), rule(position)
    does = "pass margin and significance" if is_unjudged(section) else "align words"
    lowest = "; ".join(
        f"{number(points(row, 'aer'))} percent by {row['convention']} in {head_name(row, (CROSS,))}"
        for row in firsts
    )
    n_framed = len({(c.layer, c.head) for drawn in maps[0] for c in drawn.cells if c.passes})
    n_heads = plural(len(maps[0][0].cells), "head")
    counted, framed = f" {n_framed} of {n_heads} {does}.", f" Framed heads {does}."
    if section.few_links is not None:
        counted = framed = ""
    alt = (
        f"Layer by head maps of the alignment error rate for {section.title}. Best heads of "
        f"{shown.first_seed_label}: {lowest or 'none scored'}; the best rule of position, {name}: "
        f"{number(error)} percent.{counted}"
    )
    meant = "; ".join(f"{name}: {text}" for name, text in CONVENTIONS.items())
    caption = (
        f"Alignment error rate of every cross-attention head on the confirming half, percent: the "
        f"darker, the fewer errors ({meant}).{framed} The mark in the scale is the "
        f"best rule of position, {name}: {number(error)} %."
    )
    title = f"Alignment error rate by layer and head: {section.title}"
    file = section.file("alignments")
    mark = None if error is None else Position(name, int(error))
    size = shape(section, CROSS)
    svg, boxes = draw_error_maps(file, title, alt, maps, size, mark)
    doors = (
        door(section, control, CROSS, box, size)
        for control, of_control in zip(section.controls, boxes, strict=True)
        for box in of_control
    )
    return Figure(file, caption, alt, svg, tuple(doors))


def alignments(section: Section) -> list[Block]:
    """Nothing for a model that attends within one sequence only."""
    if CROSS not in section.sites:
        return []
    heading = Heading(3, "Alignment of words")
    if not section.has_links:
        return [heading, say("No alignment was scored: the corpus has no gold links.")]
    rows = ranked(section.alignments)
    if rows.is_empty():
        return [heading, say("No head was scored: the confirming half has no gold links.")]
    of_first = rows.filter(pl.col("control") == section.controls[0].name)
    some = (rows if of_first.is_empty() else of_first).row(0, named=True)
    blocks: list[Block] = [
        heading,
        say(
            "A head aligns each target word with the source word that it attends to most. Heads "
            "are ranked by their error on the fitting half; every number is of the other half: "
            f"{', '.join(plural(some[column], noun) for column, noun in SIZES.items())}. A "
            "control's best head is chosen in the same way, by itself."
        ),
    ]
    if section.few_links is not None:
        links = plural(section.few_links, "sure link")
        blocks.append(say(f"These are fewer than {links}: which heads align is not decided."))
        rows = rows.with_columns(
            pl.lit(None, pl.Boolean).alias(flag) for flag in (*FLAGS, "aligns")
        )
    if is_unjudged(section):
        add = Code("control=[trained,random_weights]")
        undecided = "Which heads align is not decided: no null control was measured. Add "
        blocks.append(say(undecided, add, "."))
    if section.trained is None:
        blocks.append(say(f"The {TRAINED} model itself was not measured."))
    return [
        *blocks,
        _side_by_side(section, rows, some),
        _figure(section, rows, some),
        _table(section, rows),
    ]
