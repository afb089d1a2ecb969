"""Batches: sentences of like length together, so that little of a batch is padding.

Everything random is drawn from one generator, in one order: the same seed gives the same batches.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedTokenizerFast

from pipeline.nursery.recipes import Recipe
from pipeline.nursery.text import Text
from pipeline.nursery.vocabulary import special

IGNORED = -100
"""A label that no loss is taken on."""

_POOL = 64
"""Batches whose sentences are sorted by length together. Larger pools pad less, mix less."""

Pair = tuple[list[int], list[int]]
"""The pieces of a sentence and of its translation, which is empty where there is none."""


@dataclass(frozen=True)
class Batch:
    """Right-padded. `labels` are those of the decoder where there is one."""

    ids: torch.Tensor
    real: torch.Tensor
    labels: torch.Tensor
    decoder_ids: torch.Tensor | None = None


class Batcher:
    """Makes batches of encoded sentences, as one kind of model learns from them."""

    def __init__(self, recipe: Recipe, words: PreTrainedTokenizerFast):
        self.recipe = recipe
        self.words = words
        self.pad = special(words, "pad")
        self._special = torch.tensor(sorted(words.all_special_ids))

    def encode(self, text: Text) -> list[Pair]:
        """Pieces, frame included. What the model cannot read whole is left out."""
        sources = self.words(text.sources, verbose=False)["input_ids"]
        targets: Sequence[list[int]] = [[]] * len(sources)
        if text.targets:
            targets = self.words(text_target=text.targets, verbose=False)["input_ids"]
        limit = self.recipe.positions
        return [
            (source, target)
            for source, target in zip(sources, targets, strict=True)
            if 1 < len(source) <= limit and len(target) <= limit
        ]

    def endless(self, pairs: Sequence[Pair], generator: torch.Generator) -> Iterator[Batch]:
        """Batches for as long as anyone asks, each sentence once before any comes again."""
        while True:
            order = torch.randperm(len(pairs), generator=generator).tolist()
            yield from self._epoch([pairs[i] for i in order], generator)

    def once(self, pairs: Sequence[Pair], seed: int) -> Iterator[Batch]:
        """Every sentence once; the same batches with the same masks on every call."""
        return self._epoch(pairs, torch.Generator().manual_seed(seed))

    def _epoch(self, pairs: Sequence[Pair], generator: torch.Generator) -> Iterator[Batch]:
        mean = sum(len(s) + len(t) for s, t in pairs) / max(1, len(pairs))
        pool = max(1, int(_POOL * self.recipe.batch_pieces / max(1.0, mean)))
        for start in range(0, len(pairs), pool):
            cuts = self._cut(sorted(pairs[start : start + pool], key=_lengths))
            for index in torch.randperm(len(cuts), generator=generator).tolist():
                yield self._collate(cuts[index], generator)

    def _cut(self, pairs: Sequence[Pair]) -> list[list[Pair]]:
        """Runs of sentences with at most `batch_pieces` pieces, padding included."""
        cuts: list[list[Pair]] = []
        longest = (0, 0)
        for pair in pairs:
            wider = (max(longest[0], len(pair[0])), max(longest[1], len(pair[1])))
            if cuts and (len(cuts[-1]) + 1) * sum(wider) <= self.recipe.batch_pieces:
                cuts[-1].append(pair)
                longest = wider
            else:
                cuts.append([pair])
                longest = (len(pair[0]), len(pair[1]))
        return cuts

    def _collate(self, pairs: Sequence[Pair], generator: torch.Generator) -> Batch:
        ids = _padded([source for source, _ in pairs], self.pad)
        real = _padded([[1] * len(source) for source, _ in pairs], 0)
        if self.recipe.kind == "mt":
            labels = _padded([target for _, target in pairs], IGNORED)
            return Batch(ids, real, labels, self._shifted(labels))
        if self.recipe.kind == "mlm":
            hidden, labels = self._masked(ids, real, generator)
            return Batch(hidden, real, labels)
        following = torch.full_like(ids, IGNORED)
        following[:, :-1] = torch.where(real[:, 1:] == 1, ids[:, 1:], IGNORED)
        return Batch(ids, real, following)

    def _shifted(self, labels: torch.Tensor) -> torch.Tensor:
        """What the decoder reads: the start piece, then the labels without the last."""
        shifted = labels.roll(1, 1)
        shifted[:, 0] = special(self.words, "bos")
        return shifted.masked_fill(shifted == IGNORED, self.pad)

    def _masked(
        self, ids: torch.Tensor, real: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Hidden pieces and what they were: 80 % [MASK], 10 % any piece, 10 % left as they are."""
        eligible = (real == 1) & ~torch.isin(ids, self._special)
        asked = eligible & (torch.rand(ids.shape, generator=generator) < self.recipe.masked)
        how = torch.rand(ids.shape, generator=generator)
        other = torch.randint(len(self.words), ids.shape, generator=generator)
        hidden = torch.where(asked & (how < 0.8), special(self.words, "mask"), ids)
        hidden = torch.where(asked & (how >= 0.9), other, hidden)
        return hidden, torch.where(asked, ids, IGNORED)


def _lengths(pair: Pair) -> tuple[int, int]:
    return len(pair[0]), len(pair[1])


def _padded(rows: Sequence[list[int]], fill: int) -> torch.Tensor:
    longest = max(len(row) for row in rows)
    return torch.tensor([row + [fill] * (longest - len(row)) for row in rows])
