"""What is kept of a pattern: a few numbers for each query and each key, of which every statistic is
made. Kernels that add up themselves, the native one and Triton's, are held to them by a law.
"""

from dataclasses import dataclass

from pipeline.core.shapes import Float, Int, Tensor


@dataclass(frozen=True)
class Pairs:
    """Weights that hang on query and key together; within one sequence only.

    Of each query, the weight of itself; and the sums over all queries of weights on the piece
    before, on the piece behind, on other pieces of the same word, and on keys that are none of
    these and in no class.
    """

    itself: Float[Tensor, "sentence head query"]
    before: Float[Tensor, "sentence head"]
    behind: Float[Tensor, "sentence head"]
    same_word: Float[Tensor, "sentence head"]
    other: Float[Tensor, "sentence head"]


@dataclass(frozen=True)
class Distances:
    """Weights by signed distance key − query, summed over queries: in `layout.N_BINS` bins, times
    the distance without its sign, and times the distance."""

    bins: Float[Tensor, "sentence head bin"]
    distance: Float[Tensor, "sentence head"]
    displacement: Float[Tensor, "sentence head"]


@dataclass(frozen=True)
class Digest:
    """Rows of padding have weights of 0.

    `received` is what each key gets of all queries. `largest` is each query's largest weight,
    `where` its first key, `content` the largest on keys that are not special. `columns` are the
    weights of the layout's `few_keys`. `segments`, of two sentences in one input: the weight within
    a sentence, and all of it (see `layout.segments`). `pointers` as in a `Reduction`; those of a
    name ending in `_norm`, and `weighted`, are of the pattern weighted by the length of each key's
    transformed value.
    """

    received: Float[Tensor, "sentence head key"]
    entropy: Float[Tensor, "sentence head query"]
    largest: Float[Tensor, "sentence head query"]
    where: Int[Tensor, "sentence head query"]
    content: Float[Tensor, "sentence head query"]
    columns: Float[Tensor, "sentence head few query"]
    pointers: dict[str, Int[Tensor, "sentence head word"]]
    pairs: Pairs | None = None
    weighted: Pairs | None = None
    distances: Distances | None = None
    segments: Float[Tensor, "sentence head 2"] | None = None
