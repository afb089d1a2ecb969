"""Parallel text from plain files: pairs, alignments, blank lines, and damage to one pair alone."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.core.errors import UserError
from pipeline.core.sentence import Fault, Link, Sentence
from pipeline.corpora.base import read
from pipeline.corpora.files import count_lines, numbered_lines
from pipeline.corpora.parallel import Parallel
from pipeline.corpora.rows import pair_row, sentence_row

CAT = Sentence(
    "x.en:1",
    "The black cat doesn't sleep .",
    ("The", "black", "cat", "doesn't", "sleep", "."),
    target=Sentence(
        "x.en:1", "Le chat noir ne dort pas .", ("Le", "chat", "noir", "ne", "dort", "pas", ".")
    ),
    alignment=(
        *(Link(0, 0), Link(1, 2), Link(2, 1), Link(3, 3, False), Link(3, 5)),
        *(Link(4, 4), Link(5, 6)),
    ),
)
"""Aligned by hand; the dialects below all write the same."""

DIALECTS = {
    "question marks": ("0-0 1-2 2-1 3?3 3-5 4-4 5-6", {}),
    "letters, in disorder": ("5-6 3p3 0-0 4-4 2-1 1-2 3-5", {}),
    "sure wins": ("0-0 1-2 2-1 3?3 3?5 3-5 4-4 4?4 5-6", {}),
    "from 1": ("1-1 2-3 3-2 4?4 4-6 5-5 6-7", {"alignment_base": 1}),
    "target first": ("0-0 2-1 1-2 3?3 5-3 4-4 6-5", {"alignment_reversed": True}),
    "target first, from 1": (
        "1-1 3-2 2-3 4p4 6-4 5-5 7-6",
        {"alignment_base": 1, "alignment_reversed": True},
    ),
}


@pytest.fixture
def pair(write):
    """A corpus of two plain files and perhaps alignments."""

    def pair(source, target, alignments=None, **keys) -> Parallel:
        names = {"alignments": alignments, "possible_alignments": keys.pop("possible", None)}
        paths = {key: write(key, text) for key, text in names.items() if text is not None}
        return Parallel(write("x.en", source), write("x.fr", target), **paths, **keys)

    return pair


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_pair_aligned_by_hand(pair, dialect: str) -> None:
    line, keys = DIALECTS[dialect]
    assert CAT.target is not None
    assert list(read(pair(CAT.text, CAT.target.text + "\r\n", line, **keys))) == [CAT]


def test_a_row_has_no_link_to_a_word_that_there_is_not() -> None:
    one, two = (sentence_row("f", 3, "s", " ".join(words), words) for words in ("a", "bc"))
    assert pair_row(one, two, [Link(0, 1)])["fault"] is None
    for link in (Link(1, 0), Link(0, 2), Link(0, -1)):
        row = pair_row(one, two, [Link(0, 0), link])
        assert (row["line"], row["words"]) == (3, None)
        assert row["fault"].startswith(f"link {link.source}-{link.target}: the ")


def test_sure_and_possible_links_in_two_files(pair) -> None:
    assert CAT.target is not None
    sure = "0-0 1-2 2-1 3-5 4-4 5-6"
    for possible in ("3-3", "3?3", "0-0 3p3 1-2", f"{sure} 3-3"):
        assert list(read(pair(CAT.text, CAT.target.text, sure, possible=possible))) == [CAT]
    both = pair("a b", "c d", "1-1", possible="0-1 1-1", alignment_base=1)
    fault = next(read(both))
    assert fault == Fault(
        str(both.possible_alignments),
        1,
        "x.en:1",
        "link 0-1: the source has 2 words, counted from 1",
    )


def test_words(pair) -> None:
    def words(**keys):
        (sentence,) = read(pair("Don't, 3.14!", "a\u00a0b  c.\t", **keys))
        return " ".join(sentence.words), "|".join(sentence.target.words)

    cut, spaced = ("Don't , 3.14 !", "a|b|c|."), ("Don't, 3.14!", "a\u00a0b|c.")
    assert words() == words(words="rule") == cut
    assert words(words="spaces") == words(alignments="0-0") == spaced
    assert words(words="spaces", alignments="\n") == spaced


def test_no_alignment_is_not_an_empty_one(pair) -> None:
    (unaligned,) = read(pair("a", "b"))
    (empty,) = read(pair("a", "b", "\n"))
    assert (unaligned.alignment, empty.alignment) == (None, ())


def test_blank_lines_shift_nothing(pair) -> None:
    corpus = pair(
        "one\n\n  \ntwo two\n\nthree\nfour four\n",
        "un\n\t\n\u3000\ndeux deux\nvide\n \nquatre quatre\n",
        "0-0\n\n\n1-0\n\n\n\n",
    )
    one, two, blank_source, blank_target, four = read(corpus)
    assert (one.sentence_id, one.words, one.alignment) == ("x.en:1", ("one",), (Link(0, 0),))
    assert (two.sentence_id, two.target.words, two.alignment) == (
        *("x.en:4", ("deux", "deux"), (Link(1, 0),)),
    )
    assert (four.sentence_id, four.alignment) == ("x.en:7", ())
    reason = "blank, while the other side is not"
    assert blank_source == Fault(corpus.source, 5, "x.en:5", f"source: {reason}")
    assert blank_target == Fault(corpus.target, 6, "x.en:6", f"target: {reason}")


DAMAGE = {
    "bad byte": (b"\xff b", b"a b", b"", "source", "source: bad UTF-8: byte 0xff in column 1"),
    "bad byte in target": (b"a b", b"a \xe9", b"", "target", "target: bad UTF-8: byte 0xe9 in col"),
    "bad byte in links": (b"a b", b"a b", b"\x80", "alignments", "alignment: bad UTF-8: byte 0x80"),
    "control": (b"a b\x00", b"a b", b"", "source", "source: word 2: control character '\\x00'"),
    "control in target": (b"a b", b"\x1b", b"", "target", "target: word 1: control character"),
    "too long": (b"a b", b"w " * 32_768, b"", "target", "target: 32768 words, more than 32767"),
    "no link": (b"a b", b"a b", b"0-0 x", "alignments", "'x' is no link: links look like"),
    "out of range": (b"a b", b"a b", b"0-0 1-2", "alignments", "link 1-2: the target has 2 words"),
    "out of source": (b"a b", b"a b", b"2-0", "alignments", "link 2-0: the source has 2 words"),
    "links of blanks": (b" ", b"", b"0-0", "alignments", "link 0-0: the source has 0 words"),
    "possible": (b"a b", b"a b", b"0-", "possible_alignments", "'0-' is no link"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_keeps_out_one_pair(pair, damage: str) -> None:
    source, target, links, where, reason = DAMAGE[damage]
    sure, possible = (b"", links) if where == "possible_alignments" else (links, b"")
    corpus = pair(
        b"one\n%s\ntwo" % source,
        b"un\n%s\ndeux" % target,
        b"0-0\n%s\n0-0" % sure,
        possible=b"\n%s\n" % possible + b"0-0",
    )
    first, fault, last = read(corpus)
    assert (first.words, last.words) == (("one",), ("two",))
    assert (fault.source, fault.line) == (getattr(corpus, where), 2)
    assert fault.sentence_id == "x.en:2"
    assert fault.reason.startswith(reason)


def test_a_shuffle_keeps_pairs_and_alignments_together(pair, judge) -> None:
    lengths = [1 + i % 7 for i in range(60)]
    corpus = pair(
        "\n".join(" ".join(f"s{i}.{k}" for k in range(n)) for i, n in enumerate(lengths)),
        "\n".join(" ".join(f"t{i}.{k}" for k in reversed(range(n))) for i, n in enumerate(lengths)),
        "\n".join(" ".join(f"{k}-{n - 1 - k}" for k in range(n)) for n in lengths),
    )
    shuffled = list(read(replace(corpus, shuffle_seed=2, shuffle_buffer=20)))
    assert len(shuffled) == 60
    assert shuffled != list(read(corpus))
    for sentence in shuffled:
        judge(sentence)
        assert len(sentence.alignment) == len(sentence.words)
        for link in sentence.alignment:
            own, other = sentence.words[link.source], sentence.target.words[link.target]
            assert own.removeprefix("s") == other.removeprefix("t")
    assert list(read(replace(corpus, shuffle_seed=2, shuffle_buffer=20, limit=9))) == shuffled[:9]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("a\nb\n", "a\n"), r"x.en has 2 lines, .*x.fr has 1: line i of one belongs"),
        (("a\nb\n", "a\nb\n\n"), r"x.en has 2 lines, .*x.fr has 3"),
        (("a\nb", "a\nb", "0-0"), r"x.en has 2 lines, .*alignments has 1"),
        (("", "a"), r"x.en has 0 lines, .*x.fr has 1"),
        (("", ""), "has no sentence to measure: it is empty"),
        (("\n\n", "\n\n"), "has no sentence to measure: it is empty"),
    ],
)
def test_files_that_do_not_match_are_refused_before_the_first_pair(pair, lines, message) -> None:
    with pytest.raises(UserError, match=message) as error:
        next(read(pair(*lines)))
    assert "\n" not in str(error.value)


@given(st.binary() | st.text("a\n\r").map(str.encode))
def test_lines_are_counted_as_they_are_read(content: bytes) -> None:
    assume(b"\n" in content or b"\r" not in content.rstrip(b"\r"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "x")
        file.write_bytes(content)
        assert count_lines(str(file)) == len(list(numbered_lines(str(file))))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "give source and target"),
        ({"source": "a"}, "give source and target"),
        ({"target": "a", "path": "b"}, "give source and target"),
        ({"source": "a", "target": "b", "path": "c"}, "give source and target"),
        ({"path": "a", "dataset": "b"}, "give source and target"),
        ({"source": "a", "target": "b", "split": "dev"}, "split does not go with source"),
        ({"source": "a", "target": "b", "alignment_column": "c"}, "alignment_column does not go"),
        ({"path": "a", "alignments": "b"}, "alignments does not go with path"),
        ({"path": "a", "revision": "b"}, "revision does not go with path"),
        ({"dataset": "a", "possible_alignments": "b"}, "possible_alignments does not go with data"),
        ({"source": "a", "target": "b", "possible_alignments": "c"}, "needs alignments"),
        ({"path": "a", "source_language": "en"}, "both source_language and target_language"),
        (
            {"path": "a", "source_language": "en", "target_language": "de", "target_column": "x"},
            "either languages or columns",
        ),
        ({"path": "a", "alignment_base": 2}, "alignment_base is the number of the first word"),
        ({"path": "a", "words": "space"}, "words is auto, spaces or rule"),
        ({"path": "a", "alignment_column": "b", "words": "rule"}, "alignments count words between"),
    ],
)
def test_keys_that_do_not_go_together(keys: dict, message: str) -> None:
    with pytest.raises(UserError, match=message) as error:
        Parallel(**keys).stream()
    assert "\n" not in str(error.value)


def test_files_that_cannot_be_plain_text(write) -> None:
    one, two = write("a.txt", "a"), write("b.txt", "b")
    table = write("a.jsonl", "{}")
    folder = str(Path(one).parent)
    with pytest.raises(UserError, match=r"\*.txt: 2 files match; target is one file"):
        Parallel(one, f"{folder}/*.txt").stream()
    with pytest.raises(UserError, match=r"a.jsonl: alignments is a plain file; give .* as path"):
        Parallel(one, two, table).stream()
    with pytest.raises(UserError, match=r"a.txt: path is for JSON lines and Parquet"):
        Parallel(path=one).stream()
    with pytest.raises(UserError, match="none: no such file"):
        Parallel(one, f"{folder}/none").stream()


def test_lines_of_a_long_file_are_all_counted(write) -> None:
    """It is read by the megabyte."""
    n = (1 << 19) + 7
    assert count_lines(write("x", b"ab\n" * n)) == n
    assert count_lines(write("x", b"ab\n" * n + b"c")) == n + 1
