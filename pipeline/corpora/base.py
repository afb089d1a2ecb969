"""What a corpus is, and the one stream that every corpus becomes.

A corpus is a frozen dataclass whose fields are its YAML keys. It turns whatever it reads into
*rows*: plain dicts with one fixed schema (`FEATURES`), a row being either a sentence or, where
`fault` is not null, the record of one that is kept out. The rows flow through a
`datasets.IterableDataset`, so nothing is held but the sentence in hand, or the buffer of a shuffle:
memory does not grow with the corpus. `read` turns rows back into records and applies the limit.

To add a format: a dataclass with `limit`, `shuffle_seed`, `shuffle_buffer` and fields of its own, a
generator of rows (build them with `rows.sentence_row` and `rows.fault_row`, those of a parallel
corpus with `rows.pair_row`), and

    def stream(self) -> IterableDataset:
        return streamed(self, generator)
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Protocol, TypeVar

import datasets
import datasets.config
from datasets import Features, IterableDataset, List, Value

from pipeline.core.errors import UserError
from pipeline.core.sentence import Fault, Sentence, sentence_of
from pipeline.corpora.rows import Row

_SIDE = {
    "text": Value("string"),
    "words": List(Value("string")),
    "upos": List(Value("string")),
    "governors": List(Value("int32")),
    "deprels": List(Value("string")),
}
FEATURES = Features(
    {
        "sentence_id": Value("string"),
        **_SIDE,
        **{f"target_{key}": kind for key, kind in _SIDE.items()},
        "alignment": List(
            {"source": Value("int32"), "target": Value("int32"), "sure": Value("bool")}
        ),
        "fault": Value("string"),
        "source": Value("string"),
        "line": Value("int64"),
    }
)
"""A row's schema. Stated, so that `datasets` never reads ahead to guess it."""


class Corpus(Protocol):
    """What `read` needs of a corpus.

    `limit` keeps the first n sentences, counted after the shuffle; None keeps all. `shuffle_seed`
    None leaves the corpus in its own order; a number draws the rows from a buffer of
    `shuffle_buffer` rows, the same way on every run (with one version of `datasets`).
    """

    @property
    def limit(self) -> int | None: ...
    @property
    def shuffle_seed(self) -> int | None: ...
    @property
    def shuffle_buffer(self) -> int: ...

    def stream(self) -> IterableDataset:
        """All rows, shuffled if asked, without the limit. Raises UserError on unusable input."""
        ...


SomeCorpus = TypeVar("SomeCorpus", bound=Corpus)


def read(corpus: Corpus) -> Iterator[Sentence | Fault]:
    """The corpus's sentences, and the faults met between them, until `limit` sentences are out.

    Faults do not count towards the limit, and reading stops with the last sentence wanted.
    Raises UserError where the input cannot be used at all, or where it holds no sentence.
    """
    if corpus.limit is not None and corpus.limit < 1:
        raise UserError(f"{describe(corpus)}: limit must be 1 or more, or null for all sentences")
    n_sentences, n_faults, first_fault = 0, 0, ""
    for row in corpus.stream():
        if row["fault"] is not None:
            fault = Fault(row["source"], row["line"], row["sentence_id"], row["fault"])
            first_fault = first_fault or f"{fault.source}:{fault.line}: {fault.reason}"
            n_faults += 1
            yield fault
            continue
        yield sentence_of(row)
        n_sentences += 1
        if n_sentences == corpus.limit:
            return
    if n_sentences == 0:
        why = f"all {n_faults} are damaged, first {first_fault}" if n_faults else "it is empty"
        raise UserError(f"{describe(corpus)} has no sentence to measure: {why}")


def streamed(
    corpus: SomeCorpus, generate: Callable[[SomeCorpus], Iterator[Row]]
) -> IterableDataset:
    """The rows of `generate(corpus)` as a dataset, shuffled as the corpus asks.

    `generate` must be a function of a module: `datasets` pickles it, and the corpus, to name them.
    """
    if corpus.shuffle_buffer < 1:
        raise UserError(f"{describe(corpus)}: shuffle_buffer must be 1 or more rows")
    if corpus.shuffle_seed is not None and corpus.shuffle_seed < 0:
        raise UserError(f"{describe(corpus)}: shuffle_seed must be 0 or more, or null")
    with quiet_datasets():
        dataset = IterableDataset.from_generator(
            generate, features=FEATURES, gen_kwargs={"corpus": corpus}
        )
    if corpus.shuffle_seed is None:
        return dataset
    # `shuffle` would read several shards at once, on threads. Here there is one, and skipping no
    # rows tells `datasets` to leave its order alone: half the time per row, and no thread.
    dataset = dataset.skip(0)
    return dataset.shuffle(seed=corpus.shuffle_seed, buffer_size=corpus.shuffle_buffer)


@contextmanager
def quiet_datasets() -> Iterator[None]:
    """Build a dataset without progress bars, chatter or lock files in the user's cache.

    A builder makes its cache folder even when it only streams; here that is a scratch folder, so
    that a read-only home directory is no obstacle.
    """
    datasets.disable_progress_bars()
    datasets.logging.set_verbosity_error()
    cache = datasets.config.HF_DATASETS_CACHE
    with tempfile.TemporaryDirectory(prefix="headcensus-") as scratch:
        datasets.config.HF_DATASETS_CACHE = Path(scratch)
        try:
            yield
        finally:
            datasets.config.HF_DATASETS_CACHE = cache


def describe(corpus: Any) -> str:
    """The corpus in an error message: its class, and the fields that differ from their defaults."""
    chosen = (
        f"{field.name}={getattr(corpus, field.name)!r}"
        for field in fields(corpus)
        if getattr(corpus, field.name) != field.default
    )
    return f"corpus {type(corpus).__name__}({', '.join(chosen)})"
