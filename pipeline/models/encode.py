"""From words to pieces, with the way back: which word each piece belongs to.

The words of a sentence are joined by single spaces and tokenized as running text; a piece belongs
to the word in which its first character stands. So the alignment is the same for WordPiece, BPE
and SentencePiece. Nothing is ever truncated: a sentence longer than the model is skipped, whole.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from pipeline.core.errors import UserError
from pipeline.core.pieces import KEY_CLASSES, Pieces
from pipeline.core.sentence import Sentence

UNLIMITED = 1_000_000
"""Tokenizers without a limit of their own state an astronomic one."""


@dataclass(frozen=True)
class Encoded:
    """One sentence in pieces. `index` is its place among the sentences that were given."""

    index: int
    ids: list[int]
    word: list[int]
    special: list[bool]
    punct_words: frozenset[int]
    n_words: int

    @property
    def words_without_pieces(self) -> list[int]:
        return sorted(set(range(self.n_words)) - set(self.word))


@dataclass(frozen=True)
class Skipped:
    """Sentences longer than the model, never read in part; and words that have no piece."""

    n_too_long: int = 0
    n_words_without_pieces: int = 0


class Encoder:
    """A tokenizer, and the most pieces its model can read.

    Raises UserError for a tokenizer that cannot say where in the text its pieces stand.
    """

    def __init__(self, tokenizer, max_pieces: int):
        if not tokenizer.is_fast:
            raise UserError(
                f"model: {type(tokenizer).__name__} gives no character offsets: words cannot be"
                " aligned with its pieces"
            )
        self.tokenizer = tokenizer
        self.max_pieces = max_pieces
        self._special_ids = {
            "cls": tokenizer.cls_token_id,
            "bos": tokenizer.bos_token_id,
            "sep": tokenizer.sep_token_id,
            "eos": tokenizer.eos_token_id,
        }

    def encode(self, sentences: Sequence[Sentence]) -> tuple[list[Encoded], Skipped]:
        """Sentences in pieces, and what the model cannot read."""
        if not sentences:
            return [], Skipped()
        # A "[SEP]" in the corpus is text, not a separator: only the tokenizer's own frame is.
        batch = self.tokenizer(
            [" ".join(s.words) for s in sentences],
            truncation=False,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
            split_special_tokens=True,
            verbose=False,
        )
        encoded = []
        n_too_long = n_words_of_nothing = 0
        for index, sentence in enumerate(sentences):
            ids = batch["input_ids"][index]
            if len(ids) > self.max_pieces:
                n_too_long += 1
                continue
            if not ids:
                n_words_of_nothing += len(sentence.words)
                continue
            special = [bool(flag) for flag in batch["special_tokens_mask"][index]]
            word = _align(sentence.words, batch["offset_mapping"][index], special)
            punct = frozenset(w for w, form in enumerate(sentence.words) if is_punctuation(form))
            encoded.append(Encoded(index, ids, word, special, punct, len(sentence.words)))
        n_pieceless = sum(len(e.words_without_pieces) for e in encoded) + n_words_of_nothing
        return encoded, Skipped(n_too_long, n_pieceless)

    def pieces(self, batch: Sequence[Encoded]) -> Pieces:
        """A right-padded batch. Padding ids are any valid id: no query ever sees them."""
        longest = max(len(e.ids) for e in batch)
        pad = self.tokenizer.pad_token_id or 0

        def padded(rows: list[list], fill) -> torch.Tensor:
            return torch.tensor([row + [fill] * (longest - len(row)) for row in rows])

        ids = padded([e.ids for e in batch], pad)
        word = padded([e.word for e in batch], -1)
        special = padded([e.special for e in batch], False)
        punct = padded([[w in e.punct_words for w in e.word] for e in batch], False)
        classes = {
            name: special & (ids == token_id) if token_id is not None else torch.zeros_like(special)
            for name, token_id in self._special_ids.items()
        }
        first = torch.zeros_like(special)
        first[:, 0] = True
        classes |= {"first": first, "punct": punct, "special": special}
        return Pieces(
            ids=ids,
            lengths=torch.tensor([len(e.ids) for e in batch]),
            word=word,
            n_words=torch.tensor([e.n_words for e in batch]),
            classes=torch.stack([classes[name] for name in KEY_CLASSES], -1),
        )


def is_punctuation(form: str) -> bool:
    """True when every character of a word is of a Unicode punctuation category."""
    return bool(form) and all(unicodedata.category(character)[0] == "P" for character in form)


def max_pieces(config, tokenizer) -> int:
    """The longest sequence a model can read, from its tokenizer and its position table."""
    limits = [tokenizer.model_max_length]
    positions = getattr(config, "max_position_embeddings", None)
    if positions is not None:
        # RoBERTa and its kin number positions from padding_idx + 1 in a table that has room for it.
        reserved = config.pad_token_id + 1 if config.model_type in _POSITIONS_AFTER_PADDING else 0
        limits.append(positions - reserved)
    limits = [limit for limit in limits if limit and limit < UNLIMITED]
    return min(limits, default=UNLIMITED)


_POSITIONS_AFTER_PADDING = frozenset(
    {
        "roberta",
        "xlm-roberta",
        "xlm-roberta-xl",
        "camembert",
        "data2vec-text",
        "roberta-prelayernorm",
    }
    | {"longformer", "mpnet", "xmod", "esm", "ibert"}
)


def _align(
    words: tuple[str, ...], offsets: Sequence[tuple[int, int]], special: Sequence[bool]
) -> list[int]:
    """The word of each piece: that of its first character which is not a joining space.

    A piece that holds the joining space alone (SentencePiece's bare marker) opens the next word.
    """
    owner: list[int] = []
    for index, word in enumerate(words):
        owner += [index] * len(word) + [-1]
    aligned = []
    for (start, end), is_special in zip(offsets, special, strict=True):
        within = range(start, start if is_special or start == end else min(end + 1, len(owner)))
        aligned.append(next((owner[c] for c in within if owner[c] >= 0), -1))
    return aligned
