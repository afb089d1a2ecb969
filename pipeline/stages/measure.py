"""The measure stage: a resolved cell becomes a job and a way to load its subject."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch

from pipeline.controls.base import Control
from pipeline.core.errors import UserError
from pipeline.engines.cell import Job
from pipeline.engines.shard import Subject
from pipeline.lake.layout import Cell
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.encode import Encoder, max_pieces
from pipeline.models.tap import NAME, wiring
from pipeline.stages.identity import identity
from pipeline.stages.settings import CellSettings, MeasureSettings, build, plugin


class CellPlan:
    """Everything about a cell that its config says, checked before anything is written."""

    def __init__(self, config: dict[str, Any]):
        names = build("cell", CellSettings, config["cell"])
        self.cell = Cell(names.model, names.control, names.seed, names.corpus)
        self.checkpoint: Checkpoint = plugin("model", config["model"])
        self.control: Control = plugin("control", config["control"])
        self.settings = build("measure", MeasureSettings, config["measure"])
        self._config = config

    @cached_property
    def device(self) -> str:
        wanted = self.settings.device
        if wanted == "auto":
            return "cuda" if torch.cuda.is_available() else "cpu"
        try:
            torch.empty(0, device=wanted)
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"measure.device={wanted}: not usable here ({reason})") from error
        return wanted

    def job(self) -> Job:
        """Raises UserError where the checkpoint cannot be found."""
        about = identity(self._config, self.checkpoint.file_hashes, self.device)
        return Job(self.cell, about, self.settings.batch_pieces, self.settings.lock_wait_s)

    def subject(self) -> Subject:
        """Load the model and put it under its control."""
        tokenizer = self.checkpoint.tokenizer()
        model = self.checkpoint.load(NAME, self.settings.dtype)
        model = self.control.apply(model, self.cell.seed).to(self.device)  # pyright: ignore
        encoder = Encoder(tokenizer, max_pieces(model.config, tokenizer))
        return Subject(model, encoder, wiring(model))

    def ready(self) -> tuple[Job, Callable[[], Subject]]:
        return self.job(), self.subject
