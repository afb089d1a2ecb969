"""What heads take from where they dump: attention says how often, value norms say how much."""

import polars as pl

from pipeline.core.names import DUMP_CLASSES
from pipeline.report.addresses import named
from pipeline.report.blocks import Block, Figure, Heading, Table, say
from pipeline.report.figures.palette import marks
from pipeline.report.figures.scatter import Look, Plane, Spot, draw_scatter
from pipeline.report.relations import head_name
from pipeline.report.section import CLASS_NAMES, Section
from pipeline.report.settings import ReportSettings
from pipeline.report.text import number, percent, rounded, setting, verb

LISTED = 20
"""Heads in the table."""


def carried(section: Section, settings: ReportSettings) -> list[Block]:
    """Nothing where values have no norm: a gate stands between the heads and their projection."""
    if section.heads["norm_share_first"].null_count() == section.heads.height:
        return []
    heading = Heading(3, "What is taken from there: attention against value norms")
    how = say(
        "A head adds to a piece the values that it attends to, turned by its output projection: "
        "A × f, f being value × W_O. Attention to a key whose f is short moves nothing, however "
        "large it is (Kobayashi et al. 2020). A class's share of all ‖A × f‖ is therefore held "
        "against its share of the attention. Constancy is 100 % where a class gives every piece "
        "the same, so that it says nothing of the sentence."
    )
    blocks: list[Block] = [heading, how]
    row = section.trained
    if row is not None and row["n_dumps"]:
        still = row["n_dumps_by_norm"]
        shown = verb(still, "dump") if still else "none dumps"
        those = "heads that dump" if row["n_dumps"] > 1 else "head that dumps"
        blocks.append(
            say(
                f"Of {row['n_dumps']} {those} by attention, {shown} by value norms too: there the "
                f"class has more than {setting(settings.dump_threshold)} % of all ‖A × f‖ as well."
            )
        )
    blocks += [_figure(section, site) for site in section.sites if section.classes_at(site)]
    table = _table(section)
    return [*blocks, *([table] if table else [])]


def _figure(section: Section, site: str) -> Figure:
    look = marks([control.name for control in section.controls])
    classes = _classes(section, site)
    planes = []
    for c in classes:
        spots = []
        for control in section.controls:
            mark = look[control.name]
            kind = Look(control.first_seed_label, mark.colour, mark.marker, control.trained)
            rows = section.first_seed(section.heads, control, site)
            for head in rows.iter_rows(named=True):
                x, y = rounded(head[f"mass_{c}"]), rounded(head[f"norm_share_{c}"])
                if x is not None and y is not None:
                    tip = f"{head_name(head, section.sites)}, {control.name}: {x:g} %, {y:g} %"
                    spots.append(Spot(x, y, kind, tip))
        planes.append(Plane(CLASS_NAMES[c], spots, "% of attention", "% of ‖A × f‖", True))
    name = section.file(f"carried-{site}")
    title = f"Attention against value norms: {section.title}, {site}"
    first = section.controls[0]
    rows = section.first_seed(section.heads, first, site)
    said = []
    for c in classes:
        # By whole percents, then by place: a last digit must not choose.
        top = max(
            rows.to_dicts(), key=lambda r: (rounded(r[f"mass_{c}"]) or 0, -r["layer"], -r["head"])
        )
        said.append(
            f"{CLASS_NAMES[c]} {percent(top[f'mass_{c}'])} percent of attention, "
            f"{percent(top[f'norm_share_{c}'])} of norms"
        )
    alt = (
        f"Each head of {section.title}, {site}, by its attention to a class and the class's share "
        f"of value norms. The head of {first.name} with the most attention: {'; '.join(said)}."
    )
    caption = (
        f"Each mark is a head, {site}. On the line norms say what attention says; below it the "
        "head attends to a class and takes little from it."
    )
    return Figure(name, caption, alt, draw_scatter(name, title, alt, planes))


def _classes(section: Section, site: str) -> list[str]:
    """Where the first piece is CLS everything would stand there twice."""
    classes = [c for c in DUMP_CLASSES if c in section.classes_at(site)]
    heads = section.heads.filter(pl.col("site") == site)
    if "cls" in classes:
        same = (heads["mass_first"] - heads["mass_cls"]).abs().max()
        if same is not None and same < 1e-6:  # pyrefly: ignore
            classes.remove("first")
    return classes


def _table(section: Section) -> Table | None:
    """The heads of the model itself that dump, the largest mass first."""
    rows = []
    trained = next((control for control in section.controls if control.trained), None)
    if trained is None:
        return None
    for site in section.sites:
        heads = section.heads.filter(pl.col("control") == trained.name, pl.col("site") == site)
        for c in _classes(section, site):
            for head in heads.filter(pl.col(f"dumps_{c}")).iter_rows(named=True):
                rows.append((head[f"mass_{c}"], c, head))
    if not rows:
        return None
    # By whole percents, then as they come, by site and place: a last digit must not choose.
    rows.sort(key=lambda row: -(rounded(row[0]) or 0))
    header = ("head", "class", "attention %", "‖A × f‖ %", "‖f‖ to that of words", "constancy %")
    cells = tuple(
        (
            named(head_name(head, section.sites), head),
            CLASS_NAMES[c],
            percent(mass),
            percent(head[f"norm_share_{c}"]),
            number(head[f"norm_ratio_{c}"], 2),
            percent(head[f"constancy_{c}"]),
        )
        for mass, c, head in rows[:LISTED]
    )
    more = f", the first {LISTED} of {len(rows)}" if len(rows) > LISTED else ""
    return Table(f"Heads of {trained.name} that dump{more}", header, cells, words=2)
