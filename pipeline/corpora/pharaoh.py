"""Pharaoh's format: the word alignment of a sentence with its translation, on one line.

A link is a pair of word numbers. `3-4` is sure; `3?4` and `3p4` are possible, as gold standards
write them. Numbers count words between spaces, mostly from 0 and source first, but not everywhere,
and a line does not say which. A blank line is an alignment too: that no word has a counterpart.
"""

import re
from collections.abc import Iterator

from pipeline.core.sentence import Link
from pipeline.corpora.rows import shown

LINK = re.compile(r"([0-9]{1,9})([-?p])([0-9]{1,9})")
SPACES = re.compile(r"[ \t\r\n]+")
"""What parts links, and words: other white space, such as a no-break space, is part of a word."""


def spaced(text: str) -> list[str]:
    """The words that Pharaoh's numbers count: all that stands between spaces."""
    return [word for word in SPACES.split(text) if word]


def parse(
    text: str,
    n_words: tuple[int, int],
    *,
    base: int = 0,
    swapped: bool = False,
    possible: bool = False,
) -> Iterator[Link]:
    """The links of one line between `n_words` of source and target.

    Numbers count from `base`, the target's first where `swapped`; with `possible` no link is sure.
    Raises ValueError at a link that is none, or of a word that there is not.
    """
    sides = ("source", "target")
    for written in spaced(text):
        parts = LINK.fullmatch(written)
        if parts is None:
            raise ValueError(f"{shown(written)} is no link: links look like 3-4, 3?4 or 3p4")
        numbers = (int(parts[1]) - base, int(parts[3]) - base)
        source, target = numbers[::-1] if swapped else numbers
        for side, word, n in zip(sides, (source, target), n_words, strict=True):
            if not 0 <= word < n:
                raise ValueError(f"link {written}: the {side} has {n} words, counted from {base}")
        yield Link(source, target, sure=parts[2] == "-" and not possible)
