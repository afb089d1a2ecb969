"""One cell: its shards measured, each once, then published together.

Shards are finished in a work folder named by the cell's fingerprint, which hashes all that their
bytes depend on. Killed at any moment, the same command goes on with the shards that are not there
yet; after a change of anything that matters the fingerprint differs and no old shard is used.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipeline.core.errors import MeasurementError
from pipeline.core.sentence import Sentence
from pipeline.engines.shard import Shard, Subject, measure_shard
from pipeline.lake import manifest
from pipeline.lake.files import locked, sha256_of, write_table, write_text
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.manifest import File, Manifest
from pipeline.lake.read import read_shard

TABLES = ("heads", "pointers")


@dataclass(frozen=True)
class Job:
    """What a cell's bytes depend on. `identity`: config, code, model files, library versions."""

    cell: Cell
    identity: Mapping[str, object]
    batch_pieces: int
    lock_wait_s: float = 120.0

    def fingerprint(self, corpus: Manifest) -> str:
        content = {"identity": self.identity, "corpus": corpus.fingerprint}
        content["batch_pieces"] = self.batch_pieces
        return fingerprint_of(content)


def fingerprint_of(content: Mapping) -> str:
    canonical = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def measure_cell(
    lake: Lake,
    job: Job,
    subject: Callable[[], Subject],
    progress: Callable[[int], object],
    say: Callable[[str], object] = print,
) -> None:
    """Measure and publish a cell. Finished work is not done again, nor a model loaded for it.

    Raises UserError where the sentences are not there or another process holds the cell,
    MeasurementError where a number cannot be trusted.
    """
    folder = lake.sentences(job.cell.corpus)
    corpus = manifest.verified(folder)
    fingerprint = job.fingerprint(corpus)
    work = lake.work / fingerprint
    with locked(work, job.lock_wait_s, say):
        if _is_published(lake, job.cell, fingerprint):
            progress(corpus.n_rows)
            return
        loaded: list[Subject] = []
        first = 0
        records = []
        for k, file in enumerate(corpus.files):
            record = _finished(work, k)
            if record is None:
                loaded = loaded or [subject()]
                sentences = _read_sentences(folder / file.name)
                shard = measure_shard(loaded[0], sentences, first, job.batch_pieces, progress)
                record = _finish(work, k, shard, _metadata(job, fingerprint))
            else:
                progress(file.n_rows)
            records.append(record)
            first += file.n_rows
        _publish(lake, job.cell, fingerprint, corpus, work, records)


def _is_published(lake: Lake, cell: Cell, fingerprint: str) -> bool:
    for table in TABLES:
        folder = lake.measured(table, cell)
        if not (folder / manifest.NAME).is_file():
            return False
        content = manifest.read(folder)
        if content.fingerprint != fingerprint or manifest.faults(folder, content):
            return False
    return True


def _record_path(work: Path, k: int) -> Path:
    return work / f"shard-{k:05d}.json"


def _finished(work: Path, k: int) -> dict | None:
    """The record of a finished shard whose files are whole, or None."""
    try:
        record = json.loads(_record_path(work, k).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    for table in TABLES:
        path = work / table / record[table]["name"]
        if not path.is_file() or sha256_of(path) != record[table]["sha256"]:
            return None
    return record


def _finish(work: Path, k: int, shard: Shard, metadata: dict[str, str]) -> dict:
    """Write a shard's files, then the record that says they are whole."""
    name = f"shard-{k:05d}.parquet"
    record: dict = {"counts": shard.counts}
    for table, rows in (("heads", shard.heads), ("pointers", shard.pointers)):
        path = work / table / name
        write_table(path, rows, metadata)
        record[table] = {"name": name, "sha256": sha256_of(path), "n_rows": rows.num_rows}
    write_text(_record_path(work, k), json.dumps(record, sort_keys=True))
    return record


def _publish(
    lake: Lake, cell: Cell, fingerprint: str, corpus: Manifest, work: Path, records: Sequence[dict]
) -> None:
    counts: dict[str, int] = {}
    for record in records:
        for name, n in record["counts"].items():
            counts[name] = counts.get(name, 0) + n
    if not counts.get("n_sentences"):
        raise MeasurementError(f"{cell.name}: the model could read none of the sentences whole")
    facts = {**counts, "sentences": corpus.fingerprint}
    for table in TABLES:
        files = tuple(File(**record[table]) for record in records)
        content = Manifest(table, fingerprint, files, facts)
        manifest.publish(lake.measured(table, cell), content, work / table)


def _metadata(job: Job, fingerprint: str) -> dict[str, str]:
    """What a shard says of its making, in the Parquet file itself."""
    about = {f"headcensus.{k}": json.dumps(v, sort_keys=True) for k, v in job.identity.items()}
    return about | {"headcensus.fingerprint": fingerprint, "headcensus.cell": job.cell.name}


def _read_sentences(path: Path) -> list[Sentence]:
    return list(_sentences(read_shard(path)))


def _sentences(table: pa.Table) -> Iterator[Sentence]:
    # The model's pass is blind to annotation: words alone are read.
    rows = zip(*(table[c].to_pylist() for c in ("sentence_id", "text", "words")), strict=True)
    for sentence_id, text, words in rows:
        yield Sentence(sentence_id, text, tuple(words))
