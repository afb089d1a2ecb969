"""Ready-made sentences from Parquet and JSON lines: columns, conversions, and the bad rows."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import UserError
from pipeline.core.sentence import Fault, Sentence
from pipeline.corpora.base import read
from pipeline.corpora.parquet import Parquet

COLUMNS = {"words": "w", "upos": "u", "governors": "g", "deprels": "d", "sentence_id": "id"}

GOOD = {"w": ["a", "b c"], "u": ["X", "Y"], "g": [0, 1], "d": ["root", "dep"], "id": "s1"}
EXPECTED = Sentence("s1", "a b c", ("a", "b c"), ("X", "Y"), (0, 1), ("root", "dep"))


@pytest.mark.parametrize("format", ["parquet", "jsonl"])
@pytest.mark.parametrize("governors", [[0, 1], ["0", "1"]])
def test_every_part_of_a_sentence(write, tmp_path, format: str, governors: list) -> None:
    record = GOOD | {"g": governors, "unused": 1}
    if format == "jsonl":
        path = write("x.jsonl", json.dumps(record))
    else:
        path = str(tmp_path / "x.parquet")
        pq.write_table(pa.Table.from_pylist([record]), path)
    assert list(read(Parquet(path, **COLUMNS))) == [EXPECTED]
    assert list(read(Parquet(path, words="w"))) == [
        Sentence(f"x.{format}:1", "a b c", ("a", "b c"))
    ]


def test_missing_annotation_is_none(write) -> None:
    nothing = {"w": ["a"], "u": None, "g": None, "d": None, "id": None}
    unannotated = {"w": ["a", "b"], "u": [None, None], "g": ["_", "_"], "d": ["_", "_"], "id": 7}
    path = write("x.jsonl", f"{json.dumps(nothing)}\n{json.dumps(unannotated)}")
    assert list(read(Parquet(path, **COLUMNS))) == [
        Sentence("x.jsonl:1", "a", ("a",)),
        Sentence("7", "a b", ("a", "b")),
    ]


BAD = [
    ({"w": []}, "no words"),
    ({"w": None}, "no words"),
    ({"w": "a b"}, "words is no list: 'a b'"),
    ({"w": ["a", 3]}, "word 2: 3 in words is no string"),
    ({"w": ["a", ""]}, "word 2: empty form"),
    ({"w": ["a", "\ud800"]}, "word 2: control character '\\ud800' in its form"),
    ({"w": ["a"]}, "2 upos for 1 words"),
    ({"g": [0]}, "1 governors for 2 words"),
    ({"g": []}, "0 governors for 2 words"),
    ({"d": ["root"]}, "1 deprels for 2 words"),
    ({"d": ["root", None]}, "word 2: None in deprels is no string"),
    ({"g": [0, 3]}, "word 2: governor 3 is outside 0..2"),
    ({"g": [0, -1]}, "word 2: governor -1 is outside 0..2"),
    ({"g": [0, 10**30]}, f"word 2: governor {10**30} is outside 0..2"),
    ({"g": [0, 1.0]}, "word 2: 1.0 in governors is no integer"),
    ({"g": [0, True]}, "word 2: True in governors is no integer"),
    ({"g": ["0", "one"]}, "word 2: 'one' in governors is no integer"),
    ({"g": ["0", "9" * 5000]}, f"word 2: '{'9' * 40}' in governors is no integer"),
    ({"g": ["0", "_"]}, "word 2: '_' in governors is no integer"),
    ({"g": [0, 0]}, "2 roots (words 1, 2)"),
    ({"g": [2, 1]}, "0 roots"),
]


def test_bad_rows_are_kept_out_one_by_one(write) -> None:
    lines = [json.dumps(GOOD | change | {"id": None}) for change, _ in BAD]
    path = write("x.jsonl", "\n".join([json.dumps(GOOD), *lines, json.dumps(GOOD)]))
    first, *faults, last = read(Parquet(path, **COLUMNS))
    assert (first, last) == (EXPECTED, EXPECTED)
    assert faults == [
        Fault(path, line, f"x.jsonl:{line}", reason) for line, (_, reason) in enumerate(BAD, 2)
    ]


def test_rows_are_numbered_across_batches(tmp_path) -> None:
    path = str(tmp_path / "x.parquet")
    words = [["" if i == 2500 else "w"] for i in range(1, 3001)]
    pq.write_table(pa.table({"words": words}), path, row_group_size=700)
    records = list(read(Parquet(path)))
    assert len(records) == 3000
    assert [r for r in records if isinstance(r, Fault)] == [
        Fault(path, 2500, "x.parquet:2500", "word 1: empty form")
    ]


@pytest.mark.parametrize("name", ["x.parquet", "x.jsonl"])
def test_an_unknown_column_names_the_columns_there_are(write, tmp_path, name: str) -> None:
    write("x.jsonl", json.dumps(GOOD))
    pq.write_table(pa.Table.from_pylist([GOOD]), tmp_path / "x.parquet")
    with pytest.raises(UserError, match=r"'h' \(key `governors`\); .* are: w, u, g, d, id$"):
        next(read(Parquet(str(tmp_path / name), words="w", governors="h", deprels="d")))


def test_a_file_cut_short(write, tmp_path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"words": [["w"]] * 100}), path)
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    with pytest.raises(UserError, match=r"x.parquet: is no readable Parquet file"):
        list(read(Parquet(str(path))))
    path.write_bytes(content[:4] + b"\xff" * 60 + content[64:])
    with pytest.raises(UserError, match=r"x.parquet: damaged after row 0"):
        list(read(Parquet(str(path))))


@pytest.mark.parametrize(("given", "lacks"), [("governors", "deprels"), ("deprels", "governors")])
def test_half_a_tree_is_refused(write, given: str, lacks: str) -> None:
    path = write("x.jsonl", json.dumps(GOOD))
    with pytest.raises(UserError, match=f"corpus.{given} without corpus.{lacks}: "):
        Parquet(path, words="w", **{given: COLUMNS[given]}).stream()


def test_a_text_that_is_no_string_is_made_of_the_words(write) -> None:
    path = write("x.jsonl", json.dumps({"words": ["a", "b"], "t": 7}))
    assert list(read(Parquet(path, text="t"))) == [Sentence("x.jsonl:1", "a b", ("a", "b"))]


def test_a_name_that_cannot_be_written_is_mended(write) -> None:
    path = write("x.jsonl", '{"words": ["a"], "id": "s\\ud800", "t": "a\\ud800"}')
    (sentence,) = read(Parquet(path, sentence_id="id", text="t"))
    assert (sentence.sentence_id, sentence.text) == ("s?", "a?")
