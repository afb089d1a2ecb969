"""The calibrate stage: simulate censuses on a corpus's trees, and write how often they are wrong.

Everything lies below `root/calibration`: a lake of its own with the measured nulls, and the counts.
"""

from collections.abc import Sequence
from pathlib import Path

from pipeline.analysis.rules import Rules
from pipeline.core.errors import UserError
from pipeline.engines.progress import Bar
from pipeline.lake.layout import Cell, Lake, control_and_seed
from pipeline.stages.cells import Request
from pipeline.stages.checks import check_folder
from pipeline.stages.compose import resolve
from pipeline.stages.settings import CalibrateSettings, build

NULLS = {"random_weights": "random_weights-1", "shuffled_words": "shuffled_words-1"}
"""Measured, and the seed that each is held against."""
SHARES = tuple(k / 20 for k in range(2, 21))
RELATIONS = 6
"""The commonest, for planted heads."""


def calibrate(request: Request) -> tuple[str, Path]:
    """Of one model and one corpus. Gives the answer in one line, and the file.

    Raises UserError for more than one of either, for controls, and for a corpus without trees.
    """
    import polars as pl

    from pipeline.analysis.measured import measured
    from pipeline.analysis.simulate import KNOW_NOTHING, power, resampled, simulations
    from pipeline.lake.files import write_table
    from pipeline.lake.tables import TABLES
    from pipeline.report.method_page import write_method
    from pipeline.stages import run

    grid = request.grid
    try:
        (model,), (corpus,), (control,) = grid.models, grid.corpora, grid.controls
    except ValueError as error:
        raise UserError("calibrate: give one model and one corpus") from error
    if control != "trained":
        raise UserError(f"control={control}: calibrate measures {', '.join(NULLS)} itself")
    lake = Lake(request.root / "calibration")
    words = [word for word in request.overrides if not word.startswith("root=")]
    names = [name for pair in NULLS.items() for name in pair]
    cells = {name: Cell(model, *control_and_seed(name), corpus) for name in names}
    configs = [resolve(cell, [*words, f"root={lake.root}"]) for cell in cells.values()]
    settings = build("calibrate", CalibrateSettings, configs[0]["calibrate"])
    rules = build("analysis", Rules, configs[0]["analysis"])
    report = Path(settings.report)
    check_folder(report)
    run.ingest({corpus: configs[0]})
    run.measure(configs)
    of_cells = {name: measured(lake, cell) for name, cell in cells.items()}
    trees, hits = of_cells["random_weights"]
    n_heads = hits.shape[1] // 2
    draws = {
        kind: (make(trees, n_heads), make(trees, n_heads), n_heads)
        for kind, make in KNOW_NOTHING.items()
    } | {
        f"{own}, resampled": (resampled(*of_cells[own]), resampled(*of_cells[null]), n_heads)
        for own, null in NULLS.items()
    }
    relations = _commonest(trees, rules)
    total = settings.simulations * len(draws)
    with Bar(total=total, unit=" censuses", desc="calibrate") as shown:
        rows = []
        for row in simulations(draws, settings.simulations, rules, settings.seed):
            rows.append(row)
            shown.update()
    with Bar(total=len(relations) * len(SHARES), unit=" shares", desc="power") as shown:
        planted = []
        for row in power(trees, relations, SHARES, settings.repeats, rules, settings.seed):
            planted.append(row)
            shown.update()
    found = {"simulated": pl.DataFrame(rows), "power": pl.DataFrame(planted)}
    for name, frame in found.items():
        write_table(lake.root / f"{name}.parquet", frame.to_arrow())
    answer = write_method(found["simulated"], found["power"], rules.alpha, corpus, TABLES, report)
    return answer, report / "method.md"


def _commonest(trees, rules: Rules) -> Sequence[str]:
    """Relations with arcs enough in either half. Punctuation is left out: it follows no head."""
    import numpy as np

    names, counts = np.unique(trees.arcs.deprel, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    enough = [str(names[k]) for k in order if counts[k] > 3 * rules.min_arcs]
    found = [name for name in enough if name != "punct"][:RELATIONS]
    if not found:
        raise UserError(
            f"calibrate: no relation has more than {3 * rules.min_arcs} arcs; give a larger corpus,"
            " or lower analysis.min_arcs"
        )
    return found
