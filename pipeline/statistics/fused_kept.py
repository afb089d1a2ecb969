"""Where the triton kernel's programs keep what, by name.

They read it as `kept.NAME`: a name of their own module Triton would look up at each launch, to see
that it is what it was when they were compiled.
"""

import triton.language as tl

from pipeline.core.layout import HALF_WIDTH

NEAR = tl.constexpr(HALF_WIDTH)
BAND = tl.constexpr(2 * HALF_WIDTH + 1)
"""Weights of a query that are kept each: on the keys up to so many pieces before and behind it."""

N_ROWS = tl.constexpr(13)
(
    OF_ENTROPY, OF_LARGEST, OF_CONTENT, OF_SAME_WORD, OF_OTHER, OF_DISTANCE, OF_DISPLACEMENT,
    OF_BELOW, OF_ABOVE, OF_NORM_SAME_WORD, OF_NORM_OTHER, OF_OWN, OF_BOTH,
) = map(tl.constexpr, range(N_ROWS.value))  # fmt: skip
"""The numbers that `fused_kernels.measure` keeps of each query, a row of each, and that
`fused_sums` adds up."""

(
    ROW_SUM, ITSELF, BEFORE, BEHIND, SAME_WORD, OTHER, CLS_TO_CLS, SEP_TO_SEP, SEGMENT_OWN,
    SEGMENT_BOTH, ALPHA, _, _, _, ENTROPY, ENTROPY_NORMALISED, CONFIDENCE, CONFIDENCE_CONTENT,
    DISTANCE, DISPLACEMENT, NORM_ROW_SUM, NORM_ITSELF, NORM_BEFORE, NORM_BEHIND, NORM_SAME_WORD,
    NORM_OTHER, VALUE_NORM, SPEARMAN, BY_CLASS,
) = map(tl.constexpr, range(29))  # fmt: skip
"""In the order of `named.SUMS`; what is by class comes last."""
