"""How far the counts hang on what was chosen: the margin, the nulls, the corpus."""

import polars as pl

from pipeline.report.blocks import Block, Figure, Heading, Table, say
from pipeline.report.figures.lines import Line, Panel, Scales, draw_lines
from pipeline.report.figures.palette import marks
from pipeline.report.section import Section
from pipeline.report.settings import ReportSettings
from pipeline.report.text import number


def stability(section: Section, settings: ReportSettings) -> list[Block]:
    if not section.has_syntax:
        return []
    heading = Heading(3, "How many heads track, by margin and by nulls")
    blocks: list[Block] = [heading, _margins(section, settings)]
    counts = section.nulls_chosen.sort("nulls")
    if counts.height > 1:
        whole = counts.filter(nulls="all")["n_tracks"].item()
        others = counts.filter(pl.col("nulls") != "all")
        low, high = others["n_tracks"].min(), others["n_tracks"].max()
        if low == high == whole:
            said = f"whichever of them is asked for alone, or left out, {whole} heads track."
        else:
            said = (
                f"all together leave {whole} heads that track; asked for alone, or left out one by "
                f"one, they leave {low} to {high}."
            )
        n = others.filter(pl.col("nulls").str.ends_with("alone")).height
        blocks.append(say(f"Of the {n} nulls, each seed by itself: {said}"))
        if not low == high == whole:
            rows = tuple((r["nulls"], number(r["n_tracks"])) for r in counts.to_dicts())
            blocks.append(Table("Heads that track, by the nulls to beat", ("nulls", "heads"), rows))
    return blocks


def _margins(section: Section, settings: ReportSettings) -> Figure:
    look = marks([control.name for control in section.controls])
    lines = []
    for control in section.controls:
        series: dict[float, list[float]] = {}
        rows = section.margins.filter(pl.col("control") == control.name)
        for margin, n in rows.select("margin", "n_heads").iter_rows():
            series.setdefault(round(100 * margin), []).append(n)
        points = tuple(
            (x, sorted(values)[len(values) // 2], min(values), max(values))
            for x, values in sorted(series.items())
        )
        lines.append(Line(control.label, look[control.name], points))
    highest = max((p[3] for line in lines for p in line.points), default=0)
    top, ticks = max(5, -(-int(highest + 1) // 5) * 5), range(0, 31, 10)
    name = section.file("margins")
    title = f"Tracking heads by margin: {section.title}"
    ends = lines[0].points
    alt = (
        f"Number of heads that track a relation, by the lead over the best offset that is asked "
        f"for, {section.title}. {section.controls[0].name}: {number(ends[0][1])} at 0 points, "
        f"{number(ends[-1][1])} at {ends[-1][0]:g}."
    )
    caption = (
        "Heads with such a lead on some relation that are significant and beat the nulls there. "
        f"The upright line is the margin of the counts, {number(100 * settings.margin)} points."
    )
    scales = Scales("points above the offset", "heads", top, ticks, 100 * settings.margin)
    svg = draw_lines(name, title, alt, [Panel("track a relation", tuple(lines))], scales)
    return Figure(name, caption, alt, svg)


def agreement(found: pl.DataFrame) -> list[Block]:
    """Whether two corpora rank the heads of one model alike; nothing with one corpus."""
    rows = found.filter(control="trained")
    if rows.is_empty():
        return []
    keys = ("model", "site", "corpus", "other_corpus")
    cells = []
    for key, of_pair in rows.group_by(keys, maintain_order=True):
        is_relation = pl.col("what").str.contains(" ", literal=True)
        syntax = of_pair.filter(is_relation)["spearman"].sort()
        plain = dict(of_pair.filter(~is_relation).select("what", "spearman").iter_rows())
        cells.append(
            (
                *map(str, key),
                number(len(syntax)),
                number(None if syntax.is_empty() else float(syntax.median()), 2),  # pyright: ignore
                number(None if syntax.is_empty() else float(syntax[0]), 2),
                *(
                    number(plain.get(c), 2)
                    for c in ("mass_first", "entropy_normalised", "confidence")
                ),
            )
        )
    header = ("model", "site", "corpus", "and", "relations", "median", "lowest")
    more = ("first piece", "entropy", "confidence")
    return [
        Heading(2, "Do two corpora rank heads alike?"),
        say(
            "Spearman's rank correlation over the heads of a model: of each relation's accuracy, "
            "both directions, and of what else a head does."
        ),
        Table("Rank correlation of heads over two corpora", (*header, *more), tuple(cells), 4),
    ]
