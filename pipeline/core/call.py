"""One attention call of a model: a layer at a site, before its softmax. And what is kept of it."""

from dataclasses import dataclass, field, replace

from pipeline.core.layout import Layout
from pipeline.core.pieces import at_places
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

    `packed` says that queries, keys and values are those of one long row, in which sentences lie
    end to end without padding; only of one sequence with itself, and without a bias.
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
    packed: bool = False

    def padded(self) -> "AttentionCall":
        """The same with a row for each sentence."""
        return self.rows(slice(None), self.layout) if self.packed else self

    def rows(self, index: Int[Tensor, " row"] | slice, layout: Layout) -> "AttentionCall":
        """That of some sentences, whose layout is given; padded."""
        if self.packed:
            at = self.layout.packed_at[index]
            query, key, value = (padded(t, at) for t in (self.query, self.key, self.value))
            return replace(self, query=query, key=key, value=value, layout=layout, packed=False)
        bias = self.bias
        return replace(
            self,
            query=self.query[index],
            key=self.key[index],
            value=self.value[index],
            layout=layout,
            bias=bias if bias is None or len(bias) == 1 else bias[index],
        )

    def few(self, at: Int[Tensor, "sentence taken"], layout: Layout) -> "AttentionCall":
        """That of some queries of each sentence, by their places; `layout` is theirs. Of a padded
        call."""
        assert not self.packed
        bias = self.bias if self.bias is None else at_places(self.bias, at, 2)
        return replace(self, query=at_places(self.query, at, 2), bias=bias, layout=layout)


def padded(
    tensor: Float[Tensor, "1 head packed channel"], at: Int[Tensor, "sentence piece"]
) -> Float[Tensor, "sentence head piece channel"]:
    """Of sentences end to end a row for each; `at` is where its pieces lie."""
    of_pieces = tensor.squeeze(0).transpose(0, 1)
    rows = of_pieces.flatten(1).index_select(0, at.flatten())
    return rows.unflatten(1, of_pieces.shape[1:]).unflatten(0, at.shape).transpose(1, 2)


def packed(
    tensor: Float[Tensor, "sentence head piece channel"], real: Int[Tensor, " packed"]
) -> Float[Tensor, "1 head packed channel"]:
    """The inverse of `padded`; `real` is where pieces lie that are no padding."""
    of_pieces = tensor.transpose(1, 2).flatten(0, 1)
    rows = of_pieces.flatten(1).index_select(0, real)
    return rows.unflatten(1, of_pieces.shape[1:]).transpose(0, 1).unsqueeze(0)


@dataclass(frozen=True)
class Reduction:
    """What is kept of a pattern: sums over its queries, and pointers, by their names in the lake.

    A pointer is a 0-based word index per word, −1 where there is none: the word that it attends to
    most, or that attends to it most. `tree` holds parents in a spanning tree.
    """

    sums: dict[str, Float[Tensor, "sentence head ..."]] = field(default_factory=dict)
    pointers: dict[str, Int[Tensor, "sentence head word"]] = field(default_factory=dict)
