"""What holds of every command line, whatever it is given, and how long it is tried.

`HYPOTHESIS_PROFILE=deep pytest -o addopts= tests/fuzz` draws anew, twenty times as much.
"""

import contextlib
import io
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import yaml
from hypothesis import HealthCheck, settings

from pipeline.core.errors import UserError
from pipeline.lake import manifest
from tests.stages import small

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
PATIENCE_S = 20


def examples(n: int) -> settings:
    """So many in the default run, the same ones each time."""
    return settings(
        max_examples=n * (20 if DEEP else 1),
        derandomize=not DEEP,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@contextlib.contextmanager
def in_time(seconds: int = PATIENCE_S) -> Iterator[None]:
    def late(*_: object) -> None:
        raise AssertionError(f"it hangs: more than {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def obeyed(root: Path, *words: object) -> tuple[int, str]:
    """Run a command line; gives the exit code and what it says on stderr. Fails where it raises,
    hangs, says more than a line of what went wrong, or leaves something half-written."""
    before = small.files(root)
    out, err = io.StringIO(), io.StringIO()
    with in_time(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = small.run(*map(str, words))
    said = err.getvalue()
    assert code in (0, 1, 2), (code, said)
    if code:
        assert said.startswith("headcensus: "), said
        assert said.endswith("\n"), said
        assert said[:-1].isprintable(), said
    if code == 2:
        assert small.files(root) == before
    assert not list(root.rglob("*.tmp"))
    for folder in {path.parent for path in root.rglob("*.parquet")}:
        if "_work" not in folder.relative_to(root).parts:
            assert (folder / manifest.NAME).is_file(), folder
    return code, said


def whole(folder: Path) -> bool:
    try:
        manifest.verified(folder)
    except UserError:
        return False
    return True


def corpus_file(root: Path, corpus: dict, **beside: object) -> Path:
    """A config as `compose` writes it for `ingest`, which keeps out whatever is damaged."""
    path = root.parent / "corpus.yaml"
    ingest = {"shard_sentences": 3, "max_quarantined": 1.0}
    content = {"name": "c", "root": str(root), "corpus": corpus, "ingest": ingest, "measure": {}}
    path.write_text(yaml.safe_dump(content | beside), encoding="utf-8")
    return path
