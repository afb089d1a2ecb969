"""How many layers a model's configuration promises, whatever a family calls them."""

from typing import Any


def stacks(config: Any) -> list[Any]:
    """Configurations of what reads the source and of what reads the target. T5Gemma states each by
    itself; of most families both are the whole."""
    sides = [getattr(config, side, None) for side in ("encoder", "decoder")]
    return [side if hasattr(side, "num_hidden_layers") else config for side in sides]


def layers_by_site(config: Any) -> dict[str, int]:
    """Attention calls of each site in a forward pass; 0 where the configuration does not say."""
    if not config.is_encoder_decoder:
        return {"encoder": _first(config, "num_hidden_layers")}
    source, target = stacks(config)
    n_layers = _first(source, "encoder_layers", "num_encoder_layers", "num_hidden_layers")
    n_decoder = _first(target, "decoder_layers", "num_decoder_layers", "num_hidden_layers")
    return {"encoder": n_layers, "decoder": n_decoder, "cross": n_decoder}


def _first(config: Any, *names: str) -> int:
    return next((n for n in (getattr(config, name, None) for name in names) if n), 0)
