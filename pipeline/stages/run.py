"""The stages, as functions of resolved configs. DVC calls them one by one, `run` all in a row.

Each checks all that it can before its first long work; `everything` does so for all stages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pipeline.analysis.rules import Rules
from pipeline.core.errors import UserError
from pipeline.engines.progress import Bar
from pipeline.lake import manifest
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.remote import mirror, shown
from pipeline.stages.checks import check_corpora, check_different, check_folder
from pipeline.stages.settings import (
    IngestSettings,
    MeasureSettings,
    build,
    plugin,
    report_settings,
)


def ingest(configs: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """Configs have root, corpus, ingest and measure (how long to wait), by name of the corpus.
    Gives the fingerprint of each one's sentences."""
    root = _root(configs.values())
    corpora = {name: plugin("corpus", config["corpus"]) for name, config in configs.items()}
    settings = [build("ingest", IngestSettings, config["ingest"]) for config in configs.values()]
    waits = [_lock_wait_s(config) for config in configs.values()]
    check_different("corpus", corpora.items())
    check_folder(root)
    check_corpora(corpora)
    made = {}
    for (name, corpus), of_corpus, wait_s in zip(corpora.items(), settings, waits, strict=True):
        made[name] = _ingest(Lake(root), name, corpus, of_corpus, wait_s).fingerprint
    return made


def _ingest(
    lake: Lake, name: str, corpus: Any, settings: IngestSettings, wait_s: float
) -> manifest.Manifest:
    from pipeline.corpora.base import read
    from pipeline.engines.ingest import ingest as ingest_corpus

    with Bar(unit=" sentences", desc=f"ingest {name}", total=corpus.limit) as shown:
        return ingest_corpus(
            lake,
            name,
            read(corpus),
            settings.shard_sentences,
            settings.max_quarantined,
            shown.update,
            wait_s,
            shown.say,
            settings.segments,
        )


def measure(configs: Sequence[dict[str, Any]]) -> None:
    """Each config has root, cell, model, control, measure, lake and engine. All are checked before
    one is run."""
    from pipeline.engines.grid import measure_grid
    from pipeline.stages.measure import engine_of, jobs

    lake, engine = Lake(_root(configs)), engine_of(configs)
    ready = jobs(configs)
    check_folder(lake.root)
    measure_grid(lake, ready, engine)


def aggregate(
    cells: Sequence[Cell], config: dict[str, Any], of: Mapping[str, str] | None = None
) -> None:
    """`config` has root, analysis and measure (how long to wait for another run).

    Writes and publishes the tables of `cells`, no others. Raises UserError where what they are made
    of is not `of`, as `origins` has it, or is made anew meanwhile.
    """
    from pipeline.analysis.aggregate import aggregate as make_tables
    from pipeline.lake.origins import FACT, GRAIN, check_one_checkpoint, grain, origins
    from pipeline.lake.publish import publish_tables
    from pipeline.lake.schema import MEASURED

    rules = build("analysis", Rules, config["analysis"])
    wait_s = _lock_wait_s(config)
    lake = Lake(_root([config]))
    of = of or origins(lake, cells)
    made_of = {FACT: of, GRAIN: grain(lake, cells)}
    for cell in cells:
        for table in MEASURED:
            manifest.read(lake.measured(table, cell))
    check_one_checkpoint(lake, cells)
    check_folder(lake.root)
    try:
        with Bar(total=len(cells), unit=" cells", desc="aggregate") as bar:
            tables = make_tables(lake, cells, rules, bar.update)
    finally:  # of files that are written anew meanwhile anything may come
        _check_unchanged(lake, cells, of)
    publish_tables(lake, tables, _facts(cells, rules) | made_of, wait_s)


def _check_unchanged(lake: Lake, cells: Sequence[Cell], of: Mapping[str, str]) -> None:
    from pipeline.lake.origins import origins

    for name, fingerprint in origins(lake, cells).items():
        if of[name] != fingerprint:
            raise UserError(
                f"{shown(lake.root / name)} was made anew by another run: run this again, and give"
                " runs of other words another root=DIR"
            )


def check_tables(lake: Lake, cells: Sequence[Cell], rules: Rules, stage: str) -> None:
    """Raises UserError where the tables are of other cells, or of other rules, than those that
    `stage` was asked for."""
    made_of = manifest.read(lake.tables).facts
    for key, wanted in _facts(cells, rules).items():
        if made_of.get(key) != wanted:
            raise UserError(
                f"{shown(lake.tables)} was made with other {key} than those asked for: run"
                f" aggregate with the same words, or give {stage} those that aggregate was run with"
            )


def _facts(cells: Sequence[Cell], rules: Rules) -> dict[str, Any]:
    return {"rules": asdict(rules), "cells": [cell.name for cell in cells]}


def report(cells: Sequence[Cell], config: dict[str, Any], folder: Path) -> str:
    """`config` has root, analysis and report. Gives the one-line answer.

    Heads are linked to the atlas where one lies in `folder`.

    Raises UserError where the tables are of other cells or other rules than those asked for, or
    what they were made of was made anew since: the report would state what was not done.
    """
    import polars as pl

    from pipeline.lake.files import say_on_stderr
    from pipeline.lake.origins import GRAIN, check_current, is_of_the_same, page_is_of
    from pipeline.lake.read import read_tables, scan
    from pipeline.lake.remote import fetch
    from pipeline.report.addresses import INTERVENTIONS, PAGE
    from pipeline.report.write import write_report

    lake = Lake(_root([config]))
    rules = build("analysis", Rules, config["analysis"])
    settings = report_settings(config["report"], rules, shown(lake.tables))
    made = manifest.read(lake.tables)
    check_tables(lake, cells, rules, "report")
    check_current(lake)
    drawn_by = made.facts.get(GRAIN)
    settings = replace(settings, masses_drawn_by="shard" if drawn_by == "shard" else "sentence")
    check_folder(folder)
    tables = read_tables(lake.root, made)
    corpora = sorted({cell.corpus for cell in cells})
    quarantine = pl.concat(
        scan(lake.quarantine(corpus)).collect().insert_column(0, pl.lit(corpus).alias("corpus"))
        for corpus in corpora
    )
    for beside in (folder / PAGE, folder / INTERVENTIONS, lake.interventions / "cost.parquet"):
        fetch(beside)  # of a URL no copy need be here
    pages = {page: page if (folder / page).is_file() else None for page in (PAGE, INTERVENTIONS)}
    if pages[PAGE] and not page_is_of(made, folder / PAGE):
        say_on_stderr(
            f"headcensus: {shown(folder / PAGE)} is not of this census, and the report does not"
            " lead to it: run atlas with the same words"
        )
        pages[PAGE] = None
    if pages[INTERVENTIONS] and not is_of_the_same(lake, lake.interventions / "cost.parquet"):
        say_on_stderr(
            f"headcensus: {shown(folder / INTERVENTIONS)} is not of this census, and the report"
            " does not lead to it: run intervene with the same words"
        )
        pages[INTERVENTIONS] = None
    return write_report(tables, quarantine, folder, settings, *pages.values())


def census(
    cells: Sequence[Cell], configs: Sequence[dict[str, Any]], keeps_others: bool = False
) -> None:
    """Ingest to tables. What is there is not made again.

    Tables of more cells than these are made to be of these alone; where it `keeps_others` they stay
    as they are. Raises UserError where they then cannot: they are of other rules, or lack a cell.
    """
    from pipeline.engines.grid import measure_grid
    from pipeline.lake.origins import named
    from pipeline.stages.measure import engine_of, jobs

    ready, engine = jobs(configs), engine_of(configs)
    lake = Lake(_root(configs))
    stay = keeps_others and _has_others(lake, cells, configs[0])
    sentences = ingest({cell.corpus: config for cell, config in zip(cells, configs, strict=True)})
    measured = measure_grid(lake, ready, engine)
    if not stay:
        aggregate(
            cells, configs[0], named(lake, sentences, dict(zip(cells, measured, strict=True)))
        )


def _has_others(lake: Lake, cells: Sequence[Cell], config: Mapping[str, Any]) -> bool:
    """Whether the tables are of these cells and of others."""
    try:
        there = manifest.read(lake.tables).facts
    except UserError:  # none yet
        return False
    named = there.get("cells")
    asked, counted = {cell.name for cell in cells}, set(named if isinstance(named, list) else ())
    others = counted - asked
    if not others:
        return False
    if lacking := asked - counted:
        raise UserError(
            f"{shown(lake.tables)} counts {min(others)} and not {min(lacking)}: run the census of"
            " all of them first, or give another root=DIR"
        )
    if there.get("rules") != asdict(build("analysis", Rules, config["analysis"])):
        raise UserError(
            f"{shown(lake.tables)} counts {min(others)} too, by other rules: give the analysis.…"
            " words of that run, or another root=DIR"
        )
    return True


def everything(cells: Sequence[Cell], configs: Sequence[dict[str, Any]], folder: Path) -> str:
    """Ingest to report. One resolved config per cell."""
    check_folder(folder)
    _check_norms(configs[0])
    census(cells, configs)
    _atlas(cells, configs, folder)
    return report(cells, configs[0], folder)


def _check_norms(config: Mapping[str, Any]) -> None:
    """What is to be shown must be measured: the report would say so after all the work."""
    rules = build("analysis", Rules, config["analysis"])
    by = report_settings(config["report"], rules, "").weighting
    if by == "norm" and not build("measure", MeasureSettings, config["measure"]).norms:
        raise UserError(
            "report.weighting=norm and measure.norms=false: there are no norms to show; leave one"
            " of them out"
        )


def _atlas(cells: Sequence[Cell], configs: Sequence[dict[str, Any]], folder: Path) -> None:
    """With `atlas.sentences=0` there is none. One that cannot be made is no reason to go without a
    report; what lies there then is of another run, and goes: nothing may lead to it."""
    from pipeline.lake.files import say_on_stderr
    from pipeline.lake.remote import remove
    from pipeline.report.addresses import PAGE
    from pipeline.stages.atlas import atlas, of_first_corpus

    section = configs[0]["atlas"]
    if not section["sentences"] and section["text"] is None:
        remove(folder / PAGE)
        return
    try:
        atlas(of_first_corpus(cells, configs), _root(configs), section, folder)
    except UserError as error:
        remove(folder / PAGE)
        say_on_stderr(f"headcensus: no atlas: {error}")


def _root(configs: Any) -> Path:
    """Cells of one run share it: what is set on a command line is set for all of them."""
    return mirror(next(iter(configs))["root"])


def _lock_wait_s(config: Mapping[str, Any]) -> float:
    return build("measure", MeasureSettings, config["measure"]).lock_wait_s
