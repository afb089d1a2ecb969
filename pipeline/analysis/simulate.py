"""Simulated censuses: how many heads are said to track that know nothing, or a known amount.

Trees are a corpus's own, and all that comes after the pointers is the census's: halves, fitted
offsets, tests, correction, nulls. Made up is where heads point. So it is the procedure's own error
that is shown.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.analysis.arcs import Arcs, FittedOffsets, best_offset, count_offsets
from pipeline.analysis.census import LEVEL, head_flags
from pipeline.analysis.halves import confirming
from pipeline.analysis.hits import DIRECTIONS
from pipeline.analysis.nulls import TRAINED, relations_with_nulls
from pipeline.analysis.relations import RelationTally
from pipeline.analysis.rules import Rules
from pipeline.analysis.significance import clustered_mcnemar, with_q
from pipeline.core.errors import UserError
from pipeline.lake.read import frame_of
from pipeline.lake.tables import TABLES

HALVINGS = 4
"""From the whole corpus down to the smallest part of it that is looked at."""
NOTHING, SIZES, PLANTED = 1, 2, 3
"""What a census is of. With the seed, the kind or the place, and its number it is the key of all
that is drawn for it, so that no two censuses share a draw, nor do two seeds."""
FLAGS = ("tracks", "margin", "significant", "beats_nulls", "naive")


@dataclass(frozen=True)
class Trees:
    """Arcs of a corpus, sorted by sentence; the number of words and the row of each sentence."""

    arcs: Arcs
    n_words: np.ndarray
    rows: np.ndarray


Hits = np.ndarray
"""[arc, direction × head], booleans, as `hits.judge` gives them."""
Draw = Callable[[np.random.Generator], tuple[Trees, Hits]]
"""A census of heads: over which trees, and on which arcs each head is right."""


def random_pointers(trees: Trees, n_heads: int) -> Draw:
    """Every word of every head points at any other word of its sentence."""
    chance = 1 / (trees.n_words[trees.arcs.sentence] - 1)

    def draw(rng: np.random.Generator) -> tuple[Trees, Hits]:
        shape = (len(trees.arcs), len(DIRECTIONS) * n_heads)
        return trees, rng.random(shape, np.float32) < chance[:, None]

    return draw


def offset_by_sentence(trees: Trees, n_heads: int) -> Draw:
    """In a sentence all words of a head look equally far away, as far as some arc of the corpus.

    Arcs of a sentence stand and fall together: a test that takes them for independent is too sure.
    """
    offsets = trees.arcs.offset

    def draw(rng: np.random.Generator) -> tuple[Trees, Hits]:
        shape = (len(trees.n_words), len(DIRECTIONS) * n_heads)
        looked = rng.choice(offsets, shape)
        return trees, looked[trees.arcs.sentence] == offsets[:, None]

    return draw


def as_good_as_the_offset(trees: Trees, n_heads: int) -> Draw:
    """Every head is right as often as the best offset of each relation, elsewhere than it: the
    edge of what the test is to reject. Half of the luck is the sentence's, half the arc's.
    """
    rate = np.zeros(len(trees.arcs), np.float32)
    for relation in np.unique(trees.arcs.deprel):
        of_relation = trees.arcs.deprel == relation
        counts = count_offsets(trees.arcs.where(of_relation))
        rate[of_relation] = best_offset(counts)[1] / of_relation.sum()

    def draw(rng: np.random.Generator) -> tuple[Trees, Hits]:
        n_columns = len(DIRECTIONS) * n_heads
        of_sentence = rng.random((len(trees.n_words), n_columns), np.float32)
        luck = rng.random((len(trees.arcs), n_columns), np.float32)
        shared = rng.random(luck.shape, np.float32) < 0.5
        luck[shared] = of_sentence[trees.arcs.sentence][shared]
        return trees, luck < rate[:, None]

    return draw


KNOW_NOTHING: dict[str, Callable[[Trees, int], Draw]] = {
    "random pointers": random_pointers,
    "one offset a sentence": offset_by_sentence,
    "as good as the offset": as_good_as_the_offset,
}


def as_measured(trees: Trees, hits: Hits) -> Draw:
    """A measured cell, each sentence once: its censuses differ in their halves alone.

    Drawn with replacement, copies of a sentence would share its luck and its half, and count as
    independent: z would have twice its variance.
    """
    return lambda rng: (trees, hits)


def subsampled(trees: Trees, hits: Hits, n: int) -> Draw:
    """A measured cell over `n` of its sentences."""
    return lambda rng: _over(trees, hits, rng.choice(len(trees.n_words), n, replace=False))


def _over(trees: Trees, hits: Hits, drawn: np.ndarray) -> tuple[Trees, Hits]:
    """The sentences drawn, with their arcs and what heads make of them."""
    first, end = (
        np.searchsorted(trees.arcs.sentence, drawn, side=side) for side in ("left", "right")
    )
    lengths = end - first
    before = np.cumsum(lengths) - lengths
    arcs = np.arange(lengths.sum()) + np.repeat(first - before, lengths)
    chosen = trees.arcs.where(arcs)
    sentence = np.repeat(np.arange(len(drawn)), lengths)
    again = Arcs(sentence, chosen.dependent, chosen.governor, chosen.deprel)
    return Trees(again, trees.n_words[drawn], trees.rows[drawn]), hits[arcs]


def counted(
    own: Draw, null: Draw, n_heads: int, rules: Rules, key: Sequence[int]
) -> dict[str, int]:
    """One census of a model that is `own`, held against a null: heads by flag.

    And of its tests on `min_arcs` arcs or more: `n_tests`, those with p below alpha before any
    correction, and those a McNemar test would put there that takes every arc for independent.
    `key` draws the halves, and the heads.
    """
    relations = judged(own, null, n_heads, rules, key)
    alignments = frame_of(TABLES["alignments"].empty_table())
    flags = head_flags(relations.lazy(), alignments.lazy(), rules).collect().filter(control=TRAINED)
    tests = relations.filter(pl.col("n") >= rules.min_arcs, control=TRAINED)
    b, c = tests["b"].to_numpy(), tests["c"].to_numpy()
    _, p_independent = clustered_mcnemar(b - c, b + c)
    return {flag: int(flags[flag].fill_null(False).sum()) for flag in FLAGS} | {
        "n_tests": len(tests),
        "n_below": int((tests["p"] < rules.alpha).sum()),
        "n_below_independent": int((p_independent < rules.alpha).sum()),
    }


def judged(own: Draw, null: Draw, n_heads: int, rules: Rules, key: Sequence[int]) -> pl.DataFrame:
    """The relations of such a census, with every flag."""
    # The last word is not 0: numpy takes [1], [1, 0] and [1, 0, 0] for one seed.
    rng = np.random.default_rng([*key, 0x5EED])
    halves = int(rng.integers(2**31))
    frames = [
        _tests(*draw(rng), n_heads, rules, halves).with_columns(
            model=pl.lit("m"), control=pl.lit(control), seed=pl.lit(0), corpus=pl.lit("c")
        )
        for control, draw in ((TRAINED, own), ("null", null))
    ]
    relations = pl.concat(frames).with_columns(pl.col("accuracy").fill_nan(None))
    return relations_with_nulls(relations.lazy(), rules).collect()


def _tests(trees: Trees, hits: Hits, n_heads: int, rules: Rules, halves: int) -> pl.DataFrame:
    confirms = confirming(trees.rows, halves)
    offsets = FittedOffsets()
    offsets.add(trees.arcs, confirms)
    tally = RelationTally(offsets, rules, (LEVEL,))
    # Intervals are not asked for: one replicate, every sentence once.
    tally.add(trees.arcs, hits, confirms, np.ones((1, len(confirms)), np.float32))
    places = pl.DataFrame(
        {"site": ["encoder"] * n_heads, "layer": [0] * n_heads, "head": range(n_heads)}
    )
    tests = tally.frame(places)
    if tests.is_empty():
        raise UserError(
            f"calibrate: {len(trees.n_words)} sentences drawn from the corpus have no arc: give a"
            " larger corpus"
        )
    return with_q(tests, pl.col("n") >= rules.min_arcs, rules)


def simulations(
    draws: Mapping[str, tuple[Draw, Draw, int]], n: int, rules: Rules, seed: int
) -> Iterator[dict]:
    """`n` censuses of each kind, a row for each: heads by flag, and how many there were.

    A kind is the model's draw, its null's, and the number of heads.
    """
    for place, (kind, (own, null, n_heads)) in enumerate(draws.items()):
        for k in range(n):
            counts = counted(own, null, n_heads, rules, (seed, NOTHING, place, k))
            yield {"kind": kind, "seed": seed, "census": k, "n_heads": n_heads} | counts


def by_size(
    own: tuple[Trees, Hits], null: tuple[Trees, Hits], n: int, rules: Rules, seed: int
) -> Iterator[dict]:
    """How the counts of a measured cell move with its corpus: `n` subsamples of each size, from a
    sixteenth of the sentences to all of them, where the halves alone differ. A row for each census.
    """
    n_heads = own[1].shape[1] // len(DIRECTIONS)
    for halvings in range(HALVINGS, -1, -1):
        size = len(own[0].n_words) >> halvings
        draws = subsampled(*own, size), subsampled(*null, size)
        for k in range(n):
            counts = counted(*draws, n_heads, rules, (seed, SIZES, halvings, k))
            yield {"n_sentences": size, "seed": seed, "census": k, "n_heads": n_heads} | counts
