"""Rows of pieces as they are shown: a text for each piece, its word, and which are special."""

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from pipeline.models.encode import Side


@dataclass(frozen=True)
class Row:
    """One sequence of pieces. `segment` is 1 for the second text of a pair."""

    pieces: list[str]
    word: list[int]
    special: list[bool]
    segment: list[int] | None = None


def row_of(tokenizer: PreTrainedTokenizerBase, side: Side) -> Row:
    """The frame of the first text, its closing piece too, is of the first segment."""
    segment = None
    if side.is_pair:
        starts = side.segment.index(1) if 1 in side.segment else len(side.ids)
        segment = [int(piece >= starts) for piece in range(len(side.ids))]
    return Row(texts(tokenizer, side.ids), list(side.word), list(side.special), segment)


def texts(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> list[str]:
    """What each piece says. Byte-level pieces are read as text where they are whole characters."""
    tokens = tokenizer.convert_ids_to_tokens(list(ids))
    return [
        _text(token, str(tokenizer.decode([piece])))
        for token, piece in zip(tokens, ids, strict=True)
    ]


def _text(token: str, decoded: str) -> str:
    if "\ufffd" in decoded or not decoded.strip() or "▁" in token or token.startswith("##"):
        return token
    opens = token.startswith("Ġ") or decoded.startswith(" ")
    return ("▁" if opens else "") + decoded.strip(" ")
