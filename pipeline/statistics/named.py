"""Names of what kernels add up themselves, in their order, and what each needs to be there."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from pipeline.core.call import AttentionCall
from pipeline.core.layout import FEW
from pipeline.core.names import KEY_CLASSES
from pipeline.core.shapes import Float, Tensor
from pipeline.statistics import portable
from pipeline.statistics.masses import masses, sinks
from pipeline.statistics.shape import reach, sharpness

T = TypeVar("T")

KNOWN = {masses, sinks, sharpness, reach}
"""The statistics that these are of."""
WITHIN, SEGMENTS, PREDICTS, VALUES, TREES = "within", "segments", "predicts", "values", "trees"
"""What a call may be or ask for, so that there is a number: one sequence on both sides, …"""


def _named(names: Iterable[str], *needs: str) -> list[tuple[str, frozenset[str]]]:
    return [(name, frozenset(needs)) for name in names]


_BESIDE = ("self", "prev", "next", "same_word")
SUMS = (
    *_named(["row_sum"]),
    *_named([f"mass_{name}" for name in _BESIDE], WITHIN),
    *_named(["mass_other", "cls_to_cls", "sep_to_sep"]),
    *_named(["segment_own", "segment_both"], SEGMENTS),
    *_named([f"alpha_{k}" for k in range(4)]),
    *_named(["entropy_nats", "entropy_normalised", "confidence", "confidence_content"]),
    *_named(["distance_pieces", "displacement_pieces"], WITHIN),
    *_named(["norm_row_sum"], VALUES),
    *_named([f"norm_mass_{name}" for name in _BESIDE], WITHIN, VALUES),
    *_named(["norm_mass_other", "value_norm", "spearman"], VALUES),
    *_named([f"mass_{name}" for name in KEY_CLASSES]),
    # Of those few alone the lake says how much is a query's weight on itself.
    *(_named([f"self_{k}"], WITHIN if k in FEW else "nobody")[0] for k in KEY_CLASSES),
    *_named([f"norm_mass_{name}" for name in KEY_CLASSES], VALUES),
    *_named([f"value_norm_{name}" for name in KEY_CLASSES], VALUES),
)
"""Names of the lake, in the order of `Sum` and `ByClass` in `cpp/head.h` and of `fused_sums`, and
what each needs."""
POINTERS = (
    *_named(["attends_to", "attended_by"]),
    *_named(["attends_to_norm", "attended_by_norm"], VALUES),
    *_named(["tree", "tree_max"], TREES),
    *_named(["predicted_attends_to"], PREDICTS),
    *_named(["predicted_attends_to_norm"], PREDICTS, VALUES),
)


def asked(call: AttentionCall) -> frozenset[str]:
    """What of that a call is and asks for."""
    queries, within = call.layout.queries, call.layout.is_self
    there = {
        WITHIN: within,
        SEGMENTS: within and queries.segment is not None,
        PREDICTS: not within and queries.predicts is not None,
        VALUES: call.readout is not None,
        TREES: within and call.trees,
    }
    return frozenset(what for what, is_there in there.items() if is_there)


def by_name(
    names: Sequence[tuple[str, frozenset[str]]], found: Iterable[T], has: frozenset[str]
) -> dict[str, T]:
    """What there is of what was `found`, in the order of `names`, for a call that `has` so much."""
    return {name: x for (name, needs), x in zip(names, found, strict=True) if needs <= has}


def others(call: AttentionCall) -> dict[str, Float[Tensor, "sentence head ..."]]:
    """Statistics that no kernel but the portable one knows: the call is then measured twice."""
    if KNOWN.issuperset(portable.STATISTICS):
        return {}
    return portable.attend(call.padded())[1].sums
