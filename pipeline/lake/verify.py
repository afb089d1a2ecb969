"""What is wrong below a root: whatever says that it is finished, against its bytes and its kin."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.core.errors import UserError
from pipeline.lake import manifest, remote
from pipeline.lake.columns import otherwise
from pipeline.lake.files import local
from pipeline.lake.layout import OF_A_CORPUS, Lake
from pipeline.lake.manifest import NAME, Manifest
from pipeline.lake.origins import making, outdated
from pipeline.lake.remote import shown
from pipeline.lake.schema import INTERVENED, MEASURED

_TOPS = (*OF_A_CORPUS, "lake", "tables")


@dataclass(frozen=True)
class Wrong:
    """A folder, and in words what is wrong with it or with one of its files."""

    folder: Path
    what: str


@dataclass
class Findings:
    """`seen` are all folders that were looked at, `published` those whose manifest can be read."""

    seen: set[Path] = field(default_factory=set)
    published: dict[Path, Manifest] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)

    @property
    def n_files(self) -> int:
        return sum(len(content.files) for content in self.published.values())


def verify(lake: Lake, progress: Callable[[int], object] = lambda n: None) -> Findings:
    """Hash every published file anew, look at its columns, count its rows, and see that what
    belongs together is of one making. `progress` is told of each folder.

    Raises UserError where nothing is published below the lake's root.
    """
    found = Findings()
    remote.bring_manifests(lake.root, NAME)
    for folder in folders(lake):
        found.seen.add(folder)
        try:
            content = manifest.read(folder)
        except UserError as error:
            found.wrong.append(Wrong(folder, str(error)))
        else:
            found.published[folder] = content
            faults = manifest.faults(folder, content) or list(_rows(folder, content))
            found.wrong += [Wrong(folder, fault) for fault in faults]
        progress(1)
    found.wrong += _apart(lake, found)
    if tables := found.published.get(lake.tables):
        # What is wrong in itself is made again as it was, and tables of it are right then.
        whole = found.seen - {entry.folder for entry in found.wrong}
        found.wrong += [
            Wrong(lake.tables, what) for f, what in outdated(lake, tables) if f in whole
        ]
    if not found.seen:
        raise UserError(
            f"{shown(lake.root)} holds nothing that was finished: give root=DIR of a census"
        )
    return found


def folders(lake: Lake) -> list[Path]:
    """All that are finished, or hold tables as if they were."""
    return sorted(
        Path(folder)
        for top in _TOPS
        for folder, _, names in os.walk(lake.root / top)
        if NAME in names or any(name.endswith(".parquet") for name in names)
    )


def _rows(folder: Path, content: Manifest) -> Iterator[str]:
    for file in content.files:
        path = folder / file.name
        if fault := otherwise(path, content):
            yield fault
        elif (n_rows := pq.read_metadata(local(path)).num_rows) != file.n_rows:
            yield f"{shown(path)} holds {n_rows} rows, its manifest says {file.n_rows}"


def _apart(lake: Lake, found: Findings) -> Iterator[Wrong]:
    """Folders that were written together: one of another making than its kin, or missing; and
    cells of other sentences than those that are there."""
    cells = sorted({cell for folder in found.seen if (cell := _cell(lake, folder))})
    corpora = {cell.name for cell in cells}
    for top in OF_A_CORPUS:
        corpora |= {f.name for f in found.seen if f.parent == lake.root / top}
    for corpus in sorted(corpora):
        yield from _of_one_making([lake.root / top / corpus for top in OF_A_CORPUS], found)
    for cell in cells:
        tables = [lake.root / "lake" / name / cell for name in MEASURED]
        yield from _of_one_making(tables, found)
        added = [lake.root / "lake" / name / cell for name in INTERVENED]
        if not found.seen.isdisjoint(added):
            yield from _of_one_making(added, found)
        sentences = lake.root / "sentences" / cell.name
        there = found.published.get(sentences)
        for folder in (*tables, *added):
            content = found.published.get(folder)
            if content and there and content.facts.get("sentences") != there.fingerprint:
                # A census is right where interventions alone are of others.
                yield Wrong(
                    folder if folder in added else sentences,
                    f"{shown(folder)} is of other sentences than {shown(sentences)} holds",
                )
        yield from _of_another_census(lake, cell, found)


def _of_another_census(lake: Lake, cell: Path, found: Findings) -> Iterator[Wrong]:
    """Interventions of a cell that was measured anew since: their means, and heads, are others."""
    for name in INTERVENED:
        folder = lake.root / "lake" / name / cell
        if folder not in found.published:
            continue
        try:
            began = making(folder, "starts_from").get("starts_from", {})
        except UserError:  # was named already
            continue
        now = {t: found.published.get(lake.root / "lake" / t / cell) for t in began}
        if any(content and content.fingerprint != began[t] for t, content in now.items()):
            yield Wrong(folder, f"{shown(folder)} was made before its cell was measured anew")


def _cell(lake: Lake, folder: Path) -> Path | None:
    """The partition of a folder of the lake."""
    if not folder.is_relative_to(lake.root / "lake"):
        return None
    _, *keys = folder.relative_to(lake.root).parts
    return Path(*keys[1:]) if len(keys) == 4 else None


def _of_one_making(together: Sequence[Path], found: Findings) -> Iterator[Wrong]:
    """What is wrong in itself was named already."""
    first, *_ = together
    makings = {found.published[f].fingerprint for f in together if f in found.published}
    if len(makings) > 1:
        yield Wrong(first, f"{shown(first)} and what was written with it are of different makings")
    for folder in together:
        if folder not in found.seen:
            yield Wrong(folder, f"{shown(folder)} is missing")
