"""Group C, the model's half: for every word and head, one pointer each way.

Pieces are merged into words as Clark et al. 2019, §4.1 describe: attention TO a word is the sum
over its pieces, FROM a word the mean; special pieces and the diagonal take no part. (Their
published script takes the first piece on the query side; the paper's text is followed here.)
Whether a pointer is right is a question for a treebank, asked later and without the model.
"""

import torch

from pipeline.core.layout import Layout
from pipeline.core.shapes import Float, Int, Tensor
from pipeline.statistics.trees import NOT_A_NODE, spanning_tree


def to_words(
    pattern: Float[Tensor, "sentence head query key"], layout: Layout
) -> Float[Tensor, "sentence head query key_word"]:
    """Attention of each piece to each word."""
    n_sentences, n_heads, n_queries, _ = pattern.shape
    merged = torch.bmm(pattern.flatten(1, 2), layout.to_words)
    return merged.view(n_sentences, n_heads, n_queries, -1)


def word_pattern(
    pattern: Float[Tensor, "sentence head query key"], layout: Layout
) -> Float[Tensor, "sentence head query_word key_word"]:
    """The pattern between words."""
    return layout.from_words.unsqueeze(1) @ to_words(pattern, layout)


def pointers(
    pattern: Float[Tensor, "sentence head query key"], layout: Layout, trees: bool = True
) -> dict[str, Int[Tensor, "sentence head word"]]:
    """Which word each word attends to most, and which word attends to it most; −1 where none does.

    A weight of exactly 0 points nowhere: under a causal mask the first word sees no other word.
    Across two sequences a third: which word is attended to most where the word has to be said. A
    decoder's row that reads a word does not yet say it; alignments are known by either convention
    (Kobayashi et al. 2020, §5: the decoder's input word, AWI, and its output word, AWO). Within one
    sequence, with `trees`, a tree by either reading: of the words that a tree joins, which one each
    attends to most, and the parents in the spanning tree.
    """
    on_words = to_words(pattern, layout)
    between_words = layout.from_words.unsqueeze(1) @ on_words
    between_words.masked_fill_(layout.no_pointer, 0.0)
    found = {
        "attends_to": _positive_argmax(between_words, -1),
        "attended_by": _positive_argmax(between_words, -2),
    }
    if layout.is_self and trees:
        found["tree"] = spanning_tree(between_words, layout)
        node = layout.tree_words.unsqueeze(1)
        between_words.masked_fill_(~node.unsqueeze(-2), 0.0)
        most = _positive_argmax(between_words, -1)
        found["tree_max"] = torch.where(node, most, NOT_A_NODE).to(torch.int16)
    if not layout.is_self and layout.queries.predicts is not None:
        predicted = layout.from_predicted_words.unsqueeze(1) @ on_words
        predicted.masked_fill_(layout.no_predicted_pointer, 0.0)
        found["predicted_attends_to"] = _positive_argmax(predicted, -1)
    return found


def _positive_argmax(
    weights: Float[Tensor, "sentence head a b"], dim: int
) -> Int[Tensor, "sentence head c"]:
    if 0 in weights.shape:
        return weights.new_full(weights.sum(dim).shape, -1, dtype=torch.int16)
    largest, where = weights.max(dim)
    return torch.where(largest > 0, where, -1).to(torch.int16)
