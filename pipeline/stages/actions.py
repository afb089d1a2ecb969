"""What each command does: the words become settings, a stage does the work, its answer is said.

Stages are imported where they run: `--help` and `list` must not wait for torch.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.errors import UserError
from pipeline.stages.say import fail, tell

if TYPE_CHECKING:
    from pipeline.lake.verify import Findings


def compose(arguments: argparse.Namespace) -> None:
    from pipeline.lake.remote import is_remote, shown
    from pipeline.stages.cells import requested
    from pipeline.stages.checks import check_folder
    from pipeline.stages.compose import write_resolved

    request = requested(arguments.overrides, grid_by_default=True)
    if is_remote(request.root):
        raise UserError(
            f"root={shown(request.root)}: DVC's stages work in a folder; `run` takes a URL"
        )
    check_folder(request.root / "resolved")
    code = None
    if arguments.code:
        from pipeline.stages.lay import code_of_stages

        code = code_of_stages()
    write_resolved(request.root / "resolved", request.grid, request.overrides, code)


def ingest(arguments: argparse.Namespace) -> None:
    from pipeline.stages import run
    from pipeline.stages.cells import named, requested, resolved_file

    if path := _resolved(arguments):
        config = resolved_file(path, "name", "corpus", "ingest", "measure")
        run.ingest({named(config["name"]): config})
    else:
        run.ingest({c.corpus: r for c, r in requested(arguments.overrides).resolved()})


def measure(arguments: argparse.Namespace) -> None:
    from pipeline.stages import run
    from pipeline.stages.cells import requested, resolved_file

    if path := _resolved(arguments):
        run.measure([resolved_file(path, "cell", "model", "control", "measure", "lake", "engine")])
    else:
        run.measure([config for _, config in requested(arguments.overrides).resolved()])


def aggregate(arguments: argparse.Namespace) -> None:
    from pipeline.stages import run
    from pipeline.stages.cells import census

    run.aggregate(*census(_resolved(arguments), arguments.overrides))


def report(arguments: argparse.Namespace) -> None:
    from pipeline.lake.remote import mirror
    from pipeline.stages import run
    from pipeline.stages.cells import census

    cells, config = census(_resolved(arguments), arguments.overrides)
    folder = Path("reports") if arguments.resolved else mirror(config["root"]) / "report"
    _say(run.report(cells, config, folder), folder)


def run(arguments: argparse.Namespace) -> None:
    from pipeline.stages import run
    from pipeline.stages.cells import requested

    request = requested(arguments.overrides)
    pairs = request.resolved()
    folder = request.root / "report"
    _say(run.everything([c for c, _ in pairs], [r for _, r in pairs], folder), folder)


def atlas(arguments: argparse.Namespace) -> None:
    from pipeline.lake.remote import mirror, shown
    from pipeline.report.addresses import PAGE, PAGE_OF_TEXT
    from pipeline.stages.atlas import atlas
    from pipeline.stages.cells import requested, resolved_cells

    if path := _resolved(arguments):
        config = resolved_cells(path, "atlas")
        folder, configs, page = Path("reports"), config["cells"], PAGE
    else:
        configs = [config for _, config in requested(arguments.overrides).resolved()]
        config = configs[0]
        folder = mirror(config["root"]) / "report"
        # The report leads to heads on the page of its own sentences.
        page = PAGE if config["atlas"]["text"] is None else PAGE_OF_TEXT
    made = atlas(configs, mirror(config["root"]), config["atlas"], folder, page)
    tell(f"atlas: {shown(made)}")


def intervene(arguments: argparse.Namespace) -> None:
    from pipeline.lake.remote import mirror, shown
    from pipeline.stages import run
    from pipeline.stages.cells import requested, resolved_cells
    from pipeline.stages.intervene import intervene

    if path := _resolved(arguments):
        sections = resolved_cells(path, "intervene", "analysis")
        folder, configs = Path("reports"), sections["cells"]
    else:
        pairs = requested(arguments.overrides).resolved()
        configs = [config for _, config in pairs]
        sections = configs[0]
        folder = mirror(sections["root"]) / "report"
        run.census([cell for cell, _ in pairs], configs, keeps_others=True)
    answer, file = intervene(configs, mirror(sections["root"]), sections, folder)
    tell(f"{answer}\nreport: {shown(file)}")


def nursery(arguments: argparse.Namespace) -> None:
    from pipeline.stages.nursery import nursery, settings

    chosen = settings(arguments.overrides)
    tell(f"{nursery(chosen)}\nreport: {Path(chosen.report) / 'nursery.md'}")


def compare(arguments: argparse.Namespace) -> None:
    from pipeline.lake.remote import shown
    from pipeline.stages.compare import compare

    answer, file = compare(arguments.overrides)
    tell(f"{answer}\nreport: {shown(file)}")


def calibrate(arguments: argparse.Namespace) -> None:
    from pipeline.stages.calibrate import calibrate
    from pipeline.stages.cells import requested

    answer, file = calibrate(requested(arguments.overrides))
    tell(f"{answer}\nreport: {file}")


def verify(arguments: argparse.Namespace) -> int:
    from pipeline.stages.mend import how, root_of, verify

    root = root_of(arguments.overrides)
    found = verify(root)
    return _say_found(found, how(root, found.wrong))


def repair(arguments: argparse.Namespace) -> int:
    from pipeline.stages.cells import requested
    from pipeline.stages.mend import how, repair

    request = requested(arguments.overrides)
    before, now = repair(request)
    for entry in before:
        if entry not in now.wrong:
            tell(f"mended: {entry.what}")
    left = "not of these words: give those that made it, its model, control and corpus among them"
    return _say_found(now, how(request.root, now.wrong, left))


def _say_found(found: "Findings", advice: str) -> int:
    for entry in found.wrong:
        tell(entry.what)
    if found.wrong:
        return fail(f"{len(found.wrong)} wrong in {len(found.seen)} folders: {advice}", 1)
    tell(f"{found.n_files} files in {len(found.seen)} folders are as they were written")
    return 0


def publish(arguments: argparse.Namespace) -> None:
    from pipeline.stages.publish import publish, settings

    # A card may be long.
    tell(publish(settings(arguments.overrides)), longest=10**7)


def list(arguments: argparse.Namespace) -> None:
    from pipeline.stages.project import listing

    tell(listing())


def init(arguments: argparse.Namespace) -> None:
    from pipeline.stages.lay import lay

    tell(lay(Path(arguments.overrides or ".")))


def _resolved(arguments: argparse.Namespace) -> Path | None:
    """Raises UserError where a resolved config is given, and overrides that it would not obey."""
    if arguments.resolved and arguments.overrides:
        raise UserError(
            f"--resolved {arguments.resolved} and {arguments.overrides[0]}: a resolved config is"
            " complete; give the override to `headcensus compose`"
        )
    return arguments.resolved


def _say(answer: str, folder: Path) -> None:
    from pipeline.lake.remote import is_remote, shown

    page = folder / "census.html"
    tell(f"{answer}\nreport: {shown(page)}" + (f" (here: {page})" if is_remote(page) else ""))
