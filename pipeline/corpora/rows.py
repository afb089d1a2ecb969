"""Rows: what a sentence must be before anything is counted in it, whatever file it came from.

Every corpus builds its rows here, so that the checks exist once. A sentence has at least one word;
no word is empty, only white space, or damaged; annotations are as long as the words; governors are
a tree, and each has a relation. A sentence that fails is not repaired: it becomes a fault row with
the reason in words.
"""

import re
from collections.abc import Sequence
from typing import Any

from pipeline.core.sentence import Link, tree_fault

Row = dict[str, Any]
"""One example of the stream; its keys are those of `base.FEATURES`."""

MAX_WORDS = 32_767
"""The lake keeps word indices in 16 bits."""

MAX_LABEL = 200
"""Characters. A longer tag or relation is none: pages name them once a head."""

CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
"""C0 controls and DEL are transmission damage, lone surrogates cannot be written as UTF-8.

Invisible *format* characters (zero-width space, soft hyphen, variation selectors) are text, and
stay: a word made of them yields no piece, and is counted as such where pieces are made.
"""


SIDE = ("text", "words", "upos", "governors", "deprels")
"""What a row says of a sentence. Of its translation it says the same, as `target_text` and so on;
a row of a corpus that is not parallel may leave all of that out.
"""
TARGET = tuple(f"target_{key}" for key in SIDE)


def fault_row(source: str, line: int, sentence_id: str, reason: str) -> Row:
    """The row of a sentence kept out; `line` is 1-based, 0 where the source has no lines."""
    return {
        "sentence_id": printable(sentence_id),
        **dict.fromkeys(SIDE),
        "fault": reason,
        "source": printable(source),
        "line": line,
    }


def sentence_row(
    source: str,
    line: int,
    sentence_id: str,
    text: str,
    words: Sequence[str],
    upos: Sequence[str] | None = None,
    governors: Sequence[int] | None = None,
    deprels: Sequence[str] | None = None,
    word_lines: Sequence[int] | None = None,
) -> Row:
    """The row of a sentence, or of its fault if it has one.

    With `word_lines`, the line of each word, a fault stands on the line of the word to blame.
    """
    damage = find_damage(words, upos, governors, deprels)
    if damage is not None:
        word, reason = damage
        at = word_lines[word] if word_lines else line
        return fault_row(source, at, sentence_id, reason)
    return {
        "sentence_id": printable(sentence_id),
        "text": printable(text),
        "words": list(words),
        "upos": None if upos is None else list(upos),
        "governors": None if governors is None else list(governors),
        "deprels": None if deprels is None else list(deprels),
        "fault": None,
        "source": printable(source),
        "line": line,
    }


def pair_row(source: Row, target: Row, links: Sequence[Link] | None = None) -> Row:
    """The row of a sentence with its translation, from the rows of both; a fault of either is its.

    Its reason then says which side it is on, and it stands in that side's file.

    `links` may come in any order, and more than once: a link that is sure anywhere is sure.
    """
    for side, row in (("source", source), ("target", target)):
        if row["fault"] is not None:
            reason = f"{side}: {row['fault']}"
            return fault_row(row["source"], row["line"], source["sentence_id"], reason)
    known: dict[tuple[int, int], bool] = {}
    for link in links or ():
        where = (link.source, link.target)
        for side, word, row in zip(("source", "target"), where, (source, target), strict=True):
            if not 0 <= word < len(row["words"]):
                reason = f"link {where[0]}-{where[1]}: the {side} has {len(row['words'])} words"
                return fault_row(source["source"], source["line"], source["sentence_id"], reason)
        known[where] = known.get(where, False) or link.sure
    alignment = [Link(*where, sure)._asdict() for where, sure in sorted(known.items())]
    return {
        **source,
        **{column: target[key] for column, key in zip(TARGET, SIDE, strict=True)},
        "alignment": None if links is None else alignment,
    }


def find_damage(
    words: Sequence[str],
    upos: Sequence[str] | None,
    governors: Sequence[int] | None,
    deprels: Sequence[str] | None,
) -> tuple[int, str] | None:
    """The first thing wrong with a sentence: 0-based index of the word to blame, and the reason.

    Faults of the sentence as a whole are blamed on its first word. None where all is well.
    """
    n_words = len(words)
    if n_words == 0:
        return 0, "no words"
    if n_words > MAX_WORDS:
        return 0, f"{n_words} words, more than {MAX_WORDS}"
    for name, labels in (("upos", upos), ("governors", governors), ("deprels", deprels)):
        if labels is not None and len(labels) != n_words:
            return 0, f"{len(labels)} {name} for {n_words} words"
    for index, word in enumerate(words):
        if not word.strip(" \t\r\n"):
            return index, f"word {index + 1}: empty form"
    for name, labels in (("upos", upos), ("deprel", deprels)):
        for index, label in enumerate(labels or ()):
            if len(label) > MAX_LABEL:
                return index, f"word {index + 1}: {name} of {len(label)} characters"
    for name, labels in (("form", words), ("upos", upos), ("deprel", deprels)):
        if labels is None or not CONTROL.search("".join(labels)):
            continue
        for index, label in enumerate(labels):
            if hit := CONTROL.search(label):
                return index, f"word {index + 1}: control character {hit[0]!r} in its {name}"
    for index, label in enumerate(deprels or ()):
        # A subtype without its relation is none, as `_` is CoNLL-U's sign for none.
        if label in ("", "_") or label.startswith(":"):
            return index, f"word {index + 1}: its deprel {shown(label)} is no relation"
    if governors is None or (reason := tree_fault(tuple(governors))) is None:
        return None
    # tree_fault blames a single word for these two before it looks at the tree as a whole.
    single = (i for i, g in enumerate(governors) if not 0 <= g <= n_words or g == i + 1)
    return next(single, 0), reason


def printable(text: str) -> str:
    """The text with every lone surrogate replaced, so that it can be written as UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def shown(value: object) -> str:
    """A damaged value as quoted in a reason: never more than a few characters of it."""
    try:
        text = repr(value[:40] if isinstance(value, str) else value)
    except RecursionError:
        return "something nested deeply"
    return text if len(text) <= 80 else text[:79] + "…"
