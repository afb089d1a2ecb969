"""Whether a model computes through the tap what it computes by itself.

A tap sees queries, keys, values and a mask, and hands back what it makes of them. What else is done
with them is not seen: a router of experts may read the mask too, or a sentence hang on those beside
it. So a model is asked, as it was loaded: under a control a small difference may grow.
"""

import torch
from transformers import PreTrainedModel

from pipeline.core.errors import UserError, first_line, is_out_of_memory
from pipeline.core.shapes import Float, Tensor
from pipeline.models.outcomes import said
from pipeline.models.tap import NAME, Tap, forward
from pipeline.models.wiring import few_pieces, padding_of


def check_eager(model: PreTrainedModel) -> None:
    """Read two sentences, one of them padded, through the tap, and each alone by transformers' own
    eager attention.

    Raises UserError, naming the family, where the last states differ. Says nothing of a model that
    the tap cannot read, which `wiring` refuses by name, nor of one that has no last states, or none
    that are numbers.
    """
    padding = padding_of(model.config)
    source, target = few_pieces(5, 3, padding=padding).to(model.device), None
    if model.config.is_encoder_decoder:
        target = few_pieces(4, 2, padding=padding).to(model.device)
    try:
        tapped, _ = said(model, lambda: forward(model, Tap(source, target)))
    except Exception as error:  # whatever a family does that the others do not
        if is_out_of_memory(error):
            raise
        return
    last = source if target is None else target
    for k, n_pieces in enumerate(last.lengths.tolist()):
        ids = source.ids[k : k + 1, : source.lengths[k]]
        # Without a mask some look whether there is padding, and warn.
        inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        if target is not None:
            inputs["decoder_input_ids"] = target.ids[k : k + 1, :n_pieces]
        truth = _eager(model, inputs)
        apart = _apart(tapped.states[k : k + 1, :n_pieces], truth)
        if apart > torch.finfo(truth.dtype).eps ** (1 / 3):
            raise UserError(
                f"model: through transformers' AttentionInterface {model.config.model_type} does"
                f" not compute what it computes by eager attention (its last states are {apart:.0%}"
                f" apart, in {str(truth.dtype).removeprefix('torch.')}): its numbers would be"
                " another model's; give a model of another family"
            )


def _eager(
    model: PreTrainedModel, inputs: dict[str, Tensor]
) -> Float[Tensor, "sentence piece channel"]:
    try:
        model.set_attn_implementation("eager")
        with torch.inference_mode():
            found, _ = said(model, lambda: model(**inputs))
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise UserError(
            f"model: {model.config.model_type} cannot be run with eager attention, which numbers"
            f" are compared with ({type(error).__name__}: {first_line(error)}): give a model of"
            " another family"
        ) from error
    finally:
        model.set_attn_implementation(NAME)
    return found.states


def _apart(a: Tensor, truth: Tensor) -> float:
    """‖a − truth‖ / ‖truth‖ of the piece where that is most; 0 where the truth is no number.

    In half precision of the middle one: of some pieces a rounding may choose another expert.
    """
    by_piece = (a.float() - truth.float()).norm(dim=-1) / truth.float().norm(dim=-1)
    if not bool(truth.isfinite().all()):
        return 0.0
    is_half = truth.dtype in (torch.bfloat16, torch.float16)
    return float(by_piece.median() if is_half else by_piece.max())
