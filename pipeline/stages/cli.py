"""The command line: `headcensus STAGE key=value …`. Errors that a user can mend are one line."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pipeline.stages.say import fail, tell

if TYPE_CHECKING:
    from pipeline.lake.verify import Findings

STOPPED = 130
"""What shells say of a command that Ctrl-C stopped."""

EPILOG = """examples:
  headcensus run                                    the shipped model and treebank, into data/
  headcensus run model=minilm corpus=conllu corpus.path=my.conllu root=out
  headcensus run model=local model.path=DIR control=[trained,random_weights] root=out
  headcensus list                                   models, corpora and controls there are

exit codes: 0 done, 1 measuring, the disk or the hub failed, 2 bad input, 130 stopped
"""
OVERRIDES = """KEY=VALUE, for instance model=minilm, control=[trained,random_weights-1],
corpus=conllu, corpus.path=FILE, corpus.limit=500, measure.device=cuda, analysis.min_arcs=50,
root=DIR (default: data), or grid=FILE in place of model, control and corpus"""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 a measurement or the disk failed, 2 bad input, 130 stopped by Ctrl-C.

    Whatever a user, or who keeps the machine, can mend is one line on stderr; a traceback is a bug.
    """
    arguments = _parser().parse_args(argv)
    # Nothing here talks to a terminal but the progress bar.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from pipeline.core.errors import MeasurementError, UserError

    try:
        return arguments.action(arguments) or 0
    except UserError as error:
        return fail(str(error), 2)
    except MeasurementError as error:
        return fail(f"measurement failed: {error}", 1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return fail(f"{where}{error.strerror or error}; mend it, and the same command goes on", 1)
    except MemoryError as error:
        why = f": {error}" if str(error) else ""
        return fail(f"too little memory{why}; the same command goes on where there is more", 1)
    except KeyboardInterrupt:
        return fail("stopped; the same command goes on from here", STOPPED)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, as every other error; argparse would print the usage first."""
        self.exit(fail(f"{message}; see {self.prog} --help", 2))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="headcensus",
        description="A census of the attention heads in transformer models.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    stages = parser.add_subparsers(metavar="STAGE", required=True)
    for name, (action, what, positional) in _STAGES.items():
        stage = stages.add_parser(
            name,
            help=what,
            description=what,
            epilog=EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if positional:
            stage.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help=OVERRIDES)
        if name in _RESOLVED:
            stage.add_argument(
                "--resolved", type=Path, metavar="FILE", help="a config that `compose` wrote"
            )
        stage.set_defaults(action=action)
    return parser


def _compose(arguments: argparse.Namespace) -> None:
    from pipeline.core.errors import UserError
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
    write_resolved(request.root / "resolved", request.grid, request.overrides)


def _ingest(arguments: argparse.Namespace) -> None:
    from pipeline.stages import run
    from pipeline.stages.cells import named, requested, resolved_file

    if path := _resolved(arguments):
        config = resolved_file(path, "name", "corpus", "ingest", "measure")
        run.ingest({named(config["name"]): config})
    else:
        run.ingest({c.corpus: r for c, r in requested(arguments.overrides).resolved()})


def _measure(arguments: argparse.Namespace) -> None:
    from pipeline.stages import run
    from pipeline.stages.cells import requested, resolved_file

    if path := _resolved(arguments):
        run.measure([resolved_file(path, "cell", "model", "control", "measure", "lake", "engine")])
    else:
        run.measure([config for _, config in requested(arguments.overrides).resolved()])


def _aggregate(arguments: argparse.Namespace) -> None:
    from pipeline.stages import run
    from pipeline.stages.cells import census

    run.aggregate(*census(_resolved(arguments), arguments.overrides))


def _report(arguments: argparse.Namespace) -> None:
    from pipeline.lake.remote import mirror
    from pipeline.stages import run
    from pipeline.stages.cells import census

    cells, config = census(_resolved(arguments), arguments.overrides)
    folder = Path("reports") if arguments.resolved else mirror(config["root"]) / "report"
    _say(run.report(cells, config, folder), folder)


def _run(arguments: argparse.Namespace) -> None:
    from pipeline.stages import run
    from pipeline.stages.cells import requested

    request = requested(arguments.overrides)
    pairs = request.resolved()
    folder = request.root / "report"
    _say(run.everything([c for c, _ in pairs], [r for _, r in pairs], folder), folder)


def _atlas(arguments: argparse.Namespace) -> None:
    from pipeline.lake.remote import mirror, shown
    from pipeline.stages.atlas import atlas
    from pipeline.stages.cells import requested, resolved_cells

    if path := _resolved(arguments):
        config = resolved_cells(path, "atlas")
        folder, configs = Path("reports"), config["cells"]
    else:
        configs = [config for _, config in requested(arguments.overrides).resolved()]
        config = configs[0]
        folder = mirror(config["root"]) / "report"
    tell(f"atlas: {shown(atlas(configs, mirror(config['root']), config['atlas'], folder))}")


def _intervene(arguments: argparse.Namespace) -> None:
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
        run.census([cell for cell, _ in pairs], configs)
    answer, file = intervene(configs, mirror(sections["root"]), sections, folder)
    tell(f"{answer}\nreport: {shown(file)}")


def _nursery(arguments: argparse.Namespace) -> None:
    from pipeline.stages.nursery import nursery, settings

    chosen = settings(arguments.overrides)
    tell(f"{nursery(chosen)}\nreport: {Path(chosen.report) / 'nursery.md'}")


def _compare(arguments: argparse.Namespace) -> None:
    from pipeline.stages.compare import compare

    answer, file = compare(arguments.overrides)
    tell(f"{answer}\nreport: {file}")


def _calibrate(arguments: argparse.Namespace) -> None:
    from pipeline.stages.calibrate import calibrate
    from pipeline.stages.cells import requested

    answer, file = calibrate(requested(arguments.overrides))
    tell(f"{answer}\nreport: {file}")


def _verify(arguments: argparse.Namespace) -> int:
    from pipeline.stages.mend import root_of, verify

    mend = "`headcensus repair` with the words of the run makes just that again"
    return _say_found(verify(root_of(arguments.overrides)), mend)


def _repair(arguments: argparse.Namespace) -> int:
    from pipeline.stages.cells import requested
    from pipeline.stages.mend import repair

    before, now = repair(requested(arguments.overrides))
    for entry in before:
        if entry not in now.wrong:
            tell(f"mended: {entry.what}")
    left = "not of these words, or made by `headcensus intervene`: give the words that made it"
    return _say_found(now, left)


def _say_found(found: "Findings", advice: str) -> int:
    for entry in found.wrong:
        tell(entry.what)
    if found.wrong:
        return fail(f"{len(found.wrong)} wrong in {len(found.seen)} folders: {advice}", 1)
    tell(f"{found.n_files} files in {len(found.seen)} folders are as they were written")
    return 0


def _publish(arguments: argparse.Namespace) -> None:
    from pipeline.stages.publish import publish, settings

    print(publish(settings(arguments.overrides)))


def _list(arguments: argparse.Namespace) -> None:
    from pipeline.stages.cells import listing

    tell(listing())


def _resolved(arguments: argparse.Namespace) -> Path | None:
    """Raises UserError where a resolved config is given, and overrides that it would not obey."""
    if arguments.resolved and arguments.overrides:
        from pipeline.core.errors import UserError

        raise UserError(
            f"--resolved {arguments.resolved} and {arguments.overrides[0]}: a resolved config is"
            " complete; give the override to `headcensus compose`"
        )
    return arguments.resolved


def _say(answer: str, folder: Path) -> None:
    from pipeline.lake.remote import is_remote, shown

    page = folder / "census.html"
    tell(f"{answer}\nreport: {shown(page)}" + (f" (here: {page})" if is_remote(page) else ""))


_STAGES = {
    "compose": (_compose, "write one resolved config per cell of a grid", True),
    "ingest": (_ingest, "stream a corpus into shards of sentences", True),
    "measure": (_measure, "run models over the sentences, into the lake", True),
    "aggregate": (_aggregate, "make the tables from the lake", True),
    "report": (_report, "write the report from the tables", True),
    "run": (_run, "all of it: ingest, measure, aggregate, atlas, report", True),
    "atlas": (_atlas, "write a page on which any head can be looked at", True),
    "intervene": (_intervene, "change heads one by one, and say what they were good for", True),
    "nursery": (_nursery, "train three small models, and measure them step by step", True),
    "compare": (_compare, "two cells of the tables, head by head: compare A B root=DIR", True),
    "calibrate": (_calibrate, "simulate censuses, and say how often they are wrong", True),
    "verify": (_verify, "hash all that was written anew, and name what is wrong: root=DIR", True),
    "repair": (_repair, "make again what `verify` finds wrong, and that alone", True),
    "publish": (_publish, "push a lake to the hub: repo=OWNER/NAME root=DIR push=true", True),
    "list": (_list, "models, corpora and controls, each with one line", False),
}
_RESOLVED = ("ingest", "measure", "aggregate", "atlas", "intervene", "report")


def entry() -> NoReturn:
    """The console script. Stopped by hand it goes at once: libraries take seconds to take leave."""
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    if code == STOPPED:
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    entry()
