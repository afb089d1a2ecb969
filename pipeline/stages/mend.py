"""Verify and repair: what lies below a root is hashed anew, and what is wrong is made again."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.analysis.rules import Rules
from pipeline.core.errors import UserError
from pipeline.engines.progress import Bar
from pipeline.lake import manifest
from pipeline.lake.layout import Lake
from pipeline.lake.schema import INTERVENED, MEASURED
from pipeline.lake.verify import Findings, Wrong, folders
from pipeline.lake.verify import verify as verify_lake
from pipeline.stages.cells import Request
from pipeline.stages.checks import as_root
from pipeline.stages.project import ROOT
from pipeline.stages.settings import build


def root_of(given: Sequence[str], takes: str = "verify takes root=DIR, and nothing else") -> Path:
    """Raises UserError for anything but root=DIR, once."""
    root = None
    for text in given:
        key, _, value = text.partition("=")
        if key != "root" or not value:
            raise UserError(f"{text}: {takes}")
        if root is not None:
            raise UserError(f"root={value}: root is given twice; give it once")
        root = value
    return as_root(ROOT if root is None else root)


def verify(root: Path) -> Findings:
    """Raises UserError where nothing is published below `root`."""
    lake = Lake(root)
    with Bar(total=len(folders(lake)), unit=" folders", desc="verify") as shown:
        return verify_lake(lake, shown.update)


REPAIR = (
    "`headcensus repair` with the words of the run makes it again, with every cell that is named"
)


def how(root: Path, wrong: Sequence[Wrong], repair: str = REPAIR) -> str:
    """How to mend what is wrong, in one line; `repair` is said of what that can make again."""
    of_interventions = [root / "lake" / table for table in INTERVENED]
    left = [any(w.folder.is_relative_to(top) for top in of_interventions) for w in wrong]
    advice = [] if all(left) else [repair]
    if any(left):
        tables = " and ".join(INTERVENED)
        advice.append(f"`headcensus intervene` with its own words makes {tables} again")
    return "; ".join(advice)


def repair(request: Request) -> tuple[list[Wrong], Findings]:
    """Make again what is wrong of the cells that are asked for, of their corpora, and the tables.
    Shards that are whole are not measured again. Gives what was wrong, and what there is now.

    Raises UserError, before anything is made, where damaged tables were made with other words.
    """
    from pipeline.engines.grid import measure_grid
    from pipeline.stages import run
    from pipeline.stages.measure import engine_of, jobs

    before = verify(request.root)
    wrong = {entry.folder for entry in before.wrong}
    pairs = request.resolved()
    lake = Lake(request.root)
    if lake.tables in wrong & before.published.keys():
        rules = build("analysis", Rules, pairs[0][1]["analysis"])
        run.check_tables(lake, [cell for cell, _ in pairs], rules, "repair")
    corpora = {
        cell.corpus: config
        for cell, config in pairs
        if wrong & {lake.sentences(cell.corpus), lake.quarantine(cell.corpus)}
    }
    measured = {cell: {lake.measured(table, cell) for table in MEASURED} for cell, _ in pairs}
    damaged = [(c, r) for c, r in pairs if wrong & {lake.sentences(c.corpus), *measured[c]}]
    configs = [config for _, config in damaged]
    ready = jobs(configs)
    engine = engine_of(configs) if damaged else None
    if corpora:
        run.ingest(corpora)
    for cell, _ in damaged:
        here = manifest.read(lake.sentences(cell.corpus)).fingerprint
        for folder in measured[cell] & before.published.keys():
            # Where files are whole and their manifest is wrong, measuring would believe it.
            if folder in wrong or before.published[folder].facts.get("sentences") != here:
                manifest.withdraw(folder)
    if ready:
        measure_grid(lake, ready, engine)
    if lake.tables in wrong:
        run.aggregate([cell for cell, _ in pairs], pairs[0][1])
    return before.wrong, verify(request.root) if wrong else before
