"""The command line: `headcensus COMMAND key=value …`. Errors that a user can mend are one line."""

import argparse
import gc
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from pipeline.core.errors import MeasurementError, UserError
from pipeline.stages import actions
from pipeline.stages.commands import COMMANDS, GROUPS, Command
from pipeline.stages.project import WIDTH, in_columns, near
from pipeline.stages.say import fail, leave, tell

STOPPED = 130
"""What shells say of a command that Ctrl-C stopped; and here SIGTERM too."""

WHAT = "A census of the attention heads in transformer models."
EPILOG = """examples:
  headcensus run            the shipped model and treebank, into data/
  headcensus init census    a project of your own, in the new folder census/
  headcensus run --help     what else it takes; every command has such help

exit codes: 0 done, 1 measuring or a machine failed, 2 bad input, 130 stopped"""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 a measurement or the disk failed, 2 bad input, 130 stopped by Ctrl-C.

    Whatever a user, or who keeps the machine, can mend is one line on stderr; a traceback is a bug.
    """
    given = sys.argv[1:] if argv is None else argv
    asked = next((word for word in given if not word.startswith("-")), None)
    if asked is not None and asked not in COMMANDS:
        hint = near(asked, COMMANDS)
        return fail(f"there is no command {asked!r}: {hint}see headcensus --help", 2)
    arguments = _parser().parse_args(given)
    # Nothing here talks to a terminal but the progress bar.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
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


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        tell(f"headcensus {version('headcensus')}")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="headcensus",
        usage="headcensus COMMAND [KEY=VALUE ...]",
        description=f"{WHAT}\n\n{_overview()}",
        epilog=EPILOG,
        formatter_class=_formatted,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="say which one this is")
    commands = parser.add_subparsers(
        prog="headcensus", metavar="COMMAND", required=True, help=argparse.SUPPRESS
    )
    for name, command in COMMANDS.items():
        one = commands.add_parser(
            name,
            usage=f"headcensus {name}{_usage(command)}",
            description=f"{command.what[0].upper()}{command.what[1:]}.",
            epilog=_examples(command),
            formatter_class=_formatted,
        )
        if command.words:
            metavar = command.operand.removesuffix(" ...")
            nargs = "?" if metavar == command.operand else "*"
            one.add_argument("overrides", nargs=nargs, metavar=metavar, help=command.words)
        if command.resolved:
            one.add_argument(
                "--resolved", type=Path, metavar="FILE", help="a config that `compose` wrote"
            )
        if name == "compose":
            one.add_argument(
                "--code", action="store_true", help="write what the installed code is, too"
            )
        one.set_defaults(action=getattr(actions, name))
    return parser


def _formatted(prog: str) -> argparse.HelpFormatter:
    """The same on every terminal, or without one."""
    return argparse.RawDescriptionHelpFormatter(prog, width=WIDTH - 1)


def _usage(command: Command) -> str:
    words = f" [{command.operand}]" if command.words else ""
    return f"{words} | --resolved FILE" if command.resolved else words


def _overview() -> str:
    blocks = []
    for title, group in GROUPS.items():
        lines = (in_columns(name, command.what, 10) for name, command in group.items())
        blocks.append("\n".join([f"{title}:", *lines]))
    return "\n\n".join(blocks)


def _examples(command: Command) -> str:
    lines = ["examples:" if len(command.examples) > 1 else "example:"]
    for typed, purpose in command.examples:
        lines.append(f"  {typed}")
        if purpose:
            lines.append(f"      {purpose}")
    return "\n".join(lines)


def entry() -> NoReturn:
    """The console script. Stopped by hand it goes at once: libraries take seconds to take leave."""
    # Where a stream is closed Python has none, and what is said is said to nobody.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    # What libraries make while they are imported is no garbage. To look through it ten times less
    # often saves a second, and a census's memory stays what it was.
    gc.set_threshold(7_000, 10, 10)
    # Who stops a container or a job says TERM, and means what Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = main()
    finally:
        leave()
    sys.stderr.flush()
    if code == STOPPED:
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    entry()
