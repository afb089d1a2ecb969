"""Which word each piece belongs to: by character offsets, or word by word where there are none.

The words of a sentence are joined by single spaces and tokenized as running text; a piece belongs
to the word in which its first character stands. So the alignment is the same for WordPiece, BPE
and SentencePiece. A tokenizer without offsets (Marian's) is asked for each word by itself too:
where the words' pieces in a row are those of the running text, the alignment is exact all the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class Aligned:
    """One text in pieces: ids, the word of each (−1: none), and which the tokenizer put around.

    `types` is what the tokenizer tells the model of two texts that it joined; None for one.
    """

    ids: list[int]
    word: list[int]
    special: list[bool]
    types: list[int] | None = None


def special_ids(tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Ids that are no text: what a tokenizer puts around it, masks, pads, and says of unknown."""
    added = tokenizer.added_tokens_decoder
    return {*tokenizer.all_special_ids, *(i for i in added if added[i].special)}


def align(
    tokenizer: PreTrainedTokenizerBase, sentences: Sequence[Sequence[str]], side: str
) -> list[Aligned | None]:
    """Sentences in pieces. None for one whose words cannot be told apart in its pieces.

    `side` is the keyword of the tokenizer that takes the text: `text` or `text_target`.
    """
    if not sentences:
        return []
    by = _by_offsets if tokenizer.is_fast else _word_by_word
    return list(by(tokenizer, sentences, side))


def align_pairs(
    tokenizer: PreTrainedTokenizerBase,
    pairs: Sequence[tuple[Sequence[str], Sequence[str]]],
) -> list[Aligned | None]:
    """Two texts each, as the tokenizer joins them; words of the second are numbered on from those
    of the first. None where it gives no character offsets.
    """
    if not pairs or not tokenizer.is_fast:
        return [None] * len(pairs)
    first, second = ([" ".join(words) for words in texts] for texts in zip(*pairs, strict=True))
    batch = tokenizer(first, second, return_token_type_ids=True, **_ASKED, **_AS_TEXT)
    found: list[Aligned | None] = []
    for index, texts in enumerate(pairs):
        special = [bool(flag) for flag in batch["special_tokens_mask"][index]]
        of_text = batch.sequence_ids(index)
        word = [-1] * len(special)
        for k, (words, before) in enumerate(zip(texts, (0, len(texts[0])), strict=True)):
            outside = [s or text != k for s, text in zip(special, of_text, strict=True)]
            offsets = batch["offset_mapping"][index]
            for piece, w in enumerate(word_of_each_piece(words, offsets, outside)):
                word[piece] = before + w if w >= 0 else word[piece]
        types = [int(t) for t in batch["token_type_ids"][index]]
        found.append(Aligned(batch["input_ids"][index], word, special, types))
    return found


# A "[SEP]" in the corpus is text, not a separator: only the tokenizer's own frame is.
_AS_TEXT: dict[str, Any] = {"truncation": False, "split_special_tokens": True, "verbose": False}
_ASKED: dict[str, Any] = {
    "return_offsets_mapping": True,
    "return_special_tokens_mask": True,
    "return_attention_mask": False,
}


def _by_offsets(tokenizer, sentences: Sequence[Sequence[str]], side: str) -> Iterator[Aligned]:
    texts = {side: [" ".join(words) for words in sentences]}
    batch = tokenizer(**texts, return_token_type_ids=False, **_ASKED, **_AS_TEXT)
    for index, words in enumerate(sentences):
        special = [bool(flag) for flag in batch["special_tokens_mask"][index]]
        word = word_of_each_piece(words, batch["offset_mapping"][index], special)
        yield Aligned(batch["input_ids"][index], word, special)


def word_of_each_piece(
    words: Sequence[str], offsets: Sequence[tuple[int, int]], special: Sequence[bool]
) -> list[int]:
    """The word of each piece: that of its first character which is not a joining space.

    A piece that holds the joining space alone (SentencePiece's bare marker) opens the next word;
    where spaces are left out of offsets (RoBERTa), it holds nothing and stands before that word.
    """
    owner: list[int] = []
    for index, word in enumerate(words):
        owner += [index] * len(word) + [-1]

    def of(start: int, end: int) -> int:
        if start < len(owner) and owner[start] >= 0:  # as nearly all have it
            return owner[start]
        return next((word for word in owner[start : end + 1] if word >= 0), -1)

    return [
        -1 if is_special else of(start, end)
        for (start, end), is_special in zip(offsets, special, strict=True)
    ]


def _word_by_word(
    tokenizer, sentences: Sequence[Sequence[str]], side: str
) -> Iterator[Aligned | None]:
    def pieces(text: str | list[str], **more) -> list:
        return tokenizer(**{side: text}, **_AS_TEXT, **more)["input_ids"]

    def by_form(forms: list[str], before: str) -> dict[str, list[int]]:
        texts = [before + form for form in forms]
        return dict(zip(forms, pieces(texts, add_special_tokens=False), strict=True))

    forms = sorted({word for words in sentences for word in words})
    # A text may open in a way of its own: with ">>fra<<" it is a language to Marian.
    opening, inside = by_form(forms, ""), by_form(forms, " ")
    for words in sentences:
        text = " ".join(words)
        ids, content = pieces(text), pieces(text, add_special_tokens=False)
        tried = (_in_a_row(words, opening, others) for others in (inside, opening))
        apart = next((found for found in tried if [piece for piece, _ in found] == content), None)
        framed = (n for n in range(len(ids)) if ids[n : n + len(content)] == content)
        before = next(framed, None)
        if apart is None or before is None:
            yield None
            continue
        after = len(ids) - before - len(content)
        word = [-1] * before + [w for _, w in apart] + [-1] * after
        special = [True] * before + [False] * len(content) + [True] * after
        yield Aligned(ids, word, special)


def _in_a_row(
    words: Sequence[str], opening: dict[str, list[int]], others: dict[str, list[int]]
) -> list[tuple[int, int]]:
    """The words' pieces one after another, each with its word."""
    by_word = [(others if index else opening)[word] for index, word in enumerate(words)]
    return [(piece, index) for index, pieces in enumerate(by_word) for piece in pieces]
