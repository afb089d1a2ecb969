"""The command line: `headcensus STAGE key=value …`. Errors that a user can mend are one line."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

EPILOG = """examples:
  headcensus run                                    the shipped model and treebank, into data/
  headcensus run model=minilm corpus=conllu corpus.path=my.conllu root=out
  headcensus run model=local model.path=DIR control=[trained,random_weights] root=out
  headcensus list                                   models, corpora and controls there are
"""
OVERRIDES = """KEY=VALUE, for instance model=minilm, control=[trained,random_weights-1],
corpus=conllu, corpus.path=FILE, corpus.limit=500, measure.device=cuda, analysis.min_arcs=50,
root=DIR (default: data), or grid=FILE in place of model, control and corpus"""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 a measurement failed, 2 bad input, 130 stopped by Ctrl-C."""
    arguments = _parser().parse_args(argv)
    # Nothing here talks to a terminal but the progress bar.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from pipeline.core.errors import MeasurementError, UserError

    try:
        arguments.action(arguments)
    except UserError as error:
        print(f"headcensus: {error}", file=sys.stderr)
        return 2
    except MeasurementError as error:
        print(f"headcensus: measurement failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("headcensus: stopped; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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
    from pipeline.stages.cells import requested
    from pipeline.stages.compose import write_resolved

    request = requested(arguments.overrides, grid_by_default=True)
    write_resolved(request.root / "resolved", request.grid, request.overrides)


def _ingest(arguments: argparse.Namespace) -> None:
    from pipeline.stages import run
    from pipeline.stages.cells import requested, resolved_file

    if arguments.resolved:
        config = resolved_file(arguments.resolved)
        run.ingest(config["name"], config)
        return
    request = requested(arguments.overrides)
    for name, config in {c.corpus: r for c, r in request.resolved()}.items():
        run.ingest(name, config)


def _measure(arguments: argparse.Namespace) -> None:
    from pipeline.stages import run
    from pipeline.stages.cells import requested, resolved_file

    if arguments.resolved:
        run.measure([resolved_file(arguments.resolved)])
    else:
        run.measure([config for _, config in requested(arguments.overrides).resolved()])


def _aggregate(arguments: argparse.Namespace) -> None:
    from pipeline.stages import run
    from pipeline.stages.cells import census

    run.aggregate(*census(arguments.resolved, arguments.overrides))


def _report(arguments: argparse.Namespace) -> None:
    from pipeline.stages import run
    from pipeline.stages.cells import census

    cells, config = census(arguments.resolved, arguments.overrides)
    folder = Path("reports") if arguments.resolved else Path(config["root"]) / "report"
    _say(run.report(cells, config, folder), folder)


def _run(arguments: argparse.Namespace) -> None:
    from pipeline.stages import run
    from pipeline.stages.cells import requested

    request = requested(arguments.overrides)
    pairs = request.resolved()
    folder = request.root / "report"
    _say(run.everything([c for c, _ in pairs], [r for _, r in pairs], folder), folder)


def _list(arguments: argparse.Namespace) -> None:
    from pipeline.stages.cells import listing

    print(listing())


def _say(answer: str, folder: Path) -> None:
    print(f"{answer}\nreport: {folder / 'census.html'}")


_STAGES = {
    "compose": (_compose, "write one resolved config per cell of a grid", True),
    "ingest": (_ingest, "stream a corpus into shards of sentences", True),
    "measure": (_measure, "run models over the sentences, into the lake", True),
    "aggregate": (_aggregate, "make the tables from the lake", True),
    "report": (_report, "write the report from the tables", True),
    "run": (_run, "all of it: ingest, measure, aggregate, report", True),
    "list": (_list, "models, corpora and controls, each with one line", False),
}
_RESOLVED = ("ingest", "measure", "aggregate", "report")

if __name__ == "__main__":
    sys.exit(main())
