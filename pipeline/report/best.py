"""The best head of each relation beside the best fixed offset and the controls' best heads."""

import polars as pl

from pipeline.report.addresses import named
from pipeline.report.blocks import Block, Cell, Figure, Heading, Table, say
from pipeline.report.figures.dots import Dot, draw_dots
from pipeline.report.figures.palette import marks
from pipeline.report.relations import arrow, best_heads, head_name, passing, points, with_lead
from pipeline.report.section import Control, Section
from pipeline.report.settings import ReportSettings
from pipeline.report.text import between, number, plural, signed, spread, yes_no


def _others(best: pl.DataFrame, controls: tuple[Control, ...]) -> dict[str, dict[str, list]]:
    """Relation → control → accuracy of the control's own best head, per seed."""
    found: dict[str, dict[str, list]] = {}
    for control in controls:
        for row in best.filter(pl.col("control") == control.name).iter_rows(named=True):
            value = points(row, "accuracy")
            if value is not None:
                found.setdefault(row["deprel"], {}).setdefault(control.name, []).append(value)
    return found


def _row(
    row: dict, section: Section, others: dict[str, list], controls: tuple[Control, ...]
) -> tuple[Cell, ...]:
    offset, baseline = row["baseline_offset"], number(points(row, "baseline_accuracy"), 1)
    return (
        f"{row['deprel']} {arrow(row)}",
        named(head_name(row, section.sites), row),
        number(row["n"]),
        number(points(row, "accuracy"), 1),
        between(points(row, "accuracy_low"), points(row, "accuracy_high")),
        baseline if offset is None else f"{baseline} ({signed(offset)})",
        signed(row["lead"], 1),
        yes_no(row["tracks"]),
        *(spread(others.get(control.name, []), 1) for control in controls),
    )


def _figure(
    rows: list[dict], section: Section, others: dict[str, dict[str, list]], shown: Control
) -> Figure:
    dots = [
        Dot(
            row["deprel"],
            f"{arrow(row)} {head_name(row, section.sites)}",
            points(row, "accuracy"),
            points(row, "accuracy_low"),
            points(row, "accuracy_high"),
            points(row, "baseline_accuracy"),
            others.get(row["deprel"], {}),
        )
        for row in rows
    ]
    names = [shown.name, *(c.name for c in section.controls if c.name != shown.name)]
    name = section.file("best-heads")
    title = f"Best head per relation: {section.title}"
    top = "; ".join(
        f"{row['deprel']} {number(points(row, 'accuracy'))} percent by "
        f"{head_name(row, section.sites)}, offset {number(points(row, 'baseline_accuracy'))}"
        for row in rows[:3]
    )
    alt = (
        f"Accuracy of the best head for {plural(len(rows), 'relation')} of {section.title} with 95 "
        f"percent intervals, against the best fixed offset and the controls. Highest: {top}. The "
        "table that follows holds every number."
    )
    caption = (
        "Best head per relation, chosen on the fitting half and scored on the confirming half, "
        "with its 95 % interval; every seed of a control has a mark of its own."
    )
    return Figure(name, caption, alt, draw_dots(name, title, alt, dots, marks(names)))


def best(section: Section, settings: ReportSettings) -> list[Block]:
    heading = Heading(3, "Best head per relation")
    if not section.has_syntax:
        return [heading, say("No relation was scored: the corpus has no syntactic arcs.")]
    rows = with_lead(section.relations).with_columns(passing(section).alias("passes"))
    chosen = best_heads(rows, settings.min_arcs)
    shown, nulls = section.controls[0], section.controls[1:]
    own = chosen.filter(pl.col("control") == shown.name, pl.col("seed") == shown.seeds[0])
    own = own.sort(["accuracy", "deprel"], descending=[True, False], nulls_last=True)
    scored = section.relations.filter(pl.col("control") == shown.name)["deprel"].n_unique()
    left_out = scored - own.height
    arcs = plural(settings.min_arcs, "arc")
    few = (
        f"{plural(left_out, 'relation')} with fewer than {arcs} in the confirming half, or no arc "
        "in the fitting half, not shown."
    )
    if own.is_empty():
        said = f"No relation has {arcs} in the confirming half, and any in the fitting half."
        return [heading, say(said)]
    listed = list(own.iter_rows(named=True))
    others = _others(chosen, nulls)
    header = (
        "relation",
        "head",
        "arcs",
        "accuracy %",
        "95 % interval",
        "best offset % (words)",
        "lead, points",
        "tracks",
        *(f"{control.label}, best head %" for control in nulls),
    )
    lines = tuple(_row(row, section, others.get(row["deprel"], {}), nulls) for row in listed)
    return [
        heading,
        say(
            "Both the head and the direction are chosen on the fitting half of the sentences; "
            "every number is of the confirming half. A control's best head is chosen in the same "
            "way, by itself. " + (few if left_out else "")
        ),
        _figure(listed, section, others, shown),
        Table(f"Best head of {shown.first_seed_label} per relation", header, lines, words=2),
    ]
