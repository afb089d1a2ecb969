"""Laws of the stream that hold for every corpus: limit, shuffle, laziness, and no traces."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import datasets
import datasets.config
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import UserError
from pipeline.core.sentence import Fault, Sentence
from pipeline.corpora.base import FEATURES, Corpus, read, streamed
from pipeline.corpora.conllu import Conllu
from pipeline.corpora.parallel import Parallel
from pipeline.corpora.parquet import Parquet
from pipeline.corpora.rows import Row, fault_row, sentence_row
from pipeline.corpora.text import Text
from pipeline.corpora.ud import Ud

N_SENTENCES, BAD = 40, (3, 11, 12)
"""Rows of the corpora below, and those of them that are damaged."""


@pytest.fixture(params=["conllu", "text", "jsonl", "parquet", "ud", "parallel", "pairs"])
def corpus(request, write, tmp_path: Path) -> Corpus:
    rows = [
        {"tokens": ["", "b"] if i in BAD else [f"w{i}", "b"], "head": ["0", "1"], "text": f"w{i} b"}
        for i in range(N_SENTENCES)
    ]
    table = pa.table(
        {
            "tokens": [row["tokens"] for row in rows],
            "head": [row["head"] for row in rows],
            "upos": [["X", "X"]] * N_SENTENCES,
            "deprel": [["root", "dep"]] * N_SENTENCES,
        }
    )
    match request.param:
        case "conllu":
            lines = (
                f"1\t{row['tokens'][0]}\t_\t_\t_\t_\t0\troot\t_\t_\n2\tb\t_\t_\t_\t_\t1\td\t_\t_\n\n"
                for row in rows
            )
            return Conllu(write("x.conllu", "".join(lines)))
        case "text":
            lines = (b"\xff" if i in BAD else b"w%d b" % i for i in range(N_SENTENCES))
            return Text(write("x.txt", b"\n".join(lines)))
        case "jsonl":
            lines = ("{" if i in BAD else f'{{"text": "w{i} b"}}' for i in range(N_SENTENCES))
            return Text(write("x.jsonl", "\n".join(lines)))
        case "parquet":
            pq.write_table(table, tmp_path / "x.parquet", row_group_size=7)
            columns = {"words": "tokens", "governors": "head", "deprels": "deprel"}
            return Parquet(str(tmp_path / "x.parquet"), **columns)
        case "parallel":
            lines = [b"\xff" if i in BAD else b"w%d b" % i for i in range(N_SENTENCES)]
            source = write("x.en", b"\n".join(lines))
            target = write("x.de", "".join(f"b w{i}\n" for i in range(N_SENTENCES)))
            return Parallel(source, target, write("x.align", "0-1 1-0\n" * N_SENTENCES))
        case "pairs":
            pairs = [{"source": row["tokens"], "target": f"b {i}"} for i, row in enumerate(rows)]
            return Parallel(path=write("x.jsonl", "\n".join(map(json.dumps, pairs))))
        case _:
            folder = tmp_path / "parquet" / "xx_test"
            folder.mkdir(parents=True)
            pq.write_table(table, folder / "dev.parquet", row_group_size=7)
            return Ud("xx_test", "dev", path=str(tmp_path))


def firsts(records) -> list[str]:
    return [record.words[0] for record in records if isinstance(record, Sentence)]


def with_(corpus: Corpus, **changes) -> Corpus:
    return replace(corpus, **changes)


ALL = [f"w{i}" for i in range(N_SENTENCES) if i not in BAD]


def test_all_sentences_in_order_and_faults_between_them(corpus: Corpus, judge) -> None:
    records = list(read(corpus))
    assert firsts(records) == ALL
    assert [i for i, r in enumerate(records) if isinstance(r, Fault)] == list(BAD)
    for record in records:
        if isinstance(record, Sentence):
            judge(record)
    assert [r for r in read(corpus)] == records


@pytest.mark.parametrize("limit", [1, 3, 4, 10, 37, 1000])
def test_a_limit_counts_sentences_and_not_faults(corpus: Corpus, limit: int) -> None:
    records = list(read(with_(corpus, limit=limit)))
    assert firsts(records) == ALL[:limit]
    n_records = len(records) if limit < len(ALL) else N_SENTENCES
    assert records == list(itertools.islice(read(corpus), n_records))


def test_a_shuffle_is_a_permutation_fixed_by_its_seed(corpus: Corpus) -> None:
    orders = {
        (seed, buffer): list(read(with_(corpus, shuffle_seed=seed, shuffle_buffer=buffer)))
        for seed in (0, 1)
        for buffer in (1, 8, 100)
    }
    for (seed, buffer), records in orders.items():
        assert sorted(firsts(records)) == sorted(ALL)
        assert len(records) == N_SENTENCES
        again = list(read(with_(corpus, shuffle_seed=seed, shuffle_buffer=buffer)))
        assert records == again
    assert firsts(orders[0, 1]) == ALL  # a buffer of one row has no choice
    assert len({tuple(firsts(orders[key])) for key in [(0, 8), (1, 8), (0, 100), (1, 100)]}) == 4


def test_a_limit_is_counted_after_the_shuffle(corpus: Corpus) -> None:
    shuffled = with_(corpus, shuffle_seed=5)
    assert firsts(read(with_(shuffled, limit=7))) == firsts(read(shuffled))[:7]


def test_nothing_is_left_in_the_users_cache(corpus: Corpus, tmp_path, monkeypatch) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", cache)
    list(read(corpus))
    assert not cache.exists()
    assert cache == datasets.config.HF_DATASETS_CACHE


def test_rows_have_the_stated_schema(corpus: Corpus) -> None:
    stream = corpus.stream()
    assert isinstance(stream, datasets.IterableDataset)
    assert stream.features == FEATURES
    for row in stream:
        assert set(row) == set(FEATURES)
        assert (row["fault"] is None) == (row["words"] is not None)


@dataclass(frozen=True)
class Endless:
    """A corpus without an end, which counts the rows asked of it."""

    limit: int | None = None
    shuffle_seed: int | None = None
    shuffle_buffer: int = 50
    only_faults: bool = False

    def stream(self) -> datasets.IterableDataset:
        return streamed(self, _endless)


asked: list[int] = []


def _endless(corpus: Endless) -> Iterator[Row]:
    for i in itertools.count(1):
        if corpus.only_faults and i > 3:
            return
        asked.append(i)
        fault = corpus.only_faults
        yield fault_row("e", i, "x", "bad") if fault else sentence_row("e", i, "x", "w", ["w"])


@pytest.mark.parametrize("changes", [{"limit": 5}, {"limit": 5, "shuffle_seed": 1}])
def test_no_more_is_read_than_needed(changes) -> None:
    asked.clear()
    assert len(list(read(Endless(**changes)))) == 5
    # A shuffle fills its buffer of 50 rows before it gives the first.
    assert len(asked) == (50 if "shuffle_seed" in changes else 5)


def test_a_file_is_read_only_as_far_as_needed(write) -> None:
    line = "1\tw\t_\t_\t_\t_\t0\troot\t_\t_\n\n"
    beyond = b"\xff" * (1 << 25)  # would end in an error if it were read
    path = write("x.conllu", (line * 100).encode() + beyond)
    assert len(list(read(Conllu(path, limit=100)))) == 100
    with pytest.raises(UserError):
        list(read(Conllu(path)))
    lines = write("x.txt", b"w\n" * 100 + beyond)
    assert len(list(read(Parallel(lines, lines, limit=100)))) == 100
    with pytest.raises(UserError):
        list(read(Parallel(lines, lines)))


def test_only_faults_is_an_error_that_names_the_first() -> None:
    records = read(Endless(only_faults=True))
    assert [next(records) for _ in range(3)] == [Fault("e", i, "x", "bad") for i in (1, 2, 3)]
    with pytest.raises(UserError, match=r"Endless\(only_faults=True\).*all 3 .* first e:1: bad"):
        next(records)


def test_an_error_passes_through_a_shuffle(write) -> None:
    path = write("x.conllu", b"1\tw\t_\t_\t_\t_\t0\troot\t_\t_\n\n" + b"\xff" * (1 << 25))
    with pytest.raises(UserError, match="no text file of sentences"):
        list(read(Conllu(path, shuffle_seed=1)))


@pytest.mark.parametrize("changes", [{"limit": 0}, {"limit": -1}, {"shuffle_buffer": 0}])
def test_counts_that_make_no_sense(changes) -> None:
    with pytest.raises(UserError, match="1 or more"):
        next(read(Endless(**changes)))
