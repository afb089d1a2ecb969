"""What finished tables were made of: old ones are not taken for those of what lies there now."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import UserError
from pipeline.lake import manifest, remote
from pipeline.lake.columns import whole
from pipeline.lake.files import local, sha256_of
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.manifest import Manifest
from pipeline.lake.remote import shown

FACT, GRAIN = "made_of", "grain"
"""Facts of the tables' manifest."""
_VALUE = r"[A-Za-z0-9_.~%-]{1,247}"
"""As `layout` encodes one; with its key no file system finds it too long."""
_NAME = re.compile(
    rf"sentences/corpus={_VALUE}|lake/heads/model={_VALUE}/control={_VALUE}/corpus={_VALUE}"
)
"""What a folder that tables are made of is called, from the root."""


def origins(lake: Lake, cells: Sequence[Cell]) -> dict[str, str]:
    """The fingerprint of each folder that tables of these cells are made of, by its path below the
    root. Raises UserError where one is not published."""
    return {name: manifest.read(lake.root / name).fingerprint for name in _names(lake, cells)}


def named(lake: Lake, sentences: Mapping[str, str], measured: Mapping[Cell, str]) -> dict[str, str]:
    """Fingerprints of corpora and of cells as `origins` has them."""
    corpora = (sentences[corpus] for corpus in sorted(sentences))
    return dict(zip(_names(lake, list(measured)), [*corpora, *measured.values()], strict=True))


def _names(lake: Lake, cells: Sequence[Cell]) -> list[str]:
    folders = [lake.sentences(corpus) for corpus in sorted({cell.corpus for cell in cells})]
    # All tables of a measurement have one fingerprint.
    folders += [lake.measured("heads", cell) for cell in cells]
    return [folder.relative_to(lake.root).as_posix() for folder in folders]


def verified(lake: Lake, cell: Cell, table: str) -> Manifest:
    """What was measured of a cell. Raises UserError as `columns.whole`, and where it was measured
    over other sentences than those in the lake."""
    content = whole(lake.measured(table, cell))
    corpus = lake.sentences(cell.corpus)
    if content.facts.get("sentences") != manifest.read(corpus).fingerprint:
        raise UserError(
            f"{cell.name} was measured over other sentences than those in {shown(corpus)}: run"
            " measure again"
        )
    return content


def check_one_checkpoint(lake: Lake, cells: Sequence[Cell]) -> None:
    """Raises UserError where cells of one model were measured from different files: a control is
    held against a model that has other weights."""
    first: dict[str, tuple[Cell, dict[str, Any]]] = {}
    for cell in cells:
        files = making(lake.measured("heads", cell), "files")
        other, of_other = first.setdefault(cell.model, (cell, files))
        if files != of_other:
            raise UserError(
                f"{other.name} and {cell.name} were measured from different files of"
                f" {cell.model}: run measure of all its cells again"
            )


def grain(lake: Lake, cells: Sequence[Cell]) -> str:
    """By what the masses of these cells are drawn anew: `sentence`, or `shard` where any are."""
    kept = (making(lake.measured("heads", cell), "lake").get("lake", {}) for cell in cells)
    return "shard" if any(of_cell.get("grain") == "shard" for of_cell in kept) else "sentence"


def outdated(
    lake: Lake, tables: Manifest, cells: Sequence[Cell] | None = None
) -> Iterator[tuple[Path, str]]:
    """Each folder that holds something else than the tables were made of, and that in words; with
    `cells` of theirs alone.

    One that is not there says nothing: tables are passed on without the rest.
    """
    made_of = tables.facts.get(FACT)
    asked = None if cells is None else set(_names(lake, cells))
    for name, fingerprint in made_of.items() if isinstance(made_of, dict) else ():
        # A manifest may be anybody's. Where a folder's link leads is its user's own affair.
        if not _NAME.fullmatch(name) or (asked is not None and name not in asked):
            continue
        folder = lake.root / name
        try:
            now = manifest.read(folder).fingerprint
        except UserError:
            continue
        if now != fingerprint:
            yield folder, f"{shown(lake.tables)} was made before {shown(folder)} was made anew"


def check_current(lake: Lake, cells: Sequence[Cell] | None = None) -> None:
    """Raises UserError where the tables are of something else than lies there now, or not there;
    with `cells` what else the tables count is not looked at."""
    for _, what in outdated(lake, manifest.read(lake.tables), cells):
        raise UserError(f"{what}: run measure and aggregate with the words of the run")


def made_of(lake: Lake, cells: Sequence[Cell]) -> dict[str, str]:
    """What a table beside those of the census says of itself, as metadata."""
    return {MADE_OF: json.dumps(origins(lake, cells))}


def is_of_the_same(lake: Lake, path: Path) -> bool:
    """Whether the table in `path` was made of what the census was made of; what it was made of it
    says itself."""
    known = manifest.read(lake.tables).facts.get(FACT)
    try:
        said = (pq.read_metadata(local(path)).metadata or {}).get(MADE_OF.encode(), b"{}")
        given = json.loads(said)
    except (OSError, ValueError, RecursionError, pa.ArrowException):
        return False
    if not (isinstance(known, dict) and isinstance(given, dict) and given):
        return False
    return all(known.get(name) == fingerprint for name, fingerprint in given.items())


MADE_OF = "headcensus.made_of"


def page_is_of(tables: Manifest, page: Path) -> bool:
    """Whether a page says at its head that it was made of these tables."""
    try:
        with page.open(encoding="utf-8", errors="replace") as lines:
            return any(
                f'"{MADE_OF}" content="{tables.fingerprint}"' in s for s in islice(lines, 20)
            )
    except OSError:
        return False


def mapping(lake: Lake, tables: Manifest, fact: str) -> dict[str, Any]:
    """A fact of the tables' manifest that has keys. Raises UserError where it has none."""
    value = tables.facts.get(fact)
    if not isinstance(value, dict):
        raise UserError(f"{shown(lake.tables)} says no {fact}: run the stage that writes it again")
    return value


def making(folder: Path, *keys: str) -> dict[str, dict[str, Any]]:
    """What a measured folder's first shard says of its making under `keys` of what was hashed into
    its fingerprint, each a mapping; those that it does not have are left out.

    Raises UserError where the folder is not published, or that shard is not what was written.
    """
    again = f"run the stage that writes {shown(folder)} again"
    files = manifest.read(folder).files
    if not files:
        raise UserError(f"{shown(folder)} holds no shard: {again}")
    path = folder / files[0].name
    if not _is(path, files[0].sha256):
        remote.fetch(path)
        if not _is(path, files[0].sha256):
            raise UserError(f"{shown(path)} is missing or damaged: {again}")
    try:
        said = pq.read_metadata(local(path)).metadata or {}
        there = {key: said.get(f"headcensus.{key}".encode()) for key in keys}
        made = {key: json.loads(value) for key, value in there.items() if value is not None}
    # Whole as its manifest has it, a shard may be anybody's too.
    except (OSError, ValueError, RecursionError, pa.ArrowException) as error:
        raise UserError(f"{shown(path)} is no shard that measure writes: {again}") from error
    for key, value in made.items():
        if not isinstance(value, dict):
            raise UserError(f"{shown(path)} is no shard that measure writes ({key}): {again}")
    return made


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
