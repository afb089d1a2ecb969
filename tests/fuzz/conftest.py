"""A census to be damaged, made once; and a folder of its own for each example."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests import tiny
from tests.stages import small

Fresh = Callable[[], AbstractContextManager[Path]]


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    return tiny.save(tmp_path_factory.mktemp("checkpoint") / "tiny")


@pytest.fixture(scope="session")
def fresh(tmp_path_factory) -> Fresh:
    """A new folder for each example: what one left is nothing to the next."""
    above = tmp_path_factory.mktemp("fresh")

    @contextmanager
    def folder() -> Iterator[Path]:
        path = Path(tempfile.mkdtemp(dir=above))
        try:
            yield path
        finally:
            shutil.rmtree(path)

    return folder


@pytest.fixture(scope="session")
def census(checkpoint, tmp_path_factory) -> tuple[Path, list[str]]:
    """A root with everything up to the report, and the words that it was made with."""
    folder = tmp_path_factory.mktemp("census")
    (folder / "some.conllu").write_text(small.conllu(14) + small.MALFORMED, encoding="utf-8")
    words = [
        *small.words(checkpoint, folder / "some.conllu", folder / "out"),
        "ingest.max_quarantined=0.5",
        "measure.kernel=portable",
    ]
    assert small.run("run", *words) == 0
    return folder / "out", words
