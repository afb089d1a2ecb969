"""Files that are either whole or absent: written under a temporary name, synced, then renamed.

A name that a reader can find always holds finished bytes. The same holds for folders through their
manifest: `lake.manifest` is written last and removed first.
"""

import contextlib
import hashlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from pipeline.core.errors import UserError
from pipeline.lake import remote
from pipeline.lake.encoding import options


def write_atomic(path: Path, write: Callable[[Path], object], new: bool = False) -> None:
    """`write` fills a temporary path; its bytes appear at `path` all at once, or never.

    Below a mirror they are written through first: `new` and raises as `remote.put` has them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = local(path).with_name(f".{path.name}.{os.getpid()}.tmp")
    # A process of the same number may have died here, and what it left may be a second name of
    # finished bytes: never write into it.
    temporary.unlink(missing_ok=True)
    try:
        with _named(path):
            write(temporary)
            with temporary.open("rb") as stream:
                os.fsync(stream.fileno())
            remote.put(temporary, path, new)
            os.replace(temporary, path)
            sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """A full disk says that it is full, and not where."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise


def local(path: Path) -> Path:
    """As pyarrow takes it: a relative name with a colon it would take for a URL."""
    return path.absolute()


def write_text(path: Path, text: str, new: bool = False) -> None:
    write_atomic(path, lambda temporary: temporary.write_text(text, encoding="utf-8"), new)


def write_bytes(path: Path, content: bytes) -> None:
    write_atomic(path, lambda temporary: temporary.write_bytes(content))


def sealed(content: dict) -> str:
    """As JSON with a digest of itself: a bit that flips in a count is found, as in a shard."""
    seal = hashlib.sha256(_canonical(content)).hexdigest()
    content = {**content, "seal": seal}
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def unsealed(text: str) -> dict:
    """What was sealed. What was written before there were seals is taken without.

    Raises ValueError where it is not what was written.
    """
    try:
        content = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(content, dict):
        raise ValueError("no object")
    seal = content.pop("seal", None)
    if seal is not None and seal != hashlib.sha256(_canonical(content)).hexdigest():
        raise ValueError("its seal is broken")
    return content


def _canonical(content: dict) -> bytes:
    return json.dumps(content, sort_keys=True).encode()


def write_table(path: Path, table: pa.Table, metadata: dict[str, str] | None = None) -> None:
    """A Parquet file with `metadata` beside the schema's own. Equal tables give equal bytes."""
    write_atomic(path, lambda temporary: _write_parquet(temporary, table, metadata))


def encoded(table: pa.Table, metadata: dict[str, str] | None = None) -> bytes:
    """The bytes of the file that `write_table` writes."""
    sink = pa.BufferOutputStream()
    _write_parquet(sink, table, metadata)
    return sink.getvalue().to_pybytes()


def write_groups(path: Path, schema: pa.Schema, groups: Iterable[pa.Table]) -> None:
    """A Parquet file with a row group for each table that has rows."""

    def write(temporary: Path) -> None:
        with pq.ParquetWriter(temporary, schema, **options(schema)) as writer:
            for table in groups:
                if table.num_rows:
                    writer.write_table(table, row_group_size=table.num_rows)

    write_atomic(path, write)


def _write_parquet(where: Any, table: pa.Table, metadata: dict[str, str] | None) -> None:
    kept = {**(table.schema.metadata or {}), **(metadata or {})}
    table = table.replace_schema_metadata(kept)
    pq.write_table(table, where, **options(table.schema))


def link(source: Path, target: Path) -> None:
    """Give finished bytes a second name; a copy where the file system has no hard links."""

    def place(temporary: Path) -> None:
        try:
            os.link(source, temporary)
        except OSError:
            shutil.copyfile(source, temporary)

    write_atomic(target, place)


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sweep(folder: Path, shared: bool = False) -> None:
    """Remove what processes that died while writing left in `folder` and below. Where it is
    `shared`, what is of a living one of this machine stays: it may be at work."""
    for temporary in folder.rglob(".*.tmp"):
        if not (shared and _is_at_work(temporary.name.split(".")[-2])):
            temporary.unlink(missing_ok=True)


def _is_at_work(process: str) -> bool:
    """Whether another process of that number lives here."""
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True
    except (OSError, ValueError, OverflowError):
        return False
    return int(process) != os.getpid()


def say_on_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def locked(
    folder: Path, wait_s: float, say: Callable[[str], object] = say_on_stderr
) -> Iterator[None]:
    """Hold `folder` alone. The kernel frees the lock of a process that dies, however it dies.

    Waits up to `wait_s` seconds for another holder to finish, then raises UserError naming it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / "holder.txt"
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(f"{folder}: held by {_read(holder)}; waiting up to {wait_s:g} s for it to finish")
        try:
            lock.acquire(timeout=wait_s)
        except Timeout as error:
            raise UserError(
                f"{folder} is held by {_read(holder)}: wait for it, or stop it"
            ) from error
    try:
        who = f"process {os.getpid()} on {platform.node()}"
        with _named(holder):
            holder.write_text(who, encoding="utf-8")
        sweep(folder)
        yield
    finally:
        lock.release()


def _read(holder: Path) -> str:
    try:
        return holder.read_text(encoding="utf-8") or "another process"
    except OSError:
        return "another process"


def sync(path: Path) -> None:
    """A file's bytes, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
