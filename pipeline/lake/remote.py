"""Lakes on an object store: a mirror in the user's cache, whose paths stand for URLs.

What is written below a mirror is written through, and a published folder is read by bringing what
of it is not here. The workshop (`_work`) alone is this machine's own.

An object store has no rename and no lock that dies with its holder. What it has: an object appears
whole or not at all, and can be put on condition that there is none. That is what manifests are put
with, so that of two runs with different settings one is told of the other.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote

from pipeline.core.errors import UserError, first_line

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_WORKSHOP = "_work"


def mirror(root: str) -> Path:
    """The folder that stands for `root`: itself, or a mirror where it is a URL.

    Raises UserError where nothing here can read such a URL, or it is too long to name a folder.
    """
    if "://" not in root:
        return Path(root)
    scheme, _, folder = root.partition("://")
    if scheme in ("file", "local"):
        folder = folder.rstrip("/") or "/"
        raise UserError(f"root={root}: that is a folder of this machine; give root={folder}")
    if not folder.strip("/"):
        raise UserError(f"root={root}: of which store? give a URL like s3://BUCKET/FOLDER")
    url = root.rstrip("/")
    _file_system(url)
    name = quote(url, safe="")
    if len(name) > _LONGEST_NAME:
        raise UserError(
            f"root={root}: {len(name)} characters, other than plain ones counted by three; no more"
            f" than {_LONGEST_NAME} name a folder here: give a shorter URL"
        )
    return _mirrors() / name


_LONGEST_NAME = 255
"""Bytes, on most file systems."""


def shown(path: Path) -> str:
    """A path as its user knows it."""
    found = _stands_for(path)
    return f"{found.url}/{found.rest}".rstrip("/") if found else str(path)


def is_remote(path: Path) -> bool:
    """Whether what is at `path` is a copy of something elsewhere."""
    found = _stands_for(path)
    # That of a lake within a lake, as of `calibrate`, too.
    return found is not None and _WORKSHOP not in found.rest.split("/")


def put(source: Path, path: Path, new: bool = False) -> None:
    """Write `source` through to what `path` stands for; with `new` only where nothing is there.

    Raises FileExistsError where something is, OSError where the store cannot be written to.
    """
    if is_remote(path):
        with _asking(path) as (store, key):
            content = source.read_bytes()
            store.pipe_file(key, content, mode="create" if new else "overwrite")


def remove(path: Path) -> None:
    """Of a mirror, what `path` stands for first: a copy that outlives it would be believed."""
    if is_remote(path):
        with _asking(path) as (store, key):
            if store.exists(key):
                store.rm_file(key)
    path.unlink(missing_ok=True)


def fetch(path: Path) -> None:
    """Make the copy at `path` what it stands for, or nothing where that is not there."""
    if is_remote(path):
        with _asking(path) as (store, key):
            _fetch(store, key, path)


def listed(folder: Path, suffix: str | None = None) -> list[Path]:
    """Every file below `folder`, or those in it with a suffix; of a store they need not be here."""
    if is_remote(folder):
        with _asking(folder) as (store, key):
            found = [folder / _rest(file, key) for file in store.find(key)]
    else:
        found = [path for path in folder.rglob("*") if path.is_file()]
    if suffix is not None:
        found = [path for path in found if path.parent == folder and path.suffix == suffix]
    return sorted(found)


def bring(folder: Path, is_whole: Callable[[Path], bool]) -> None:
    """Make the Parquet files of `folder` those that it stands for. Copies that are here and whole
    are not brought again.
    """
    if not is_remote(folder):
        return
    with _asking(folder) as (store, key):
        there = _sizes(store, key)
        for path in folder.glob("*.parquet"):
            if path.name not in there:
                path.unlink()
        for name, size in there.items():
            path = folder / name
            if not (path.is_file() and path.stat().st_size == size and is_whole(path)):
                _fetch(store, f"{key}/{name}", path)


def bring_manifests(root: Path, name: str) -> None:
    """All of that name below `root`, and of each folder that has Parquet files at least the folder.
    Copies of what is not there any more go: see `forget`."""
    if is_remote(root):
        forget(root)
        with _asking(root) as (store, key):
            for file in store.find(key):
                rest = _rest(file, key)
                if rest.endswith(".parquet"):
                    (root / rest).parent.mkdir(parents=True, exist_ok=True)
                    (root / rest).touch()
                elif rest.endswith(f"/{name}"):
                    _fetch(store, file, root / rest)


def _rest(file: str, key: str) -> str:
    """Where a file of a store lies below `key`. A store may hold any key, also one that leads out:
    raises UserError for that."""
    rest = file.removeprefix(key).lstrip("/")
    if ".." in rest.split("/") or "\0" in rest:
        raise UserError(f"{key} holds {rest!r}, which leads out of it: remove that there")
    return rest


def forget(root: Path) -> None:
    """Drop the copies of a mirror, but not a workshop: what is read next is read from afar."""
    for path in list(root.rglob("*")) if is_remote(root) and root.is_dir() else ():
        if path.is_file() and is_remote(path):
            path.unlink()


class _Place(NamedTuple):
    url: str
    rest: str


def _mirrors() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home).absolute() / "headcensus" / "lakes"


def _stands_for(path: Path) -> _Place | None:
    try:
        url, *rest = path.relative_to(_mirrors()).parts
    except ValueError:  # elsewhere, or all mirrors' folder itself
        return None
    return _Place(unquote(url), "/".join(rest))


def _file_system(url: str) -> tuple["AbstractFileSystem", str]:
    import fsspec

    scheme = url.partition("://")[0]
    try:
        # Listings are asked for anew: other machines write too.
        return fsspec.url_to_fs(url, use_listings_cache=False)
    except ImportError as error:
        extra = "'headcensus[s3]'" if scheme == "s3" else "what fsspec names for it"
        raise UserError(f"root={url}: {error}; pip install {extra}") from error
    except ValueError as error:
        raise UserError(f"root={url}: {error}; give a folder, or a URL like s3://…") from error


@contextmanager
def _asking(path: Path) -> Iterator[tuple[Any, str]]:
    """The store behind `path` and the key there. Each library has errors of its own."""
    place = _stands_for(path)
    assert place is not None
    store, base = _file_system(place.url)
    try:
        yield store, f"{base}/{place.rest}".rstrip("/")
    except (FileExistsError, UserError):
        raise
    except Exception as error:
        raise OSError(0, f"the store answers: {first_line(error)}", shown(path)) from error


def _fetch(store: Any, key: str, path: Path) -> None:
    try:
        content = store.cat_file(key)
    except FileNotFoundError:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def _sizes(store: Any, key: str) -> dict[str, int]:
    """Of the Parquet files of a folder, by name."""
    try:
        entries = store.ls(key, detail=True)
    except FileNotFoundError:
        return {}
    names = {entry["name"].rpartition("/")[2]: entry["size"] for entry in entries}
    return {name: size for name, size in names.items() if name.endswith(".parquet")}
