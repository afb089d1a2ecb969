"""Pharaoh's format: its dialects, and the lines that are none of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.sentence import Link
from pipeline.corpora.pharaoh import parse, spaced


@pytest.mark.parametrize(
    ("text", "options", "links"),
    [
        ("0-0 1-2", {}, [Link(0, 0), Link(1, 2)]),
        ("0?0 1p2\t2-1", {}, [Link(0, 0, False), Link(1, 2, False), Link(2, 1)]),
        ("1-1 2p3", {"base": 1}, [Link(0, 0), Link(1, 2, False)]),
        ("0-1 3?2", {"swapped": True}, [Link(1, 0), Link(2, 3, False)]),
        ("4-3", {"swapped": True, "base": 1}, [Link(2, 3)]),
        ("0-0 1?1", {"possible": True}, [Link(0, 0, False), Link(1, 1, False)]),
        ("  \r", {}, []),
        ("", {}, []),
    ],
)
def test_dialects(text: str, options: dict, links: list[Link]) -> None:
    assert list(parse(text, (3, 4), **options)) == links


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("0-0 1", {}, r"'1' is no link: links look like 3-4, 3\?4 or 3p4"),
        ("0–0", {}, "'0–0' is no link"),
        ("0-0,1-1", {}, "'0-0,1-1' is no link"),
        ("-1-0", {}, "'-1-0' is no link"),
        ("1-²", {}, "'1-²' is no link"),
        ("1.0-0", {}, "is no link"),
        ("0P0", {}, "is no link"),
        ("0-" + "9" * 5000, {}, r"'0-9{38}' is no link"),
        ("0-0\u00a01-1", {}, "is no link"),
        ("3-0", {}, "link 3-0: the source has 3 words, counted from 0"),
        ("0p4", {}, "link 0p4: the target has 4 words, counted from 0"),
        ("0-1", {"base": 1}, "link 0-1: the source has 3 words, counted from 1"),
        ("1-5", {"base": 1}, "link 1-5: the target has 4 words, counted from 1"),
        ("0-3", {"swapped": True}, "link 0-3: the source has 3 words"),
    ],
)
def test_what_is_no_alignment(text: str, options: dict, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(parse(text, (3, 4), **options))


@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 5), st.booleans())),
    st.integers(0, 1),
    st.booleans(),
    st.sampled_from("?p"),
)
def test_what_is_written_is_read(links: list, base: int, swapped: bool, mark: str) -> None:
    written = []
    for source, target, sure in links:
        first, second = (target, source) if swapped else (source, target)
        written.append(f"{first + base}{'-' if sure else mark}{second + base}")
    read = parse(" ".join(written), (9, 6), base=base, swapped=swapped)
    assert list(read) == [Link(*link) for link in links]


@given(st.lists(st.text(st.characters(exclude_characters=" \t\r\n"), min_size=1)))
def test_words_are_what_stands_between_spaces(words: list[str]) -> None:
    assert spaced(" ".join(words)) == words
    assert spaced(" " + "  ".join(words) + " \t\n") == words
