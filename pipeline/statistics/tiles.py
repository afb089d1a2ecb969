"""Tiles: a sequence cut into short runs of pieces, and never within a word.

A kernel that holds one tile of queries and one of keys at a time then sees words whole, and needs
no room for the weights of pieces until all of a word are known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from weakref import WeakKeyDictionary

import torch

from pipeline.core.layout import Layout
from pipeline.core.moving import sent
from pipeline.core.pieces import Pieces
from pipeline.core.shapes import Int, Tensor

SIZE = 32
"""Pieces in a tile of the triton kernel, of queries as of keys."""


@dataclass(frozen=True)
class Tiles:
    """One side of a layout. Tile t holds the pieces from `starts[:, t]` to `starts[:, t + 1]`.

    Facts of each piece: its word, whether it is that word's first, how many the word has, its
    segment, and as a key whether it is not special, and whether it is in no class.
    """

    starts: Int[Tensor, "sentence edge"]
    facts: Int[Tensor, "sentence fact piece"]
    n_words: int

    @property
    def n(self) -> int:
        return self.starts.shape[1] - 1


@dataclass(frozen=True)
class Tiling:
    """All sides of a layout; `said` are its queries by the words that they have to say."""

    queries: Tiles
    keys: Tiles
    said: Tiles | None


class Uncut(Exception):
    """Words that no tile holds whole; says which in one line."""


def longest_word(size: int) -> int:
    """Pieces of the longest word that is cut into tiles of so many: of such words alone tiles would
    be many and nearly empty."""
    return size * 3 // 4


def fits(words: Sequence[int]) -> bool:
    """Whether tiles of `SIZE` hold the words that pieces are of (−1: of none)."""
    runs = [(word, len(list(pieces))) for word, pieces in groupby(words) if word >= 0]
    once = len({word for word, _ in runs}) == len(runs)
    return once and all(n <= longest_word(SIZE) for _, n in runs)


_made: WeakKeyDictionary[Layout, tuple[int, Tiling | str]] = WeakKeyDictionary()
"""Tiles, or why there are none."""


def tiling(layout: Layout, size: int) -> Tiling:
    """Tiles of at most `size` pieces, made once per layout. Raises Uncut."""
    known = _made.get(layout)
    if known is None or known[0] != size:
        try:
            found = _tiling(layout, size)
        except Uncut as reason:
            found = str(reason)
        _made[layout] = known = (size, found)
    if isinstance(known[1], str):
        raise Uncut(known[1])
    return known[1]


def _tiling(layout: Layout, size: int) -> Tiling:
    # Where edges stand hangs on what is in words: that is read on the CPU, and sent.
    device, queries, keys = layout.visible.device, layout.queries.here, layout.keys.here
    of_keys = _tiles(keys, keys.word, size, device, are_keys=True)
    if layout.is_self:
        return Tiling(of_keys, of_keys, None)
    predicts = queries.predicts
    said = None if predicts is None else _tiles(queries, predicts, size, device)
    return Tiling(_tiles(queries, queries.word, size, device), of_keys, said)


def _tiles(
    pieces: Pieces,
    word: Int[Tensor, "sentence piece"],
    size: int,
    device: torch.device,
    are_keys: bool = False,
) -> Tiles:
    """Of pieces on the CPU."""
    before = torch.cat((torch.full_like(word[:, :1], -1), word[:, :-1]), 1)
    within = (word == before) & (word >= 0)
    opens = (word >= 0) & ~within
    # One more word, for what is in none.
    n_words = int(pieces.n_words.max())
    words = torch.where(word >= 0, word, n_words)
    counts = word.new_zeros(len(word), n_words + 1)
    runs = counts.scatter_add(1, words, opens.to(word.dtype))[:, :n_words]
    counts = counts.scatter_add(1, words, torch.ones_like(word))
    if n_words and int(runs.max()) > 1:
        raise Uncut("a word in two places")
    longest = int(counts[:, :n_words].max()) if n_words else 0
    if longest > longest_word(size):
        raise Uncut(f"a word of {longest} pieces, more than {longest_word(size)}")
    columns = (
        word,
        opens,
        counts.gather(1, words),
        torch.full_like(word, -1) if pieces.segment is None else pieces.segment,
        pieces.content if are_keys else opens,
        pieces.unclassed if are_keys else opens,
    )
    facts = torch.stack([column.to(torch.int32) for column in columns], 1)
    return Tiles(sent(_starts(within, size, longest), device), sent(facts, device), n_words)


def _starts(within: Tensor, size: int, longest: int) -> Int[Tensor, "sentence edge"]:
    """Edges stand evenly, and each moves on to where the next word opens. That is at most a word
    less one piece further, and so much shorter are the steps."""
    step = size - max(longest - 1, 0)
    n = within.shape[1]
    place = torch.arange(n, device=within.device).expand_as(within)
    later = torch.where(within, n, place).flip(1).cummin(1).values.flip(1)
    last = torch.full_like(later[:, :1], n)
    return torch.cat((later[:, ::step], last), 1).to(torch.int32).contiguous()
