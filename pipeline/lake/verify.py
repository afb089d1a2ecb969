"""What is wrong below a root: whatever says that it is finished, against its bytes and its kin."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import UserError
from pipeline.lake import manifest
from pipeline.lake.layout import Lake
from pipeline.lake.manifest import NAME, Manifest
from pipeline.lake.schema import INTERVENED, MEASURED

_TOPS = ("sentences", "quarantine", "lake", "tables")


@dataclass(frozen=True)
class Wrong:
    """A folder, and in words what is wrong with it or with one of its files."""

    folder: Path
    what: str


@dataclass
class Findings:
    n_folders: int = 0
    n_files: int = 0
    wrong: list[Wrong] = field(default_factory=list)


def verify(lake: Lake, progress: Callable[[int], object] = lambda n: None) -> Findings:
    """Hash every published file anew, count its rows, and see that what belongs together is of one
    making. `progress` is told of each folder.

    Raises UserError where nothing is published below the lake's root.
    """
    found = Findings()
    published: dict[Path, Manifest] = {}
    for folder in folders(lake):
        found.n_folders += 1
        try:
            content = manifest.read(folder)
        except UserError as error:
            found.wrong.append(Wrong(folder, str(error)))
        else:
            published[folder] = content
            found.n_files += len(content.files)
            faults = manifest.faults(folder, content) or list(_rows(folder, content))
            found.wrong += [Wrong(folder, fault) for fault in faults]
        progress(1)
    found.wrong += _apart(lake, published)
    if not found.n_folders:
        raise UserError(f"{lake.root} holds nothing that was finished: give root=DIR of a census")
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
        try:
            n_rows = pq.read_metadata(path).num_rows
        except (OSError, ValueError, pa.ArrowException) as error:
            yield f"{path} is no Parquet file: {str(error).splitlines()[0]}"
            continue
        if n_rows != file.n_rows:
            yield f"{path} holds {n_rows} rows, its manifest says {file.n_rows}"


def _apart(lake: Lake, published: dict[Path, Manifest]) -> Iterator[Wrong]:
    """Tables of a cell that are of another making than its others, or of other sentences."""
    cells: dict[Path, dict[str, Manifest]] = defaultdict(dict)
    for folder, content in published.items():
        if lake.root / "lake" in folder.parents:
            table, *partition = folder.relative_to(lake.root / "lake").parts
            cells[Path(*partition)][table] = content
    for partition, tables in cells.items():
        yield from _of_one_making(lake, partition, tables, MEASURED)
        if tables.keys() & set(INTERVENED):
            yield from _of_one_making(lake, partition, tables, INTERVENED)
        sentences = published.get(lake.root / "sentences" / partition.name)
        for table, content in tables.items():
            of = content.facts.get("sentences")
            if sentences is None or of != sentences.fingerprint:
                folder = lake.root / "lake" / table / partition
                yield Wrong(folder, f"{folder} is of other sentences than those that are there")


def _of_one_making(
    lake: Lake, partition: Path, tables: dict[str, Manifest], wanted: Sequence[str]
) -> Iterator[Wrong]:
    makings = {tables[name].fingerprint for name in wanted if name in tables}
    missing = [name for name in wanted if name not in tables]
    folder = lake.root / "lake" / wanted[0] / partition
    if len(makings) > 1:
        yield Wrong(folder, f"{folder} and its sister tables are of different makings")
    for name in missing:
        gone = lake.root / "lake" / name / partition
        if not any(gone.glob("*.parquet")):  # else it was named already
            yield Wrong(gone, f"{gone} is missing")
