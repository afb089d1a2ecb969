"""Verify and repair: what lies below a root is hashed anew, and what is wrong is made again."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.core.errors import UserError
from pipeline.engines.progress import Bar
from pipeline.lake.layout import Lake
from pipeline.lake.schema import MEASURED
from pipeline.lake.verify import Findings, Wrong, folders
from pipeline.lake.verify import verify as verify_lake
from pipeline.stages.cells import Request
from pipeline.stages.checks import as_root
from pipeline.stages.overrides import split


def root_of(given: Sequence[str], takes: str = "verify takes root=DIR, and nothing else") -> Path:
    """Raises UserError for anything but root=DIR, once."""
    root = None
    for key, value in map(split, given):
        if key != "root":
            raise UserError(f"unknown key {key}: {takes}")
        if root is not None:
            raise UserError(f"root={value}: root is given twice")
        root = value
    return as_root("data" if root is None else root)


def verify(root: Path) -> Findings:
    """Raises UserError where nothing is published below `root`."""
    lake = Lake(root)
    with Bar(total=len(folders(lake)), unit=" folders", desc="verify") as shown:
        return verify_lake(lake, shown.update)


def repair(request: Request) -> tuple[list[Wrong], Findings]:
    """Make again what is wrong of the cells that are asked for, of their corpora, and the tables.
    Shards that are whole are not measured again. Gives what was wrong, and what there is now.
    """
    from pipeline.stages import run

    before = verify(request.root)
    wrong = {entry.folder for entry in before.wrong}
    pairs = request.resolved()
    lake = Lake(request.root)
    corpora = {
        cell.corpus: config
        for cell, config in pairs
        if wrong & {lake.sentences(cell.corpus), lake.quarantine(cell.corpus)}
    }
    if corpora:
        run.ingest(corpora)
    damaged = [
        config for cell, config in pairs if wrong & {lake.measured(t, cell) for t in MEASURED}
    ]
    if damaged:
        run.measure(damaged)
    if lake.tables in wrong:
        run.aggregate([cell for cell, _ in pairs], pairs[0][1])
    return before.wrong, verify(request.root) if wrong else before
