"""UD in the layout of the hub, but on the local disk; and the hub that is not there."""

import time
from pathlib import Path

import datasets
import datasets.config
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.corpora import hub as on_hub
from pipeline.corpora.base import read
from pipeline.corpora.hub import hub_rows, open_hub
from pipeline.corpora.parallel import Parallel
from pipeline.corpora.text import Text
from pipeline.corpora.ud import Ud

ROWS = {
    "sent_id": ["s1", "s2"],
    "idx": [0, 1],
    "text": ["ab c", "10 000"],
    "tokens": [["a", "b", "c"], ["10 000"]],
    "upos": [["DET", "NOUN", "VERB"], ["NUM"]],
    "head": [["2", "3", "0"], ["0"]],
    "deprel": [["det", "nsubj", "root"], ["root"]],
    "mwt": [["1-2"], []],
    "empty_nodes": [["3.1"], []],
}
EXPECTED = [
    Sentence(
        "s1", "ab c", ("a", "b", "c"), ("DET", "NOUN", "VERB"), (2, 3, 0), ("det", "nsubj", "root")
    ),
    Sentence("s2", "10 000", ("10 000",), ("NUM",), (0,), ("root",)),
]


@pytest.fixture
def hub(tmp_path: Path):
    """Write a table as one treebank's split; returns the folder that stands in for the hub."""

    def hub(table: pa.Table) -> str:
        folder = tmp_path / "parquet" / "en_x"
        folder.mkdir(parents=True)
        pq.write_table(table, folder / "dev.parquet")
        return str(tmp_path)

    return hub


def test_a_treebank(hub) -> None:
    assert list(read(Ud("en_x", "dev", path=hub(pa.table(ROWS))))) == EXPECTED


def test_numbers_and_strings_are_told_apart(hub) -> None:
    tags = datasets.ClassLabel(names=["NOUN", "DET", "VERB", "NUM"])
    numbers = ROWS | {"upos": [[1, 0, 2], [3]], "head": [[2, 3, 0], [0]]}
    features = datasets.Dataset.from_dict(numbers).features.copy()
    features["upos"] = datasets.List(tags)
    table = datasets.Dataset.from_dict(numbers, features=features).data.table
    assert list(read(Ud("en_x", "dev", path=hub(table)))) == EXPECTED


@pytest.mark.parametrize("missing", [None, -1])
def test_a_missing_class_is_no_class(hub, missing: int | None) -> None:
    rows = ROWS | {"upos": [[1, missing, 2], [missing]]}
    features = datasets.Dataset.from_dict(rows).features.copy()
    features["upos"] = datasets.List(datasets.ClassLabel(names=["NOUN", "DET", "VERB"]))
    table = datasets.Dataset.from_dict(rows, features=features).data.table
    first, second = read(Ud("en_x", "dev", path=hub(table)))
    assert (first.upos, second.upos) == (("DET", "_", "VERB"), None)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"data_files": "parquet/en_x/dev.parquet"}, None),
        ({"config": "en_x", "split": "dev"}, None),
        ({"data_files": "parquet/en_x/none.parquet"}, "none.parquet at revision 2.17 cannot be"),
        ({"config": "none"}, "BuilderConfig 'none' not found"),
        ({"config": "en_x", "split": "none"}, "Bad split: none"),
    ],
)
def test_the_hub_by_file_and_by_configuration(hub, write, monkeypatch, choice, message) -> None:
    # A folder with the hub's card goes the way of the hub, but for the network.
    monkeypatch.setattr("pipeline.corpora.hub._check_reachable", lambda name: None)
    folder = hub(pa.table(ROWS))
    files = "[{split: dev, path: parquet/en_x/dev.parquet}]"
    configs = ", ".join(
        f"{{config_name: {name}, data_files: {files}}}" for name in ("en_x", "fr_y")
    )
    write("README.md", f"---\nconfigs: [{configs}]\n---\n")
    columns = {"words": "tokens", "governors": "head"}
    if message is None:
        stream = open_hub(folder, "2.17", columns=columns, optional={"text": "text"}, **choice)
        rows = list(hub_rows(stream, "x"))
        assert rows == [
            {"tokens": tokens, "head": head, "text": text}
            for tokens, head, text in zip(ROWS["tokens"], ROWS["head"], ROWS["text"], strict=True)
        ]
    else:
        with pytest.raises(UserError, match=message):
            open_hub(folder, "2.17", columns=columns, **choice)


def test_what_the_data_set_need_not_have(hub) -> None:
    few = {key: ROWS[key] for key in ("tokens", "upos", "head", "deprel")}
    sentences = list(read(Ud("en_x", "dev", path=hub(pa.table(few)))))
    assert [(s.sentence_id, s.text) for s in sentences] == [
        ("en_x-dev:1", "a b c"),
        ("en_x-dev:2", "10 000"),
    ]
    assert [s.governors for s in sentences] == [s.governors for s in EXPECTED]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"head": None},
            r"no column 'head' \(key `governors`\); .* are: sent_id, idx, text, tokens",
        ),
        ({"upos": [[1, 0, 2], [3]]}, "column 'upos' holds numbers without names"),
    ],
)
def test_columns_that_cannot_be_used(hub, change, message: str) -> None:
    rows = {key: value for key, value in (ROWS | change).items() if value is not None}
    with pytest.raises(UserError, match=message):
        next(read(Ud("en_x", "dev", path=hub(pa.table(rows)))))


def test_a_treebank_that_is_not_there(hub) -> None:
    folder = hub(pa.table(ROWS))
    with pytest.raises(UserError, match=r"parquet/en_x/test.parquet: no such file"):
        next(read(Ud("en_x", "test", path=folder)))
    with pytest.raises(UserError, match="no such folder"):
        next(read(Ud("en_x", "dev", path=f"{folder}/none")))


@pytest.mark.parametrize(
    "corpus", [Ud("en_x", "dev"), Text(dataset="a/b"), Parallel(dataset="a/b")]
)
def test_a_revision_is_required(corpus) -> None:
    with pytest.raises(UserError, match="give a revision"):
        next(read(corpus))


@pytest.mark.parametrize(
    "corpus",
    [
        Ud("en_x", "dev", "2.17"),
        Text(dataset="a/b", config="c", revision="main"),
        Parallel(dataset="a/b", config="de-en", revision="main"),
    ],
)
def test_a_hub_that_cannot_be_reached(corpus, monkeypatch) -> None:
    name = corpus.path if isinstance(corpus, Ud) else corpus.dataset
    monkeypatch.setattr(datasets.config, "HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    start = time.monotonic()
    with pytest.raises(UserError, match=rf"{name}.*cannot be reached.*give a local path$"):
        next(read(corpus))
    assert time.monotonic() - start < 5
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match=rf"{name}.*HF_HUB_OFFLINE is set"):
        next(read(corpus))


def test_a_stream_that_cannot_be_opened_or_breaks_off(monkeypatch) -> None:
    class Broken(datasets.IterableDataset):
        def __iter__(self):
            yield {"text": "one"}
            raise ConnectionError("Server Disconnected")

    def load_dataset(path, **_):
        if path == "a/none":
            raise datasets.exceptions.DatasetNotFoundError("Dataset 'a/none' doesn't exist\nmore")
        return stream

    stream = datasets.IterableDataset.from_generator(
        iter, features=datasets.Features({"text": datasets.Value("string")})
    )
    stream.__class__ = Broken
    stream.select_columns = lambda columns: stream
    monkeypatch.setattr("pipeline.corpora.hub._check_reachable", lambda name: None)
    monkeypatch.setattr(datasets, "load_dataset", load_dataset)

    with pytest.raises(
        UserError, match=r"a/none train at revision 1 cannot be opened: .*doesn't exist; check"
    ):
        next(read(Text(dataset="a/none", revision="1")))
    records = read(Text(dataset="a/b", revision="1"))
    assert next(records).words == ("one",)
    with pytest.raises(UserError, match=r"a/b@1/train: broke off after row 1: Server Disc"):
        next(records)


def test_the_hub_is_asked_for_the_revision(monkeypatch) -> None:
    asked = {}

    def load_dataset(*args, **keys):
        asked.update(keys)
        raise ValueError("enough")

    monkeypatch.setattr(on_hub, "_check_reachable", lambda name: None)
    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    with pytest.raises(UserError, match="enough"):
        open_hub("a/b", "2.17", config="c", split="dev", columns={})
    given = (asked["revision"], asked["name"], asked["split"])
    assert given == ("2.17", "c", "dev")


def test_an_empty_revision_is_none() -> None:
    with pytest.raises(UserError, match="give a revision"):
        next(read(Ud("en_x", "dev", revision="")))


def test_a_sentence_without_classes(hub) -> None:
    rows = ROWS | {"upos": [[1, 0, 2], None]}
    features = datasets.Dataset.from_dict(rows).features.copy()
    features["upos"] = datasets.List(datasets.ClassLabel(names=["NOUN", "DET", "VERB"]))
    table = datasets.Dataset.from_dict(rows, features=features).data.table
    first, second = read(Ud("en_x", "dev", path=hub(table)))
    assert (first.upos, second.upos) == (EXPECTED[0].upos, None)


def test_long_strings_are_strings(hub) -> None:
    table = pa.table(ROWS | {"upos": pa.array(ROWS["upos"], pa.list_(pa.large_string()))})
    assert list(read(Ud("en_x", "dev", path=hub(table)))) == EXPECTED
