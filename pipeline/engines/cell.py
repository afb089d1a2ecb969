"""One cell: its shards measured, each once, then published together.

Shards are finished in a work folder named by the cell's fingerprint, which hashes all that their
bytes depend on. Killed at any moment, the same command goes on with the shards that are not there
yet; after a change of anything that matters the fingerprint differs and no old shard is used.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.engines.grain import MIN_SHARDS
from pipeline.engines.serial import in_this_process
from pipeline.engines.shard import measure_shards
from pipeline.engines.work import Pool, Shard, ShardBytes, Task, Work
from pipeline.lake import manifest
from pipeline.lake.columns import whole
from pipeline.lake.compact import compacted
from pipeline.lake.files import (
    locked,
    say_on_stderr,
    sealed,
    sha256_of,
    unsealed,
    write_bytes,
    write_text,
)
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.manifest import File, Manifest
from pipeline.lake.read import read_whole_shard
from pipeline.lake.schema import MEASURED, OF_SHARDS


@dataclass(frozen=True)
class Job:
    """What a cell's bytes depend on, and what makes them of a shard's sentences.

    `identity`: config, code, model files, library versions. `work` is given what `subject` loads
    (see `measure_cell`), shards as `measure_shards` takes them, and `asked`; it makes `tables`.
    None measures. `section` of the config is where `asked` comes from; `hint` says what to do where
    not one sentence was short enough.
    """

    cell: Cell
    identity: Mapping[str, object]
    asked: Any
    lock_wait_s: float = 120.0
    tables: tuple[str, ...] = MEASURED
    work: Callable[..., Iterator[Shard]] | None = None
    section: str = "measure"
    hint: str = "give shorter ones, or another model"

    @property
    def to_do(self) -> Work:
        return Work(self.cell.name, self.work or measure_shards, self.asked, self.section)

    def fingerprint(self, corpus: Manifest) -> str:
        content = {"identity": self.identity, "corpus": corpus.fingerprint}
        content["asked"] = asdict(self.asked)
        return manifest.fingerprint_of(content)


def measure_cell(
    lake: Lake,
    job: Job,
    subject: Callable[[], Any],
    progress: Callable[[int], object],
    say: Callable[[str], object] = say_on_stderr,
    pool: Pool = in_this_process,
) -> str:
    """Measure and publish a cell; gives its fingerprint. Finished work is not done again, nor a
    model loaded for it. Shards are written as they come from the pool, in whatever order.

    Raises UserError where the sentences are not there, or none that the model can read, or another
    process holds the cell; MeasurementError where a number cannot be trusted.
    """
    folder = lake.sentences(job.cell.corpus)
    corpus = whole(folder)
    _check_grain(job, corpus)
    fingerprint = job.fingerprint(corpus)
    # The lock is the cell's and not the fingerprint's: with other settings it is published to the
    # same folders.
    work_of_cell = lake.work / job.cell.partition
    with locked(work_of_cell, job.lock_wait_s, say):
        work = work_of_cell / fingerprint
        if _is_published(lake, job, fingerprint):
            progress(corpus.n_rows)
            return fingerprint
        records = [_finished(work, k, job.tables) for k in range(len(corpus.files))]
        progress(sum(f.n_rows for f, r in zip(corpus.files, records, strict=True) if r is not None))
        missing = [k for k, record in enumerate(records) if record is None]
        firsts = list(itertools.accumulate((f.n_rows for f in corpus.files), initial=0))
        if missing:
            tasks = (
                Task(k, _sentences(read_whole_shard(folder, corpus.files[k])), firsts[k])
                for k in missing
            )
            metadata = _metadata(job, fingerprint)
            with closing(pool(job.to_do, subject, tasks, metadata, progress)) as made:  # pyrefly: ignore
                for k, shard in made:
                    records[k] = _finish(work, k, shard)
        _publish(lake, job, fingerprint, corpus, work, [r for r in records if r is not None])
    return fingerprint


def _check_grain(job: Job, corpus: Manifest) -> None:
    n_shards = len(corpus.files)
    if getattr(job.asked, "grain", "sentence") == "shard" and n_shards < MIN_SHARDS:
        smaller = corpus.n_rows // MIN_SHARDS
        give = f"give ingest.shard_sentences={smaller}, or " if smaller else ""
        raise UserError(
            f"lake.grain=shard: the shards of {job.cell.corpus} are {n_shards}, and intervals need"
            f" {MIN_SHARDS}: {give}keep lake.grain=sentence"
        )


def _is_published(lake: Lake, job: Job, fingerprint: str) -> bool:
    for table in job.tables:
        folder = lake.measured(table, job.cell)
        try:
            content = manifest.read(folder)
        except UserError:  # not there, or damaged: it is made anew
            return False
        if content.fingerprint != fingerprint or manifest.faults(folder, content):
            return False
    return True


def _record_path(work: Path, k: int) -> Path:
    return work / f"shard-{k:05d}.json"


def _shard_name(k: int) -> str:
    return f"shard-{k:05d}.parquet"


def _finished(work: Path, k: int, tables: Sequence[str]) -> dict | None:
    """The record of a finished shard whose files are whole, or None."""
    try:
        record = unsealed(_record_path(work, k).read_text(encoding="utf-8"))
        if not all(type(n) is int for n in record["counts"].values()):
            return None
        for table in tables:
            file = File(**record[table])
            if file.name != _shard_name(k) or sha256_of(work / table / file.name) != file.sha256:
                return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return record


def _finish(work: Path, k: int, shard: ShardBytes) -> dict:
    """Write a shard's files, then the record that says they are whole."""
    name = _shard_name(k)
    record: dict = {"counts": shard.counts}
    for table, (content, n_rows) in shard.files.items():
        path = work / table / name
        write_bytes(path, content)
        record[table] = {"name": name, "sha256": sha256_of(path), "n_rows": n_rows}
    write_text(_record_path(work, k), sealed(record))
    return record


def _publish(
    lake: Lake, job: Job, fingerprint: str, corpus: Manifest, work: Path, records: Sequence[dict]
) -> None:
    counts: dict[str, int] = {}
    for record in records:
        for name, n in record["counts"].items():
            counts[name] = counts.get(name, 0) + n
    if not counts.get("n_sentences"):
        too_long, unaligned = (counts.get(f"n_{why}", 0) for why in ("too_long", "unaligned"))
        raise UserError(
            f"{job.cell.name}: the model can read none of the sentences whole ({too_long} are"
            f" longer than it reads, of {unaligned} nobody can tell which piece is of which word):"
            f" {job.hint}"
        )
    facts = {**counts, "sentences": corpus.fingerprint}
    files = {t: tuple(File(**record[t]) for record in records) for t in job.tables}
    files |= {t: compacted(work / t, files[t]) for t in OF_SHARDS if t in files}
    for table in job.tables:
        # Killed between two, there must be no tables of different makings side by side.
        manifest.withdraw(lake.measured(table, job.cell))
    for table in job.tables:
        content = Manifest(table, fingerprint, files[table], facts)
        manifest.publish(lake.measured(table, job.cell), content, work / table)


def _metadata(job: Job, fingerprint: str) -> dict[str, str]:
    """What a shard says of its making, in the Parquet file itself."""
    about = {f"headcensus.{k}": json.dumps(v, sort_keys=True) for k, v in job.identity.items()}
    return about | {"headcensus.fingerprint": fingerprint, "headcensus.cell": job.cell.name}


def _sentences(table: pa.Table) -> list[Sentence]:
    # The model's pass is blind to annotation: words alone are read.
    columns = ("sentence_id", "text", "words", "target_text", "target_words", "second")
    sentences = []
    for name, *rest in zip(*(table[c].to_pylist() for c in columns), strict=True):
        text, words, target_text, target_words, second = rest
        target = target_words and Sentence(name, target_text, tuple(target_words))
        sentences.append(Sentence(name, text, tuple(words), target=target, second=second))
    return sentences
