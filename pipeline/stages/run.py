"""The stages, as functions of resolved configs. DVC calls them one by one, `run` all in a row."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pipeline.core.errors import UserError
from pipeline.lake.layout import Cell, Lake
from pipeline.stages.settings import IngestSettings, build, plugin


def ingest(name: str, config: dict[str, Any]) -> None:
    """`config` has root, corpus and ingest; `name` is what the corpus is called in the lake."""
    from pipeline.corpora.base import read
    from pipeline.engines.ingest import ingest as ingest_corpus

    corpus: Any = plugin("corpus", config["corpus"])
    settings = build("ingest", IngestSettings, config["ingest"])
    with tqdm(unit=" sentences", desc=f"ingest {name}", dynamic_ncols=True) as bar:
        ingest_corpus(
            Lake(Path(config["root"])),
            name,
            read(corpus),
            settings.shard_sentences,
            settings.max_quarantined,
            bar.update,
        )


def measure(configs: Sequence[dict[str, Any]]) -> None:
    """Each config has root, cell, model, control and measure. All are checked before one is run."""
    from pipeline.engines import serial
    from pipeline.stages.measure import CellPlan

    plans = [CellPlan(config) for config in configs]
    serial.run(Lake(Path(configs[0]["root"])), [plan.ready() for plan in plans])


def aggregate(cells: Sequence[Cell], config: dict[str, Any]) -> None:
    """`config` has root and analysis. Writes and publishes the tables of `cells`, no others."""
    from pipeline.analysis.aggregate import aggregate as make_tables
    from pipeline.analysis.rules import Rules
    from pipeline.lake.tables import publish_tables

    rules = build("analysis", Rules, config["analysis"])
    lake = Lake(Path(config["root"]))
    with tqdm(total=len(cells), unit=" cells", desc="aggregate", dynamic_ncols=True) as bar:
        tables = make_tables(lake, cells, rules, bar.update)
    publish_tables(lake, tables, {"rules": asdict(rules), "cells": [c.name for c in cells]})


def report(cells: Sequence[Cell], config: dict[str, Any], folder: Path) -> str:
    """`config` has root, analysis and report. Gives the one-line answer."""
    import polars as pl

    from pipeline.analysis.rules import Rules
    from pipeline.lake.read import open_table, scan
    from pipeline.lake.tables import TABLES
    from pipeline.report.settings import ReportSettings
    from pipeline.report.write import write_report

    lake = Lake(Path(config["root"]))
    rules = build("analysis", Rules, config["analysis"])
    settings = build(
        "report",
        ReportSettings,
        {
            "dump_threshold": rules.dump_threshold,
            "min_arcs": rules.min_arcs,
            "margin": rules.margin,
            "alpha": rules.alpha,
            "tables_folder": lake.tables.as_posix(),
            **config["report"],
        },
    )
    tables = {name: open_table(name, lake.root).collect() for name in TABLES}
    corpora = sorted({cell.corpus for cell in cells})
    quarantine = pl.concat(
        scan(lake.quarantine(corpus)).collect().insert_column(0, pl.lit(corpus).alias("corpus"))
        for corpus in corpora
    )
    return write_report(tables, quarantine, folder, settings).text


def everything(cells: Sequence[Cell], configs: Sequence[dict[str, Any]], folder: Path) -> str:
    """Ingest to report. One resolved config per cell."""
    if not cells:
        raise UserError("no cell to run: name a model, a control and a corpus")
    corpora = {cell.corpus: config for cell, config in zip(cells, configs, strict=True)}
    for name, config in corpora.items():
        ingest(name, config)
    measure(configs)
    aggregate(cells, configs[0])
    return report(cells, configs[0], folder)
