"""One attention call of a model: a layer at a site, before its softmax. And what is kept of it."""

from dataclasses import dataclass, field

from pipeline.core.layout import Layout
from pipeline.core.shapes import Float, Int, Tensor


@dataclass(frozen=True)
class AttentionCall:
    """What a kernel needs to attend and to measure.

    Grouped keys come unrepeated (`kv_head` divides `head`). `bias` is added to the scores before
    the mask (T5), `softcap` bounds them (Gemma 2), `sinks` are learned logits that take part in
    the softmax and in nothing else (gpt-oss).
    """

    query: Float[Tensor, "sentence head query channel"]
    key: Float[Tensor, "sentence kv_head key channel"]
    value: Float[Tensor, "sentence kv_head key value_channel"]
    scaling: float
    layout: Layout
    bias: Float[Tensor, "#sentence head query key"] | None = None
    softcap: float | None = None
    sinks: Float[Tensor, " head"] | None = None


@dataclass(frozen=True)
class Reduction:
    """What is kept of a pattern: sums over its queries, and one pointer per word each way.

    A pointer is a 0-based word index, −1 where there is none. Across two sequences there is a third
    one: from the positions that have to say a word, instead of those that read it.
    """

    sums: dict[str, Float[Tensor, "sentence head ..."]] = field(default_factory=dict)
    attends_to: Int[Tensor, "sentence head query_word"] | None = None
    attended_by: Int[Tensor, "sentence head key_word"] | None = None
    predicted_attends_to: Int[Tensor, "sentence head query_word"] | None = None
