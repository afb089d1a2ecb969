"""Real processes of the command line, to be killed. A fork server pays their imports once."""

import multiprocessing
import sys
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import torch

from pipeline.lake.files import locked
from pipeline.stages import cli

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "tests.engines.processes",
        "tests.engines.test_interrupted",
        "pipeline.stages.measure",
        "pipeline.engines.grid",
        "pipeline.analysis.aggregate",
        "pipeline.report.write",
        "pipeline.corpora.conllu",
        "transformers.models.bert.modeling_bert",
        "transformers.models.bert.tokenization_bert",
        "hydra",
    ]
)
PATIENCE_S = 60.0


def start(log: Path, *words: str) -> BaseProcess:
    """`headcensus WORDS`, with what it says in `log`."""
    return _started(_main, log, words)


def start_holder(folder: Path) -> BaseProcess:
    """A process that holds a folder's lock until it is killed."""
    return _started(_hold, folder)


def _started(target: Callable, *args) -> BaseProcess:
    process = CONTEXT.Process(target=target, args=args, daemon=True)
    process.start()
    return process


def _main(log: Path, words: tuple[str, ...]) -> None:
    torch.set_num_threads(1)
    with log.open("a") as stream:
        sys.stdout = sys.stderr = stream
        sys.argv = ["headcensus", *words]
        cli.entry()


def _hold(folder: Path) -> None:
    with locked(folder, 0):
        (folder / "held").touch()
        time.sleep(PATIENCE_S)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)


def end_of(process: BaseProcess) -> int | None:
    """The exit code, once it has come."""
    process.join(PATIENCE_S)
    return process.exitcode
