"""What is timed on a workload: nothing measured, patterns kept, patterns with numpy, the census."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from benchmarks.workloads import Workload
from pipeline.engines.shard import Asked, batches, measure_shard
from pipeline.lake.files import write_table
from pipeline.models.encode import Encoded
from pipeline.models.under import encode_under
from pipeline.statistics.kernels import choose

PLAIN, KEPT, NUMPY, PORTABLE, CENSUS = (
    "SDPA, nothing measured",
    "eager, patterns kept",
    "eager, patterns and numpy",
    "headcensus, any device",
    "headcensus, on a CPU",
)
EVERY = 20
"""One sentence in so many is compared head by head, as the census does by default."""


def contestants(workload: Workload, folder: Path) -> dict[str, Callable[[], object]]:
    """All run the same sentences in the same batches. The census also tokenizes, and writes Parquet
    into `folder`.
    """
    subject = workload.subject
    kernel = choose("auto", "cpu", torch.float32, print)
    rows = range(len(workload.sentences))
    encoded, _ = encode_under(subject.control, 0, subject.encoder, workload.sentences, rows)
    cut = list(batches(encoded, workload.batch_pieces))
    return {
        PLAIN: lambda: _plain(workload, cut),
        KEPT: lambda: _kept(workload, cut),
        NUMPY: lambda: _with_numpy(workload, cut),
        PORTABLE: lambda: _census(workload, folder, "portable"),
        CENSUS: lambda: _census(workload, folder, kernel),
    }


def _inputs(workload: Workload, batch: Sequence[Encoded]) -> dict[str, torch.Tensor]:
    source, _ = workload.subject.encoder.pieces(batch)
    return {"input_ids": source.ids, "attention_mask": source.real.long()}


def _plain(workload: Workload, cut: Sequence[Sequence[Encoded]]) -> None:
    with torch.inference_mode():
        for batch in cut:
            workload.plain(**_inputs(workload, batch))


def _kept(workload: Workload, cut: Sequence[Sequence[Encoded]]) -> None:
    with torch.inference_mode():
        for batch in cut:
            workload.eager(**_inputs(workload, batch), output_attentions=True)


def _with_numpy(workload: Workload, cut: Sequence[Sequence[Encoded]]) -> list[dict]:
    """Sentence by sentence and layer by layer; words head by head: the way of published scripts."""
    found = []
    with torch.inference_mode():
        for batch in cut:
            out = workload.eager(**_inputs(workload, batch), output_attentions=True)
            patterns = [layer.numpy() for layer in out.attentions]
            for k, e in enumerate(batch):
                n = len(e.source.ids)
                found += [_statistics(layer[k, :, :n, :n], e) for layer in patterns]
    return found


def _statistics(pattern: np.ndarray, e: Encoded) -> dict[str, np.ndarray]:
    """Clark et al. 2019: masses (§3.1–3.2), entropies (§3.3), words (§4.1). [head, …]"""
    special = np.array(e.source.special)
    n = pattern.shape[1]
    place = np.arange(n)
    entropy = -(pattern * np.log(pattern + 1e-9)).sum(-1)
    word, n_words = np.array(e.source.word), e.source.n_words
    words = np.stack([_between_words(head, word, n_words) for head in pattern])
    return {
        "special": pattern[:, :, special].sum((1, 2)),
        "first": pattern[:, :, 0].sum(1),
        "self": pattern[:, place, place].sum(1),
        "prev": pattern[:, place[1:], place[:-1]].sum(1),
        "next": pattern[:, place[:-1], place[1:]].sum(1),
        "entropy": entropy.sum(1),
        "confidence": pattern.max(-1).sum(1),
        "distance": (pattern * np.abs(place[:, None] - place)).sum((1, 2)),
        "attends_to": words.argmax(2),
        "attended_by": words.argmax(1),
    }


def _between_words(pattern: np.ndarray, word: np.ndarray, n_words: int) -> np.ndarray:
    """Of one head: to a word the sum over its pieces, from a word the mean; −1 to itself."""
    to = np.stack([pattern[:, word == w].sum(1) for w in range(n_words)], 1)
    pieces = [np.flatnonzero(word == w) for w in range(n_words)]
    nothing = np.zeros(n_words, pattern.dtype)
    words = np.stack([to[rows].mean(0) if len(rows) else nothing for rows in pieces])
    np.fill_diagonal(words, -1)
    return words


def _census(workload: Workload, folder: Path, kernel: str) -> None:
    asked = Asked(workload.batch_pieces, EVERY, kernel=kernel)
    shard = measure_shard(workload.subject, workload.sentences, 0, asked)
    for name, rows in shard.tables.items():
        write_table(folder / f"{name}.parquet", rows)
