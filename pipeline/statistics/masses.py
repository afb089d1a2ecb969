"""Group A: where attention goes.

Every class of key is a column, every group of queries a row, and a mass is their product with the
pattern. The same function on the uniform pattern gives what a head without preference would give.
"""

import torch

from pipeline.core.layout import Layout
from pipeline.core.pieces import KEY_CLASSES
from pipeline.core.shapes import Float, Tensor

_CLASS = {name: column for column, name in enumerate(KEY_CLASSES)}


def masses(
    pattern: Float[Tensor, "sentence head query key"], layout: Layout
) -> dict[str, Float[Tensor, "sentence head"]]:
    """Attention mass on each class of key, summed over queries (units: mass × pieces).

    Classes overlap (BERT's first piece is its CLS); `mass_other` is what lies in none of them.
    Across two sequences no key is the query itself, nor before or after it.
    """
    grouped = layout.query_groups.unsqueeze(1) @ pattern
    by_class = grouped @ layout.key_classes.unsqueeze(1)
    everyone, cls, sep = by_class.unbind(2)
    sums = {f"mass_{name}": everyone[..., _CLASS[name]] for name in KEY_CLASSES}
    sums["cls_to_cls"] = cls[..., _CLASS["cls"]]
    sums["sep_to_sep"] = sep[..., _CLASS["sep"]]
    sums["row_sum"] = grouped[:, :, 0].sum(-1)
    if layout.is_self and layout.queries.segment is not None:
        sums |= masses_by_segment(pattern, layout)
    return sums | (masses_by_pair if layout.is_self else masses_elsewhere)(pattern, layout)


def masses_elsewhere(
    pattern: Float[Tensor, "sentence head query key"], layout: Layout
) -> dict[str, Float[Tensor, "sentence head"]]:
    """Across two sequences: what lies on keys of no class."""
    return {"mass_other": (pattern.sum(2) @ layout.unclassed_keys).squeeze(-1)}


def masses_by_pair(
    pattern: Float[Tensor, "sentence head query key"], layout: Layout
) -> dict[str, Float[Tensor, "sentence head"]]:
    """Masses that hang on query and key together; they need one sequence on both sides."""
    diagonal = pattern.diagonal(dim1=-2, dim2=-1)
    on_itself = (diagonal.unsqueeze(2) @ layout.key_classes.unsqueeze(1)).squeeze(2)
    same_word, other = (pattern.flatten(2) @ layout.pairs).unbind(-1)
    return {
        "mass_self": diagonal.sum(-1),
        "mass_prev": pattern.diagonal(-1, dim1=-2, dim2=-1).sum(-1),
        "mass_next": pattern.diagonal(1, dim1=-2, dim2=-1).sum(-1),
        "mass_same_word": same_word,
        "mass_other": other,
        **{f"self_{name}": on_itself[..., _CLASS[name]] for name in ("cls", "sep", "first")},
    }


def masses_by_segment(
    pattern: Float[Tensor, "sentence head query key"], layout: Layout
) -> dict[str, Float[Tensor, "sentence head"]]:
    """Where two sentences are read as one input: what lies within a sentence, and what in all.

    Of words' pieces, neighbours left out (a head that looks at the next piece has no choice of
    sentence), and of queries that see both sentences.
    """
    own, both = (pattern.flatten(2) @ layout.segments).unbind(-1)
    return {"segment_own": own, "segment_both": both}


def sinks(
    pattern: Float[Tensor, "sentence head query key"], layout: Layout
) -> dict[str, Float[Tensor, "sentence head"]]:
    """α_k of Gu et al. 2024, §2: mean attention to position k of the queries that see it, k < 4.

    A mean per sentence, not a sum over queries: the sink rate asks how often it passes ε. NaN for
    a position that the sentence does not have.
    """
    n_positions = min(4, pattern.shape[-1])
    received = pattern[..., :n_positions].sum(2)
    n_seeing = layout.visible[..., :n_positions].sum(1, dtype=pattern.dtype)
    alpha = received / n_seeing.unsqueeze(1)
    missing = alpha.new_full(alpha.shape[:2], torch.nan)
    return {f"alpha_{k}": alpha[..., k] if k < n_positions else missing for k in range(4)}
