"""Manifests: what a published folder holds. Readers take this list, never a glob.

A glob would find a half-written, a truncated or a stale file, and Polars would skip or believe it.
A folder without a manifest is not published.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipeline.core.errors import UserError
from pipeline.lake import remote
from pipeline.lake.files import link, sealed, sha256_of, unsealed, write_text
from pipeline.lake.remote import shown

NAME = "_manifest.json"


@dataclass(frozen=True)
class File:
    name: str
    sha256: str
    n_rows: int


@dataclass(frozen=True)
class Manifest:
    """`fingerprint` says what the files were made from; `facts` are counts and names about them."""

    table: str
    fingerprint: str
    files: tuple[File, ...]
    facts: dict = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        return sum(file.n_rows for file in self.files)


def fingerprint_of(content: Mapping) -> str:
    """Of all that files are made from; the same for the same keys in any order."""
    canonical = json.dumps(content, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def read(folder: Path) -> Manifest:
    """Raises UserError where `folder` is not published or its manifest cannot be read."""
    path = folder / NAME
    remote.fetch(path)
    try:
        content = unsealed(path.read_text(encoding="utf-8"))
        files = tuple(File(**file) for file in content.pop("files"))
        return _checked(Manifest(files=files, **content))
    except FileNotFoundError as error:
        raise UserError(
            f"{shown(folder)} holds no finished table: run the stage that writes it"
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError, IsADirectoryError) as error:
        raise UserError(
            f"{shown(path)} is damaged: remove {shown(folder)} and run its stage again"
        ) from error


def _checked(content: Manifest) -> Manifest:
    """Raises ValueError where values are of other kinds, or a name is not that of one file here."""
    names = [file.name for file in content.files]
    if not all(isinstance(name, str) and is_in_folder(name) for name in names):
        raise ValueError("a name leads elsewhere")
    if len(set(names)) < len(names):
        raise ValueError("a file is listed twice")
    if not all(type(file.n_rows) is int and file.n_rows >= 0 for file in content.files):
        raise ValueError("a number of rows is none")
    said = (content.table, content.fingerprint, *(file.sha256 for file in content.files))
    if not isinstance(content.facts, dict) or not all(isinstance(text, str) for text in said):
        raise ValueError("a value is of another kind")
    return content


def is_in_folder(name: str) -> bool:
    """Whether a file of that name lies in the folder that it is looked for in."""
    return name == Path(name).name and name not in ("", "..") and "\0" not in name


def publish(folder: Path, manifest: Manifest, source: Path) -> None:
    """Make `folder` hold exactly the files of `manifest`, taken from `source`, and say so last.

    A folder that holds them already is left alone: somebody may be reading it.

    Raises UserError where another run has meanwhile published something else there: on an object
    store no lock keeps it from that.
    """
    if is_published(folder, manifest):
        return
    folder.mkdir(parents=True, exist_ok=True)
    withdraw(folder)
    wanted = {file.name for file in manifest.files}
    for stray in folder.iterdir():
        if stray.is_file() and stray.name not in wanted:
            remote.remove(stray)
    for file in manifest.files:
        link(source / file.name, folder / file.name)
    try:
        write_text(folder / NAME, sealed(asdict(manifest)), new=True)
    except FileExistsError as error:
        if read(folder) != manifest:
            raise UserError(
                f"{shown(folder)}: another run has published something else there meanwhile; when"
                " it is done, run one of the two again"
            ) from error


def withdraw(folder: Path) -> None:
    """From here on no reader takes `folder` for finished.

    Folders that belong together are all withdrawn before the first of them is published anew.
    """
    remote.remove(folder / NAME)


def is_published(folder: Path, manifest: Manifest) -> bool:
    """True where `folder` says that it holds `manifest`, and does."""
    try:
        return read(folder) == manifest and not faults(folder, manifest)
    except UserError:
        return False


def faults(folder: Path, manifest: Manifest) -> list[str]:
    """What is wrong with the files of a published folder, in words; empty when all is well."""
    found = []
    hashes = {file.name: file.sha256 for file in manifest.files}
    remote.bring(folder, lambda path: sha256_of(path) == hashes.get(path.name))
    for name, sha256 in hashes.items():
        path = folder / name
        if not path.is_file():
            found.append(f"{shown(path)} is missing")
        elif sha256_of(path) != sha256:
            found.append(f"{shown(path)} is damaged: its bytes are not those that were written")
    strays = sorted(path for path in folder.glob("*.parquet") if path.name not in hashes)
    return found + [f"{shown(path)} does not belong there" for path in strays]


def verified(folder: Path) -> Manifest:
    """The manifest of a folder whose files are all there and whole.

    Raises UserError naming the first file that is not, and how to mend it.
    """
    manifest = read(folder)
    wrong = faults(folder, manifest)
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise UserError(f"{wrong[0]}{more}: run the stage that writes {shown(folder)} again")
    return manifest


def paths(folder: Path, manifest: Manifest) -> Sequence[Path]:
    return [folder / file.name for file in manifest.files]
