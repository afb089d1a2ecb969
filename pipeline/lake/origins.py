"""What finished tables were made of: old ones are not taken for those of what lies there now."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.core.errors import UserError
from pipeline.lake import manifest, remote
from pipeline.lake.files import local, sha256_of
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.manifest import Manifest
from pipeline.lake.remote import shown

FACT, GRAIN = "made_of", "grain"
"""Facts of the tables' manifest."""


def origins(lake: Lake, cells: Sequence[Cell]) -> dict[str, str]:
    """The fingerprint of each folder that tables of these cells are made of, by its path below the
    root. Raises UserError where one is not published."""
    folders = [lake.sentences(corpus) for corpus in sorted({cell.corpus for cell in cells})]
    # All tables of a measurement have one fingerprint.
    folders += [lake.measured("heads", cell) for cell in cells]
    return {f.relative_to(lake.root).as_posix(): manifest.read(f).fingerprint for f in folders}


def grain(lake: Lake, cells: Sequence[Cell]) -> str:
    """By what the masses of these cells are drawn anew: `sentence`, or `shard` where any are."""
    kept = (making(lake.measured("heads", cell), "lake").get("lake", {}) for cell in cells)
    return "shard" if any(of_cell.get("grain") == "shard" for of_cell in kept) else "sentence"


def outdated(lake: Lake, tables: Manifest) -> Iterator[tuple[Path, str]]:
    """Each folder that holds something else than the tables were made of, and that in words.

    One that is not there says nothing: tables are passed on without the rest.
    """
    made_of = tables.facts.get(FACT)
    for name, fingerprint in made_of.items() if isinstance(made_of, dict) else ():
        folder = lake.root / name
        if not folder.resolve().is_relative_to(lake.root.resolve()):
            continue  # a manifest may be anybody's
        try:
            now = manifest.read(folder).fingerprint
        except UserError:
            continue
        if now != fingerprint:
            yield folder, f"{shown(lake.tables)} was made before {shown(folder)} was made anew"


def check_current(lake: Lake) -> None:
    """Raises UserError where the tables are of something else than lies there now, or not there."""
    for _, what in outdated(lake, manifest.read(lake.tables)):
        raise UserError(f"{what}: run measure and aggregate with the words of the run")


def making(folder: Path, *keys: str) -> dict[str, Any]:
    """What a measured folder's first shard says of its making under `keys` of what was hashed into
    its fingerprint; those that it does not have are left out.

    Raises UserError where the folder is not published, or that shard is not what was written.
    """
    first = manifest.read(folder).files[0]
    path = folder / first.name
    remote.fetch(path)
    if not path.is_file() or sha256_of(path) != first.sha256:
        raise UserError(
            f"{shown(path)} is missing or damaged: run the stage that writes {shown(folder)} again"
        )
    said = pq.read_metadata(local(path)).metadata or {}
    there = {key: said.get(f"headcensus.{key}".encode()) for key in keys}
    return {key: json.loads(value) for key, value in there.items() if value is not None}
