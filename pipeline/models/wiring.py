"""Where in a model each attention call stands: found by running a forward pass, not by name."""

import itertools

import torch
from transformers import PreTrainedModel

from pipeline.core.errors import UserError
from pipeline.core.names import KEY_CLASSES
from pipeline.core.pieces import Pieces
from pipeline.models.readout import Watch
from pipeline.models.tap import Place, Tap, forward


def wiring(model: PreTrainedModel) -> list[Place]:
    """The place of each attention call of a forward pass, found by running one on a few pieces.

    Raises UserError, naming the family, where a model's attention does not pass through the tap
    once per layer and site: its statistics would be empty or wrong.
    """
    config = model.config
    family = config.model_type
    watch = Watch()
    tap = Tap(_few_pieces(3).to(model.device), kernel=watch)
    if config.is_encoder_decoder:
        tap.target = _few_pieces(2).to(model.device)
    try:
        with watch.over(model):
            forward(model, tap)
    except Exception as error:  # whatever a family does that the others do not
        reason = str(error).split("\n")[0]
        raise UserError(
            f"model: the attention of {family} cannot be read through transformers'"
            f" AttentionInterface ({type(error).__name__}: {reason}): give a model of another"
        ) from error
    for site, n_layers in _layers(config).items():
        if not tap.calls or tap.sites.count(site) != n_layers:
            raise UserError(
                f"model: the attention of {family} does not pass through transformers'"
                f" AttentionInterface: {tap.sites.count(site)} {site} calls for {n_layers}"
                " layers; this family cannot be measured: give a model of another"
            )
    if not config.is_encoder_decoder and _is_causal(tap):
        tap.sites = ["decoder"] * len(tap.sites)
    layers = {site: itertools.count() for site in tap.sites}
    readouts = watch.readouts()
    if any(readout is None for readout in readouts):
        # Half a model's norms would be a riddle in every table: all layers have them, or none.
        readouts = [None] * len(readouts)
    return [
        Place(site, next(layers[site]), readout)
        for site, readout in zip(tap.sites, readouts, strict=True)
    ]


def _layers(config) -> dict[str, int]:
    """Layers of each site that a configuration promises; families name them differently."""

    def first(*names: str) -> int:
        return next((getattr(config, name) for name in names if hasattr(config, name)), 0)

    n_layers = first("encoder_layers", "num_encoder_layers", "num_hidden_layers")
    if not config.is_encoder_decoder:
        return {"encoder": first("num_hidden_layers")}
    n_decoder_layers = first("decoder_layers", "num_decoder_layers", "num_hidden_layers")
    return {"encoder": n_layers, "decoder": n_decoder_layers, "cross": n_decoder_layers}


def _is_causal(tap: Tap) -> bool:
    return bool(tap.calls) and not bool(tap.calls[0].layout.visible[0, 0, 1])


def _few_pieces(n: int) -> Pieces:
    # Not 0: padding's embedding may be zeros, and so all that is made of it.
    ids = torch.arange(1, n + 1)[None]
    classes = torch.zeros(1, n, len(KEY_CLASSES), dtype=torch.bool)
    word = torch.arange(n)[None]
    lengths = torch.tensor([n])
    return Pieces(ids=ids, lengths=lengths, word=word, n_words=lengths, classes=classes)
