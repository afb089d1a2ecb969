"""`python -m benchmarks`: time the census beside what else there is, and write what came of it."""

import argparse
import platform
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from benchmarks import alone
from benchmarks.contestants import CENSUS, KEPT, PLAIN, PORTABLE, contestants
from benchmarks.page import Growth, Result, write
from benchmarks.timing import interleaved
from benchmarks.workloads import Workload, of_shape, of_treebank
from pipeline.lake.files import say_on_stderr

TREEBANK = Path(__file__).parents[1] / "data/treebank/treebank.conllu"


def main(argv: Sequence[str] | None = None) -> None:
    """Writes `benchmark.md` and its figure into the folder `--report`."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="counted rounds of each contestant")
    parser.add_argument("--sentences", type=int, default=2000, help="of a treebank")
    parser.add_argument("--conllu", type=Path, help="a treebank of yours, beside the shipped one")
    parser.add_argument("--shapes", default="128x20,512x8", help="pieces x sentences of BERT-base")
    parser.add_argument(
        "--batches", default="2,6", help="sentences of 512 whose memory is compared"
    )
    parser.add_argument("--report", type=Path, default=Path("reports"))
    given = parser.parse_args(argv)
    starts = [alone.startup() for _ in range(4)][1:]  # the first fills the file cache
    growths = _growths([int(n) for n in given.batches.split(",")])
    found = [
        _timed(workload.to(device), given.rounds)
        for device in ("cpu", "cuda")[: 1 + torch.cuda.is_available()]
        for workload in _workloads(given)
    ]
    write(found, growths, statistics.median(starts), given.rounds, _machine(), given.report)


def _workloads(given: argparse.Namespace) -> Iterator[Workload]:
    yield of_treebank("MiniLM, shipped treebank", TREEBANK, given.sentences)
    if given.conllu is not None:
        yield of_treebank(f"MiniLM, {given.conllu.stem}", given.conllu, given.sentences)
    for shape in filter(None, given.shapes.split(",")):
        n_pieces, n_sentences = map(int, shape.split("x"))
        per_batch = max(1, 1024 // n_pieces)
        yield of_shape(f"BERT-base shape, {n_pieces}", n_pieces, n_sentences, per_batch)


def _growths(
    batches: Sequence[int], n_pieces: int = 512, shape: Sequence[str] = ()
) -> list[Growth]:
    """Memory at the peak by the number of sentences in a batch."""
    found, n_threads = [], torch.get_num_threads()
    measured = {name: (name, 1) for name in (PLAIN, KEPT, PORTABLE, CENSUS)}
    if n_threads > 1:
        measured[f"{CENSUS}, {n_threads} batches at once"] = (CENSUS, n_threads)
    for name, (contestant, at_once) in measured.items():
        peaks = [alone.peak(contestant, n_pieces, n, shape, at_once) for n in batches]
        known = [peak for peak in peaks if peak is not None]
        if len(known) == len(peaks):
            found.append(Growth(name, batches, known))
            say_on_stderr(f"memory of {name!r} measured")
    return found


def _timed(workload: Workload, rounds: int) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        say_on_stderr(f"{workload.name}:")
        times = interleaved(contestants(workload, Path(folder)), rounds, say_on_stderr)
    lengths = [len(s.words) for s in workload.sentences]
    result = Result(workload.name, len(lengths), sum(lengths) / len(lengths), times)
    for name in times:  # what is known is said, should a later workload be stopped
        say_on_stderr(f"{name}: {result.over_plain(name)[0]:.2f}")
    return result


def _machine() -> str:
    """What the timings are of, in one line."""
    names = Path("/proc/cpuinfo")
    lines = names.read_text(encoding="utf-8").splitlines() if names.is_file() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    processor = models[0] if models else platform.processor() or platform.machine()
    processor += f" ({torch.backends.cpu.get_cpu_capability()})"  # its registers
    if torch.cuda.is_available():
        processor += f", {torch.cuda.get_device_name()}"
    return (
        f"{processor}, {torch.get_num_threads()} threads, {platform.system()},"
        f" Python {platform.python_version()}, torch {torch.__version__.split('+')[0]}"
    )


if __name__ == "__main__":
    main()
