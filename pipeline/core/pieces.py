"""Pieces: one side of a pattern. A *piece* is a tokenizer token, a *word* a corpus token.

Batches are padded on the right. Which piece belongs to which word, and which class of key a piece
is, are facts of the batch, made once by the encoder and read by every statistic.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch

from pipeline.core.names import KEY_CLASSES
from pipeline.core.shapes import Bool, Int, Tensor


@dataclass(frozen=True)
class Pieces:
    """The pieces of a batch of sentences, on the query or on the key side.

    `word` is −1 for pieces of no word (specials, padding). Words that the tokenizer gave no piece
    are still counted in `n_words`, so that indices stay those of the corpus. `predicts`, for what a
    decoder reads beside an encoder, is the word of the piece that has to come next.

    Where two sentences are read as one input, `segment` is 0 or 1 for the pieces of their words and
    −1 for all others, and `types` what the model is told of them.
    """

    ids: Int[Tensor, "sentence piece"]
    lengths: Int[Tensor, " sentence"]
    word: Int[Tensor, "sentence piece"]
    n_words: Int[Tensor, " sentence"]
    classes: Bool[Tensor, "sentence piece class"]
    predicts: Int[Tensor, "sentence piece"] | None = None
    segment: Int[Tensor, "sentence piece"] | None = None
    types: Int[Tensor, "sentence piece"] | None = None

    @property
    def real(self) -> Bool[Tensor, "sentence piece"]:
        """True where a piece is not padding."""
        return torch.arange(self.ids.shape[1], device=self.ids.device) < self.lengths[:, None]

    def in_class(self, name: str) -> Bool[Tensor, "sentence piece"]:
        return self.classes[..., KEY_CLASSES.index(name)]

    def rows(self, index: Int[Tensor, " row"] | slice) -> "Pieces":
        """Some sentences of the batch, each as often as it is asked for."""
        return self._each(lambda tensor: tensor[index])

    def to(self, device: torch.device | str) -> "Pieces":
        return self._each(lambda tensor: tensor.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Pieces":
        tensors = {f.name: getattr(self, f.name) for f in fields(self)}
        return Pieces(**{k: change(v) for k, v in tensors.items() if v is not None})
