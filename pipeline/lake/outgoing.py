"""What of a lake goes to a data set repository, and the configurations that it is loaded by there.

Only what a manifest lists goes, under the path that it has below the root, and its manifest with
it: who downloads all of it has a lake that can be verified. Sentences are somebody's text, what was
quarantined quotes it, and the report shows both: these go only where that is asked for.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa

from pipeline.lake.files import sha256_of
from pipeline.lake.layout import OF_A_CORPUS, Lake, cell_of, word
from pipeline.lake.manifest import NAME, Manifest
from pipeline.lake.remote import fetch, listed
from pipeline.lake.schema import LAKE
from pipeline.lake.tables import TABLES

REPORT = "report"
TOPS = ("tables", "lake", *OF_A_CORPUS, REPORT)
"""Folders of the repository that are the lake's own."""


@dataclass(frozen=True)
class Outgoing:
    """A file, and its path in the repository."""

    path: str
    source: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class Part:
    """A configuration of the data set: one table. `splits` has a pattern or files for each; a table
    of the lake has a split per cell, since its rows do not say which cell they are of.

    `datasets` can load neither a file without rows nor a split: these stand in no split.
    """

    name: str
    path: str
    schema: pa.Schema
    splits: Mapping[str, str | list[str]]
    n_rows: int


def outgoing(
    lake: Lake, published: Mapping[Path, Manifest], texts: bool, report: Path | None = None
) -> list[Outgoing]:
    """By path. `published` are the folders that `verify` found whole; `report` is where the pages
    are that texts take along, if not below the root."""
    found = []
    for folder, content in published.items():
        if _top(lake, folder) in OF_A_CORPUS and not texts:
            continue
        where = folder.relative_to(lake.root)
        found += [_file(where / f.name, folder / f.name, f.sha256) for f in content.files]
        found.append(_file(where / NAME, folder / NAME))
    if texts:
        # A name that begins with a dot is a file that is being written.
        folder = report or lake.root / REPORT
        pages = [path for path in listed(folder) if not path.name.startswith(".")]
        for path in pages:
            fetch(path)
        found += [_file(REPORT / path.relative_to(folder), path) for path in pages]
    return sorted(found, key=lambda file: file.path)


def parts(lake: Lake, published: Mapping[Path, Manifest], texts: bool) -> list[Part]:
    """The answers first, then the lake, then texts."""
    found = []
    answers = published.get(lake.tables)
    for file in answers.files if answers else ():
        name, path = Path(file.name).stem, f"tables/{file.name}"
        splits = {"train": path} if file.n_rows else {}
        found.append(Part(name, path, TABLES[name], splits, file.n_rows))
    for table in LAKE:
        folder = lake.root / ("" if table in OF_A_CORPUS else "lake") / table
        here = {f: content for f, content in published.items() if f.is_relative_to(folder)}
        if not here or (table in OF_A_CORPUS and not texts):
            continue
        names = _split_names([_keys(f.relative_to(folder)) for f in here])
        files = [_with_rows(lake, f, content) for f, content in here.items()]
        splits = {name: of_one for name, of_one in zip(names, files, strict=True) if of_one}
        n_rows = sum(content.n_rows for content in here.values())
        name = table if table in OF_A_CORPUS else f"lake_{table}"
        path = f"{folder.relative_to(lake.root).as_posix()}/**/*.parquet"
        found.append(Part(name, path, LAKE[table], splits, n_rows))
    return found


def _with_rows(lake: Lake, folder: Path, content: Manifest) -> str | list[str]:
    where = folder.relative_to(lake.root).as_posix()
    files = [f"{where}/{file.name}" for file in content.files if file.n_rows]
    return f"{where}/*.parquet" if len(files) == len(content.files) else files


def _keys(partition: Path) -> tuple[str, ...]:
    if len(partition.parts) == 1:
        return (unquote(partition.name.partition("=")[2]),)
    cell = cell_of(partition)
    return (cell.model, word(cell.control, cell.seed), cell.corpus)


def _split_names(keys: Sequence[tuple[str, ...]]) -> list[str]:
    """`datasets` takes letters, digits and `_`, joined by dots. What would have the same name as
    another gets a digest of its own."""
    plain = [".".join(re.sub(r"[^A-Za-z0-9_]", "_", key) for key in of_one) for of_one in keys]
    often = Counter(plain)
    digests = (hashlib.sha256("/".join(of_one).encode()).hexdigest()[:8] for of_one in keys)
    return [
        # And `all` is its word for every split.
        f"{name}_{digest}" if often[name] > 1 or name == "all" else name
        for name, digest in zip(plain, digests, strict=True)
    ]


def _top(lake: Lake, folder: Path) -> str:
    return folder.relative_to(lake.root).parts[0]


def _file(name: Path, path: Path, sha256: str | None = None) -> Outgoing:
    return Outgoing(name.as_posix(), path, path.stat().st_size, sha256 or sha256_of(path))
