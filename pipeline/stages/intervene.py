"""The intervene stage: cells changed head by head, the tables of what came of it, and a page."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.analysis.effects import Judging
from pipeline.analysis.nulls import TRAINED
from pipeline.analysis.rules import Rules
from pipeline.core.errors import UserError
from pipeline.engines.cell import Job
from pipeline.engines.changes import Interventions
from pipeline.engines.interventions import Patient, intervene_shards
from pipeline.engines.means import read
from pipeline.lake import manifest
from pipeline.lake.files import say_on_stderr
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.origins import check_current, made_of
from pipeline.lake.schema import INTERVENED
from pipeline.stages.checks import check_folder
from pipeline.stages.identity import INTERVENING
from pipeline.stages.measure import CellPlan, engine_of, plans
from pipeline.stages.settings import InterveneSettings, build


def intervene(
    configs: Sequence[dict[str, Any]], root: Path, sections: dict[str, Any], folder: Path
) -> tuple[str, Path]:
    """Of cells that are measured and in the tables. Each config has cell, model, control, measure;
    `sections` has intervene and analysis. Gives the answer, and the page.

    Raises UserError where a cell is not measured, or not in the tables, or was measured anew since.
    """
    from pipeline.engines.grid import measure_grid
    from pipeline.lake.files import write_table
    from pipeline.lake.read import read_tables
    from pipeline.lake.remote import remove
    from pipeline.report.addresses import INTERVENTIONS
    from pipeline.report.interventions import write_interventions

    settings = build("intervene", InterveneSettings, sections["intervene"])
    rules = build("analysis", Rules, sections["analysis"])
    lake = Lake(root)
    planned = plans(configs)
    check_folder(folder)
    ready = [_job(lake, plan, settings, rules) for plan in planned]
    made = manifest.read(lake.tables)
    check_current(lake)
    measure_grid(lake, ready, engine_of(configs))
    judging = Judging(settings.negligible, rules.min_arcs, rules.bootstrap, rules.seed)
    census = read_tables(lake.root, made, ("heads", "relations"))
    cells = [plan.cell for plan in planned]
    tables, of_these = _tables(lake, cells, census, judging), made_of(lake, cells)
    # A report leads to the page by what the tables say of themselves: no old one may lie there.
    remove(folder / INTERVENTIONS)
    for name, table in tables.items():
        write_table(lake.interventions / f"{name}.parquet", table, of_these)
    answer = write_interventions(tables, census["heads"], judging, folder)
    return answer, folder / INTERVENTIONS


def _job(
    lake: Lake, plan: CellPlan, settings: InterveneSettings, rules: Rules
) -> tuple[Job, Callable[[], Patient]]:
    s = settings
    heads = s.heads if plan.cell.control == TRAINED else s.heads_of_nulls
    starts_from = {
        table: manifest.verified(lake.measured(table, plan.cell)).fingerprint
        for table in ("values", "heads")
    }
    how = Interventions(
        classes=tuple(s.classes),
        every=_every(lake, plan.cell, s.sentences),
        observe_every=s.observe_every,
        heads=heads,
        threshold=rules.dump_threshold,
        draws=s.draws,
        batch_pieces=s.batch_pieces,
        seed=s.seed,
    )
    about = plan.identity(*INTERVENING) | {"starts_from": starts_from}

    def patient() -> Patient:
        subject, objective = plan.speaking_subject()
        if objective is None and plan.checkpoint.objective is not None:
            say_on_stderr(
                f"{plan.cell.name}: changes are judged by last states alone: in"
                f" {plan.checkpoint.folder} the language model's head, or its mask, is missing"
            )
        return Patient(subject, objective, read(lake, plan.cell, subject.places))

    wait_s = plan.settings.lock_wait_s
    hint = "raise intervene.sentences"
    job = Job(plan.cell, about, how, wait_s, INTERVENED, intervene_shards, "intervene", hint)
    return job, patient


def _every(lake: Lake, cell: Cell, n_sentences: int) -> int:
    """Rows of the corpus from one that is changed to the next."""
    return max(1, manifest.read(lake.sentences(cell.corpus)).n_rows // n_sentences)


def _tables(
    lake: Lake, cells: Sequence[Cell], census: dict[str, Any], judging: Judging
) -> dict[str, Any]:
    import polars as pl

    from pipeline.analysis.aggregate import as_table, of_cell
    from pipeline.analysis.effects import importance, means, verdicts
    from pipeline.analysis.no_ops import no_ops
    from pipeline.lake.effect_tables import COST, EFFECT_TABLES
    from pipeline.lake.read import scan

    frames: dict[str, list[pl.DataFrame]] = {name: [] for name in EFFECT_TABLES}
    for cell in cells:
        heads, relations = (table.filter(**asdict(cell)) for table in census.values())
        if heads.is_empty():
            raise UserError(f"{cell.name} is not in {lake.tables}: run aggregate with it first")
        effects, observed = (scan(lake.measured(t, cell)).collect() for t in INTERVENED)
        facts = manifest.read(lake.measured("effects", cell)).facts
        found = means(effects, judging)
        made = {
            "effects": found,
            "verdicts": verdicts(found, heads, judging),
            "no_ops": no_ops(
                observed, scan(lake.sentences(cell.corpus)).collect(), relations, judging
            ),
            "importance": importance(observed, effects),
            "cost": pl.DataFrame({c.name: [facts[c.name]] for c in COST}),
        }
        for name, frame in made.items():
            frames[name].append(of_cell(cell, frame))
    return {name: as_table(EFFECT_TABLES[name], frames[name]) for name in EFFECT_TABLES}
