"""A tiny checkpoint, a few sentences, and the words that name both on the command line."""

from pathlib import Path

import pytest

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
