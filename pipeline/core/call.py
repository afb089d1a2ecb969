"""One attention call of a model: a layer at a site, before its softmax. And what is kept of it."""

from dataclasses import dataclass, field, replace

from pipeline.core.layout import Layout
from pipeline.core.shapes import Float, Int, Tensor


@dataclass(frozen=True)
class AttentionCall:
    """What a kernel needs to attend and to measure.

    Grouped keys come unrepeated (`kv_head` divides `head`). `bias` is added to the scores before
    the mask (T5), `softcap` bounds them (Gemma 2), `sinks` are learned logits that take part in
    the softmax and in nothing else (gpt-oss). `readout` takes a head's values to what they add to
    the residual stream, turned into as few dimensions as a value has: lengths and angles are kept.
    It is None where a model does not read the heads' output by one matrix. `trees` asks for
    spanning trees.
    """

    query: Float[Tensor, "sentence head query channel"]
    key: Float[Tensor, "sentence kv_head key channel"]
    value: Float[Tensor, "sentence kv_head key value_channel"]
    scaling: float
    layout: Layout
    bias: Float[Tensor, "#sentence head query key"] | None = None
    softcap: float | None = None
    sinks: Float[Tensor, " head"] | None = None
    readout: Float[Tensor, "head value_channel residual"] | None = None
    trees: bool = True

    def rows(self, index: Int[Tensor, " row"] | slice, layout: Layout) -> "AttentionCall":
        """That of some sentences, whose layout is given."""
        bias = self.bias
        return replace(
            self,
            query=self.query[index],
            key=self.key[index],
            value=self.value[index],
            layout=layout,
            bias=bias if bias is None or len(bias) == 1 else bias[index],
        )


@dataclass(frozen=True)
class Reduction:
    """What is kept of a pattern: sums over its queries, and pointers, by their names in the lake.

    A pointer is a 0-based word index per word, −1 where there is none: the word that it attends to
    most, or that attends to it most. `tree` holds parents in a spanning tree.
    """

    sums: dict[str, Float[Tensor, "sentence head ..."]] = field(default_factory=dict)
    pointers: dict[str, Int[Tensor, "sentence head word"]] = field(default_factory=dict)
