"""From words to pieces: what a model reads of a sentence, and of its translation.

An encoder-decoder is run as in its training: the decoder reads its start piece and the target
without its last piece, and each of its positions has to say the next one (teacher forcing). Nothing
is ever truncated: a sentence longer than the model is skipped, whole.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import compress
from operator import not_

import numpy as np
import torch

from pipeline.core.errors import UserError
from pipeline.core.names import KEY_CLASSES
from pipeline.core.pieces import Pieces
from pipeline.core.sentence import Sentence
from pipeline.core.stacks import stacks
from pipeline.models.align import Aligned, align, align_pairs, special_ids
from pipeline.models.longest import UNLIMITED, max_pieces

_START_BY_BOS = frozenset({"t5gemma"})
"""Families whose decoder reads its BOS piece first."""
_START_BY_TEXT = frozenset({"mbart", "plbart"})
"""Without a start piece of its own, a decoder of these reads the text's last: its language."""

Order = Sequence[int]
"""The words of a sentence in another order: word `order[k]` stands k-th."""


@dataclass(frozen=True)
class Side:
    """One sequence of pieces. `says` is the piece that a position has to say, where it has to say
    one, and `predicts` that piece's word; words keep the numbers of the corpus, whatever order they
    stand in. Of two sentences in one input `second` is the first word of the second, and `types`
    what the tokenizer tells the model of them; of one that is alone among pairs `second` is behind
    its last."""

    ids: list[int]
    word: list[int]
    special: list[bool]
    punct_words: frozenset[int]
    n_words: int
    predicts: list[int] | None = None
    says: list[int] | None = None
    second: int | None = None
    types: list[int] | None = None

    @property
    def is_pair(self) -> bool:
        return self.second is not None and self.second < self.n_words

    @property
    def segment(self) -> list[int]:
        """Of each piece: which sentence it is of; −1 for pieces of no word."""
        second = self.n_words if self.second is None else self.second
        return [-1 if w < 0 else int(w >= second) for w in self.word]

    @property
    def content(self) -> list[int]:
        """The pieces of the text: ids without what the tokenizer put around."""
        return list(compress(self.ids, map(not_, self.special)))

    @cached_property
    def unread(self) -> list[int]:
        """Words that no position reads: those without a piece, and where a target ends with no
        piece of its own, a last word of one piece, which is said and not read."""
        return sorted(set(range(self.n_words)) - set(self.word))

    @property
    def words_without_pieces(self) -> list[int]:
        said = set(self.predicts or ())
        return [word for word in self.unread if word not in said]


@dataclass(frozen=True)
class Encoded:
    """One sentence in pieces. `index` is its place among the sentences that were given.

    `target` is what a decoder reads beside an encoder; None for models with one stack.
    """

    index: int
    source: Side
    target: Side | None = None

    @property
    def sides(self) -> tuple[Side, ...]:
        return (self.source,) if self.target is None else (self.source, self.target)


@dataclass(frozen=True)
class Skipped:
    """Sentences left out, never read in part; words that have no piece; and pieces, read like any
    other, that say only that the tokenizer does not know what stands there."""

    n_too_long: int = 0
    n_unaligned: int = 0
    n_words_without_pieces: int = 0
    n_unknown_pieces: int = 0


class Encoder:
    """A tokenizer, the most pieces its model can read, and whether a decoder reads beside it.

    Raises UserError where it is not known what the decoder reads first.
    """

    def __init__(self, tokenizer, config):
        self.tokenizer = tokenizer
        self.max_pieces = max_pieces(config, tokenizer)
        self.has_target = bool(getattr(config, "is_encoder_decoder", False))
        names = ("vocab_size", "decoder_vocab_size")
        sizes = [getattr(of, name, None) for of in (config, *stacks(config)) for name in names]
        self._n_embeddings = min((size for size in sizes if size), default=UNLIMITED)
        self._n_ids = min(self._n_embeddings, len(tokenizer))
        self._special = special_ids(tokenizer)
        self._unknown = tokenizer.unk_token_id
        self._framing = self._special - {self._unknown}
        self._start = getattr(config, "decoder_start_token_id", None)
        if self._start is None and config.model_type in _START_BY_BOS:
            self._start = config.decoder.bos_token_id
        if self.has_target and self._start is None and config.model_type not in _START_BY_TEXT:
            raise UserError(
                f"model: config.json of this {config.model_type} has no decoder_start_token_id:"
                " what its decoder reads first is not known; write it there"
            )
        self._special_ids = {
            "cls": tokenizer.cls_token_id,
            "bos": tokenizer.bos_token_id,
            "sep": tokenizer.sep_token_id,
            "eos": tokenizer.eos_token_id,
        }

    @cached_property
    def vocabulary(self) -> list[int]:
        """All ids that are text, to the encoder and to the decoder."""
        return [i for i in range(self._n_ids) if i not in self._special]

    def encode(
        self,
        sentences: Sequence[Sentence],
        orders: Sequence[tuple[Order, Order]] | None = None,
    ) -> tuple[list[Encoded], Skipped]:
        """Sentences in pieces, and what the model cannot read.

        A sentence without translation stands on both sides of an encoder-decoder. `orders` gives
        for each sentence and its translation the order in which their words are laid out, those of
        a second sentence after those of the first. Raises UserError for an encoder-decoder that is
        given two sentences as one input, and for a tokenizer that gives pieces which the model does
        not know.
        """
        if self.has_target and any(s.second is not None for s in sentences):
            raise UserError(
                "ingest.segments=2: an encoder-decoder does not read two sentences as one input;"
                " set ingest.segments=1"
            )
        sources = [s.words for s in sentences]
        targets = [(s.target or s).words for s in sentences] if self.has_target else sources
        if orders is None:
            orders = [(range(len(s)), range(len(t))) for s, t in zip(sources, targets, strict=True)]
        seconds = [s.second for s in sentences]
        sides = [self._sides("text", sources, [order for order, _ in orders], seconds)]
        if self.has_target:
            target_orders = [order for _, order in orders]
            sides.append(self._sides("text_target", targets, target_orders, seconds))
        encoded: list[Encoded] = []
        n_too_long = n_unaligned = n_pieceless = n_unknown = 0
        for index, of_sentence in enumerate(zip(*sides, strict=True)):
            if None in of_sentence:
                n_unaligned += 1
            elif any(not self._framing.isdisjoint(side.content) for side in of_sentence):
                # Unigram takes a word "</s>" for the end, whatever it is told (`align`).
                n_unaligned += 1
            elif any(len(side.ids) > self.max_pieces for side in of_sentence):
                n_too_long += 1
            else:
                self._check_ids(sentences[index], of_sentence)
                n_pieceless += sum(len(side.words_without_pieces) for side in of_sentence)
                n_unknown += sum(side.content.count(self._unknown) for side in of_sentence)
                if all(side.ids for side in of_sentence):
                    encoded.append(Encoded(index, *of_sentence))
        return encoded, Skipped(n_too_long, n_unaligned, n_pieceless, n_unknown)

    def _check_ids(self, sentence: Sentence, sides: Sequence[Side]) -> None:
        highest = max(max(side.ids, default=0) for side in sides)
        if highest >= self._n_embeddings:
            raise UserError(
                f"model: its tokenizer gives sentence {sentence.sentence_id} the piece {highest}"
                f" ({self.tokenizer.convert_ids_to_tokens(highest)!r}), and it has"
                f" {self._n_embeddings} embeddings: this tokenizer is another model's, or"
                " embeddings were not resized"
            )

    def _sides(
        self,
        side: str,
        sentences: Sequence[Sequence[str]],
        orders: Sequence[Order],
        seconds: Sequence[int | None],
    ) -> list[Side | None]:
        laid = [[w[k] for k in order] for w, order in zip(sentences, orders, strict=True)]
        both = list(zip(laid, seconds, strict=True))
        alone = iter(align(self.tokenizer, [words for words, k in both if k is None], side))
        pairs = [(words[:k], words[k:]) for words, k in both if k is not None]
        paired = iter(align_pairs(self.tokenizer, pairs))
        aligned = [next(alone if k is None else paired) for k in seconds]
        make = self._target if side == "text_target" else _source
        if pairs:
            seconds = [len(words) if k is None else k for words, k in both]
        return [
            None if a is None else make(a, words, order, second)
            for a, words, order, second in zip(aligned, sentences, orders, seconds, strict=True)
        ]

    def _target(
        self, aligned: Aligned, words: Sequence[str], order: Order, second: int | None
    ) -> Side:
        """Shifted as transformers shifts labels."""
        labels = _source(aligned, words, order, second)
        start = labels.ids[-1:] if self._start is None else [self._start]
        return replace(
            labels,
            ids=[*start, *labels.ids[:-1]],
            word=[-1, *labels.word[:-1]],
            special=[True, *labels.special[:-1]],
            predicts=labels.word,
            says=labels.ids,
        )

    def pieces(self, batch: Sequence[Encoded]) -> tuple[Pieces, Pieces | None]:
        """A right-padded batch: what the encoder, or the only stack, reads, and the decoder."""
        target = [e.target for e in batch if e.target is not None]
        return self._pieces([e.source for e in batch]), self._pieces(target) if target else None

    def _pieces(self, batch: Sequence[Side]) -> Pieces:
        """Padding ids are any valid id: no query ever sees them."""
        longest = max(len(side.ids) for side in batch)
        pad = self.tokenizer.pad_token_id or 0
        pad = pad if pad < self._n_embeddings else 0  # one that was added, and no embedding for it

        def padded(rows: list[list], fill) -> torch.Tensor:
            # By way of NumPy, which reads lists in a third of the time.
            return torch.from_numpy(np.array([row + [fill] * (longest - len(row)) for row in rows]))

        ids = padded([side.ids for side in batch], pad)
        special = padded([side.special for side in batch], False)
        punct = padded([[w in side.punct_words for w in side.word] for side in batch], False)
        classes = {
            name: special & (ids == token_id) if token_id is not None else torch.zeros_like(special)
            for name, token_id in self._special_ids.items()
        }
        first = torch.zeros_like(special)
        first[:, 0] = True
        classes |= {"first": first, "punct": punct, "special": special}
        predicts = [side.predicts for side in batch if side.predicts is not None]
        # One that is alone among them is of one type, as by itself.
        of_pairs = any(side.second is not None for side in batch)
        types = [side.types or [0] * len(side.ids) for side in batch]
        return Pieces(
            ids=ids,
            lengths=torch.tensor([len(side.ids) for side in batch]),
            word=padded([side.word for side in batch], -1),
            n_words=torch.tensor([side.n_words for side in batch]),
            classes=torch.stack([classes[name] for name in KEY_CLASSES], -1),
            predicts=padded(predicts, -1) if predicts else None,
            segment=padded([side.segment for side in batch], -1) if of_pairs else None,
            types=padded(types, 0) if of_pairs else None,
        )


def _source(aligned: Aligned, words: Sequence[str], order: Order, second: int | None) -> Side:
    word = [-1 if w < 0 else order[w] for w in aligned.word]
    punct = frozenset(w for w, form in enumerate(words) if is_punctuation(form))
    return Side(
        aligned.ids,
        word,
        aligned.special,
        punct,
        len(words),
        second=second,
        types=aligned.types,
    )


@lru_cache(maxsize=2**14)
def is_punctuation(form: str) -> bool:
    """True when every character of a word is of a Unicode punctuation category."""
    return bool(form) and all(unicodedata.category(character)[0] == "P" for character in form)
