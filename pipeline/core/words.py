"""How pieces become words: of each word its pieces, the first and those behind it.

Most words are one piece. So a side of a pattern becomes words by taking pieces and adding few,
which costs a copy; a product with a table of who belongs to whom costs many.
"""

from dataclasses import dataclass, fields
from functools import cached_property

import torch
import torch.nn.functional as F

from pipeline.core.moving import sent
from pipeline.core.shapes import Bool, Float, Int, Tensor


@dataclass(frozen=True)
class Words:
    """The words of one side of a pattern, whose pieces need not lie side by side.

    `pieces` are by their words; those of no word come last. `first` is 0 for a word without
    pieces. `later` are the other pieces, as many as the sentence that has most of them has, `of`
    their words, and `is_later` False where there are fewer.
    """

    pieces: Int[Tensor, "sentence piece"]
    first: Int[Tensor, "sentence word"]
    n_pieces: Int[Tensor, "sentence word"]
    later: Int[Tensor, "sentence later"]
    of: Int[Tensor, "sentence later"]
    is_later: Bool[Tensor, "sentence later"]

    def to(self, device: torch.device) -> "Words":
        if self.first.device == device:
            return self
        return Words(**{f.name: sent(getattr(self, f.name), device) for f in fields(self)})

    @cached_property
    def there(self) -> Bool[Tensor, "sentence word"]:
        """Words that have a piece."""
        return self.n_pieces > 0

    @cached_property
    def shares(self) -> Float[Tensor, "sentence 1 1 word"]:
        """What each of a word's pieces counts for in their mean; 0 for a word without pieces."""
        return (self.there / self.n_pieces.clamp(min=1))[:, None, None]

    def mean_of_columns(
        self, pattern: Float[Tensor, "sentence head key query"]
    ) -> Float[Tensor, "sentence head key word"]:
        """Attention FROM a word is the mean over its pieces; 0 from a word without pieces."""
        merged = _columns(pattern, self.first)
        if self.later.shape[1]:
            added = _columns(pattern, self.later).mul_(self.is_later[:, None, None])
            merged.scatter_add_(3, _everywhere(self.of, pattern), added)
        return merged.mul_(self.shares)

    def sum_of_rows(
        self,
        pattern: Float[Tensor, "sentence head key column"],
        weight: Float[Tensor, "sentence head key"] | None = None,
    ) -> Float[Tensor, "sentence head word column"]:
        """Attention TO a word is the sum over its pieces, times their weights where they have some;
        0 to a word without pieces."""
        n_sentences, n_heads, n_keys, n_columns = pattern.shape
        pieces, starts = self._bags(n_heads, n_keys)
        rows = pattern.reshape(n_sentences * n_heads * n_keys, n_columns)
        weight = None if weight is None else weight.flatten().index_select(0, pieces)
        # What sums the embeddings of a text sums any rows, and weighs them on the way.
        merged = F.embedding_bag(pieces, rows, starts, mode="sum", per_sample_weights=weight)
        return merged.view(n_sentences, n_heads, self.first.shape[1], n_columns)

    def _bags(self, n_heads: int, n_keys: int) -> tuple[Int[Tensor, " row"], Int[Tensor, " word"]]:
        """Of patterns of so many heads whose rows all lie below each other: the rows of pieces,
        word by word; and where each word's begin."""
        if (n_heads, n_keys) not in self._bags_of:
            n_sentences = len(self.first)
            one = torch.arange(n_sentences * n_heads, device=self.first.device)
            rows = one.view(n_sentences, n_heads, 1) * n_keys + self.pieces[:, None]
            place = torch.arange(self.pieces.shape[1], device=rows.device)
            of_words = place < self.n_pieces.sum(1, keepdim=True)
            n_pieces = self.n_pieces[:, None].expand(-1, n_heads, -1).flatten()
            self._bags_of[n_heads, n_keys] = (
                rows[of_words[:, None].expand_as(rows)],
                n_pieces.cumsum(0) - n_pieces,
            )
        return self._bags_of[n_heads, n_keys]

    @cached_property
    def _bags_of(self) -> dict[tuple[int, int], tuple[Tensor, Tensor]]:
        return {}


def _everywhere(
    index: Int[Tensor, "sentence index"], pattern: Float[Tensor, "sentence head key query"]
) -> Int[Tensor, "sentence head key index"]:
    return index[:, None, None].expand(-1, *pattern.shape[1:3], -1)


def _columns(
    pattern: Float[Tensor, "sentence head key query"], index: Int[Tensor, "sentence index"]
) -> Float[Tensor, "sentence head key index"]:
    """Some columns of each sentence's pattern."""
    (n_sentences, n_heads, n_keys, n_queries), n = pattern.shape, index.shape[1]
    if pattern.device.type != "cpu" or n_queries < _LONG:
        return pattern.gather(3, _everywhere(index, pattern))
    # A sentence at a time: on a CPU one column after the other is sooner moved than each row's.
    columns = pattern.new_empty(n_sentences, n_heads * n_keys, n)
    for of_sentence, which, out in zip(pattern, index, columns, strict=True):
        torch.index_select(of_sentence.reshape(-1, n_queries), 1, which, out=out)
    return columns.view(n_sentences, n_heads, n_keys, n)


_LONG = 64
"""Of fewer queries the call for each sentence costs more than moving whole columns saves."""


def words_of(word: Int[Tensor, "sentence piece"], n_words: int) -> Words:
    """`word` is each piece's word, −1 for none."""
    n_sentences, n_pieces = word.shape
    place = torch.arange(n_pieces, device=word.device).expand_as(word)
    # Pieces of no word go into a last one, which is cut off.
    to = torch.where(word >= 0, word, n_words)
    counts = word.new_zeros(n_sentences, n_words + 1).scatter_add_(1, to, torch.ones_like(to))
    first = word.new_full((n_sentences, n_words + 1), n_pieces)
    first = first.scatter_reduce_(1, to, place, "amin")
    is_later = (word >= 0) & (first.gather(1, to) != place)
    n_later = int(is_later.sum(1).max()) if is_later.numel() else 0
    later = torch.argsort((~is_later).byte(), dim=1, stable=True)[:, :n_later]
    first = first[:, :n_words]
    return Words(
        pieces=torch.argsort(to, dim=1, stable=True),
        first=torch.where(first < n_pieces, first, 0),
        n_pieces=counts[:, :n_words],
        later=later,
        of=word.gather(1, later).clamp(min=0),
        is_later=is_later.gather(1, later),
    )
