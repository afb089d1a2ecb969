"""Ingest: a corpus, streamed once into shards of sentences.

Shard k is a fixed run of sentences: it is the unit of everything that follows. A malformed sentence
is quarantined, alone; a corpus with too many of them is refused, for then something else is wrong.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from itertools import islice, zip_longest
from pathlib import Path

import pyarrow as pa

from pipeline.core.errors import UserError
from pipeline.core.sentence import Fault, Sentence, joined
from pipeline.lake import manifest
from pipeline.lake.files import locked, say_on_stderr, sha256_of, write_table
from pipeline.lake.layout import Lake
from pipeline.lake.manifest import File, Manifest
from pipeline.lake.remote import shown
from pipeline.lake.schema import LAKE


def ingest(
    lake: Lake,
    corpus: str,
    records: Iterable[Sentence | Fault],
    shard_sentences: int,
    max_quarantined: float,
    progress: Callable[[int], object] = lambda n: None,
    lock_wait_s: float = 120.0,
    say: Callable[[str], object] = say_on_stderr,
    segments: int = 1,
) -> Manifest:
    """Write and publish the sentences of a corpus, and its quarantine.

    The fingerprint is that of the sentences alone: where they stood, and what was kept out, says
    nothing of what a model sees. With two `segments` neighbours are joined, as one input each.
    Raises UserError, and publishes nothing, where the corpus is empty or more than the share
    `max_quarantined` of its sentences is malformed, or where sentences with translations are to be
    joined.
    """
    work = lake.work / f"ingest-{lake.sentences(corpus).name}"
    with locked(work, lock_wait_s, say):
        faults: list[Fault] = []
        files = []
        sentences = _set_aside(records, faults)
        if segments == 2:
            sentences = _in_pairs(corpus, sentences)
        while shard := list(islice(sentences, shard_sentences)):
            files.append(_write(work, len(files), "sentences", [_row(s) for s in shard]))
            progress(len(shard))
        n_sentences = sum(file.n_rows for file in files)
        _refuse(corpus, n_sentences, faults, max_quarantined)
        quarantine = _write(work, 0, "quarantine", [asdict(fault) for fault in faults])
        facts = {"n_quarantined": len(faults)}
        fingerprint = manifest.fingerprint_of({"files": [file.sha256 for file in files]})
        content = Manifest("sentences", fingerprint, tuple(files), facts)
        aside = Manifest("quarantine", fingerprint, (quarantine,), facts)
        if _holds_others(lake, corpus, content):
            say(
                f"headcensus: {shown(lake.sentences(corpus))} held other sentences: what was"
                " measured of those is not of this corpus any more; another root=DIR keeps both"
            )
        _publish(lake, corpus, content, aside, work)
    return content


def _holds_others(lake: Lake, corpus: str, content: Manifest) -> bool:
    """Whether cells were measured over sentences that these replace."""
    measured = (lake.root / "lake").glob(f"*/*/*/{lake.sentences(corpus).name}/{manifest.NAME}")
    try:
        there = manifest.read(lake.sentences(corpus)).fingerprint
    except UserError:  # not there, or damaged
        return False
    return there != content.fingerprint and any(measured)


def _publish(lake: Lake, corpus: str, content: Manifest, aside: Manifest, work: Path) -> None:
    both = ((lake.quarantine(corpus), aside), (lake.sentences(corpus), content))
    if not all(manifest.is_published(folder, what) for folder, what in both):
        for folder, _ in both:
            manifest.withdraw(folder)
        for folder, what in both:
            manifest.publish(folder, what, work)


def _set_aside(records: Iterable[Sentence | Fault], faults: list[Fault]) -> Iterable[Sentence]:
    for record in records:
        if isinstance(record, Fault):
            faults.append(record)
        else:
            yield record


def _in_pairs(corpus: str, sentences: Iterable[Sentence]) -> Iterator[Sentence]:
    """Each sentence with its neighbour; the last of an odd number alone."""
    for first, second in zip_longest(it := iter(sentences), it):
        if first.target is not None:
            raise UserError(
                f"ingest.segments=2: corpus={corpus} has translations, and only sentences without"
                " are joined in pairs; set ingest.segments=1"
            )
        yield first if second is None else joined(first, second)


def _refuse(corpus: str, n_sentences: int, faults: list[Fault], max_quarantined: float) -> None:
    seen = n_sentences + len(faults)
    if not seen:
        raise UserError(f"corpus={corpus} holds no sentence: give another corpus.path")
    if len(faults) > max_quarantined * seen or not n_sentences:
        first = faults[0]
        raise UserError(
            f"corpus={corpus}: {len(faults)} of {seen} sentences are malformed, more than"
            f" ingest.max_quarantined={max_quarantined:g} allows; the first: {first.source} line"
            f" {first.line}: {first.reason}; mend them, or raise ingest.max_quarantined"
        )


def _row(sentence: Sentence) -> dict:
    row = _side(sentence) | {"sentence_id": sentence.sentence_id, "second": sentence.second}
    if sentence.target is not None:
        row |= {f"target_{name}": value for name, value in _side(sentence.target).items()}
        if sentence.alignment is not None:
            row["alignment"] = [link._asdict() for link in sentence.alignment]
    return row


def _side(sentence: Sentence) -> dict:
    annotated = ("text", "words", "upos", "governors", "deprels")
    side = {key: getattr(sentence, key) for key in annotated}
    return side | {"n_words": len(sentence.words)}


def _write(work: Path, k: int, table: str, rows: list[dict]) -> File:
    name = f"{'shard' if table == 'sentences' else table}-{k:05d}.parquet"
    path = work / name
    write_table(path, pa.Table.from_pylist(rows, schema=LAKE[table]))
    return File(name, sha256_of(path), len(rows))
