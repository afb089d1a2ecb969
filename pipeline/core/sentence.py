"""The records that flow from a corpus: a sentence, or the fault that kept one out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple


class Link(NamedTuple):
    """A word of the source aligned with one of the target, both 0-based.

    `sure` links are S, all are P, in the terms of Och & Ney 2003, §5.
    """

    source: int
    target: int
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, with or without a dependency tree, with or without a translation.

    `governors` follow UD: 1-based index of the governing word, 0 for the root. `upos`, `governors`
    and `deprels` are `None` where the corpus has no such annotation, else as long as `words`.
    `target` is its translation in a parallel corpus, `alignment` joins the words of both. Two
    sentences that are read as one input stand in one record: `second` is the first word of the
    second of them.
    """

    sentence_id: str
    text: str
    words: tuple[str, ...]
    upos: tuple[str, ...] | None = None
    governors: tuple[int, ...] | None = None
    deprels: tuple[str, ...] | None = None
    target: Sentence | None = None
    alignment: tuple[Link, ...] | None = None
    second: int | None = None

    @property
    def segments(self) -> tuple[range, ...]:
        """The words of each sentence that it holds."""
        ends = (0, len(self.words)) if self.second is None else (0, self.second, len(self.words))
        return tuple(range(a, b) for a, b in pairwise(ends))


def sentence_of(row: Mapping[str, Any]) -> Sentence:
    """From a row that has a key of each field, and of the translation's, as `target_words`."""

    def side(start: str) -> Sentence:
        words, upos, governors, deprels = (
            None if row[start + key] is None else tuple(row[start + key])
            for key in ("words", "upos", "governors", "deprels")
        )
        assert words is not None
        return Sentence(row["sentence_id"], row[f"{start}text"], words, upos, governors, deprels)

    target = alignment = None
    if row.get("target_words") is not None:
        target = side("target_")
        links = row["alignment"]
        alignment = None if links is None else tuple(Link(**link) for link in links)
    return replace(side(""), target=target, alignment=alignment, second=row.get("second"))


def joined(first: Sentence, second: Sentence) -> Sentence:
    """Two sentences as the two segments of one input. Each keeps its own root."""
    before = len(first.words)
    upos = deprels = governors = None
    if first.upos is not None and second.upos is not None:
        upos = first.upos + second.upos
    if first.deprels is not None and second.deprels is not None:
        deprels = first.deprels + second.deprels
    if first.governors is not None and second.governors is not None:
        governors = first.governors + tuple(g and g + before for g in second.governors)
    return Sentence(
        f"{first.sentence_id} + {second.sentence_id}",
        f"{first.text} {second.text}",
        first.words + second.words,
        upos,
        governors,
        deprels,
        second=before,
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """A sentence kept out of the corpus: where it stood, and why it cannot be counted.

    `line` is 1-based; 0 where the source has no lines.
    """

    source: str
    line: int
    sentence_id: str
    reason: str


def tree_fault(governors: list[int] | tuple[int, ...]) -> str | None:
    """Why these UD governors are no tree: the reason in words, or None when they are one."""
    n_words = len(governors)
    for dependent, governor in enumerate(governors, start=1):
        if not 0 <= governor <= n_words:
            return f"word {dependent}: governor {governor} is outside 0..{n_words}"
        if governor == dependent:
            return f"word {dependent}: governs itself"
    roots = [word for word, governor in enumerate(governors, start=1) if governor == 0]
    if len(roots) != 1:
        return f"{len(roots)} roots" + (f" (words {', '.join(map(str, roots))})" if roots else "")
    climbed_from = [0] * (n_words + 1)  # the word whose way up led here first
    for start in range(1, n_words + 1):
        word = start
        while word and not climbed_from[word]:
            climbed_from[word] = start
            word = governors[word - 1]
        if word and climbed_from[word] == start:
            return f"cycle through word {word}"
    return None
