"""Parallel text from records: JSON lines, Parquet, and the translation sets of the hub."""

import json

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import UserError
from pipeline.core.sentence import Fault, Link, Sentence
from pipeline.corpora.base import read
from pipeline.corpora.parallel import Parallel

RECORDS = [
    {"translation": {"de": "Guten Tag, Welt!", "en": "Hello, world!"}, "links": "0-0 1p2"},
    {"translation": {"de": "ja", "en": "yes"}, "links": ""},
    {"translation": {"de": "nein", "en": "no"}, "links": None},
]
LANGUAGES = {"source_language": "en", "target_language": "de"}


def pairs(corpus: Parallel) -> list:
    return [
        (" ".join(s.words), " ".join(s.target.words), s.alignment)
        if isinstance(s, Sentence) and s.target is not None
        else s
        for s in read(corpus)
    ]


@pytest.fixture(params=["jsonl", "parquet"])
def table(request, write, tmp_path):
    """Write records in one format; returns the path."""

    def table(records: list[dict]) -> str:
        if request.param == "jsonl":
            return write("x.jsonl", "\n".join(map(json.dumps, records)))
        pq.write_table(pa.Table.from_pylist(records), tmp_path / "x.parquet")
        return str(tmp_path / "x.parquet")

    return table


def test_a_translation_set(table) -> None:
    path = table(RECORDS)
    unaligned = [
        ("Hello , world !", "Guten Tag , Welt !", None),
        ("yes", "ja", None),
        ("no", "nein", None),
    ]
    assert pairs(Parallel(path=path, **LANGUAGES)) == unaligned
    columns = {"source_column": "translation.en", "target_column": "translation.de"}
    assert pairs(Parallel(path=path, **columns)) == unaligned


def test_links_in_a_column(table) -> None:
    records = [
        {"a": "Hello , world", "b": "Hallo , Welt", "links": "0-0 1p1 2-2"},
        {"a": "yes", "b": "ja", "links": ""},
        {"a": "no", "b": "nein", "links": None},
        {"a": "x", "b": "y z", "links": "1-0"},
        {"a": "no!", "b": "nein!", "links": "0-0"},
    ]
    path = table(records)
    keys = {"path": path, "source_column": "a", "target_column": "b"}
    fault = f"{path.rsplit('/', 1)[-1]}:4"
    assert pairs(Parallel(**keys, alignment_column="links")) == [
        ("Hello , world", "Hallo , Welt", (Link(0, 0), Link(1, 1, False), Link(2, 2))),
        ("yes", "ja", ()),
        ("no", "nein", None),
        Fault(path, 4, fault, "link 1-0: the source has 1 words, counted from 0"),
        ("no!", "nein!", (Link(0, 0),)),
    ]


def test_lists_of_words_are_taken_as_they_are(table) -> None:
    records = [{"source": ["ice cream", "don't", "!"], "target": ["Eis", "nicht!"], "links": "0-0"}]
    (sentence,) = read(Parallel(path=table(records), alignment_column="links"))
    assert isinstance(sentence, Sentence)
    assert sentence.words == ("ice cream", "don't", "!")
    assert sentence.text == "ice cream don't !"
    assert sentence.target is not None
    assert sentence.target.words == ("Eis", "nicht!")
    assert sentence.alignment == (Link(0, 0),)


def test_blank_and_damaged_records(write) -> None:
    records = [
        {"source": "a", "target": "b"},
        {"source": None, "target": " "},
        {"source": "a", "target": None},
        {"source": [], "target": "b"},
        {"source": [""], "target": "b"},
        {"source": "a", "target": 3},
        {"source": "a", "target": ["b", 3]},
        {"source": "a"},
        {"source": "\ud800", "target": "b", "links": None},
        {"source": "a", "target": "b", "links": 3},
        {"source": "a", "target": "b", "links": ["0-0"]},
        {"source": "a", "target": "b\nc", "links": "0-1"},
    ]
    for record in records[:7]:
        record["links"] = None
    path = write("x.jsonl", "\n".join([*map(json.dumps, records), "{"]))
    first, *faults, last, broken = read(Parallel(path=path, alignment_column="links"))
    assert isinstance(first, Sentence)
    assert isinstance(last, Sentence)
    assert last.alignment == (Link(0, 1),)
    assert broken.line == 13
    assert [(fault.line, fault.reason) for fault in faults] == [
        (3, "target: blank, while the other side is not"),
        (4, "source: blank, while the other side is not"),
        (5, "source: word 1: empty form"),
        (6, "target: no string: 3"),
        (7, "word 2: 3 in target is no string"),
        (8, "no column 'target' in this record"),
        (9, "source: word 1: control character '\\ud800' in its form"),
        (10, "alignment: no string: 3"),
        (11, "alignment: no string: ['0-0']"),
    ]


def test_a_column_whose_name_has_a_dot(table) -> None:
    path = table([{"text.en": "a", "text": {"de": "b"}}])
    corpus = Parallel(path=path, source_column="text.en", target_column="text.de")
    assert pairs(corpus) == [("a", "b", None)]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, r"no column 'source' \(key `source_column`\)"),
        (
            {**LANGUAGES, "target_language": "fr"},
            r"no column 'translation.fr' \(key `target_language`\); the columns there are: "
            r"translation, translation.de, translation.en, links$",
        ),
        ({**LANGUAGES, "alignment_column": "l"}, r"no column 'l' \(key `alignment_column`\)"),
    ],
)
def test_an_unknown_column_names_the_columns_there_are(table, keys, message: str) -> None:
    path = table(RECORDS)
    with pytest.raises(UserError, match=message):
        Parallel(path=path, **keys).stream()


@pytest.fixture
def hub(write, tmp_path, monkeypatch) -> str:
    """A folder with a card, which goes the way of the hub but for the network."""
    monkeypatch.setattr("pipeline.corpora.hub._check_reachable", lambda name: None)
    features = datasets.Features(
        {
            "id": datasets.Value("int64"),
            "translation": datasets.Translation(["de", "en"]),
            "links": datasets.Value("string"),
        }
    )
    rows = {key: [record[key] for record in RECORDS] for key in ("translation", "links")}
    made = datasets.Dataset.from_dict({"id": [0, 1, 2], **rows}, features=features)
    pq.write_table(made.data.table, tmp_path / "test.parquet")
    files = "[{split: test, path: test.parquet}]"
    write("README.md", f"---\nconfigs: [{{config_name: de-en, data_files: {files}}}]\n---\n")
    return str(tmp_path)


def test_a_translation_set_on_the_hub(hub: str) -> None:
    corpus = Parallel(
        dataset=hub,
        config="de-en",
        split="test",
        revision="1",
        alignment_column="links",
        **LANGUAGES,
    )
    assert pairs(corpus) == [
        ("Hello, world!", "Guten Tag, Welt!", (Link(0, 0), Link(1, 2, False))),
        ("yes", "ja", ()),
        ("no", "nein", None),
    ]
    source = f"{hub}@1/test"
    assert next(read(corpus)).sentence_id == f"{source}:1"


def test_a_language_that_the_hub_does_not_have(hub: str) -> None:
    keys = {"dataset": hub, "config": "de-en", "split": "test", "revision": "1"}
    with pytest.raises(UserError, match=r"no column 'translation.fr' \(key `source_language`\)"):
        Parallel(**keys, source_language="fr", target_language="en").stream()


def test_pairs_of_all_files_are_read(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(f'{{"source": "{name}", "target": "{name}"}}\n')
    for path in (f"{tmp_path}/*.jsonl", (f"{tmp_path}/a.jsonl", f"{tmp_path}/b.jsonl")):
        assert [pair.words for pair in read(Parallel(path=path))] == [("a",), ("b",)]
