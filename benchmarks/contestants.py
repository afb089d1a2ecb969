"""What is timed on a workload: nothing measured, patterns kept, patterns with numpy, the census."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from transformers import BertForMaskedLM

from benchmarks.workloads import Workload
from pipeline.core.sentence import Sentence
from pipeline.engines.shard import Asked, Subject, batches, measure_shards
from pipeline.engines.work import in_bytes
from pipeline.lake.files import say_on_stderr, write_bytes
from pipeline.models.encode import Encoded
from pipeline.models.linears import Linears, multiplies_bfloat16, on_onednn
from pipeline.models.under import encode_under
from pipeline.statistics.kernels import choose

PLAIN, KEPT, LENS, NUMPY, PORTABLE, CENSUS, ONEDNN, BFLOAT16 = (
    "SDPA, nothing measured",
    "eager, patterns kept",
    "TransformerLens, patterns kept",
    "eager, patterns and numpy",
    "headcensus, portable kernel",
    "headcensus",
    "headcensus, linear layers by oneDNN",
    "headcensus, the same in bfloat16",
)
EVERY = 20
"""One sentence in so many is compared head by head, as the census does by default. Of fewer none
is: it would weigh more than in a corpus."""


def contestants(
    workload: Workload, folder: Path, names: Sequence[str] | None = None
) -> dict[str, Callable[[], object]]:
    """Those of `names`, or all that can be had here. All run the same sentences in the same
    batches. The census also tokenizes, and writes Parquet into `folder`.
    """
    subject = workload.subject
    device = subject.model.device.type
    kernel = choose("auto", device, say_on_stderr)
    cut = list(_cut(workload))

    def by_onednn(linears: Linears) -> Callable[[], object]:
        packed = replace(subject, model=on_onednn(deepcopy(subject.model), linears))
        return lambda: _census(packed, workload, folder, kernel)

    def by_lens() -> Callable[[], object]:
        bridge = _bridge(workload)
        return lambda: _lens(bridge, workload, cut)

    made: dict[str, Callable[[], Callable[[], object]]] = {
        PLAIN: lambda: lambda: _plain(workload, cut),
        KEPT: lambda: lambda: _kept(workload, cut),
        LENS: by_lens,
        NUMPY: lambda: lambda: _with_numpy(workload, cut),
        PORTABLE: lambda: lambda: _census(subject, workload, folder, "portable"),
        CENSUS: lambda: lambda: _census(subject, workload, folder, kernel),
        ONEDNN: lambda: by_onednn("onednn"),
        BFLOAT16: lambda: by_onednn("onednn_bf16"),
    }
    missing = set()
    if find_spec("transformer_lens") is None:
        missing.add(LENS)
    if device != "cpu" or not torch.backends.mkldnn.is_available():
        missing |= {ONEDNN, BFLOAT16}
    elif not multiplies_bfloat16():
        missing.add(BFLOAT16)
    return {name: make() for name, make in made.items() if name in (names or made.keys() - missing)}


def _shards(workload: Workload) -> Iterator[tuple[list[Sentence], int]]:
    size = -(-len(workload.sentences) // workload.n_shards)
    for first in range(0, len(workload.sentences), size):
        yield workload.sentences[first : first + size], first


def _cut(workload: Workload) -> Iterator[list[Encoded]]:
    """The batches that the census makes of its shards."""
    subject = workload.subject
    for sentences, first in _shards(workload):
        rows = range(first, first + len(sentences))
        encoded, _ = encode_under(subject.control, 0, subject.encoder, sentences, rows)
        yield from batches(encoded, workload.batch_pieces, in_pairs=True)


def _inputs(workload: Workload, batch: Sequence[Encoded]) -> dict[str, torch.Tensor]:
    source, _ = workload.subject.encoder.pieces(batch)
    source = source.to(workload.subject.model.device)
    return {"input_ids": source.ids, "attention_mask": source.real.long()}


def _plain(workload: Workload, cut: Sequence[Sequence[Encoded]]) -> None:
    with torch.inference_mode():
        for batch in cut:
            workload.plain(**_inputs(workload, batch))


def _kept(workload: Workload, cut: Sequence[Sequence[Encoded]]) -> None:
    with torch.inference_mode():
        for batch in cut:
            workload.eager(**_inputs(workload, batch), output_attentions=True)


def _bridge(workload: Workload) -> Any:
    """The eager model as TransformerLens has it, with one word to predict."""
    from transformer_lens.model_bridge import TransformerBridge

    eager = workload.eager
    masked = BertForMaskedLM._from_config(deepcopy(eager.config), attn_implementation="eager")
    masked.bert.load_state_dict(eager.state_dict(), strict=False)
    masked.cls.predictions.decoder = torch.nn.Linear(eager.config.hidden_size, 1)
    tokenizer = workload.subject.encoder.tokenizer
    with TemporaryDirectory() as folder:
        masked.config.save_pretrained(folder)
        return TransformerBridge.boot_transformers(
            folder, hf_model=masked.eval(), tokenizer=tokenizer, device="cpu"
        )


def _lens(bridge: Any, workload: Workload, cut: Sequence[Sequence[Encoded]]) -> None:
    with torch.inference_mode():
        for batch in cut:
            inputs = _inputs(workload, batch)
            bridge.run_with_cache(
                inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                names_filter=lambda name: name.endswith("hook_pattern"),
            )


def _with_numpy(workload: Workload, cut: Sequence[Sequence[Encoded]]) -> list[dict]:
    """Sentence by sentence and layer by layer; words head by head: the way of published scripts."""
    found = []
    with torch.inference_mode():
        for batch in cut:
            out = workload.eager(**_inputs(workload, batch), output_attentions=True)
            patterns = [layer.cpu().numpy() for layer in out.attentions]
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


def _census(subject: Subject, workload: Workload, folder: Path, kernel: str) -> None:
    every = EVERY if len(workload.sentences) >= EVERY else 0
    asked = Asked(workload.batch_pieces, every, kernel=kernel)
    for k, shard in enumerate(measure_shards(subject, _shards(workload), asked)):
        for name, (content, _) in in_bytes(shard, {}).files.items():
            write_bytes(folder / f"{name}-{k}.parquet", content)
