"""Pieces: one side of a pattern. A *piece* is a tokenizer token, a *word* a corpus token.

Batches are padded on the right. Which piece belongs to which word, and which class of key a piece
is, are facts of the batch, made once by the encoder and read by every statistic.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import torch

from pipeline.core.moving import index_sent, sent
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

    `brought` are the same pieces on the CPU, where these came from there: what hangs on what is in
    them is asked of those, for an answer of a device is waited for until it has done all else.
    """

    ids: Int[Tensor, "sentence piece"]
    lengths: Int[Tensor, " sentence"]
    word: Int[Tensor, "sentence piece"]
    n_words: Int[Tensor, " sentence"]
    classes: Bool[Tensor, "sentence piece class"]
    predicts: Int[Tensor, "sentence piece"] | None = None
    segment: Int[Tensor, "sentence piece"] | None = None
    types: Int[Tensor, "sentence piece"] | None = None
    brought: "Pieces | None" = field(default=None, compare=False, repr=False)

    @property
    def here(self) -> "Pieces":
        """These pieces on the CPU."""
        return self if self.ids.device.type == "cpu" else self._here

    @cached_property
    def _here(self) -> "Pieces":
        return self.brought or self.to("cpu")

    @property
    def real(self) -> Bool[Tensor, "sentence piece"]:
        """True where a piece is not padding."""
        return torch.arange(self.ids.shape[1], device=self.ids.device) < self.lengths[:, None]

    def in_class(self, name: str) -> Bool[Tensor, "sentence piece"]:
        return self.classes[..., KEY_CLASSES.index(name)]

    @cached_property
    def real_at(self) -> Int[Tensor, " packed"]:
        """Where pieces that are no padding lie when rows lie end to end."""
        return sent(self.here.real.flatten().nonzero().squeeze(-1), self.ids.device)

    @property
    def content(self) -> Bool[Tensor, "sentence piece"]:
        """True where a piece is not special."""
        return self.real & ~self.in_class("special")

    @property
    def unclassed(self) -> Bool[Tensor, "sentence piece"]:
        """True where a piece is in no class."""
        return self.real & ~self.classes.any(-1)

    def rows(self, index: Int[Tensor, " row"] | slice) -> "Pieces":
        """Some sentences of the batch, each as often as it is asked for. An index on the CPU is as
        good as one on the device, and the sooner read."""
        there = index_sent(index, self.ids.device)
        rows = self._each(lambda tensor: tensor[there])
        known_here = isinstance(index, slice) or index.device.type == "cpu"
        if self.brought is None or not known_here:
            return rows
        return replace(rows, brought=self.brought.rows(index))

    def few(self, at: Int[Tensor, "sentence taken"], lengths: Int[Tensor, " sentence"]) -> "Pieces":
        """Some pieces of each sentence, by their places: `lengths` of them, and then padding. Both
        are on the CPU."""
        there = sent(at, self.ids.device)
        taken = self._each(
            lambda tensor: at_places(tensor, there, 1) if tensor.dim() > 1 else tensor
        )
        few = replace(taken, lengths=sent(lengths, self.ids.device))
        return replace(few, brought=self.brought and self.brought.few(at, lengths))

    def to(self, device: torch.device | str) -> "Pieces":
        moved = self._each(lambda tensor: sent(tensor, device))
        return replace(moved, brought=None if torch.device(device).type == "cpu" else self.here)

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Pieces":
        tensors = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "brought"}
        changed = {k: change(v) for k, v in tensors.items() if v is not None}
        return replace(self, brought=None, **changed)


def at_places(tensor: Tensor, at: Int[Tensor, "sentence taken"], dim: int) -> Tensor:
    """Some places along a dimension, of each sentence its own."""
    shape = [1] * tensor.dim()
    shape[0], shape[dim] = at.shape
    return torch.take_along_dim(tensor, at.view(shape), dim)
