"""The tap: one function through which every attention call of a model passes.

It is registered with `transformers.AttentionInterface` under `NAME`, beside its mask twin (without
one the mask would be dropped in silence). A forward pass is given a `Tap` as a keyword, which
transformers hands on to every call: nothing global, nothing patched.

Truth, in the tests, is what the same model's eager `output_attentions` gives.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import sdpa_mask

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.errors import MeasurementError, UserError
from pipeline.core.layout import Layout
from pipeline.core.pieces import KEY_CLASSES, Pieces
from pipeline.core.shapes import Tensor
from pipeline.statistics.portable import attend

NAME = "headcensus"

Kernel = Callable[[AttentionCall], tuple[Tensor, Reduction]]


@dataclass(frozen=True, order=True)
class Place:
    """Where in a model a call stands: its site, and the layer counted from 0 at that site."""

    site: str
    layer: int


@dataclass(frozen=True)
class Measured:
    """One attention call, measured. `leaks`: a learned sink takes part of each row."""

    layout: Layout
    reduction: Reduction
    leaks: bool


@dataclass
class Tap:
    """Measures one forward pass: `calls` holds one entry per attention call, in their order."""

    pieces: Pieces
    kernel: Kernel = attend
    calls: list[Measured] = field(default_factory=list)
    _layout_of: dict[int, Layout] = field(default_factory=dict)
    _masks: list[Tensor] = field(default_factory=list)  # keeps the ids in _layout_of from reuse

    def measure(self, mask: Tensor, **tensors) -> Tensor:
        layout = self._layout(mask)
        output, reduction = self.kernel(AttentionCall(layout=layout, **tensors))
        self.calls.append(Measured(layout, reduction, tensors.get("sinks") is not None))
        return output

    def _layout(self, mask: Tensor) -> Layout:
        """Layers share a layout where they share a mask; models with windows have two or more."""
        if id(mask) not in self._layout_of:
            self._masks.append(mask)
            # Padding comes from the batch: what a mask says of padding queries is not asked.
            real = self.pieces.real
            visible = real[:, :, None] & real[:, None, :] & mask[:, 0]
            self._layout_of[id(mask)] = Layout(self.pieces, self.pieces, visible)
        return self._layout_of[id(mask)]


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


def _mask(*args, **kwargs) -> Tensor | None:
    """Boolean masks, never left out: whether a call is causal is then read, not guessed.

    Left to itself transformers gives `None` where nothing is padded, and a module that does not say
    whether it is causal would be taken for one that is.
    """
    skips = {"allow_is_causal_skip": False, "allow_is_bidirectional_skip": False}
    return sdpa_mask(*args, **(kwargs | skips))


AttentionInterface.register(NAME, _attention)
AttentionMaskInterface.register(NAME, _mask)


def wiring(model: PreTrainedModel) -> list[Place]:
    """The place of each attention call of a forward pass, found by running one on two pieces.

    Raises UserError, naming the family, where a model's attention does not pass through the tap
    once per layer: its statistics would be empty or wrong.
    """
    config = model.config
    family = config.model_type
    if config.is_encoder_decoder:
        raise UserError(f"model: {family} is an encoder-decoder; these are not measured yet")
    n_layers: int = getattr(config, "num_hidden_layers", 0)
    pieces = _two_pieces(model.device)
    tap = Tap(pieces)
    try:
        forward(model, tap)
    except Exception as error:  # whatever a family does that the others do not
        reason = str(error).split("\n")[0]
        raise UserError(
            f"model: the attention of {family} cannot be read through transformers'"
            f" AttentionInterface ({type(error).__name__}: {reason})"
        ) from error
    site = "decoder" if _is_causal(tap) else "encoder"
    if len(tap.calls) != n_layers:
        raise UserError(
            f"model: the attention of {family} does not pass through transformers'"
            f" AttentionInterface: {len(tap.calls)} calls for {n_layers}"
            " layers; this family cannot be measured"
        )
    return [Place(site, layer) for layer in range(n_layers)]


def forward(model: PreTrainedModel, tap: Tap) -> None:
    """Run a model over the tap's pieces for the sake of its attention."""
    inputs: dict[str, object] = {"input_ids": tap.pieces.ids}
    inputs["attention_mask"] = tap.pieces.real.long()
    if "use_cache" in model.config.to_dict():
        inputs["use_cache"] = False
    with torch.inference_mode():
        model(**inputs, tap=tap)


def check(tap: Tap, places: list[Place], names: Sequence[str]) -> None:
    """Raises MeasurementError where a call is missing, or a pattern's rows do not sum to 1.

    `names` says what to call each sentence of the batch.
    """
    if len(tap.calls) != len(places):
        raise MeasurementError(
            f"the tap saw {len(tap.calls)} attention calls of a forward pass, not {len(places)}"
        )
    for place, call in zip(places, tap.calls, strict=True):
        n_queries = call.layout.query_groups[:, 0].sum(-1)[:, None]
        mean = call.reduction.sums["row_sum"] / n_queries
        # Written so that NaN fails: no comparison with NaN is true.
        fine = (mean <= 1 + ROW_SUM_TOLERANCE) & (call.leaks | (mean >= 1 - ROW_SUM_TOLERANCE))
        if not fine.all():
            sentence, head = (int(i) for i in (~fine).nonzero()[0])
            raise MeasurementError(
                f"{place.site} layer {place.layer} head {head}, {names[sentence]}: rows sum to"
                f" {float(mean[sentence, head]):g} on average, not to 1"
            )


ROW_SUM_TOLERANCE = 1e-4
"""Patterns are float32 whatever the model's dtype; softmax in float32 errs by about 1e-7 a row."""


def _is_causal(tap: Tap) -> bool:
    return bool(tap.calls) and not bool(tap.calls[0].layout.visible[0, 0, 1])


def _two_pieces(device: torch.device) -> Pieces:
    ids = torch.zeros(1, 2, dtype=torch.long)
    classes = torch.zeros(1, 2, len(KEY_CLASSES), dtype=torch.bool)
    word = torch.arange(2)[None]
    two = torch.tensor([2])
    return Pieces(ids=ids, lengths=two, word=word, n_words=two, classes=classes).to(device)
