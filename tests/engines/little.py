"""A pipeline in miniature: real writing, locking and publishing, with a stub for the model."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from pipeline.core.sentence import Fault, Sentence
from pipeline.engines import cell as engine
from pipeline.engines.cell import Job, measure_cell
from pipeline.engines.ingest import ingest
from pipeline.engines.shard import Asked
from pipeline.engines.work import Shard
from pipeline.lake import manifest
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.publish import publish_tables
from pipeline.lake.schema import LAKE, MEASURED
from pipeline.lake.tables import TABLES

CELL = Cell("m", "trained", 0, "c")


@dataclass
class Little:
    """Three sentences in shards of two, and a fault; `measured` lists the shards that were."""

    root: Path
    word: str = "dog"
    identity: dict = field(default_factory=lambda: {"weights": "w0"})
    measured: list[int] = field(default_factory=list)

    @property
    def lake(self) -> Lake:
        return Lake(self.root)

    def records(self) -> Iterator[Sentence | Fault]:
        for k in range(3):
            yield Sentence(f"s{k}", self.word, (self.word, str(k)))
        yield Fault("c.conllu", 7, "s3", f"no {self.word}")

    def shards(self, subject, shards, asked, progress) -> Iterator[Shard]:
        for sentences, first in shards:
            yield self.shard(sentences, first, progress)

    def shard(self, sentences, first, progress) -> Shard:
        """Rows that depend on the words, as a model's would."""
        self.measured.append(first)
        n_rows = len(sentences)
        rows = {name: pa.nulls(n_rows, kind) for name, kind in _types("heads")}
        rows["sentence"] = pa.array(range(first, first + n_rows), pa.int32())
        rows["mass_cls"] = pa.array(
            [float(len(s.words[0]) + len(s.words)) for s in sentences], pa.float32()
        )
        tables = {
            table: pa.table(
                [rows.get(name, pa.nulls(n_rows, kind)) for name, kind in _types(table)],
                schema=LAKE[table],
            )
            for table in MEASURED
        }
        progress(n_rows)
        return Shard(tables, {"n_sentences": n_rows})

    def run(self, monkeypatch) -> None:
        """Ingest and measure."""
        monkeypatch.setattr(engine, "measure_shards", self.shards)
        ingest(self.lake, "c", self.records(), 2, 0.5)
        job = Job(CELL, self.identity, Asked(64), lock_wait_s=0)
        measure_cell(self.lake, job, lambda: None, lambda n: None)

    def tables(self, monkeypatch) -> None:
        """Publish tables: one says what they were made of, the others are empty."""
        tables = {name: schema.empty_table() for name, schema in TABLES.items()}
        of_word = [{"key_class": self.word}]
        tables["dumps"] = pa.Table.from_pylist(of_word, schema=TABLES["dumps"])
        publish_tables(self.lake, tables, {"made of": self.word})

    def finished_shards(self) -> set[tuple[int, str]]:
        """Shards whose record is in the workshop: first sentence, and fingerprint."""
        records = self.root.glob("_work/model=*/**/shard-*.json")
        return {(2 * int(path.stem[-5:]), path.parent.name) for path in records}


def _types(table: str) -> list[tuple[str, pa.DataType]]:
    return [(column.name, column.type) for column in LAKE[table]]


def is_on_disk(function: Callable, args: Sequence) -> bool:
    """Whether a call changes the disk: a shard's tables are encoded in memory first."""
    return function.__name__ != "write_table" or isinstance(args[1], Path)


def check_what_is_published(root: Path) -> None:
    """Whatever says that it is finished is, and what belongs together is of one making."""
    folders = [path.parent for path in root.rglob(manifest.NAME)]
    made = {folder: manifest.verified(folder) for folder in folders}
    lake = Lake(root)
    pairs = (
        [lake.measured(table, CELL) for table in MEASURED],
        [lake.sentences("c"), lake.quarantine("c")],
    )
    for pair in pairs:
        prints = {made[folder].fingerprint for folder in pair if folder in made}
        assert len(prints) <= 1
