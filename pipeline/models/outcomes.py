"""What an intervention does to a model: to its last states, and to what it says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch.nn.functional import cosine_similarity
from transformers import PreTrainedModel

from pipeline.core.shapes import Bool, Float, Int, Tensor
from pipeline.models.objective import divergences, losses


@dataclass(frozen=True)
class Said:
    """What a pass came to: the last states of the stack that speaks, and its logits, if any."""

    states: Float[Tensor, "row piece channel"]
    logits: Float[Tensor, "row piece vocabulary"] | None

    def rows(self, index: Int[Tensor, " chosen"]) -> "Said":
        return Said(self.states[index], None if self.logits is None else self.logits[index])


def said(model: PreTrainedModel, run: Callable[[], Any]) -> tuple[Said, Any]:
    """What a pass of the model, started by `run`, came to; and what `run` gave."""
    states: list[Tensor] = []
    stack = model.get_decoder() if model.config.is_encoder_decoder else model.base_model

    def see(module: Any, args: tuple, output: Any) -> None:
        states.append(output[0])

    hook = stack.register_forward_hook(see)
    try:
        given = run()
    finally:
        hook.remove()
    output = given[0] if isinstance(given, tuple) else given
    return Said(states[-1], getattr(output, "logits", None)), given


def outcomes(
    before: Said,
    after: Said,
    real: Bool[Tensor, "row piece"],
    says: Int[Tensor, "row piece"] | None,
) -> dict[str, Float[Tensor, " row"]]:
    """Sums over the pieces of each row, by column of the lake's `effects`.

    `state_change` is ‖after − before‖ / ‖before‖ of each piece's last state. A sentence's embedding
    is the mean of its last states (Reimers & Gurevych 2019, §3).
    """
    old, new = before.states.float(), after.states.float()
    change = (new - old).norm(dim=-1) / old.norm(dim=-1).clamp(min=1e-12)
    found = {
        "state_change": change.masked_fill(~real, 0.0).sum(1),
        "cosine": cosine_similarity(_embedding(old, real), _embedding(new, real), dim=-1),
    }
    if says is not None and before.logits is not None and after.logits is not None:
        found["loss_before"] = losses(before.logits, says)
        found["loss_change"] = losses(after.logits, says) - found["loss_before"]
        found["kl"] = divergences(before.logits, after.logits, says)
    return found


def _embedding(states: Tensor, real: Tensor) -> Tensor:
    return (states * real.unsqueeze(-1)).sum(1) / real.sum(1, keepdim=True)
