"""Damaged CoNLL-U: each bad sentence is kept out by itself, with its line and a reason."""

import itertools
import os
import re
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import UserError
from pipeline.core.sentence import Fault, Sentence
from pipeline.corpora.base import read
from pipeline.corpora.conllu import Conllu


def word(number: object, form: str = "w", head: object = 0, deprel: str = "dep") -> str:
    return f"{number}\t{form}\t_\tX\t_\t_\t{head}\t{deprel}\t_\t_"


def block(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


GOOD = block(
    "1-2\tab\t_\t_\t_\t_\t_\t_\t_\t_", word(1, "a"), word(2, "b", 1), word("2.1", "e", "_")
)

DAMAGE: dict[str, tuple[str | bytes, int, str]] = {
    "nine columns": (block(word(1), "2\tw\t_\tX\t_\t_\t1\tdep\t_"), 1, "9 columns, not 10"),
    "eleven columns": (block(word(1) + "\tmore"), 0, "11 columns, not 10"),
    "spaces": (block(word(1).replace("\t", " ")), 0, "1 columns, not 10; separate them by TAB"),
    "two spaces": (block(word(1).replace("\t", "  ")), 0, "separate them by TAB"),
    "prose": (block(word(1), "stray"), 1, "1 columns, not 10"),
    "only tabs": (block(word(1), "\t" * 9), 1, "ID '' is no ID|ID '' where 2 is due"),
    "head is a word": (block(word(1), word(2, head="one")), 1, "word 2: HEAD 'one' is no integer"),
    "head is 1.5": (block(word(1), word(2, head="1.5")), 1, "HEAD '1.5' is no integer"),
    "head is huge": (block(word(1), word(2, head="9" * 5000)), 1, "HEAD '99.*' is no integer"),
    "head is negative": (block(word(1), word(2, head=-1)), 1, "governor -1 is outside 0..2"),
    "head is empty": (block(word(1), word(2, head="")), 1, "word 2: empty HEAD"),
    "head is missing": (block(word(1), word(2, head="_")), 1, r"word 2: no HEAD \(_\)"),
    "deprel is a subtype": (
        block(word(1), word(2, head=1, deprel=":x")),
        1,
        "word 2: its deprel ':x' is no relation",
    ),
    "deprel is a blob": (
        block(word(1), word(2, head=1, deprel="x" * 201)),
        1,
        "word 2: deprel of 201 characters",
    ),
    "deprel is missing": (block(word(1), word(2, head=1, deprel="_")), 1, r"word 2: no DEPREL"),
    "out of range": (block(word(1), word(2, head=3)), 1, "word 2: governor 3 is outside 0..2"),
    "own governor": (block(word(1), word(2, head=2)), 1, "word 2: governs itself"),
    "cycle": (block("# c", word(1), word(2, head=3), word(3, head=2)), 1, "cycle through word 2"),
    "two roots": (block(word(1), word(2)), 0, r"2 roots \(words 1, 2\)"),
    "no root": (block(word(1, head=2), word(2, head=1)), 0, "0 roots"),
    "id skipped": (block(word(1), word(3, head=1)), 1, "ID '3' where 2 is due"),
    "id twice": (block(word(1), word(2), word(2)), 2, "ID '2' where 3 is due"),
    "id from 0": (block(word(0)), 0, "ID '0' where 1 is due"),
    "id no number": (block(word("x")), 0, "ID 'x' is no ID"),
    "id 01": (block(word("01")), 0, "ID '01' is no ID"),
    "empty form": (block(word(1), word(2, "", 1)), 1, "word 2: empty FORM"),
    "blank form": (block(word(1), word(2, "  ", 1)), 1, "word 2: empty form"),
    "bad utf-8": (word(1, "caf").encode() + b"\xe9\n", 0, "bad UTF-8: byte 0xe9 in column 2"),
    "bad utf-8 in text": (b"# text = \xff\n" + word(1).encode(), 0, "bad UTF-8: byte 0xff"),
    "nul": (block(word(1), word(2, "a\x00b", 1)), 1, r"word 2: control character '\\x00'"),
    "escape": (block(word(1, "\x1b[1m")), 0, r"control character '\\x1b' in its form"),
    "range too long": (block(word("1-3", head="_"), word(1), word(2, head=1)), 2, "ends at word 3"),
    "range reversed": (block(word("2-1", head="_"), word(1)), 0, "ID '2-1' is no ID"),
    "range late": (
        block(word(1), word("1-2", head="_"), word(2, head=1)),
        1,
        "'1-2' stands before",
    ),
    "range outside": (block(word(1), word("7-8", head="_")), 1, "'7-8' stands before word 2"),
    "ranges overlap": (
        block(word("1-2", head="_"), word(1), word("2-3", head="_"), word(2, head=1)),
        2,
        "'2-3' overlaps the one before",
    ),
    "empty node astray": (block(word(1), word("3.1", head="_")), 1, "'3.1' stands after word 1"),
    "empty nodes only": (block(word("0.1", head="_")), 0, "no words"),
    "too many words": (block(*(word(i, head=i - 1) for i in range(1, 3))), 0, "2 words, more than"),
}


def test_every_kind_of_damage_in_one_file(write) -> None:
    names = [name for name in DAMAGE if name != "too many words"]
    content = b""
    fault_lines = {}
    for name in names:
        content += f"# sent_id = good before {name}\n{GOOD}\n# sent_id = bad {name}\n".encode()
        bad, offset, _ = DAMAGE[name]
        fault_lines[name] = content.count(b"\n") + 1 + offset
        content += (bad.encode() if isinstance(bad, str) else bad) + b"\n\n"
    path = write("damaged.conllu", content)
    records = list(read(Conllu(path)))

    assert len(records) == 2 * len(names)
    for name, sentence, fault in zip(names, records[::2], records[1::2], strict=True):
        expected = Sentence(
            f"good before {name}", "ab", ("a", "b"), ("X", "X"), (0, 1), ("dep", "dep")
        )
        assert sentence == expected
        where = (fault.source, fault.line, fault.sentence_id)
        assert where == (path, fault_lines[name], f"bad {name}"), fault
        assert re.search(DAMAGE[name][2], fault.reason), (name, fault.reason)


def test_sentences_without_a_blank_line_between_them_are_counted_each(write) -> None:
    """Else a file without blank lines would be one malformed sentence among many good ones."""
    glued = f"# sent_id = b\n{GOOD}# sent_id = c\n{GOOD}{block(word(1))}"
    path = write("x.conllu", f"# sent_id = a\n{GOOD}\n{glued}\n# sent_id = e\n{GOOD}")
    good, *faults, last = read(Conllu(path))
    assert (good.sentence_id, last.sentence_id) == ("a", "e")
    assert [(fault.line, fault.sentence_id, fault.reason) for fault in faults] == [
        (13, "b", "multiword token '1-2' overlaps the one before it"),
        (14, "c", "no blank line before this sentence"),
        (17, "x.conllu:17", "no blank line before this sentence"),
    ]


def test_more_words_than_the_lake_can_count(write, monkeypatch) -> None:
    monkeypatch.setattr("pipeline.corpora.rows.MAX_WORDS", 1)
    bad, _, reason = DAMAGE["too many words"]
    _, fault = read(Conllu(write("long.conllu", f"{block(word(1))}\n{bad}")))
    assert (fault.line, fault.reason[: len(reason)]) == (3, reason)


def test_a_file_without_line_ends_is_refused_early(write, monkeypatch) -> None:
    monkeypatch.setattr("pipeline.corpora.files.MAX_LINE_BYTES", 1000)
    with pytest.raises(UserError, match="text file of sentences"):
        list(read(Conllu(write("x.conllu", "1" * 5000))))


def test_a_file_without_blank_lines_is_refused_early(write, monkeypatch) -> None:
    monkeypatch.setattr("pipeline.corpora.conllu.MAX_BLOCK_BYTES", 1000)
    with pytest.raises(UserError, match="sentences end at blank lines"):
        list(read(Conllu(write("x.conllu", block(word(1)) * 100))))


def records_of(content: bytes) -> tuple[list[Sentence | Fault], UserError | None]:
    """All that comes out of a file, and the error that ended it."""
    records: list[Sentence | Fault] = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.conllu")
        with open(path, "wb") as handle:
            handle.write(content)
        try:
            records.extend(read(Conllu(path)))
        except UserError as error:
            return records, error
    return records, None


def check(records: list[Sentence | Fault], error: UserError | None, judge) -> None:
    for record in records:
        if isinstance(record, Sentence):
            judge(record)
        else:
            assert record.line >= 1
            assert record.reason
            assert "\n" not in record.reason
    if error is not None:
        assert "\n" not in str(error)
        assert not any(isinstance(record, Sentence) for record in records)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_end_in_sentences_faults_or_a_user_error(judge, content: bytes) -> None:
    records, error = records_of(content)
    check(records, error, judge)


COLUMN = st.one_of(
    st.sampled_from(
        ["_", "", "0", "1", "2", "3", "1-2", "2.1", "w", "a b", "-1", "\x00", "\u2028"]
    ),
    st.text(max_size=3),
)
LINE = st.one_of(
    st.lists(COLUMN, min_size=9, max_size=11).map("\t".join),
    st.builds(word, st.integers(0, 3), COLUMN, COLUMN, COLUMN),
    st.builds(word, st.integers(1, 3), st.just("w"), st.integers(0, 3)),
    st.sampled_from(["", "# text = x", "#", "#=", "# sent_id = \x01", "\r", " "]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINE, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_almost_conllu_ends_in_sentences_faults_or_a_user_error(judge, lines, end: str) -> None:
    records, error = records_of(end.join(lines).encode("utf-8", "surrogatepass"))
    check(records, error, judge)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([None, *(n for n in DAMAGE if n != "too many words")]), min_size=1))
def test_damage_never_spreads(names: list[str | None]) -> None:
    raws = (GOOD if name is None else DAMAGE[name][0] for name in [None, *names])
    content = b"\n\n".join(raw.encode() if isinstance(raw, str) else raw for raw in raws)
    records, error = records_of(content)
    assert error is None
    assert [isinstance(r, Sentence) for r in records] == [n is None for n in [None, *names]]
    words = itertools.chain.from_iterable(r.words for r in records if isinstance(r, Sentence))
    assert list(words) == ["a", "b"] * (1 + names.count(None))


def test_a_block_is_bounded_and_not_the_file(write, monkeypatch) -> None:
    monkeypatch.setattr("pipeline.corpora.conllu.MAX_BLOCK_BYTES", 1000)
    records = list(read(Conllu(write("x.conllu", f"{block(word(1))}\n" * 100))))
    assert [type(record) for record in records] == [Sentence] * 100


def test_a_multiword_token_without_a_form(write) -> None:
    bad = block("1-2\t \t_\t_\t_\t_\t_\t_\t_\t_", word(1), word(2, head=1))
    _, fault = read(Conllu(write("x.conllu", f"{GOOD}\n{bad}")))
    assert (fault.line, fault.reason) == (6, "multiword token '1-2': empty FORM")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (word(2, "w\x7f", 1), "word 2: control character '\\x7f' in its form"),
        (word(2, "w", 1, "d\x01"), "word 2: control character '\\x01' in its deprel"),
    ],
)
def test_control_characters_in_every_column(write, bad: str, reason: str) -> None:
    _, fault = read(Conllu(write("x.conllu", f"{GOOD}\n{block(word(1), bad)}")))
    assert (fault.line, fault.reason) == (GOOD.count("\n") + 3, reason)
