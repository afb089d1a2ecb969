"""Where in a model each attention call stands: found by running a forward pass, not by name."""

import itertools

import torch
from transformers import PreTrainedModel

from pipeline.core.errors import UserError, first_line, is_out_of_memory
from pipeline.core.names import KEY_CLASSES
from pipeline.core.pieces import Pieces
from pipeline.core.stacks import layers_by_site
from pipeline.models.longest import UNLIMITED
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
    tap = Tap(few_pieces(3).to(model.device), kernel=watch)
    if config.is_encoder_decoder:
        tap.target = few_pieces(2).to(model.device)
    try:
        with watch.over(model):
            forward(model, tap)
    except Exception as error:  # whatever a family does that the others do not
        if is_out_of_memory(error):
            raise
        raise UserError(
            f"model: the attention of {family} cannot be read through transformers'"
            f" AttentionInterface ({type(error).__name__}: {first_line(error)}):"
            " give a model of another"
        ) from error
    for site, n_layers in layers_by_site(config).items():
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


def _is_causal(tap: Tap) -> bool:
    return bool(tap.calls) and not bool(tap.calls[0].layout.visible[0, 0, 1])


def padding_of(config) -> int:
    """The id of padding, or 0 where none has an embedding: Llama 1 states −1 for that."""
    stated = getattr(config, "pad_token_id", None) or 0
    return stated if 0 <= stated < (getattr(config, "vocab_size", None) or UNLIMITED) else 0


def few_pieces(*lengths: int, padding: int = 0) -> Pieces:
    """A sentence of each length, to try a model with."""
    n_pieces, place = torch.tensor(lengths), torch.arange(max(lengths))
    real = place < n_pieces[:, None]
    # Three that every vocabulary has, and none of them padding: its embedding may be zeros, and so
    # all that is made of it.
    known = torch.tensor([k for k in range(1, 5) if k != padding][:3])
    ids = known[(place + torch.arange(len(lengths))[:, None]) % 3]
    return Pieces(
        ids=ids.where(real, padding),
        lengths=n_pieces,
        word=place.where(real, -1),
        n_words=n_pieces,
        classes=torch.zeros(*real.shape, len(KEY_CLASSES), dtype=torch.bool),
    )
