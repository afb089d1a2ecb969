"""Whether a model can read a batch as one long row, in which sentences lie end to end.

Then nothing is computed of padding. What mixes pieces besides attention (a convolution, say) would
mix those of neighbours, and what counts positions itself would count on: so a model is asked, and
reads sentences that way only where it gives what it gives of them one below the other.
"""

import torch
from transformers import PreTrainedModel

from pipeline.core.call import AttentionCall, Reduction, packed
from pipeline.core.errors import is_out_of_memory
from pipeline.core.pieces import Pieces
from pipeline.core.shapes import Float, Tensor
from pipeline.models.tap import Tap, forward
from pipeline.models.wiring import few_pieces, padding_of
from pipeline.statistics.kernels import on_padded
from pipeline.statistics.portable import attend


def first_position(model: PreTrainedModel) -> int | None:
    """The position at which a sentence begins, where the model can read sentences end to end, each
    with positions of its own; else None. `model` is one that `wiring` can read.
    """
    config = model.config
    # Llama 4 scales by a piece's place in the row from the 8192nd on: a probe does not show it.
    if config.is_encoder_decoder or getattr(config, "attn_temperature_tuning", False):
        return None
    padding = padding_of(config)
    # The first has a neighbour on its right; the second one on its left, and is padded.
    pieces = few_pieces(5, 3, padding=padding).to(model.device)
    expected = _outputs(model, pieces, None)
    # RoBERTa's make counts from behind the number of its padding.
    for first in dict.fromkeys((0, padding + 1)):
        try:
            found = _outputs(model, pieces, first)
        except Exception as error:  # whatever a family does that the others do not
            if is_out_of_memory(error):
                raise
            return None
        if all(_near(a, b) for a, b in zip(found, expected, strict=True)):
            return first
    return None


def _outputs(model: PreTrainedModel, pieces: Pieces, first: int | None) -> list[Tensor]:
    """Of each attention call, piece by piece; padding is left out."""
    outputs: list[Tensor] = []

    def kernel(call: AttentionCall) -> tuple[Tensor, Reduction]:
        output, reduction = attend(call)
        outputs.append(packed(output, call.layout.keys.real_at))
        return output, reduction

    forward(model, Tap(pieces, kernel=on_padded(kernel), first_position=first))
    return outputs


def _near(a: Float[Tensor, "..."], b: Float[Tensor, "..."]) -> bool:
    """Equal but for what sums in another order differ by."""
    limit = torch.finfo(a.dtype).eps ** 0.5 * b.abs().max()
    return bool(((a - b).abs() <= limit).all())
