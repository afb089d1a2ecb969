"""A tiny checkpoint, a few sentences, and the words that name both on the command line."""

from pathlib import Path

import pytest

from pipeline.engines import cell
from tests import tiny
from tests.stages import small


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    return tiny.save(tmp_path_factory.mktemp("checkpoint") / "tiny")


@pytest.fixture
def sentences(tmp_path) -> Path:
    path = tmp_path / "some.conllu"
    path.write_text(small.conllu(14), encoding="utf-8")
    return path


@pytest.fixture
def root(tmp_path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def words(checkpoint, sentences, root) -> list[str]:
    """What the tests give every stage, over 14 sentences."""
    return small.words(checkpoint, sentences, root)


@pytest.fixture(scope="session")
def template(checkpoint, tmp_path_factory) -> Path:
    """A root that was ingested and measured once for all tests."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "some.conllu").write_text(small.conllu(14), encoding="utf-8")
    words = small.words(checkpoint, folder / "some.conllu", folder / "out")
    assert small.run("ingest", *words) == 0
    assert small.run("measure", *words) == 0
    return folder / "out"


@pytest.fixture(scope="session")
def whole(template, tmp_path_factory) -> Path:
    """The same with its tables."""
    root = tmp_path_factory.mktemp("whole") / "out"
    small.copy(template, root)
    assert small.run("aggregate", *small.words(Path("model"), Path("corpus"), root)) == 0
    return root


@pytest.fixture
def done(template, root, measured):
    """A copy of the template at `root`."""
    small.copy(template, root)


@pytest.fixture
def measured(monkeypatch) -> list[int]:
    """First sentence of each shard that is measured."""
    calls: list[int] = []
    measure = cell.measure_shards

    def counting(subject, shards, *rest):
        def counted():
            for sentences, first in shards:
                calls.append(first)
                yield sentences, first

        return measure(subject, counted(), *rest)

    monkeypatch.setattr(cell, "measure_shards", counting)
    return calls
