"""The tap: one function through which every attention call of a model passes.

It is registered with `transformers.AttentionInterface` under `NAME`, beside its mask twin (without
one the mask would be dropped in silence). A forward pass is given a `Tap` as a keyword, which
transformers hands on to every call: nothing global, nothing patched.

Truth, in the tests, is what the same model's eager `output_attentions` gives.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import (
    bidirectional_mask_function,
    causal_mask_function,
    sdpa_mask,
)
from transformers.utils.generic import ModelOutput

from pipeline.core.call import AttentionCall, Reduction, packed
from pipeline.core.errors import UserError
from pipeline.core.layout import Layout
from pipeline.core.pieces import Pieces
from pipeline.core.shapes import Float, Tensor
from pipeline.statistics.edited import value_sums
from pipeline.statistics.kernels import Kernel
from pipeline.statistics.portable import attend
from pipeline.statistics.similarity import Sample

NAME = "headcensus"


@dataclass(frozen=True, order=True)
class Place:
    """Where in a model a call stands: its site, and the layer counted from 0 at that site.

    `readout` is how the model goes on with that call's heads, as an `AttentionCall` has it.
    """

    site: str
    layer: int
    readout: Tensor | None = field(default=None, compare=False, repr=False)


SITES = ("encoder", "decoder", "cross")
"""In the order of rows. A model with one stack is an encoder, or where it is causal a decoder."""


@dataclass(frozen=True)
class Measured:
    """One attention call, measured. `leaks`: a learned sink takes part of each row.

    `rows` are of the pattern, of the sentences that the tap keeps them of; `values` as
    `statistics.edited.value_sums` gives them.
    """

    layout: Layout
    reduction: Reduction
    leaks: bool
    rows: Float[Tensor, "sampled head row key"] | None = None
    values: tuple[Tensor, Tensor] | None = None


@dataclass
class Tap:
    """Measures one forward pass: `calls` holds one entry per attention call, in their order.

    `target` is what the decoder of an encoder-decoder reads. Which site a call is of, `places`
    says; without them its two lengths do, so that they have to differ. Of the sentences `sampled`
    (their indices in the batch, on the CPU) rows of the pattern are kept, to compare heads across
    layers; with `values` those are summed, to have their means. `learns`: the pass keeps what
    gradients need. `under` is what a control makes of a call before it is attended.
    `first_position` is where a sentence begins for a model that can read a batch as one row; see
    `packing`.
    """

    source: Pieces
    target: Pieces | None = None
    places: Sequence[Place] = ()
    kernel: Kernel = attend
    under: Callable[[AttentionCall], AttentionCall] = lambda call: call
    first_position: int | None = None
    sampled: Tensor | None = None
    trees: bool = True
    values: bool = False
    learns: bool = False
    calls: list[Measured] = field(default_factory=list)
    sites: list[str] = field(default_factory=list)
    _layout_of: dict[tuple[str, int], Layout] = field(default_factory=dict)
    _sample_of: dict[int, Sample] = field(default_factory=dict)
    _stops: bool = False
    _masks: list[Tensor] = field(default_factory=list)  # keeps the ids in _layout_of from reuse

    def measure(self, mask: Tensor, **tensors) -> Tensor:
        n_queries, n_keys = mask.shape[-2:]
        place = self.places[len(self.calls)] if len(self.calls) < len(self.places) else None
        site = self._site_by_length(n_queries, n_keys) if place is None else place.site
        layout = self._layout(site, mask)
        readout = None if place is None else place.readout
        call = AttentionCall(
            layout=layout, readout=readout, trees=self.trees, packed=self.packs, **tensors
        )
        call = self.under(call)
        output, reduction = self.kernel(call)
        rows = None if self.sampled is None else self._sample(call.layout, self.sampled).rows(call)
        values = value_sums(call, output) if self.values else None
        if self.packs and len(output) > 1:  # the kernel, or a control, wanted padding
            output = packed(output, layout.keys.real_at)
        self.calls.append(Measured(layout, reduction, call.sinks is not None, rows, values))
        self.sites.append(site)
        if self._stops and len(self.calls) == len(self.places):
            raise _AllSeen
        return output

    @cached_property
    def packs(self) -> bool:
        """Whether sentences lie end to end: where that can be, and there would be padding."""
        can_be = self.first_position is not None and self.target is None
        return can_be and not bool(self.source.here.real.all())

    def _site_by_length(self, n_queries: int, n_keys: int) -> str:
        if self.target is None or n_queries == n_keys == self.source.ids.shape[1]:
            return "encoder"
        return "decoder" if n_queries == n_keys else "cross"

    def _layout(self, site: str, mask: Tensor) -> Layout:
        """Layers share a layout where they share a mask; models with windows have two or more."""
        if (site, id(mask)) not in self._layout_of:
            self._masks.append(mask)
            decoded = self.source if self.target is None else self.target
            queries = self.source if site == "encoder" else decoded
            keys = decoded if site == "decoder" else self.source
            if mask.shape[-1] != keys.ids.shape[1]:
                # A few pieces need not show it: some merge them by fours, some by the hundred.
                raise UserError(
                    f"model: its layers attend to {mask.shape[-1]} keys where {keys.ids.shape[1]}"
                    " pieces are read: where keys are not pieces nothing can be said of these;"
                    " give a model of another family"
                )
            # Padding comes from the batch: what a mask says of padding queries is not asked.
            visible = queries.real[:, :, None] & keys.real[:, None, :] & mask[:, 0]
            layout = Layout(queries, keys, visible, site != "cross", _known_to_hide(mask))
            self._layout_of[site, id(mask)] = layout
        return self._layout_of[site, id(mask)]

    def _sample(self, layout: Layout, sentences: Tensor) -> Sample:
        return self._sample_of.setdefault(id(layout), Sample(layout, sentences))


def _attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    tap: Tap | None = None,
    **kwargs,
) -> tuple[Tensor, None]:
    """What transformers calls. Its contract: [sentence, query, head, channel] out, and weights.

    Raises ValueError for a call that cannot be read; `wiring` turns it into a refusal.
    """
    if tap is None:
        raise ValueError("its layers do not hand on the keywords of the forward pass")
    if attention_mask is None or attention_mask.dtype != torch.bool:
        raise ValueError("its layers are not given the mask that was made for them")
    for name, given in kwargs.items():
        if given is not None and name not in _READ | _WITHOUT_EFFECT:
            raise ValueError(f"its layers attend by {name!r}, of which the tap knows nothing")
    output = tap.measure(
        attention_mask,
        query=query,
        key=key,
        value=value,
        scaling=query.shape[-1] ** -0.5 if scaling is None else scaling,
        bias=kwargs.get("position_bias"),
        softcap=kwargs.get("softcap"),
        sinks=kwargs.get("s_aux"),
    )
    return output.transpose(1, 2).contiguous(), None


_READ = frozenset({"position_bias", "softcap", "s_aux"})
_WITHOUT_EFFECT = frozenset(
    {"dropout", "deterministic"}  # in evaluation nothing is dropped
    | {"is_causal", "sliding_window"}  # stand in the mask already
    | {"position_ids", "use_cache", "output_attentions", "output_hidden_states", "return_dict"}
    | {"output_router_logits"}
)
"""Keywords of a call. Any other may change its pattern: sparse attention by `indices`, say."""


def _mask(*args, **kwargs) -> Tensor | None:
    """Boolean masks, never left out: whether a call is causal is then read, not guessed.

    Left to itself transformers gives `None` where nothing is padded, and a module that does not say
    whether it is causal would be taken for one that is.
    """
    skips = {"allow_is_causal_skip": False, "allow_is_bidirectional_skip": False}
    real = kwargs.get("attention_mask")
    if real is not None and len(real) != kwargs["batch_size"]:
        # Sentences lie end to end. What they may see is said as if they did not.
        n_sentences, longest = real.shape
        skips |= {"batch_size": n_sentences, "q_length": longest, "kv_length": longest}
    mask = sdpa_mask(*args, **(kwargs | skips))
    setattr(mask, HIDES, _HIDDEN_BY.get(kwargs.get("mask_function"), "any"))  # pyrefly: ignore
    return mask


HIDES = "headcensus_hides"
"""What a mask hides beside padding, as an attribute of it; said by who made it."""
_HIDDEN_BY = {bidirectional_mask_function: "nothing", causal_mask_function: "later"}


def _known_to_hide(mask: Tensor) -> Any:
    """As a layout has it. On a CPU a look at a mask is cheap, and says more."""
    return None if mask.device.type == "cpu" else getattr(mask, HIDES, "any")


AttentionInterface.register(NAME, _attention)
AttentionMaskInterface.register(NAME, _mask)


class _AllSeen(Exception):
    """What a pass that stops is stopped by."""


def attention_only(model: PreTrainedModel, tap: Tap) -> None:
    """`forward`, but for what follows the call at the last of the tap's places: no pattern hangs on
    it. In six layers of BERT's make that is an eighth of the work.
    """
    tap._stops = True
    with suppress(_AllSeen):
        forward(model, tap)


def forward(model: PreTrainedModel, tap: Tap) -> ModelOutput:
    """Run a model over the tap's pieces for the sake of its attention."""
    ids, real = tap.source.ids, tap.source.real
    of_pieces = {"input_ids": ids}
    if tap.source.types is not None and getattr(model.config, "type_vocab_size", 0) > 1:
        of_pieces["token_type_ids"] = tap.source.types
    if tap.packs:
        place = torch.arange(ids.shape[1], device=ids.device) + (tap.first_position or 0)
        of_pieces["position_ids"] = place.expand_as(ids)
        at = tap.source.real_at
        of_pieces = {name: of.flatten()[at][None] for name, of in of_pieces.items()}
    inputs: dict[str, object] = {**of_pieces, "attention_mask": real.long()}
    if tap.target is not None:
        inputs["decoder_input_ids"] = tap.target.ids
        inputs["decoder_attention_mask"] = tap.target.real.long()
    if hasattr(model.config, "use_cache"):
        inputs["use_cache"] = False
    with torch.inference_mode(not tap.learns):
        return model(**inputs, tap=tap)
