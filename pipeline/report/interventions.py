"""The page of interventions: what heads that dump their attention are good for, by experiment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from pipeline.analysis.effects import FEWEST, Judging
from pipeline.core.names import DUMPED_ON
from pipeline.lake.effect_tables import VERDICTS
from pipeline.lake.files import sweep, write_text
from pipeline.lake.layout import word
from pipeline.lake.read import frame_of
from pipeline.lake.remote import listed, remove
from pipeline.report.addresses import INTERVENTIONS
from pipeline.report.blocks import Block, Figure, Heading, Strong, say
from pipeline.report.figures.scatter import Look, Plane, Spot, draw_scatter, end_of
from pipeline.report.html import to_html
from pipeline.report.intervention_method import how_it_is_done
from pipeline.report.intervention_tables import (
    CLASSES,
    by_threshold,
    cells_of,
    changed_together,
    counted,
    dumping,
    each_head,
    importances,
    looks_at_special,
    no_ops,
    work,
)
from pipeline.report.markdown import to_markdown
from pipeline.report.relations import head_name
from pipeline.report.text import clean, number, plural, rounded, slug, verb

TITLE = "What is attention to separators good for?"
FIGURES = "interventions"
"""Not `figures`: a new report clears that folder of what is not its own."""


def write_interventions(
    tables: Mapping[str, pa.Table], heads: pl.DataFrame, rules: Judging, folder: Path
) -> str:
    """Write `interventions.md` and `.html` into `folder`, and give the answer in one line.

    `heads` is the census's table: what it asked, and found nowhere, has no verdicts.
    """
    frames = {"heads": heads, **{name: frame_of(table) for name, table in tables.items()}}
    cells = frames["cost"].select("model", "corpus").unique(maintain_order=True)
    sections = [
        {name: frame.filter(model=model, corpus=corpus) for name, frame in frames.items()}
        for model, corpus in cells.iter_rows()
    ]
    blocks: list[Block] = [Heading(1, TITLE)]
    blocks += [say(Strong(f"{_whose(section)}."), f" {_answer(section)}") for section in sections]
    figures: list[Figure] = []
    for section in sections:
        made = _section(section, rules)
        figures += [block for block in made if isinstance(block, Figure)]
        blocks += made
    blocks += how_it_is_done(rules)
    text = to_markdown(blocks, FIGURES)
    html = to_html(TITLE, blocks)
    sweep(folder, shared=True)
    (folder / FIGURES).mkdir(parents=True, exist_ok=True)  # DVC wants what it was promised
    for figure in figures:
        write_text(folder / FIGURES / f"{figure.name}.svg", figure.svg)
    for path in listed(folder / FIGURES, ".svg"):
        if path.stem not in {figure.name for figure in figures}:
            remove(path)
    write_text(folder / "interventions.md", text)
    write_text(folder / INTERVENTIONS, html)
    return "; ".join(f"{_whose(section)}: {_short(section)}" for section in sections)


def _title(section: dict[str, pl.DataFrame]) -> str:
    model, corpus = section["cost"].select("model", "corpus").row(0)
    return f"{clean(model)} × {clean(corpus)}"


def _file(section: dict[str, pl.DataFrame]) -> str:
    model, corpus = section["cost"].select("model", "corpus").row(0)
    return f"{slug(model)}--{slug(corpus)}"


def _first(section: dict[str, pl.DataFrame]) -> dict[str, object]:
    """The model itself where it was changed, else the first control."""
    cells = section["cost"].select("control", "seed").to_dicts()
    return next((cell for cell in cells if cell["control"] == "trained"), cells[0])


def _whose(section: dict[str, pl.DataFrame]) -> str:
    """What an answer is about: the control too, where that is not the model itself."""
    name = _name(_first(section))
    return _title(section) + ("" if name == "trained" else f", {name}")


def _name(cell: dict[str, object]) -> str:
    return word(str(cell["control"]), int(str(cell["seed"])))


def _that(n: int, stem: str) -> str:
    return f"{plural(n, 'head')} that {stem}{'s' if n == 1 else ''}"


def _short(section: dict[str, pl.DataFrame]) -> str:
    found = dumping(section["verdicts"], _first(section))
    if found.is_empty():
        return _none_dumps(section)
    counts = {v: found.filter(verdict=v).height for v in VERDICTS}
    said = ", ".join(f"{n} {name}" for name, n in counts.items() if n)
    return f"of {_that(found.height, 'dump')}: {said}"


def _none_dumps(section: dict[str, pl.DataFrame]) -> str:
    """Of the classes that were changed the census does not ask whether heads dump on all."""
    first = _first(section)
    changed = section["effects"].filter(**first)["key_class"].drop_nulls().unique()
    heads = section["heads"].filter(**first)
    flags = {name for name in DUMPED_ON if f"dumps_{name}" in heads.columns}
    judged = {name for name in flags if heads[f"dumps_{name}"].count()}
    asked = [CLASSES[name] for name in DUMPED_ON if name in changed and name in judged]
    if asked:
        return f"no head dumps its attention on {' or '.join(asked)}"
    others = [CLASSES[name] for name in DUMPED_ON if name in changed]
    if others:
        return f"whether heads dump their attention on {' or '.join(others)} the census did not ask"
    return "no class of keys that a head may dump its attention on was changed"


def in_nulls(section: dict[str, pl.DataFrame], first: dict[str, Any]) -> list[str]:
    """How many heads dump in each other cell: `first` may be a null itself, of which others have
    other seeds."""
    others = [cell for cell in cells_of(section) if cell != first]
    counts = [f"{_name(c)} {dumping(section['verdicts'], c).height}" for c in others]
    return [f"Heads that dump in the nulls: {', '.join(counts)}."] if counts else []


def _answer(section: dict[str, pl.DataFrame]) -> str:
    """The paragraph that a reader can quote."""
    first = _first(section)
    found = dumping(section["verdicts"], first)
    cell = section["effects"].filter(**first)
    if found.is_empty():
        said = _none_dumps(section)
        return f"{said[0].upper()}{said[1:]}."
    n = found.height
    n_sentences: int = cell["n_sentences"].max()  # pyrefly: ignore
    counts = {v: found.filter(verdict=v).height for v in VERDICTS}
    classes = found.group_by("key_class").len().sort("len", "key_class", descending=[True, False])
    on = ", ".join(f"{k} on {CLASSES[c]}" for c, k in classes.iter_rows())

    def middle(column: str) -> str:
        return number(rounded(found[column].median(), 1), 1)  # pyrefly: ignore

    said = [
        f"Of the {_that(n, 'dump')} ({on}), {verb(counts['parking'], 'use')} it as a"
        f" parking space, {verb(counts['content'], 'take')} content from it,"
        f" {verb(counts['idle'], 'idle')}"
        + "".join(
            f", {counts[v]} {'is' if counts[v] == 1 else 'are'} {v}"
            for v in ("indifferent", "undecided")
            if counts[v]
        )
        + f" ({plural(n_sentences, 'sentence')}, every change to each)."
    ]
    if n_sentences < FEWEST:
        said.append(f"With fewer than {FEWEST} sentences nothing is decided.")
    said.append(
        f"With its values there set to zero the median such head moves the model's last states by"
        f" {middle('zero_value')} % of their length, against {middle('zero_others')} % when as"
        " much weight, or all there is, is taken from other keys; not allowed to look there it"
        f" moves them by {middle('mask')} %, and removed by {middle('no_head')} %."
    )
    said += in_nulls(section, first)
    tests = section["no_ops"].filter(pl.col("tracks").fill_null(False), **first)
    if tests.height and looks_at_special(section):
        more = tests.filter(pl.col("difference_low") > 0).height
        less = tests.filter(pl.col("difference_high") < 0).height
        said.append(
            f"Of {_that(tests.height, 'track')} the relation on which they lead most in the fitting"
            f" half, {more} attend to special pieces more from words without an arc of it than from"
            f" words with one, {less} less; a part of it is arithmetic, since what goes to the"
            " arc's word goes nowhere else."
        )
    return " ".join(said)


def _section(section: dict[str, pl.DataFrame], rules: Judging) -> list[Block]:
    first = _first(section)
    return [
        Heading(2, _title(section)),
        *counted(section),
        *_figure(section, first),
        *each_head(section, first),
        *by_threshold(section, first, rules),
        *changed_together(section),
        *no_ops(section, first),
        *_no_op_figure(section),
        *importances(section, first),
        *work(section),
    ]


_LOOKS = {
    "parking": Look("parking", "#0072B2", "o"),
    "content": Look("content", "#D55E00", "^"),
    "idle": Look("idle", "#000000", "s"),
    "indifferent": Look("indifferent", "#009E73", "D"),
    "undecided": Look("undecided", "#999999", "v", filled=False),
}


_TRACKS = {
    True: Look("tracks the relation", "#D55E00", "^"),
    False: Look("does not", "#0072B2", "o", filled=False),
}


def _figure(section: dict[str, pl.DataFrame], first: dict[str, object]) -> list[Block]:
    found = dumping(section["verdicts"], first)
    if found.is_empty():
        return []
    planes = []
    for column, what in (("mask", "keys masked"), ("zero_others", "as much taken elsewhere")):
        spots = []
        for row in found.iter_rows(named=True):
            x, y = rounded(row[column], 1), rounded(row["zero_value"], 1)
            if x is not None and y is not None and row["verdict"] is not None:
                tip = f"{head_name(row, ('', ''))}, {CLASSES[row['key_class']]}: {x:g} %, {y:g} %"
                spots.append(Spot(x, y, _LOOKS[row["verdict"]], tip))
        ends = end_of(spot.x for spot in spots), end_of(spot.y for spot in spots)
        planes.append(
            Plane(f"values zero, {what}", spots, f"{what}, %", "values zero, %", True, ends)
        )
    name = _file(section)
    alt = f"Heads of {_whose(section)}, by two changes; {_short(section)}."
    caption = (
        "A mark is a head that dumps, by how far a change of it moves the model's last states."
        " Below the line its values there matter less than its weights, or than other keys'."
    )
    svg = draw_scatter(name, f"{TITLE} {_title(section)}", alt, planes)
    return [Figure(name, caption, alt, svg)]


def _no_op_figure(section: dict[str, pl.DataFrame]) -> list[Block]:
    if not looks_at_special(section):
        return []
    planes = []
    for cell in section["cost"].select("control", "seed").to_dicts():
        spots = []
        for row in section["no_ops"].filter(**cell).iter_rows(named=True):
            x, y = rounded(row["mass_with"]), rounded(row["mass_without"])
            if x is not None and y is not None:
                tip = f"{head_name(row, ('', ''))}, {row['deprel']}: {x:g} %, {y:g} %"
                spots.append(Spot(x, y, _TRACKS[bool(row["tracks"])], tip))
        if spots:
            title = word(cell["control"], cell["seed"])
            planes.append(Plane(title, spots, "with an arc, %", "without an arc, %", True))
    if not planes:
        return []
    name = f"{_file(section)}--no-op"
    alt = (
        f"Attention to special pieces of each head of {_title(section)}, from words with an arc of"
        " its best relation and from words without: "
        + ", ".join(f"{plane.title} {plural(len(plane.spots), 'head')}" for plane in planes)
        + "."
    )
    caption = (
        "A mark is a head, by its attention to special pieces. Above the line it looks there more"
        " from words that have no arc of its best relation."
    )
    svg = draw_scatter(name, f"A no-op? {_title(section)}", alt, planes)
    return [Figure(name, caption, alt, svg)]
