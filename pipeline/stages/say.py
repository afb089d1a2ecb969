"""What the command line says: an answer on stdout, an error as one line on stderr."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST = 20_000
"""A line may name a path, or all there is of something; what is longer is nobody's to read."""


def fail(reason: str, code: int) -> int:
    """Say why, on one line. Gives `code`."""
    print(f"headcensus: {visible(' '.join(reason.split()))}", file=sys.stderr)
    return code


def tell(text: str, longest: int = LONGEST) -> None:
    """On stdout, also where that cannot write every sign."""
    coding = sys.stdout.encoding or "utf-8"
    with _heard():
        print(visible(text, longest).encode(coding, "backslashreplace").decode(coding), flush=True)


def leave() -> None:
    """Before the process ends: Python's own last flush would complain of a reader who has left."""
    with _heard():
        sys.stdout.flush()


@contextmanager
def _heard() -> Iterator[None]:
    """Whoever reads may leave before all is said (`| head`): the work goes on, told to nobody."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def visible(text: str, longest: int = LONGEST) -> str:
    """Names come from foreign files: what a terminal would obey, or turn about, is escaped."""
    text = "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
    return text if len(text) < longest else text[:longest] + "…"
