"""Raw text: how it is split into words, and the files it comes from."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import UserError
from pipeline.core.sentence import Fault, Sentence
from pipeline.corpora.base import read
from pipeline.corpora.text import Text, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The cat sat.", "The cat sat ."),
        ("Don't, won’t, 'quoted'!", "Don't , won’t , ' quoted ' !"),
        ("dogs' rock'n'roll", "dogs ' rock'n'roll"),
        ("3.14 and 1,000.50, v2.", "3.14 and 1,000.50 , v2 ."),
        ("snake_case _emphasis_ __", "snake_case _ emphasis _ _ _"),
        ("state-of-the-art … (yes?!)", "state - of - the - art … ( yes ? ! )"),
        ("cafe\u0301 naïve Ünal", "cafe\u0301 naïve Ünal"),
        ("नमस्ते दुनिया।", "नमस्ते दुनिया ।"),
        ("שָׁלוֹם עולם", "שָׁלוֹם עולם"),
        ("co\u00adop\u200b ok", "co\u00adop\u200b ok"),
        ("❤\ufe0f👍🏽", "❤\ufe0f 👍 🏽"),
        ("a\u00a0b\u3000c\td", "a b c d"),
        ("我喜欢猫。", "我喜欢猫 。"),
        ("$5 50% a@b.c", "$ 5 50 % a @ b . c"),
        ("", ""),
    ],
)
def test_words(text: str, words: str) -> None:
    assert split_words(text) == words.split(" ") if words else split_words(text) == []


@given(st.text())
def test_every_character_but_spaces_is_in_one_word_in_order(text: str) -> None:
    words = split_words(text)
    assert "".join(words) == "".join(text.split())
    assert all(words)
    assert not any(c.isspace() for word in words for c in word)


def test_plain_lines(write) -> None:
    path = write("x.txt", "\ufeffOne two.\r\n\r\n  \nCaf\u00e9!\nlast")
    assert list(read(Text(path))) == [
        Sentence("x.txt:1", "One two.", ("One", "two", ".")),
        Sentence("x.txt:4", "Café!", ("Café", "!")),
        Sentence("x.txt:5", "last", ("last",)),
    ]


def test_bad_lines_are_kept_out_one_by_one(write) -> None:
    path = write("x.txt", b"fine\n\xff bad\na\x00b\n" + b"w " * 40_000 + b"\nfine\n")
    good, utf8, nul, long, last = read(Text(path))
    assert (good.words, last.sentence_id) == (("fine",), "x.txt:5")
    assert [(f.line, f.reason) for f in (utf8, nul, long)] == [
        (2, "bad UTF-8: byte 0xff in column 1"),
        (3, "word 2: control character '\\x00' in its form"),
        (4, "40000 words, more than 32767"),
    ]


def test_json_lines(write) -> None:
    lines = [
        '{"body": "One."}',
        "",
        '{"body": null}',
        '{"body": 3}',
        "{broken",
        "[1, 2]",
        '{"other": "x"}',
        '{"body": "\\ud800"}',
        "[" * 100_000,
        "9" * 5_000,
        '{"body": "two\\nlines"}',
    ]
    records = list(read(Text(write("x.jsonl", "\n".join(lines)), column="body")))
    good = [r for r in records if isinstance(r, Sentence)]
    assert [(s.sentence_id, s.words) for s in good] == [
        ("x.jsonl:1", ("One", ".")),
        ("x.jsonl:11", ("two", "lines")),
    ]
    faults = {r.line: r.reason for r in records if isinstance(r, Fault)}
    reasons = {
        4: "text is no string: 3",
        5: "not JSON: Expecting",
        6: "no object: [1, 2]",
        7: "no column 'body' in this record",
        8: "word 1: control character '\\ud800'",
        9: "not JSON",
        10: "not JSON",
    }
    assert set(faults) == set(reasons)
    assert all(faults[line].startswith(reason) for line, reason in reasons.items()), faults


def test_a_bad_first_line_of_records_is_kept_out_alone(write) -> None:
    fault, sentence = read(Text(write("x.jsonl", 'no\n{"text": "a b"}\n')))
    assert (fault.line, sentence.words) == (1, ("a", "b"))


def test_parquet(tmp_path) -> None:
    path = str(tmp_path / "x.parquet")
    pq.write_table(pa.table({"n": [1, 2, 3], "text": ["a b", None, "c"]}), path)
    assert [s.words for s in read(Text(path))] == [("a", "b"), ("c",)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.jsonl", '{"a": 1, "b": 2}', r"no column 'text' \(key `column`\).* there are: a, b"),
        ("x.jsonl", "[1]", "x.jsonl:1: no object"),
        ("x.jsonl", "\n\n", "x.jsonl: is empty"),
        ("x.parquet", "no parquet", "is no readable Parquet file"),
        ("x.txt", "\n \n", "no sentence to measure: it is empty"),
        ("x.txt", "one\rtwo\rthree\r", "its lines end in CR alone"),
    ],
)
def test_unusable_files(write, name: str, content: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as error:
        list(read(Text(write(name, content))))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("corpus", [Text(), Text("x.txt", dataset="a/b")])
def test_either_a_path_or_a_data_set(corpus: Text) -> None:
    with pytest.raises(UserError, match="either path"):
        next(read(corpus))


@pytest.mark.parametrize("name", ["x.PARQUET", "x.pq"])
def test_a_table_by_any_of_its_suffixes(tmp_path, name: str) -> None:
    pq.write_table(pa.table({"text": ["a b"]}), tmp_path / name)
    assert [s.words for s in read(Text(str(tmp_path / name)))] == [("a", "b")]


@pytest.mark.parametrize("name", ["x.conllu", "x.CONLLU", "x.conllx", "x.conll"])
def test_a_treebank_is_no_text(write, name: str) -> None:
    with pytest.raises(UserError, match=rf"{name} is a treebank"):
        Text(write(name, "1\ta\t_\tX\t_\t_\t0\troot\t_\t_\n")).stream()
