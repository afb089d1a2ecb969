"""What the tests of the corpora share: files, and a judge of sentences of its own mind."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.core.sentence import Fault, Sentence
from pipeline.corpora.annotate import close_parser

Write = Callable[[str, str | bytes], str]
Judge = Callable[[Sentence], None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below the test's folder; returns its path."""

    def write(name: str, content: str | bytes) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


@pytest.fixture(scope="session")
def judge() -> Judge:
    """Fail unless a sentence is one that may be counted."""

    def judge(sentence: Sentence) -> None:
        n_words = len(sentence.words)
        assert 1 <= n_words < 2**15
        assert sentence.sentence_id
        for text in (sentence.sentence_id, sentence.text, *sentence.words):
            text.encode("utf-8")
        for word in sentence.words:
            assert word.strip(" \t\r\n")
            assert not any(ord(c) < 32 or ord(c) == 127 for c in word)
        for labels in (sentence.upos, sentence.governors, sentence.deprels):
            assert labels is None or len(labels) == n_words
        if sentence.governors is not None:
            is_tree(sentence.governors)
        assert all(label.split(":")[0] not in ("", "_") for label in sentence.deprels or ())
        assert sentence.target is not None or sentence.alignment is None
        if sentence.target is not None:
            judge(sentence.target)
            assert sentence.target.target is None
            is_alignment(sentence)

    return judge


def is_tree(governors: Sequence[int]) -> None:
    """One root, and from every word the root is reached in no more steps than there are words."""
    assert sum(governor == 0 for governor in governors) == 1
    for word in range(1, len(governors) + 1):
        for _ in governors:
            word = governors[word - 1]
            assert 0 <= word <= len(governors)
            if word == 0:
                break
        assert word == 0


def is_alignment(sentence: Sentence) -> None:
    """Every link joins a word that there is with another, and no two links join the same."""
    assert sentence.target is not None
    joined = [(link.source, link.target) for link in sentence.alignment or ()]
    assert joined == sorted(set(joined))
    for source, target in joined:
        assert source in range(len(sentence.words))
        assert target in range(len(sentence.target.words))


@pytest.fixture(scope="session")
def split() -> Callable[..., tuple[list[Sentence], list[Fault]]]:
    """Sentences and faults apart, each in order."""

    def split(records):
        records = list(records)
        return (
            [record for record in records if isinstance(record, Sentence)],
            [record for record in records if isinstance(record, Fault)],
        )

    return split


@pytest.fixture
def cwd(tmp_path: Path):
    """The test's folder as the working directory."""
    before = os.getcwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """No test finds the parser of raw text that another opened."""
    close_parser()
    yield
    close_parser()
