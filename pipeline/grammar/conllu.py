"""CoNLL-U: one word per line in ten columns, a range line for words written together."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from .linearise import Token, text, tokens
from .node import Sentence


def block(sentence: Sentence) -> str:
    """Return the comments and lines of one sentence, ending in an empty line."""
    words = tokens(sentence)
    lines = [
        f"# sent_id = {sentence.sent_id}",
        f"# text = {text(words)}",
        f"# topic = {sentence.topic}",
        f"# constructions = {' '.join(sentence.constructions)}",
    ]
    for position, word in enumerate(words):
        group = _group(words, position)
        if len(group) > 1:
            surface = "".join(part.form for part in group)
            misc = "_" if group[-1].space_after else "SpaceAfter=No"
            span = f"{group[0].position}-{group[-1].position}"
            lines.append("\t".join((span, surface, *("_" * 7), misc)))
        lines.append(_line(word, _inside(words, position)))
    return "\n".join(lines) + "\n\n"


def _group(words: list[Token], position: int) -> list[Token]:
    """Return the words written together from this one on, if this one begins such a group."""
    group = [words[position]]
    if words[position].glued:
        return group
    for word in words[position + 1 :]:
        if not word.glued:
            break
        group.append(word)
    return group


def _inside(words: list[Token], position: int) -> bool:
    following = position + 1 < len(words) and words[position + 1].glued
    return words[position].glued or following


def _line(word: Token, inside: bool) -> str:
    node = word.node
    feats = "|".join(f"{key}={value}" for key, value in sorted(node.feats.items())) or "_"
    # Within a multiword token the range line carries the spacing.
    misc = "_" if word.space_after or inside else "SpaceAfter=No"
    return "\t".join(
        (str(word.position), word.form, node.lemma, node.upos, node.xpos, feats, str(word.head),
         node.deprel, "_", misc)
    )  # fmt: skip


def write(sentences: Iterable[Sentence], path: Path) -> int:
    """Write sentences to a file in one step, so that readers never see half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    count = 0
    with temporary.open("w", encoding="utf-8", newline="\n") as stream:
        for sentence in sentences:
            stream.write(block(sentence))
            count += 1
    os.replace(temporary, path)
    return count
