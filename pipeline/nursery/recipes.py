"""Recipes: everything that a small model is made from, its text and its seed included.

Two models of one recipe are the same model. The three at the end are the nursery's own; a smaller
one is `dataclasses.replace(MLM, steps=…)`.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

Kind = Literal["mlm", "clm", "mt"]

EVALUATION_SEEDS = {0: 2000, 1: 2000}
"""Seeds of the grammar whose sentences are measured, and how many: the shipped treebank is seed 0,
the shipped translations are seed 1. No model may have read any of them."""


@dataclass(frozen=True)
class Recipe:
    """One model from scratch.

    `layers` are those of the encoder and, for `mt`, as many again in the decoder. A step reads up
    to `batch_pieces` pieces (padding, and for `mt` both languages, included). The learning rate
    rises over `warm_up` steps and falls in a straight line to 0. `saved` names the steps, besides
    the last, after which a checkpoint is kept. `masked` is the share of words' pieces hidden from
    an `mlm`.
    """

    kind: Kind
    layers: int
    heads: int
    width: int
    inner: int
    vocabulary: int
    steps: int
    batch_pieces: int
    learning_rate: float
    warm_up: int
    saved: tuple[int, ...]
    weight_decay: float = 0.01
    clip: float = 1.0
    masked: float = 0.0
    label_smoothing: float = 0.0
    seed: int = 0
    text_seed: int = 1001
    n_sentences: int = 60_000
    validation_seed: int = 2001
    n_validation: int = 1000
    positions: int = 128

    @property
    def fingerprint(self) -> str:
        """A hash of every field: another recipe is another model."""
        written = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(written.encode()).hexdigest()


_SAVED = (0, 50, 100, 200, 400, 800, 1600)
_SIZE = {"width": 128, "batch_pieces": 1024, "learning_rate": 2e-3, "warm_up": 100}

MLM = Recipe(
    kind="mlm",
    layers=4,
    heads=8,
    inner=352,
    vocabulary=3500,
    steps=2400,
    masked=0.3,
    saved=_SAVED,
    **_SIZE,
)

CLM = Recipe(
    kind="clm",
    layers=4,
    heads=8,
    inner=352,
    vocabulary=3500,
    steps=2000,
    saved=_SAVED,
    **_SIZE,
)

MT = Recipe(
    kind="mt",
    layers=2,
    heads=4,
    inner=512,
    vocabulary=6000,
    steps=4800,
    saved=(*_SAVED, 3200),
    **_SIZE,
)
