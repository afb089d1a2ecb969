"""How pieces become words: of each word its first piece, and those behind it.

Most words are one piece. So a side of a pattern becomes words by taking the first pieces and adding
the others, which costs a copy; a product with a table of who belongs to whom costs many.
"""

from dataclasses import dataclass
from functools import cached_property

import torch

from pipeline.core.shapes import Bool, Float, Int, Tensor


@dataclass(frozen=True)
class Words:
    """The words of one side of a pattern, whose pieces need not lie side by side.

    `first` is 0 for a word without pieces. `later` are the other pieces, as many as the sentence
    that has most of them has, `of` their words, and `is_later` False where there are fewer.
    """

    first: Int[Tensor, "sentence word"]
    n_pieces: Int[Tensor, "sentence word"]
    later: Int[Tensor, "sentence later"]
    of: Int[Tensor, "sentence later"]
    is_later: Bool[Tensor, "sentence later"]

    @cached_property
    def there(self) -> Bool[Tensor, "sentence word"]:
        """Words that have a piece."""
        return self.n_pieces > 0

    @cached_property
    def shares(self) -> Float[Tensor, "sentence 1 1 word"]:
        """What each of a word's pieces counts for in their mean."""
        return (1 / self.n_pieces.clamp(min=1))[:, None, None]

    def mean_of_columns(
        self, pattern: Float[Tensor, "sentence head key query"]
    ) -> Float[Tensor, "sentence head key word"]:
        """Attention FROM a word is the mean over its pieces. Of a word without pieces: nothing that
        means anything."""
        merged = pattern.gather(3, self._everywhere(self.first, pattern))
        if self.later.shape[1]:
            added = pattern.gather(3, self._everywhere(self.later, pattern))
            added.mul_(self.is_later[:, None, None])
            merged.scatter_add_(3, self._everywhere(self.of, pattern), added)
        return merged.mul_(self.shares)

    def sum_of_rows(
        self, pattern: Float[Tensor, "sentence head key column"]
    ) -> Float[Tensor, "sentence head word column"]:
        """Attention TO a word is the sum over its pieces. To a word without pieces: nothing that
        means anything."""
        n_sentences, n_heads, n_keys, n_columns = pattern.shape
        first, later, of = self._rows(n_heads, n_keys)
        rows = pattern.reshape(n_sentences * n_heads * n_keys, n_columns)
        merged = rows.index_select(0, first)
        if later.shape[0]:
            merged.index_add_(0, of, rows.index_select(0, later))
        return merged.view(n_sentences, n_heads, self.first.shape[1], n_columns)

    def _rows(
        self, n_heads: int, n_keys: int
    ) -> tuple[Int[Tensor, " row"], Int[Tensor, " later"], Int[Tensor, " later"]]:
        """Of patterns of so many heads whose rows all lie below each other: the rows of first
        pieces; of later pieces; and which row of words these are added to."""
        if (n_heads, n_keys) not in self._rows_of:
            n_sentences, n_words = self.first.shape
            one = torch.arange(n_sentences * n_heads, device=self.first.device)
            one = one.view(n_sentences, n_heads, 1)
            sentence, k = self.is_later.nonzero(as_tuple=True)
            of_heads = one[sentence, :, 0]
            self._rows_of[n_heads, n_keys] = (
                (one * n_keys + self.first[:, None]).flatten(),
                (of_heads * n_keys + self.later[sentence, k, None]).flatten(),
                (of_heads * n_words + self.of[sentence, k, None]).flatten(),
            )
        return self._rows_of[n_heads, n_keys]

    @cached_property
    def _rows_of(self) -> dict[tuple[int, int], tuple[Tensor, Tensor, Tensor]]:
        return {}

    @staticmethod
    def _everywhere(
        index: Int[Tensor, "sentence index"], pattern: Float[Tensor, "sentence head key query"]
    ) -> Int[Tensor, "sentence head key index"]:
        return index[:, None, None].expand(-1, *pattern.shape[1:3], -1)


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
        first=torch.where(first < n_pieces, first, 0),
        n_pieces=counts[:, :n_words],
        later=later,
        of=word.gather(1, later).clamp(min=0),
        is_later=is_later.gather(1, later),
    )
