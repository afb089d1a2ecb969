"""`nursery.md`: what small models trained on the grammar learn, and when.

Each model is measured at every checkpoint of its training, trained and under random weights; the
last one under the whole ladder of nulls too. The numbers are those of the census's own tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.analysis.rules import Rules
from pipeline.lake.files import sweep, write_text
from pipeline.report.blocks import Block, Figure, Heading, Strong, Table, say
from pipeline.report.figures.lines import Line, Panel, Scales, draw_lines
from pipeline.report.figures.palette import marks
from pipeline.report.markdown import to_markdown
from pipeline.report.relations import fitting_accuracy, fitting_lead
from pipeline.report.text import DASH, number, plural

FIGURES = "nursery"
RELATIONS = ("det", "case", "nsubj", "obj", "amod")
"""Shown step by step: common, and of different lengths."""


@dataclass(frozen=True)
class Nursling:
    """One model of the nursery. `losses`: a mapping per checkpoint, in their order, with `step`,
    `folder`, `train_loss`, `validation_loss` (nats per piece), `pieces_seen` and `seconds`.
    """

    model: str
    what: str
    corpus: str
    losses: Sequence[Mapping]

    def cell(self, checkpoint: Mapping) -> str:
        """The model of a checkpoint, as the grid writes it."""
        return f"{self.model}~{checkpoint['folder']}"


def write_nursery(
    tables: Mapping[str, pl.DataFrame], nurslings: Sequence[Nursling], folder: Path
) -> str:
    """Write `nursery.md` and its figures into `folder`. Gives the answer in one line."""
    found = [_Found(nursling, tables) for nursling in nurslings]
    blocks = _document(found)
    figures = [block for block in blocks if isinstance(block, Figure)]
    sweep(folder, shared=True)
    for figure in figures:
        write_text(folder / FIGURES / f"{figure.name}.svg", figure.svg)
    text = to_markdown(blocks, FIGURES)
    write_text(folder / "nursery.md", text)
    return " | ".join(one.answer for one in found)


class _Found:
    """What the tables say of one model, at each checkpoint, and at the last under each null."""

    def __init__(self, nursling: Nursling, tables: Mapping[str, pl.DataFrame]):
        self.nursling = nursling
        names = [nursling.model, *map(nursling.cell, nursling.losses)]
        self.tables = {
            name: table.filter(pl.col("model").is_in(names)) for name, table in tables.items()
        }
        relations = self.tables["relations"]
        self.tables["relations"] = relations.filter(level="full", weighting="attention")
        self.tables["alignments"] = self.tables["alignments"].filter(weighting="attention")

    def of(self, table: str, model: str, control: str = "trained") -> pl.DataFrame:
        return self.tables[table].filter(model=model, control=control)

    def census(self, model: str, control: str = "trained") -> dict:
        return self.of("census", model, control).sort("seed").row(0, named=True)

    def best_relation(self, model: str, deprel: str | None = None) -> dict | None:
        """The test furthest above its offset, of those with arcs enough to pass the margin.

        Chosen on the fitting half: the `lead` of the confirming half is not the luckiest of many.
        """
        rows = self.of("relations", model).filter(pl.col("n") >= Rules.min_arcs)
        rows = rows if deprel is None else rows.filter(deprel=deprel)
        lead = pl.col("accuracy") - pl.col("baseline_accuracy")
        rows = rows.with_columns(lead=lead).sort(fitting_lead(), descending=True, nulls_last=True)
        return rows.row(0, named=True) if rows.height else None

    def best_alignment(self, model: str, control: str = "trained") -> dict | None:
        rows = self.of("alignments", model, control).sort("aer_fitting")
        return rows.row(0, named=True) if rows.height else None

    def sink(self, model: str) -> float:
        """The most that any head of one sequence gives its first piece, in percent."""
        heads = self.of("heads", model).filter(pl.col("site") != "cross")
        return 100 * float(heads["mass_first"].max())  # pyrefly: ignore

    @property
    def twins(self) -> dict[str, dict]:
        """The untrained twin, and the last checkpoint's nulls: the highest count of any seed."""
        first = self.nursling.cell(self.nursling.losses[0])
        nulls = self.tables["census"].filter(model=self.nursling.model)
        counted = nulls.group_by("control", maintain_order=True).agg(
            pl.col(pl.Int32).exclude("seed").max()
        )
        rows = {"untrained (step 0)": self.census(first)}
        return rows | {row["control"]: row for row in counted.iter_rows(named=True)}

    @property
    def answer(self) -> str:
        row = self.census(self.nursling.model)
        text = (
            f"{self.nursling.model}: {number(row['n_tracks'])} of {plural(row['n_heads'], 'head')}"
            f" track a relation, untrained {number(self.twins['untrained (step 0)']['n_tracks'])}"
        )
        best = self.best_alignment(self.nursling.model)
        if best is not None:
            text += (
                f"; best alignment error rate {_percent(best['aer'])} %, by position"
                f" {_percent(best['baseline_aer'])} %"
            )
        return text


def _document(found: Sequence[_Found]) -> list[Block]:
    blocks: list[Block] = [
        Heading(1, "The nursery: what small models learn, and when"),
        say(
            "Small models trained from scratch on fresh sentences of the project's own grammar,"
            " none of which is measured, by ",
            Strong("headcensus nursery"),
            ". The counts are those of the census: a head tracks a relation by all three flags"
            " (ten points above the best offset, significant, above the nulls), on the half of the"
            " sentences that nothing was fitted on.",
        ),
    ]
    for one in found:
        blocks += [say(Strong(one.answer), ".")]
    for one in found:
        blocks += _section(one)
    return blocks


def _section(one: _Found) -> list[Block]:
    nursling = one.nursling
    blocks: list[Block] = [Heading(2, f"{nursling.model}: {nursling.what}"), _steps(one)]
    return [*blocks, _figure(one), _nulls(one), *_relations(one), *_alignments(one)]


def _steps(one: _Found) -> Table:
    has_links = one.tables["alignments"].height > 0
    header = ["step", "pieces read", "validation loss", "track", "dump on the first piece"]
    header += ["most on the first piece, %", "best lead over an offset"]
    header += ["align", "best AER, %"] if has_links else []
    rows = []
    for checkpoint in one.nursling.losses:
        model = one.nursling.cell(checkpoint)
        row, best = one.census(model), one.best_relation(model)
        cells = [number(checkpoint["step"]), f"{checkpoint['pieces_seen']:,}"]
        cells += [f"{checkpoint['validation_loss']:.2f}", number(row["n_tracks"])]
        cells += [number(row["n_dumps_first"]), f"{one.sink(model):.0f}"]
        cells += [DASH if best is None else f"{_test(best)}: {100 * best['lead']:+.1f}"]
        if has_links:
            aligned = one.best_alignment(model)
            error = DASH if aligned is None else _percent(aligned["aer"])
            cells += [number(row["n_aligns"]), error]
        rows.append(tuple(cells))
    heads = plural(one.census(one.nursling.model)["n_heads"], "head")
    caption = f"{one.nursling.model} step by step: {heads}, measured on {one.nursling.corpus}"
    return Table(caption, tuple(header), tuple(rows))


def _test(row: dict) -> str:
    arrow = "dep → gov" if row["direction"] == "dep_to_gov" else "gov → dep"
    return f"{row['deprel']} {arrow}, {_name(row)}"


def _name(row: dict) -> str:
    return f"{row['site']} L{row['layer']}H{row['head']}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _figure(one: _Found) -> Figure:
    """Accuracy of each relation's best head, and what the first piece gets, by checkpoint."""
    checkpoints = one.nursling.losses
    models = [one.nursling.cell(checkpoint) for checkpoint in checkpoints]
    look = list(marks([f"line {k}" for k in range(8)]).values())
    lines = []
    for k, deprel in enumerate(RELATIONS):
        best = [one.best_relation(model, deprel) for model in models]
        values = [(i, 100 * b["accuracy"]) for i, b in enumerate(best) if b is not None]
        lines.append(Line(deprel, look[k], tuple((x, y, y, y) for x, y in values)))
    syntax = Panel("best head of a relation", tuple(line for line in lines if line.points))
    sinks = [(i, one.sink(model)) for i, model in enumerate(models)]
    first = Line("most on the first piece", look[5], tuple((x, y, y, y) for x, y in sinks))
    panels = [syntax, Panel("a head's mean attention", (first,))]
    aligned = [one.best_alignment(model) for model in models]
    values = [(i, 100 * (1 - b["aer"])) for i, b in enumerate(aligned) if b is not None]
    if values:
        line = Line("100 − best AER", look[6], tuple((x, y, y, y) for x, y in values))
        panels.append(Panel("words aligned", (line,)))
    name = f"{one.nursling.model}-by-step"
    title = f"{one.nursling.model}: what it learns, by training step"
    ends = [line for panel in panels for line in panel.lines]
    said = ", ".join(f"{x.label} from {x.points[0][1]:.0f} to {x.points[-1][1]:.0f}" for x in ends)
    alt = f"Lines over training steps, in percent: {said}."
    caption = (
        "Percent, by training step. Of each relation the head and direction with the largest lead"
        " over the best offset on the fitting half at that step; its accuracy on the other half."
    )
    labels = [_short(checkpoint["step"]) for checkpoint in checkpoints]
    scales = Scales("training step", "percent", 100, range(len(labels)), labels=labels)
    return Figure(name, caption, alt, draw_lines(name, title, alt, panels, scales))


def _short(step: int) -> str:
    return str(step) if step < 1000 else f"{step / 1000:g}k"


def _nulls(one: _Found) -> Table:
    header = ("", "heads", "track", "align", "dump on the first piece", "positional", "broad")
    columns = ("n_heads", "n_tracks", "n_aligns", "n_dumps_first", "n_positional", "n_broad")
    rows = tuple(
        (name, *(number(row[column]) for column in columns)) for name, row in one.twins.items()
    )
    caption = f"The trained {one.nursling.model}, its untrained twin, and nulls (of seeds the most)"
    return Table(caption, header, rows)


def _relations(one: _Found) -> list[Block]:
    tracked = one.of("relations", one.nursling.model).filter(pl.col("tracks"))
    best = (
        tracked.sort(fitting_accuracy(), descending=True)
        .unique("deprel", keep="first", maintain_order=True)
        .sort("accuracy", descending=True)
        .iter_rows(named=True)
    )
    untrained = one.of("relations", one.nursling.cell(one.nursling.losses[0]))
    rows = []
    for row in best:
        twins = untrained.filter(deprel=row["deprel"], direction=row["direction"], site=row["site"])
        most = 100 * float(twins["accuracy"].max())  # pyrefly: ignore
        rows.append(
            (
                row["deprel"],
                _test(row).partition(" ")[2],
                number(row["n"]),
                _percent(row["accuracy"]),
                f"{_percent(row['baseline_accuracy'])} ({row['baseline_offset']:+d})",
                f"{most:.1f}",
            )
        )
    if not rows:
        undecided = one.census(one.nursling.model)["n_tracks"] is None
        why = "Tracking is not decided: no relation has arcs enough."
        return [say(why if undecided else "No head tracks any relation.")]
    header = (
        "relation",
        "head",
        "arcs",
        "accuracy, %",
        "best offset, %",
        "untrained best, %",
    )
    caption = (
        f"Relations that a head of {one.nursling.model} tracks, each with the head that is best on"
        " the fitting half, as it is on the other"
    )
    return [Table(caption, header, tuple(rows), words=2)]


def _alignments(one: _Found) -> list[Block]:
    rows = []
    untrained = one.nursling.cell(one.nursling.losses[0])
    for convention in ("awi", "awo"):
        heads = (
            one.of("alignments", one.nursling.model)
            .filter(convention=convention)
            .sort("aer_fitting")
        )
        if not heads.height:
            return []
        best = heads.row(0, named=True)
        twin = one.of("alignments", untrained).filter(convention=convention)["aer"].min()
        rows.append(
            (
                convention.upper(),
                _name(best),
                _percent(best["aer"]),
                f"{_percent(best['aer_low'])}{DASH}{_percent(best['aer_high'])}",
                _percent(best["baseline_aer"]),
                _percent(float(twin)),  # pyrefly: ignore
                number(heads.filter("aligns").height),
            )
        )
    header = ("convention", "head", "AER, %", "interval", "by position, %", "untrained, %", "align")
    caption = "Alignment error rate of the best cross-attention head, lower is better"
    return [Table(caption, header, tuple(rows), words=2)]
