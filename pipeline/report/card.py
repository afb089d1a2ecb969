"""The card of a data set repository: what a pushed lake says of itself there, how it is read.

The front matter is the hub's: `configs` give `load_dataset` its tables. The rest is blocks, as on
every page, so that no name of a model or corpus is taken for markup.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
import yaml

from pipeline.lake.layout import Cell, word
from pipeline.lake.outgoing import Part
from pipeline.report.blocks import Block, Bullets, Code, Heading, Listing, Paragraph, Table, say
from pipeline.report.definitions import definitions
from pipeline.report.markdown import to_markdown
from pipeline.report.text import clean, number, plural

ROWS = {
    "heads": "head",
    "relations": "head × direction × relation × level × weighting",
    "alignments": "cross-attention head × convention × weighting",
    "trees": "head",
    "similarity": "pair of heads",
    "dumps": "cell × class of key × threshold",
    "margins": "cell × margin",
    "nulls": "cell × which nulls have to be beaten",
    "agreement": "cell × other corpus × what heads are ranked by",
    "census": "cell",
    "lake_heads": "sentence × head",
    "lake_pointers": "sentence × head",
    "lake_outputs": "shard × head × class of key",
    "lake_similarity": "shard × pair of heads",
    "lake_values": "shard × head × class of key",
    "lake_effects": "sentence × change to the model",
    "lake_observed": "sentence × head",
    "sentences": "sentence",
    "quarantine": "sentence that was kept out",
}
"""What each configuration has a row for."""
_SIZES = ((3, "n<1K"), (4, "1K<n<10K"), (5, "10K<n<100K"), (6, "100K<n<1M"), (7, "1M<n<10M"))
_SIZES += ((8, "10M<n<100M"), (9, "100M<n<1B"), (10, "1B<n<10B"), (11, "10B<n<100B"))
_COUNTS = {
    "n_heads": "heads",
    "n_tracks": "track a relation",
    "n_aligns": "align words",
    "n_dumps": "dump",
    "n_positional": "positional",
    "n_broad": "broad",
}


@dataclass(frozen=True)
class Measured:
    """A cell of the lake: counts of what was read, and what its shards say of their making."""

    cell: Cell
    fingerprint: str
    facts: Mapping[str, int]
    libraries: Mapping[str, str]


@dataclass(frozen=True)
class Card:
    repo: str
    license: str
    texts: bool
    parts: Sequence[Part]
    cells: Sequence[Measured]
    census: pl.DataFrame | None
    rules: Mapping[str, object]
    size: str

    def text(self) -> str:
        matter = yaml.safe_dump(self._matter(), sort_keys=False, allow_unicode=True)
        return f"---\n{matter}---\n\n{to_markdown(self._blocks())}"

    def _matter(self) -> dict:
        configs = []
        for part in self.parts:
            if not part.splits:
                continue
            files = [{"split": name, "path": path} for name, path in part.splits.items()]
            default = {"default": True} if part.name == "census" else {}
            configs.append({"config_name": part.name, "data_files": files} | default)
        n_rows = sum(part.n_rows for part in self.parts)
        size = next((s for digits, s in _SIZES if n_rows < 10**digits), "100B<n<1T")
        return {
            "license": self.license,
            "pretty_name": f"Head census: {self.repo.partition('/')[2]}",
            "size_categories": [size],
            "tags": ["headcensus", "attention", "interpretability", "transformers"],
            "viewer": True,
            "configs": configs,
        }

    def _blocks(self) -> list[Block]:
        blocks: list[Block] = [
            Heading(1, f"Head census: {self.repo.partition('/')[2]}"),
            say(
                "A census of attention heads, measured by headcensus: "
                f"{plural(len(self.cells), 'cell')}, each a model under a control over a corpus; "
                f"{self.size}. Controls are nulls (random or shuffled weights, no projections) "
                "that the model, ",
                Code("trained"),
                ", is compared with.",
            ),
            Heading(2, "What was measured"),
            _cells(self.cells),
            say(
                "A fingerprint hashes all that the bytes of a cell depend on: its configuration, "
                "the measuring code, the files of the model, the sentences and these versions."
            ),
        ]
        if self.census is not None:
            blocks += [_counts(self.census), self._rules()]
        blocks += [Heading(2, "What there is"), self._parts(), *self._reading(), *self._texts()]
        schemas = {part.path.removesuffix(".parquet"): part.schema for part in self.parts}
        return blocks + definitions("Columns", schemas)

    def _rules(self) -> Paragraph:
        said = ", ".join(f"{key} = {value}" for key, value in self.rules.items())
        return say(f"Counts and flags by these rules: {clean(said)}.")

    def _parts(self) -> Table:
        rows = tuple(
            (part.name, part.path, ROWS[part.name], str(part.n_rows)) for part in self.parts
        )
        return Table(
            "Configurations; what has no rows is a file alone",
            ("name", "files", "a row for each", "rows"),
            rows,
            words=3,
        )

    def _reading(self) -> list[Block]:
        where = f"hf://datasets/{self.repo}"
        full = {part.name: part for part in self.parts if part.splits}
        table = "relations" if "relations" in full else next(iter(full))
        first = full[table]
        code = [
            "from datasets import load_dataset",
            f'{table} = load_dataset("{self.repo}", "{table}")["{next(iter(first.splits))}"]',
        ]
        lazy = ["import polars as pl", f'{table} = pl.scan_parquet("{where}/{first.path}")']
        query = f"SELECT * FROM '{where}/{first.path}' LIMIT 10"
        blocks: list[Block] = [
            Heading(2, "How to read it"),
            Listing("python", "\n".join(code)),
            Listing("python", "\n".join(lazy)),
            Listing("sql", query),
        ]
        if any(part.name.startswith("lake_") for part in self.parts):
            glob = f'"{where}/lake/heads/**/*.parquet", hive_partitioning=True'
            blocks += [
                say(
                    "Tables of the lake have a split for each cell. Their rows are sums, which "
                    "add; the names of their folders say the cell, and can be read as columns:"
                ),
                Listing("python", f"sums = pl.scan_parquet({glob})"),
            ]
        return blocks

    def _texts(self) -> list[Block]:
        if self.texts:
            told = "Sentences are here as they were measured, under the terms of their corpora."
        else:
            told = (
                "Sentences, what was quarantined and the report are not here: text and annotation "
                "are under the terms of their corpora. The tables stand without them. To count "
                "hits anew the same corpus has to be ingested: the manifests keep the fingerprint "
                "of its sentences."
            )
        verifying = (
            "After a download of the whole repository, ", Code("headcensus verify root=DIR"),
            " hashes every file anew" + ("." if self.texts else " (and misses the sentences)."),
        )  # fmt: skip
        return [
            Heading(2, "How it was made"),
            Bullets(((told,), verifying)),
        ]


def _cells(cells: Sequence[Measured]) -> Table:
    rows = tuple(
        (
            *_named(one.cell.model, one.cell.control, one.cell.seed, one.cell.corpus),
            clean(one.fingerprint),
            clean(", ".join(f"{name} {version}" for name, version in one.libraries.items())),
            *(number(one.facts.get(key)) for key in ("n_sentences", "n_words", "n_pieces")),
        )
        for one in cells
    )
    header = ("model", "control", "corpus", "fingerprint", "libraries")
    return Table("Cells", (*header, "sentences", "words", "pieces"), rows, words=5)


def _counts(census: pl.DataFrame) -> Table:
    rows = tuple(
        (
            *_named(row["model"], row["control"], row["seed"], row["corpus"]),
            *(number(row[name]) for name in _COUNTS),
        )
        for row in census.iter_rows(named=True)
    )
    return Table("Heads counted", ("model", "control", "corpus", *_COUNTS.values()), rows, words=3)


def _named(model: str, control: str, seed: int, corpus: str) -> tuple[str, str, str]:
    return clean(model), clean(word(control, seed)), clean(corpus)
