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

    @cached_property
    def triples(self) -> Int[Tensor, "3 triple"]:
        """Sentence, piece and word of each later piece, without padding."""
        sentence, k = self.is_later.nonzero(as_tuple=True)
        return torch.stack((sentence, self.later[sentence, k], self.of[sentence, k]))

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
        n_words = self.first.shape[1]
        rows = pattern.reshape(n_sentences * n_heads * n_keys, n_columns)
        one = torch.arange(n_sentences * n_heads, device=rows.device).view(n_sentences, n_heads, 1)
        merged = rows.index_select(0, (one * n_keys + self.first[:, None]).flatten())
        if self.triples.shape[1]:
            sentence, piece, word = self.triples
            of_heads = one[sentence, :, 0]
            added = rows.index_select(0, (of_heads * n_keys + piece[:, None]).flatten())
            merged.index_add_(0, (of_heads * n_words + word[:, None]).flatten(), added)
        return merged.view(n_sentences, n_heads, n_words, n_columns)

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
