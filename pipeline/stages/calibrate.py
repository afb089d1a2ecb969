"""The calibrate stage: simulate censuses on a corpus's trees, and write how often they are wrong.

Everything lies below `root/calibration`: a lake of its own with the measured nulls, and the counts.
"""

from collections.abc import Sequence
from pathlib import Path

from pipeline.analysis.rules import Rules
from pipeline.core.errors import UserError
from pipeline.engines.progress import Bar
from pipeline.lake import manifest
from pipeline.lake.layout import Cell, Lake, control_and_seed
from pipeline.stages.cells import Request
from pipeline.stages.checks import check_folder
from pipeline.stages.compose import resolve
from pipeline.stages.settings import CalibrateSettings, build

NULLS = {"random_weights": "random_weights-1", "shuffled_words": "shuffled_words-1"}
"""Measured, and the seed that each is held against."""
SHARES = tuple(k / 20 for k in range(2, 21))
DRAWS = 60
"""Subsamples of each size of the corpus."""
RELATIONS = 6
"""The commonest, for planted heads."""


def calibrate(request: Request) -> tuple[str, Path]:
    """Of one model and one corpus. Gives the answer in one line, and the file.

    Raises UserError for more than one of either, for controls, and for a corpus without trees or
    with too few.
    """
    import polars as pl

    from pipeline.analysis.measured import measured
    from pipeline.analysis.planted import power
    from pipeline.analysis.simulate import (
        HALVINGS,
        KNOW_NOTHING,
        as_measured,
        by_size,
        simulations,
    )
    from pipeline.lake.files import write_table
    from pipeline.lake.tables import TABLES
    from pipeline.report.method_page import write_method
    from pipeline.stages import run

    grid = request.grid
    try:
        (model,), (corpus,), (control,) = grid.models, grid.corpora, grid.controls
    except ValueError as error:
        raise UserError(
            "calibrate: of several: give one model, one corpus and no control"
        ) from error
    if control != "trained":
        raise UserError(
            f"control={control}: calibrate measures {', '.join(NULLS)} itself; leave control out"
        )
    lake = Lake(request.root / "calibration")
    words = [word for word in request.overrides if not word.startswith("root=")]
    names = ["trained", *(name for pair in NULLS.items() for name in pair)]
    cells = {name: Cell(model, *control_and_seed(name), corpus) for name in names}
    configs = [resolve(cell, [*words, f"root={lake.root}"]) for cell in cells.values()]
    settings = build("calibrate", CalibrateSettings, configs[0]["calibrate"])
    rules = build("analysis", Rules, configs[0]["analysis"])
    report = Path(settings.report)
    check_folder(report)
    run.ingest({corpus: configs[0]})
    _check_size(lake, corpus, 2**HALVINGS)
    run.measure(configs)
    of_cells = {name: measured(lake, cell) for name, cell in cells.items()}
    trees, hits = of_cells["random_weights"]
    n_heads = hits.shape[1] // 2
    draws = {
        kind: (make(trees, n_heads), make(trees, n_heads), n_heads)
        for kind, make in KNOW_NOTHING.items()
    } | {
        f"{own}, as measured": (as_measured(*of_cells[own]), as_measured(*of_cells[null]), n_heads)
        for own, null in NULLS.items()
    }
    relations = _commonest(trees, rules)
    both = of_cells["trained"], of_cells["random_weights"]
    n, repeats, seed = settings.simulations, settings.repeats, settings.seed
    work = {
        "simulated": (simulations(draws, n, rules, seed), n * len(draws)),
        "power": (
            power(trees, relations, SHARES, repeats, rules, seed),
            len(relations) * len(SHARES),
        ),
        "by_size": (by_size(*both, DRAWS, rules, seed), DRAWS * (HALVINGS + 1)),
    }
    found = {}
    for name, (rows, total) in work.items():
        with Bar(iterable=rows, total=total, unit=" rows", desc=f"calibrate: {name}") as shown:
            found[name] = pl.DataFrame(list(shown))
        write_table(lake.root / f"{name}.parquet", found[name].to_arrow())
    answer = write_method(found, f"{model} × {corpus}", rules.alpha, TABLES, report)
    return answer, report / "method.md"


def _check_size(lake: Lake, corpus: str, least: int) -> None:
    """Its smallest part that is looked at has to hold a sentence."""
    n = manifest.read(lake.sentences(corpus)).n_rows
    if n < least:
        raise UserError(
            f"calibrate: {corpus} has {n} sentences, and a {least}th of it is looked at by itself:"
            f" give a corpus of {least} or more"
        )


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
