"""The nursery stage: train the small models, measure them at every checkpoint, write it down.

Everything lies below `root/nursery`: a folder per model, and in `census` a lake of its own, so that
the grid of `dvc repro` knows nothing of it.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pipeline.core.errors import UserError
from pipeline.engines.progress import Bar
from pipeline.lake.layout import Cell, Lake, control_and_seed
from pipeline.stages.checks import as_root, check_folder
from pipeline.stages.compose import resolve
from pipeline.stages.overrides import pairs
from pipeline.stages.settings import NurserySettings, build

NULLS = ("no_projection", "shuffled_weights", "random_weights", "random_weights-1", "random_pieces")
"""Of the last checkpoint; the others have one, since without any nothing tracks."""

CORPUS = {"mlm": "treebank", "clm": "treebank", "mt": "invented"}
WHAT = {
    "mlm": "a masked language model",
    "clm": "a causal language model",
    "mt": "a translator into an invented language",
}


def settings(given: Sequence[str]) -> NurserySettings:
    """Raises UserError for words that are not KEY=VALUE, or for a key or value there cannot be."""
    content: dict[str, Any] = {**pairs(given, "steps=200")}
    if "models" in content:
        content["models"] = _listed(content["models"])
    made = build("nursery", NurserySettings, content)
    as_root(made.root)
    as_root(made.report, "report")
    if not made.models or len(set(made.models)) != len(made.models):
        raise UserError("nursery.models: give a list of different models, as in [mlm,clm]")
    return made


def _listed(value: str) -> list[str]:
    inside = value[1:-1] if value[:1] + value[-1:] == "[]" else value
    return [word.strip() for word in inside.split(",")]


def nursery(chosen: NurserySettings) -> str:
    """Train, measure and write the report. Gives the answer in one line.

    What is done already is not done again.
    """
    import polars as pl

    from pipeline.lake.read import open_table
    from pipeline.lake.tables import TABLES
    from pipeline.report.nursery import Nursling, write_nursery
    from pipeline.stages import run

    if "://" in chosen.root:
        raise UserError(f"root={chosen.root}: models are trained into a folder; give one")
    home = Path(chosen.root) / "nursery"
    check_folder(home)
    check_folder(Path(chosen.report))
    nurslings = []
    for kind in chosen.models:
        kept = _train(kind, home / kind, chosen)
        losses = [asdict(checkpoint) for checkpoint in kept]
        nurslings.append(Nursling(f"nursery_{kind}", WHAT[kind], CORPUS[kind], losses))
    cells = [cell for nursling in nurslings for cell in _cells(nursling)]
    census = Lake(home / "census")
    shared = [f"root={census.root}"]
    if chosen.measured:
        shared.append(f"corpus.limit={chosen.measured}")
    configs = []
    for cell in cells:
        kind = cell.model.partition("~")[0].removeprefix("nursery_")
        configs.append(resolve(cell, [*shared, f"model.path={home / kind}"]))
    run.ingest({cell.corpus: config for cell, config in zip(cells, configs, strict=True)})
    run.measure(configs)
    run.aggregate(cells, configs[0])
    tables: dict[str, pl.DataFrame] = {
        name: open_table(name, census.root).collect() for name in TABLES
    }
    return write_nursery(tables, nurslings, Path(chosen.report))


def _train(kind: str, folder: Path, chosen: NurserySettings):
    from pipeline.nursery import recipes
    from pipeline.nursery.train import train

    recipe = {"mlm": recipes.MLM, "clm": recipes.CLM, "mt": recipes.MT}[kind]
    if chosen.steps:
        recipe = replace(recipe, steps=chosen.steps)
    if chosen.sentences:
        recipe = replace(recipe, n_sentences=chosen.sentences)
    with Bar(total=recipe.steps, unit=" steps", desc=f"train {kind}") as shown:
        return train(recipe, folder, shown.update, shown.say)


def _cells(nursling) -> list[Cell]:
    """Every checkpoint, trained and as its own null; the last one under all nulls too."""
    grid: dict[str, tuple[str, ...]] = {
        nursling.cell(checkpoint): ("random_weights",) for checkpoint in nursling.losses
    }
    grid[nursling.model] = NULLS
    return [
        Cell(model, *control_and_seed(control), nursling.corpus)
        for model, nulls in grid.items()
        for control in ("trained", *nulls)
    ]
