"""Device code of the triton kernel: the tree in what is between words, and each node's pointer.

Prim's algorithm, a word a step (see `trees`). One program grows the tree of one head in one
sentence, with what it knows of each word in registers: a loop of small launches would take longer
than the model. What two words give each other stands side by side, so that what is read of a word
lies together: a column would be read a number at a time, each with all that stands beside it.
"""

from typing import no_type_check

import triton.language as tl

from pipeline.statistics import trees
from pipeline.statistics.fused_tiles import program

NO_PARENT, NOT_A_NODE = tl.constexpr(trees.NO_PARENT), tl.constexpr(trees.NOT_A_NODE)


@program
@no_type_check
def grow(words, node, tree, tree_max, n_heads, n_words, first_head, WORDS: tl.constexpr):
    of_head = tl.program_id(0).to(tl.int64) + first_head
    word = tl.arange(0, WORDS)
    inside = word < n_words
    is_node = tl.load(node + (of_head // n_heads) * n_words + word, mask=inside, other=0) > 0
    words += (of_head - first_head) * n_words * n_words * 2
    waits = is_node
    nearness = tl.zeros((WORDS,), tl.float32)
    parent = tl.full((WORDS,), NO_PARENT, tl.int32)
    points = parent
    for _ in range(tl.sum(is_node.to(tl.int32), 0)):
        # The nearest enters; the first of equals, and of those that nothing joins.
        at = tl.argmax(tl.where(waits, nearness, float("-inf")), 0)
        waits = waits & (word != at)
        pair = words + (at * n_words + word) * 2
        given = tl.load(pair, mask=is_node, other=0.0)
        joined = given + tl.load(pair + 1, mask=is_node, other=0.0)
        is_first = (joined == nearness) & (joined > 0.0) & (at < parent)
        better = waits & ((joined > nearness) | is_first)
        nearness = tl.where(better, joined, nearness)
        parent = tl.where(better, at, parent)
        most = tl.max(given, 0)
        to = tl.where(most > 0.0, tl.argmax(given, 0), NO_PARENT)
        points = tl.where(word == at, to, points)
    place = of_head * n_words + word
    tl.store(tree + place, tl.where(is_node, parent, NOT_A_NODE).to(tl.int16), mask=inside)
    tl.store(tree_max + place, tl.where(is_node, points, NOT_A_NODE).to(tl.int16), mask=inside)
