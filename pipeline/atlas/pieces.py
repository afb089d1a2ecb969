"""Rows of pieces as they are shown: a text for each piece, its word, and which are special."""

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from pipeline.core.sentence import Sentence
from pipeline.models.align import word_of_each_piece
from pipeline.models.encode import Side, is_punctuation


@dataclass(frozen=True)
class Row:
    """One sequence of pieces. `segment` is 1 for the second text of a pair."""

    pieces: list[str]
    word: list[int]
    special: list[bool]
    segment: list[int] | None = None


def row_of(tokenizer: PreTrainedTokenizerBase, side: Side, segment: list[int] | None = None) -> Row:
    return Row(texts(tokenizer, side.ids), list(side.word), list(side.special), segment)


def texts(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> list[str]:
    """What each piece says. Byte-level pieces are read as text where they are whole characters."""
    tokens = tokenizer.convert_ids_to_tokens(list(ids))
    return [
        _text(str(token), str(tokenizer.decode([piece])))
        for token, piece in zip(tokens, ids, strict=True)
    ]


def _text(token: str, decoded: str) -> str:
    if "\ufffd" in decoded or not decoded.strip() or "▁" in token or token.startswith("##"):
        return token
    opens = token.startswith("Ġ") or decoded.startswith(" ")
    return ("▁" if opens else "") + decoded.strip(" ")


@dataclass(frozen=True)
class Pair:
    """Two texts as one input. Words of the second are numbered on from those of the first.

    `segment` is 1 from where the second begins; `types` is what the tokenizer tells the model.
    """

    side: Side
    segment: list[int]
    types: list[int]


def pair(tokenizer: PreTrainedTokenizerBase, first: Sentence, second: Sentence) -> Pair | None:
    """Two texts as the tokenizer joins them. None where it gives no character offsets."""
    if not tokenizer.is_fast:
        return None
    texts = [" ".join(first.words), " ".join(second.words)]
    batch = tokenizer(
        texts[0],
        texts[1],
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
        return_token_type_ids=True,
        truncation=False,
        split_special_tokens=True,
        verbose=False,
    )
    sequence = batch.sequence_ids(0)
    special = [bool(flag) for flag in batch["special_tokens_mask"]]
    offsets = batch["offset_mapping"]
    word = [-1] * len(offsets)
    for k, (sentence, before) in enumerate(((first, 0), (second, len(first.words)))):
        outside = [s or owner != k for s, owner in zip(special, sequence, strict=True)]
        for piece, found in enumerate(word_of_each_piece(sentence.words, offsets, outside)):
            if found >= 0:
                word[piece] = before + found
    words = [*first.words, *second.words]
    punct = frozenset(w for w, form in enumerate(words) if is_punctuation(form))
    starts = sequence.index(1) if 1 in sequence else len(sequence)
    segment = [int(piece >= starts) for piece in range(len(sequence))]
    side = Side(list(batch["input_ids"]), word, special, punct, len(words))
    return Pair(side, segment, [int(t) for t in batch["token_type_ids"]])
