"""What an intervention does to a model: to its last states, and to what it says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch.nn.functional import cosine_similarity
from transformers import PreTrainedModel

from pipeline.core.errors import UserError
from pipeline.core.shapes import Bool, Float, Int, Tensor
from pipeline.models.objective import divergences, losses


@dataclass(frozen=True)
class Said:
    """What a pass came to: the last states of the stack that speaks, and its logits, if any."""

    states: Float[Tensor, "row piece channel"]
    logits: Float[Tensor, "row piece vocabulary"] | None


def said(model: PreTrainedModel, run: Callable[[], Any]) -> tuple[Said, Any]:
    """What a pass of the model, started by `run`, came to; and what `run` gave."""
    states: list[Tensor] = []

    def see(module: Any, args: tuple, output: Any) -> None:
        # A decoder ends after its encoder. OPT's head asks its decoder, and passes its model by.
        if getattr(output, "last_hidden_state", None) is not None:
            states.append(output.last_hidden_state)

    stacks = [module for module in model.modules() if isinstance(module, PreTrainedModel)]
    hooks = [stack.register_forward_hook(see) for stack in stacks]
    try:
        given = run()
    finally:
        for hook in hooks:
            hook.remove()
    if not states:
        family = model.config.model_type
        raise UserError(
            f"model: no part of {family} gives its last hidden states: `intervene` does not take"
            " it, `run` may"
        )
    output = given[0] if isinstance(given, tuple) else given
    return Said(states[-1], getattr(output, "logits", None)), given


def outcomes(
    before: Said,
    after: Said,
    sentence: Int[Tensor, " row"],
    real: Bool[Tensor, "row piece"],
    says: Int[Tensor, "row piece"] | None,
) -> dict[str, Float[Tensor, " row"]]:
    """Sums over the pieces of each row, by column of the lake's `effects`.

    `sentence` is that of each row, in what was `before`. `state_change` is ‖after − before‖ /
    ‖before‖ of each piece's last state. A sentence's embedding is the mean of its last states
    (Reimers & Gurevych 2019, §3).
    """
    old, new = before.states[sentence].float(), after.states.float()
    change = (new - old).norm(dim=-1) / old.norm(dim=-1).clamp(min=1e-12)
    found = {
        "state_change": change.masked_fill(~real, 0.0).sum(1),
        "cosine": cosine_similarity(_embedding(old, real), _embedding(new, real), dim=-1),
    }
    if says is not None and before.logits is not None and after.logits is not None:
        found["loss"] = losses(after.logits, says)
        found["kl"] = divergences(before.logits, after.logits, sentence, says)
    return found


def _embedding(states: Tensor, real: Tensor) -> Tensor:
    return (states * real.unsqueeze(-1)).sum(1) / real.sum(1, keepdim=True)
