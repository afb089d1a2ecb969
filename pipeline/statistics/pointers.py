"""Group C, the model's half: for every word and head, one pointer each way.

Pieces are merged into words as Clark et al. 2019, §4.1 describe: attention TO a word is the sum
over its pieces, FROM a word the mean; special pieces and the diagonal take no part. (Their
published script takes the first piece on the query side; the paper's text is followed here.)
Whether a pointer is right is a question for a treebank, asked later and without the model.
"""

import torch

from pipeline.core.layout import Layout
from pipeline.core.shapes import Float, Int, Tensor
from pipeline.statistics.largest import first_largest
from pipeline.statistics.trees import NOT_A_NODE

Between = dict[tuple[str, str], Float[Tensor, "sentence head query_word key_word"]]
"""A pattern between words, by what the names of its pointers begin and end with. What no pointer
may join is 0."""


def between_words(
    pattern: Float[Tensor, "sentence head query key"],
    layout: Layout,
    length: Float[Tensor, "sentence head key"] | None = None,
) -> Between:
    """The pattern; and with a `length` for each key, ending in "_norm", the one weighted by it.

    Across two sequences, beginning with "predicted_", the same where a word has to be said. A
    decoder's row that reads a word does not yet say it; alignments are known by either convention
    (Kobayashi et al. 2020, §5: the decoder's input word, AWI, and its output word, AWO).
    """
    readings = {"": layout.query_words}
    if not layout.is_self and layout.queries.predicts is not None:
        readings["predicted_"] = layout.predicted_words
    found: Between = {}
    for begins, words in readings.items():
        # Keys come first, and whole rows of theirs are added up.
        of_words = words.mean_of_columns(pattern.mT)
        found[begins, ""] = layout.key_words.sum_of_rows(of_words).mT
        if length is not None:
            found[begins, "_norm"] = layout.key_words.sum_of_rows(of_words, length).mT
    if layout.is_self:
        for weights in found.values():
            weights.diagonal(dim1=-2, dim2=-1).zero_()
    return found


def pointers(between: Between) -> dict[str, Int[Tensor, "sentence head word"]]:
    """Which word each word attends to most, and which word attends to it most; −1 where none does.

    A weight of exactly 0 points nowhere: under a causal mask the first word sees no other word. Of
    words that have to be said, only what they attend to is asked.
    """
    found = {}
    for (begins, ends), weights in between.items():
        found[f"{begins}attends_to{ends}"] = _pointer(weights, -1)
        if not begins:
            found[f"attended_by{ends}"] = _pointer(weights, -2)
    return found


def nodes_pointer(
    weights: Float[Tensor, "sentence head word word"], layout: Layout
) -> Int[Tensor, "sentence head word"]:
    """Of the words that a tree joins, which one each of them attends to most."""
    node = layout.tree_words.unsqueeze(1)
    most = _pointer(weights * node.unsqueeze(-2), -1)
    return torch.where(node, most, NOT_A_NODE).to(torch.int16)


def _pointer(
    weights: Float[Tensor, "sentence head a b"], dim: int
) -> Int[Tensor, "sentence head c"]:
    if 0 in weights.shape:
        return weights.new_full(weights.sum(dim).shape, -1, dtype=torch.int16)
    largest, where = first_largest(weights, dim)
    return torch.where(largest > 0, where, -1).to(torch.int16)
