"""Raw text through a parser. The parsers are real: tiny ones, trained here on a few sentences."""

import itertools
import sys

import pytest

from pipeline.core.errors import UserError
from pipeline.corpora import annotate, parsers
from pipeline.corpora.annotate import Line, parsed_rows
from pipeline.corpora.base import read
from pipeline.corpora.parsers import Parsed
from pipeline.corpora.rows import Row, fault_row
from pipeline.corpora.text import Text

# Without a library.


def two_words(texts: list[str]) -> list[list[Parsed]]:
    """A parser to whom every two words are a sentence, and `circular` is in one that is no tree."""
    seen.append(texts)
    return [
        [
            Parsed(" ".join(words), words, None, [2, 1 if "circular" in words else 0], ["a", "b"])
            for words in map(list, zip(*[iter(text.split())] * 2, strict=False))
        ]
        for text in texts
    ]


seen: list[list[str]] = []


def outcome(lines: list[str | Row]) -> list[tuple[str, str]]:
    """Id and words of each row, or its fault."""
    seen.clear()
    made = (
        Line("f", number, f"f:{number}", line) if isinstance(line, str) else line
        for number, line in enumerate(lines, start=1)
    )
    rows = parsed_rows(two_words, made)
    return [(row["sentence_id"], row["fault"] or " ".join(row["words"])) for row in rows]


def test_sentences_of_a_line_are_numbered_and_faults_stay_where_they_stood() -> None:
    fault = fault_row("f", 3, "f:3", "bad")
    assert outcome(["a b", "c d e f", fault, fault, "one", "g h circular i"]) == [
        ("f:1", "a b"),
        ("f:2.1", "c d"),
        ("f:2.2", "e f"),
        ("f:3", "bad"),
        ("f:3", "bad"),
        ("f:5", "the parser finds no word in it"),
        ("f:6.1", "g h"),
        ("f:6.2", "0 roots"),
    ]
    assert outcome([]) == []


def test_what_would_upset_a_parser_is_not_given_to_it(monkeypatch) -> None:
    monkeypatch.setattr(annotate, "MAX_CHARACTERS", 20)
    assert outcome(["a b", "a \x00b", "a \ud800", "x" * 21, "c d"]) == [
        ("f:1", "a b"),
        ("f:2", "word 2: control character '\\x00' in its form"),
        ("f:3", "word 2: control character '\\ud800' in its form"),
        ("f:4", "21 characters, more than 20 to be parsed"),
        ("f:5", "c d"),
    ]
    assert set(itertools.chain(*seen)) == {"a b", "c d"}


def test_no_more_is_held_than_a_chunk(monkeypatch) -> None:
    monkeypatch.setattr(annotate, "CHUNK_CHARACTERS", 10)
    texts = ["a b", "c d e f g h", "i j", "k l m n o p q r", "s t"]
    assert len(outcome([*texts])) == 10
    assert seen == [texts[:2], texts[2:4], texts[4:]]
    endless = (Line("f", n, f"f:{n}", "a b") for n in itertools.count(1))
    assert next(parsed_rows(two_words, endless))["sentence_id"] == "f:1"
    assert next(endless).number == 5


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"annotator": "udpipe", "annotator_model": "en"}, "annotator is stanza, spacy or null"),
        ({"annotator": "spacy"}, "annotator=spacy needs annotator_model, the package or folder"),
        ({"annotator": "stanza"}, "annotator=stanza needs annotator_model, a language"),
        ({"annotator": "stanza", "annotator_model": ""}, "annotator=stanza needs annotator_model"),
        ({"annotator_model": "en"}, "of which annotator"),
        ({"annotator_folder": "x"}, "of which annotator"),
        (
            {"annotator": "spacy", "annotator_model": "m", "annotator_folder": "x"},
            "annotator_folder is for stanza",
        ),
    ],
)
def test_keys_that_do_not_go_together(keys, message: str, write) -> None:
    with pytest.raises(UserError, match=rf"corpus Text\(.*{message}"):
        Text(write("x.txt", "a"), **keys).stream()


@pytest.mark.parametrize("name", ["stanza", "spacy"])
def test_a_library_that_is_not_installed(name: str, write, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UserError, match=rf"annotator={name}: .*pip install 'headcensus\[{name}\]'"):
        Text(write("x.txt", "a"), annotator=name, annotator_model="en").stream()


def test_no_library_is_imported_for_text_without_syntax(write, monkeypatch) -> None:
    monkeypatch.setattr(parsers, "_library", lambda name: pytest.fail(name))
    assert [sentence.words for sentence in read(Text(write("x.txt", "a")))] == [("a",)]
