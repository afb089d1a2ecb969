"""Group A: where attention goes.

The same function on the uniform pattern gives what a head without preference would give.
"""

import torch

from pipeline.core.digest import Digest, Pairs
from pipeline.core.layout import FEW, Layout
from pipeline.core.names import KEY_CLASSES
from pipeline.core.shapes import Float, Tensor

_CLASS = {name: column for column, name in enumerate(KEY_CLASSES)}


def masses(digest: Digest, layout: Layout) -> dict[str, Float[Tensor, "sentence head"]]:
    """Attention mass on each class of key, summed over queries (units: mass × pieces).

    Classes overlap (BERT's first piece is its CLS); `mass_other` is what lies in none of them.
    Across two sequences no key is the query itself, nor before or after it. Of two sentences in
    one input, `segment_own` is what lies within a sentence and `segment_both` in all: of words'
    pieces, neighbours left out (a head that looks at the next piece has no choice of sentence),
    and of queries that see both sentences.
    """
    by_class = digest.received @ layout.key_classes
    sums = {f"mass_{name}": by_class[..., k] for k, name in enumerate(KEY_CLASSES)}
    # [sentence, head, class of query (cls, sep), class of key]
    from_few = layout.query_groups[:, None, 1:] @ digest.columns.mT @ layout.few_members[:, None]
    sums["cls_to_cls"] = from_few[..., 0, FEW.index("cls")]
    sums["sep_to_sep"] = from_few[..., 1, FEW.index("sep")]
    sums["row_sum"] = digest.received.sum(-1)
    if digest.segments is not None:
        own, both = digest.segments.unbind(-1)
        sums |= {"segment_own": own, "segment_both": both}
    if digest.pairs is None:
        return sums | masses_elsewhere(digest.received, layout)
    on_itself = digest.pairs.itself @ layout.key_classes
    at_itself = {f"self_{name}": on_itself[..., _CLASS[name]] for name in FEW}
    return sums | masses_by_pair(digest.pairs) | at_itself


def masses_elsewhere(
    received: Float[Tensor, "sentence head key"], layout: Layout
) -> dict[str, Float[Tensor, "sentence head"]]:
    """Across two sequences: what lies on keys of no class."""
    return {"mass_other": (received @ layout.unclassed_keys).squeeze(-1)}


def masses_by_pair(pairs: Pairs) -> dict[str, Float[Tensor, "sentence head"]]:
    """Masses that hang on query and key together; they need one sequence on both sides."""
    return {
        "mass_self": pairs.itself.sum(-1),
        "mass_prev": pairs.before,
        "mass_next": pairs.behind,
        "mass_same_word": pairs.same_word,
        "mass_other": pairs.other,
    }


def sinks(digest: Digest, layout: Layout) -> dict[str, Float[Tensor, "sentence head"]]:
    """α_k of Gu et al. 2024, §2: mean attention to position k of the queries that see it, k < 4.

    A mean per sentence, not a sum over queries: the sink rate asks how often it passes ε. NaN for
    a position that the sentence does not have.
    """
    received = digest.received
    n_positions = min(4, received.shape[-1])
    alpha = received[..., :n_positions] / layout.n_seeing[:, None, :n_positions]
    missing = alpha.new_full(alpha.shape[:2], torch.nan)
    return {f"alpha_{k}": alpha[..., k] if k < n_positions else missing for k in range(4)}
