"""`python -m benchmarks`: time the census beside what else there is, and write what came of it."""

import argparse
import platform
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.contestants import contestants
from benchmarks.page import Result, write
from benchmarks.timing import interleaved
from benchmarks.workloads import Workload, of_shape, of_treebank
from pipeline.lake.files import say_on_stderr

TREEBANK = Path(__file__).parents[1] / "data/treebank/treebank.conllu"


def main(argv: Sequence[str] | None = None) -> None:
    """Writes `benchmark.md` and its figure into the folder `--report`."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="counted rounds of each contestant")
    parser.add_argument("--sentences", type=int, default=200, help="of a treebank")
    parser.add_argument("--conllu", type=Path, help="a treebank of yours, beside the shipped one")
    parser.add_argument("--shapes", default="128x8,512x2", help="pieces x sentences of BERT-base")
    parser.add_argument("--report", type=Path, default=Path("reports"))
    given = parser.parse_args(argv)
    found = [_timed(workload, given.rounds) for workload in _workloads(given)]
    write(found, given.rounds, _machine(), given.report)


def _workloads(given: argparse.Namespace):
    yield of_treebank("MiniLM, shipped treebank", TREEBANK, given.sentences)
    if given.conllu is not None:
        yield of_treebank(f"MiniLM, {given.conllu.stem}", given.conllu, given.sentences)
    for shape in filter(None, given.shapes.split(",")):
        n_pieces, n_sentences = map(int, shape.split("x"))
        per_batch = max(1, n_sentences // 2)
        yield of_shape(f"BERT-base shape, {n_pieces}", n_pieces, n_sentences, per_batch)


def _timed(workload: Workload, rounds: int) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        say_on_stderr(f"{workload.name}:")
        times = interleaved(contestants(workload, Path(folder)), rounds, say_on_stderr)
    lengths = [len(s.words) for s in workload.sentences]
    return Result(workload.name, len(lengths), sum(lengths) / len(lengths), times)


def _machine() -> str:
    """What the timings are of, in one line."""
    names = Path("/proc/cpuinfo")
    lines = names.read_text(encoding="utf-8").splitlines() if names.is_file() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    processor = models[0] if models else platform.processor() or platform.machine()
    return (
        f"{processor}, {torch.get_num_threads()} threads, {platform.system()}, Python"
        f" {platform.python_version()}, torch {torch.__version__.split('+')[0]}"
    )


if __name__ == "__main__":
    main()
