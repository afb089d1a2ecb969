"""How far the counts hang on what was chosen: the margin, the nulls, the corpus."""

import statistics

import polars as pl

from pipeline.report.blocks import Block, Figure, Heading, Table, say
from pipeline.report.figures.lines import Line, Panel, Scales, draw_lines
from pipeline.report.figures.palette import marks
from pipeline.report.relations import is_undecided
from pipeline.report.section import Section
from pipeline.report.settings import ReportSettings
from pipeline.report.text import number, plural, setting


def stability(section: Section, settings: ReportSettings) -> list[Block]:
    if not section.has_syntax or section.few is not None:
        return []
    undecided = is_undecided(section)
    by = "by margin" if undecided else "by margin and by nulls"
    does = "pass margin and significance" if undecided else "track"
    heading = Heading(3, f"How many heads {does}, {by}")
    blocks: list[Block] = [heading, _margins(section, settings)]
    counts = section.nulls_chosen.sort("nulls")
    if counts.height > 1:
        whole = counts.filter(nulls="all")["n_tracks"].item()
        others = counts.filter(pl.col("nulls") != "all")
        low, high = others["n_tracks"].min(), others["n_tracks"].max()
        n = others.filter(pl.col("nulls").str.ends_with("alone")).height
        left = plural(whole, "head")
        said = f"Heads that track, by which of the {n} nulls they have to beat: {left} with all; "
        if low == high == whole:
            said += "as many with any of them alone, and with any one of them left out."
        else:
            span = str(low) if low == high else f"{low} to {high}"
            said += f"{span} with one of them alone, or with one left out."
        blocks.append(say(said))
        if not low == high == whole:
            rows = tuple((r["nulls"], number(r["n_tracks"])) for r in counts.to_dicts())
            blocks.append(Table("Heads that track, by the nulls to beat", ("nulls", "heads"), rows))
    return blocks


def _does(section: Section) -> str:
    return "pass the other flags" if is_undecided(section) else "track a relation"


def _margins(section: Section, settings: ReportSettings) -> Figure:
    look = marks([control.name for control in section.controls])
    lines = []
    for control in section.controls:
        series: dict[float, list[float]] = {}
        rows = section.margins.filter(pl.col("control") == control.name)
        for margin, n in rows.select("margin", "n_heads").iter_rows():
            series.setdefault(round(100 * margin, 4), []).append(n)
        points = tuple(
            (x, statistics.median(values), min(values), max(values))
            for x, values in sorted(series.items())
        )
        lines.append(Line(control.label, look[control.name], points))
    highest = max((p[3] for line in lines for p in line.points), default=0)
    end = max((p[0] for line in lines for p in line.points), default=30)
    top, ticks = max(5, -(-int(highest + 1) // 5) * 5), range(0, int(end) + 1, 10)
    name = section.file("margins")
    title = f"Tracking heads by margin: {section.title}"
    ends = lines[0].points
    alt = (
        f"Number of heads that {_does(section)}, by the lead over the best offset that is asked "
        f"for, {section.title}. {section.controls[0].name}: {number(ends[0][1])} at 0 points, "
        f"{number(ends[-1][1])} at {ends[-1][0]:g}."
    )
    nulls = "" if is_undecided(section) else " and beat the nulls"
    caption = (
        f"Heads with such a lead on some relation that are significant{nulls} there. Bands: the "
        "range over seeds, lines their median. The upright line is the margin of the counts, "
        f"{setting(settings.margin)} points."
    )
    scales = Scales("points above the offset", "heads", top, ticks, 100 * settings.margin)
    svg = draw_lines(name, title, alt, [Panel(_does(section), tuple(lines))], scales)
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
                number(None if syntax.is_empty() else float(syntax.median()), 2),  # pyrefly: ignore
                number(None if syntax.is_empty() else float(syntax[0]), 2),
                *(
                    number(plain.get(c), 2)
                    for c in ("mass_first", "entropy_normalised", "confidence")
                ),
            )
        )
    header = ("model", "site", "corpus", "and", "relations × ways", "median", "lowest")
    more = ("first piece", "entropy", "confidence")
    return [
        Heading(2, "Do two corpora rank heads alike?"),
        say(
            "Spearman's rank correlation over the heads of a model: of each relation's accuracy, "
            "both directions, and of what else a head does."
        ),
        Table("Rank correlation of heads over two corpora", (*header, *more), tuple(cells), 4),
    ]
