"""Layout: everything about a pattern but its weights, made once per batch and shared by its layers.

A layout pairs the pieces that attend with those attended to, and says which key each query may
see. The tables below are what statistics multiply a pattern with; each is made on first use. Those
whose size hangs on what is in them are made of the pieces on the CPU, and sent: else a GPU would
stand still at each batch's start, while it is asked and answers.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch

from pipeline.core.moving import index_sent, sent
from pipeline.core.names import DUMP_CLASSES
from pipeline.core.pieces import Pieces, at_places
from pipeline.core.shapes import Bool, Float, Int, Tensor
from pipeline.core.words import Words, words_of

HALF_WIDTH = 8
"""Signed distances −8..8 have a bin of their own; then come all below and all above."""
N_BINS = 2 * HALF_WIDTH + 3
HIDDEN = -1e30
"""The score of a key out of sight, or less. It is finite: a weight of 0 times it is 0."""
FEW = DUMP_CLASSES
"""Classes that few keys are in, so that each of their weights is kept."""


@dataclass(frozen=True)
class Layout:
    """Who attends, to whom, and what may be seen.

    `visible` is False for padding on either side. `is_self` is True when queries and keys are the
    same sequence, so that "self", "previous" and distances mean something. Who knows without a look
    at it what `visible` hides of the keys that are there says it: nothing, what stands later than
    the query, or any.
    """

    queries: Pieces
    keys: Pieces
    visible: Bool[Tensor, "sentence query key"]
    is_self: bool = True
    known_to_hide: Literal["nothing", "later", "any"] | None = None

    def rows(self, index: Int[Tensor, " row"] | slice) -> "Layout":
        """That of some sentences, as wide as this."""
        queries = self.queries.rows(index)
        keys = queries if self.keys is self.queries else self.keys.rows(index)
        visible = self.visible[index_sent(index, self.visible.device)]
        return Layout(queries, keys, visible, self.is_self, self.known_to_hide)

    def few(self, at: Int[Tensor, "sentence taken"], n: Int[Tensor, " sentence"]) -> "Layout":
        """That of some queries of each sentence, by their places, and all keys: as `Pieces.few`."""
        visible = at_places(self.visible, sent(at, self.visible.device), 1)
        queries = self.queries.few(at, n)
        return Layout(queries, self.keys, visible, False, self.known_to_hide)

    def parts(self, n: int) -> list[tuple[slice, "Layout"]]:
        """Layouts of `n` sentences at a time, made once."""
        if n not in self._parts:
            firsts = range(0, len(self.visible), n)
            slices = [slice(first, first + n) for first in firsts]
            self._parts[n] = [(index, self.rows(index)) for index in slices]
        return self._parts[n]

    @cached_property
    def _parts(self) -> dict[int, list[tuple[slice, "Layout"]]]:
        return {}

    @cached_property
    def all_visible(self) -> bool:
        """True when nothing is masked, not even padding: then no mask is applied at all."""
        is_whole = all(bool(side.here.real.all()) for side in (self.queries, self.keys))
        return is_whole and not self.hides

    @cached_property
    def hides(self) -> bool:
        """True when some query may not see a key that is there; on a device, when that may be."""
        if self.known_to_hide is not None:
            return self.known_to_hide != "nothing"
        real = self.queries.real[:, :, None] & self.keys.real[:, None, :]
        return bool((real & ~self.visible).any())

    @cached_property
    def ceiling(self) -> Float[Tensor, "sentence 1 #query key"]:
        """What a score may not pass: `HIDDEN` for keys out of sight. Keys come first in memory, and
        where nothing but padding is hidden all queries share a row."""
        seen = self.visible.mT.contiguous().mT if self.hides else self.keys.real.unsqueeze(1)
        return torch.where(seen, torch.inf, HIDDEN).unsqueeze(1)

    @cached_property
    def n_visible(self) -> Int[Tensor, "sentence query"]:
        """Keys in sight of each query; 0 for padding."""
        return self.visible.sum(-1)

    @cached_property
    def n_seeing(self) -> Int[Tensor, "sentence key"]:
        """Queries that see each key; 0 for padding."""
        return self.visible.sum(1)

    @cached_property
    def per_choice(self) -> Float[Tensor, "sentence query"]:
        """1 / ln(keys in sight) of each query; 0 where there is no choice between two."""
        choice = self.n_visible > 1
        return torch.where(choice, 1 / self.n_visible.where(choice, 2).log(), 0.0)

    @cached_property
    def uniform(self) -> Float[Tensor, "sentence 1 query key"]:
        """The pattern that spreads every query evenly over the keys in its sight."""
        return (self.visible / self.n_visible.clamp(min=1)[..., None]).unsqueeze(1)

    @cached_property
    def packed_from(self) -> Int[Tensor, " sentence"]:
        """Where each sentence begins when all lie end to end."""
        lengths = self.keys.lengths
        return lengths.cumsum(0) - lengths

    @cached_property
    def packed_at(self) -> Int[Tensor, "sentence piece"]:
        """Where pieces lie when sentences lie end to end; of padding, where the last piece lies."""
        place = torch.arange(self.keys.ids.shape[1], device=self.keys.ids.device)
        within = torch.minimum(place, self.keys.lengths[:, None] - 1)
        return self.packed_from[:, None] + within

    @cached_property
    def key_classes(self) -> Float[Tensor, "sentence key class"]:
        return self.keys.classes.float()

    @cached_property
    def value_members(self) -> Float[Tensor, "sentence key class"]:
        """Which keys are in each class; and, last, which are pieces of words."""
        of_words = (self.keys.word >= 0).unsqueeze(-1)
        return torch.cat((self.keys.classes, of_words), -1).float()

    @cached_property
    def packed_value_members(self) -> Float[Tensor, "packed class"]:
        """The same of sentences end to end."""
        return self.value_members.flatten(0, 1)[self.keys.real_at]

    @cached_property
    def content_keys(self) -> Float[Tensor, "sentence key"]:
        """Keys that are not special."""
        return self.keys.content.float()

    @cached_property
    def special_keys(self) -> tuple[Int[Tensor, " special"], Int[Tensor, " special"]]:
        """Sentence and place of each special key."""
        keys = self.keys.here
        sentence, key = (keys.real & keys.in_class("special")).nonzero(as_tuple=True)
        return self._sent(sentence), self._sent(key)

    @cached_property
    def unclassed_keys(self) -> Float[Tensor, "sentence key 1"]:
        """Keys in no class of their own, as a column."""
        return self.keys.unclassed.float().unsqueeze(-1)

    @cached_property
    def few_keys(self) -> Int[Tensor, "sentence few"]:
        """Places of the keys in a class of `FEW`, and of others where a sentence has fewer."""
        members = _few(self.keys.here).any(-1)
        n = max(int(members.sum(1).max()), 1)
        return self._sent(members.float().topk(n, dim=1).indices)

    @cached_property
    def few_members(self) -> Float[Tensor, "sentence few class"]:
        """Which of `few_keys` are in which class of `FEW`."""
        at = self.few_keys[..., None].expand(-1, -1, len(FEW))
        return _few(self.keys).gather(1, at).float()

    @cached_property
    def query_groups(self) -> Float[Tensor, "sentence group query"]:
        """Rows that add queries up: all of them, the CLS pieces, the SEP pieces."""
        queries = self.queries
        groups = (queries.real, queries.in_class("cls"), queries.in_class("sep"))
        return torch.stack(groups, 1).float()

    @cached_property
    def same_word(self) -> Int[Tensor, "3 pair"]:
        """Sentence, query and key of each two pieces of one word that are not the same."""
        rows, columns = self.queries.word[:, :, None], self.keys.word[:, None, :]
        apart = self._distance != 0
        return ((rows == columns) & (rows >= 0) & apart & self.visible).nonzero().T

    @property
    def _distance(self) -> Int[Tensor, "query key"]:
        """key − query"""
        n_queries, n_keys = self.visible.shape[1:]
        position = torch.arange(max(n_queries, n_keys), device=self.visible.device)
        return position[:n_keys] - position[:n_queries, None]

    @cached_property
    def far_in_word(self) -> Int[Tensor, " far"]:
        """Which of `same_word` are not beside each other."""
        _, query, key = self.same_word
        return ((query - key).abs() > 1).nonzero().squeeze(-1)

    @cached_property
    def previous_word(self) -> Bool[Tensor, "sentence query key"]:
        """Keys of the word that stands before the query's own; none past a special piece."""
        word = self.queries.word
        moved = torch.cat((torch.full_like(word[:, :1], -1), word[:, :-1]), 1)
        position = torch.arange(word.shape[1], device=word.device)
        opens = (word != moved).long() * position
        # What stands before the first piece of the query's word, wherever that piece is.
        before = moved.gather(1, opens.cummax(1).values)
        before = torch.where(word >= 0, before, -1)
        same = before[:, :, None] == self.keys.word[:, None, :]
        return same & (before >= 0)[:, :, None] & self.visible

    @cached_property
    def segments(self) -> Float[Tensor, "sentence pair 2"]:
        """Columns that add pairs of two sentences in one input up: those within a sentence; all.
        Pairs are laid out flat, by key and then by query.

        Pieces of words alone, not the next ones, and only queries that see both sentences.
        """
        assert self.queries.segment is not None
        assert self.keys.segment is not None
        rows, columns = self.queries.segment[:, :, None], self.keys.segment[:, None, :]
        position = torch.arange(self.visible.shape[1], device=self.visible.device)
        far = (position[:, None] - position).abs() > 1
        both = self.visible & far & (rows >= 0) & (columns >= 0)
        own = both & (rows == columns)
        choice = own.any(-1, keepdim=True) & (both & ~own).any(-1, keepdim=True)
        return torch.stack((own & choice, both & choice), -1).transpose(1, 2).flatten(1, 2).float()

    @cached_property
    def around(self) -> Float[Tensor, "key query"]:
        """Of each key but the first and the last, which queries are there from `HALF_WIDTH` before
        it to `HALF_WIDTH` behind; of a sequence filled up to more than that."""
        n = max(self.visible.shape[1], HALF_WIDTH + 1)
        key = torch.arange(1, n - 1, device=self.visible.device)
        offset = torch.arange(-HALF_WIDTH, HALF_WIDTH + 1, device=self.visible.device)
        query = key[:, None] + offset
        return ((query >= 0) & (query < n)).float()

    @cached_property
    def distances(self) -> Float[Tensor, "2 pair"]:
        """What a pattern laid out flat, by key and then by query, is multiplied with, to add pairs
        up: keys farther than `HALF_WIDTH` before the query; the distance."""
        displacement = self._distance.T.flatten()
        below = displacement < -HALF_WIDTH
        return torch.stack((below.float(), displacement.abs().float()))

    @cached_property
    def positions(self) -> Float[Tensor, " piece"]:
        """Places of one sequence, counted from its middle."""
        n = self.visible.shape[1]
        return torch.arange(n, device=self.visible.device) - n / 2

    @cached_property
    def key_words(self) -> Words:
        return self._key_words_here.to(self.visible.device)

    @cached_property
    def _key_words_here(self) -> Words:
        return words_of(self.keys.here.word, self._most(self.keys))

    @cached_property
    def query_words(self) -> Words:
        return self._words_of_queries(self.queries.here.word)

    @cached_property
    def predicted_words(self) -> Words:
        """Words by the positions that have to say their pieces."""
        predicts = self.queries.here.predicts
        assert predicts is not None
        return self._words_of_queries(predicts)

    def _words_of_queries(self, word: Int[Tensor, "sentence piece"]) -> Words:
        return words_of(word, self._most(self.queries)).to(self.visible.device)

    @staticmethod
    def _most(pieces: Pieces) -> int:
        return int(pieces.here.n_words.max())

    def _sent(self, made: Tensor) -> Tensor:
        return sent(made, self.visible.device)

    @cached_property
    def tree_words(self) -> Bool[Tensor, "sentence word"]:
        """Words that a tree joins: those with pieces that are not punctuation alone."""
        return self._sent(self._tree_words_here)

    @cached_property
    def most_tree_words(self) -> int:
        """As many as a sentence has at most."""
        return int(self._tree_words_here.sum(1).max())

    @cached_property
    def _tree_words_here(self) -> Bool[Tensor, "sentence word"]:
        words = self._key_words_here
        is_punctuation = self.keys.here.in_class("punct").long()
        punctuation = torch.zeros_like(words.n_pieces)
        if words.later.shape[1]:
            later = is_punctuation.gather(1, words.later) * words.is_later
            punctuation.scatter_add_(1, words.of, later)
        punctuation += is_punctuation.gather(1, words.first)
        return words.there & (punctuation == 0)


def _few(pieces: Pieces) -> Bool[Tensor, "sentence piece class"]:
    return torch.stack([pieces.in_class(name) for name in FEW], -1)
