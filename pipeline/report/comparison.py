"""Two cells beside each other: how many heads changed their role, which, and by how much."""

from pathlib import Path

import polars as pl

from pipeline.lake.files import write_text
from pipeline.lake.schema import HEAD
from pipeline.report.blocks import Block, Cell, Figure, Heading, Strong, Table, say
from pipeline.report.figures.scatter import Look, Plane, Spot, draw_scatter
from pipeline.report.html import to_html
from pipeline.report.markdown import to_markdown
from pipeline.report.relations import ARROWS
from pipeline.report.text import DASH, clean, number, percent, plural, rounded, signed

SHOWN = 60
"""Changes in the table, those of the largest difference."""
NAMED = 8
"""Relations of one corpus alone that are named."""
FIGURES = "compare"
"""Not `figures`: a new report clears that folder of what is not its own."""


def write_comparison(found: pl.DataFrame, a: str, b: str, folder: Path, name: str) -> str:
    """Write `NAME.md` and `NAME.html`. `found` is a table `COMPARISON`. Gives the answer."""
    counts = _counts(found)
    answer = _answer(counts, a, b)
    blocks = _document(found, counts, clean(a), clean(b), answer)
    figure = _figure(found, clean(a), clean(b), name)
    if figure is not None:
        blocks.insert(3, figure)
        write_text(folder / FIGURES / f"{figure.name}.svg", figure.svg)
    text = to_markdown(blocks, FIGURES)
    write_text(folder / f"{name}.md", text)
    write_text(folder / f"{name}.html", to_html(f"{clean(a)} and {clean(b)}", blocks))
    return answer


def _counts(found: pl.DataFrame) -> pl.DataFrame:
    """Heads by role: in both, in one only, in neither, and unknown in one of them."""
    has = found.group_by("role", *HEAD, maintain_order=True).agg(
        a=pl.when(pl.col("a_has").is_not_null().any()).then(pl.col("a_has").any()),
        b=pl.when(pl.col("b_has").is_not_null().any()).then(pl.col("b_has").any()),
    )
    return has.group_by("role", maintain_order=True).agg(
        both=(pl.col("a") & pl.col("b")).sum(),
        only_a=(pl.col("a") & ~pl.col("b")).sum(),
        only_b=(~pl.col("a") & pl.col("b")).sum(),
        neither=(~pl.col("a") & ~pl.col("b")).sum(),
        unknown=(pl.col("a").is_null() | pl.col("b").is_null()).sum(),
    )


def _answer(counts: pl.DataFrame, a: str, b: str) -> str:
    said = []
    for row in counts.iter_rows(named=True):
        parts = []
        if row["both"] + row["only_a"] + row["only_b"]:
            parts.append(
                f"{row['both']} in both, {row['only_a']} in {a} only, {row['only_b']} in {b} only"
            )
        if row["unknown"]:
            parts.append(f"not known of {plural(row['unknown'], 'head')}")
        if parts:
            said.append(f"{row['role']}: {', '.join(parts)}")
    return "; ".join(said) or f"no head has any role in {a} or {b}"


def _document(
    found: pl.DataFrame, counts: pl.DataFrame, a: str, b: str, answer: str
) -> list[Block]:
    header = ("role", "in both", f"{a} only", f"{b} only", "in neither", "unknown")
    rows = tuple(
        (row["role"], *(number(row[c]) for c in ("both", "only_a", "only_b", "neither", "unknown")))
        for row in counts.iter_rows(named=True)
    )
    changes = found.filter("changed").sort(
        pl.col("difference").abs(), descending=True, nulls_last=True, maintain_order=True
    )
    blocks: list[Block] = [
        Heading(1, f"{a} and {b}"),
        say(Strong(clean(answer)), "."),
        Table("Heads by role", header, rows),
        Heading(2, "What changed"),
    ]
    alone = _of_one_corpus(found, a, b)
    if changes.is_empty():
        known = "is known to have" if counts["unknown"].sum() else "has"
        none = f"No head {known} a role in one of them that it has not in the other. {alone}"
        return [*blocks, say(none.strip())]
    shown = changes.head(SHOWN)
    which = f"{plural(changes.height, 'change')}"
    if shown.height < changes.height:
        which = f"The largest {shown.height} of {which}"
    blocks.append(
        say(
            f"{which}. {alone}Numbers are shares in percent, of the"
            " confirming half where they are accuracies: the quantity behind the role in either,"
            " and the difference with its 95 % interval (sentences resampled; cells of one corpus"
            " alike, so that the difference is a paired one). An interval is of one quantity and"
            " corrected for nothing: of twenty that did not change one will leave 0 out; and of"
            " these, listed because a role changed, more."
        )
    )
    header = ("head", "role", "about", a, b, "difference, points", "95 % interval")
    lines = tuple(_change(row) for row in shown.iter_rows(named=True))
    return [*blocks, Table("Changes of role", header, lines, words=3)]


def _of_one_corpus(found: pl.DataFrame, a: str, b: str) -> str:
    """Roles about what the other cell's corpus has not, or too little of to decide: no change, and
    not to be hidden."""
    said = []
    for name, here, there in ((a, "a", "b"), (b, "b", "a")):
        undecided = pl.col(f"{there}_has").is_null()
        # Where no head has a role that is known, no null was measured: that is said of all heads.
        some_known = (~undecided).any().over("role")
        alone = found.filter(pl.col(f"{here}_has"), undecided, pl.col(there).is_null() | some_known)
        about = alone["what"].str.split(" ").list.first().unique().sort().to_list()
        if about:
            listed = ", ".join(map(clean, about[:NAMED])) + (" and more" * (len(about) > NAMED))
            said.append(f"{plural(alone.height, 'role')} in {name} ({listed})")
    if not said:
        return ""
    why = "the other has no such thing, or too few of them"
    return f"Not among them, since {why}: {'; '.join(said)}. "


_PLANES = {
    "tracks": "accuracy of a relation",
    "dumps": "attention to a class",
    "aligns": "alignment error",
}


def _figure(found: pl.DataFrame, a: str, b: str, name: str) -> Figure | None:
    """Either cell against the other: a mark is a head and what its role is about."""
    planes = []
    for role, quantity in _PLANES.items():
        rows = found.filter(pl.col("a_has") | pl.col("b_has"), role=role)
        rows = rows.drop_nulls(["a", "b", "a_has", "b_has"])
        spots = [_spot(row, a, b) for row in rows.iter_rows(named=True)]
        if spots:
            planes.append(
                Plane(f"{role}: {quantity}", spots, f"% in {a}", f"% in {b}", diagonal=True)
            )
    if not planes:
        return None
    n = ", ".join(f"{plane.title} {len(plane.spots)}" for plane in planes)
    alt = f"What heads do in {a} against what they do in {b}, where either has the role: {n}."
    caption = (
        "A mark is a head and a relation, a class of key or a convention, where it has the role in"
        " either. On the line nothing changed."
    )
    title = f"{a} and {b}"
    return Figure(name, caption, alt, draw_scatter(name, title, alt, planes))


MARKS = {
    (True, True): ("#000000", "o"),
    (True, False): ("#0072B2", "s"),
    (False, True): ("#D55E00", "^"),
}
"""Colour and shape of a head that has the role in both cells, in the first, in the second."""


def _spot(row: dict, a: str, b: str) -> Spot:
    has = bool(row["a_has"]), bool(row["b_has"])
    label = "in both" if all(has) else f"{a if has[0] else b} only"
    look = Look(label, *MARKS[has])
    x, y = (rounded(row[cell]) or 0.0 for cell in ("a", "b"))
    tip = f"{row['site']} L{row['layer']}H{row['head']}, {row['what']}: {x:g} %, {y:g} %"
    return Spot(x, y, look, tip)


def _change(row: dict) -> tuple[Cell, ...]:
    relation, _, way = row["what"].rpartition(" ")
    about = f"{relation} {ARROWS[way]}" if way in ARROWS else row["what"]
    low, high = (row[f"difference_{end}"] for end in ("low", "high"))
    interval = DASH
    if low is not None and high is not None:
        interval = f"{signed(100 * low, 1)} to {signed(100 * high, 1)}"
    return (
        f"{row['site']} L{row['layer']}H{row['head']}",
        row["role"],
        about or DASH,
        _stated(row, "a"),
        _stated(row, "b"),
        signed(100 * row["difference"], 1) if row["difference"] is not None else DASH,
        interval,
    )


def _stated(row: dict, cell: str) -> str:
    """The quantity, and a mark where it makes the role."""
    return f"{percent(row[cell], 1)}{' ✓' if row[f'{cell}_has'] else ''}"
