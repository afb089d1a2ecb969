"""Local files: from a path as the user writes it to numbered lines of bytes.

Lines are bytes, and are decoded by whoever knows which of them belong together: a bad byte then
costs one sentence and not the file. Nothing here reads further than the line asked for.
"""

import glob
import os
from collections.abc import Iterator, Sequence

from pipeline.core.errors import UserError

MAX_LINE_BYTES = 1 << 24
"""A longer line means that this is no file of lines; reading on would fill the memory."""

UTF8_BOM = b"\xef\xbb\xbf"


def local_files(path: str | Sequence[str], example: str) -> tuple[str, ...]:
    """The files that a path, several paths, or globs name; the matches of a glob in sorted order.

    A file named twice, in whatever way, is read once. `example`, a glob for this format, is quoted
    in the advice. Raises UserError for a missing or unreadable file, a folder, and a glob without
    a match.
    """
    patterns = (path,) if isinstance(path, str) else tuple(path)
    if not patterns:
        raise UserError("path is an empty list: give one file or more")
    found: dict[str, str] = {}
    for pattern in patterns:
        for file in _expand(pattern, example):
            _check_readable(file, example)
            found.setdefault(os.path.realpath(file), file)
    return tuple(found.values())


def _expand(pattern: str, example: str) -> list[str]:
    # A file whose own name has brackets in it is that file, and no pattern.
    if os.path.lexists(pattern) or not glob.has_magic(pattern):
        return [pattern]
    matches = [file for file in glob.glob(pattern, recursive=True) if not os.path.isdir(file)]
    if not matches:
        raise UserError(
            f"{pattern}: no file matches this pattern (looked from {os.getcwd()}); "
            f"mend it, or give a file: a pattern looks like {example}"
        )
    return sorted(matches)


def _check_readable(file: str, example: str) -> None:
    if os.path.isdir(file):
        raise UserError(f"{file}: is a folder; give its files, as in {os.path.join(file, example)}")
    if not os.path.lexists(file):
        raise UserError(f"{file}: no such file (looked from {os.getcwd()}); mend the path")
    if os.path.exists(file) and not os.path.isfile(file):
        raise UserError(f"{file}: is no regular file, and cannot be read twice; give a file")
    try:
        open(file, "rb").close()
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}") from error


def count_lines(file: str) -> int:
    """How many lines `numbered_lines` would yield. Raises UserError where the disk fails."""
    n_lines, end = 0, b"\n"
    try:
        with open(file, "rb") as handle:
            while chunk := handle.read(1 << 20):
                n_lines += chunk.count(b"\n")
                end = chunk[-1:]
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}") from error
    return n_lines + (end != b"\n")


def utf8(line: bytes) -> str:
    """The line as text. Raises ValueError, naming the first bad byte, where it is not UTF-8."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        bad = line[error.start]
        raise ValueError(f"bad UTF-8: byte 0x{bad:02x} in column {error.start + 1}") from None


def numbered_lines(file: str) -> Iterator[tuple[int, bytes]]:
    """The file's lines without their line ends (LF or CR LF) and byte order mark, from line 1.

    Raises UserError for a line longer than `MAX_LINE_BYTES`, for line ends of CR alone, and where
    the disk fails.
    """
    try:
        with open(file, "rb") as handle:
            number = 0
            while line := handle.readline(MAX_LINE_BYTES):
                number += 1
                if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                    raise UserError(
                        f"{file}:{number}: line of more than {MAX_LINE_BYTES >> 20} MiB; "
                        "this is no text file of sentences, give another"
                    )
                if number == 1:
                    line = line.removeprefix(UTF8_BOM)
                    if not line.endswith(b"\n") and b"\r" in line.rstrip(b"\r"):
                        raise UserError(
                            f"{file}: its lines end in CR alone, which leaves it one line; end them"
                            " in LF or CR LF"
                        )
                yield number, line.removesuffix(b"\n").removesuffix(b"\r")
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}") from error
