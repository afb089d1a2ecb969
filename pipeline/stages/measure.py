"""The measure stage: a resolved cell becomes a job and a way to load its subject."""

import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from pipeline.controls.base import Control
from pipeline.core.errors import MeasurementError, UserError, first_line, is_out_of_memory, room_or
from pipeline.core.sentence import Sentence
from pipeline.engines.cell import Job
from pipeline.engines.grid import Engine
from pipeline.engines.lanes import on_one_thread
from pipeline.engines.shard import Asked, Subject
from pipeline.lake import manifest
from pipeline.lake.files import say_on_stderr
from pipeline.lake.layout import Lake
from pipeline.lake.origins import making
from pipeline.lake.remote import shown
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.eager import check_eager
from pipeline.models.encode import Encoder
from pipeline.models.linears import on_onednn
from pipeline.models.packing import first_position
from pipeline.models.tap import NAME
from pipeline.models.wiring import wiring
from pipeline.stages.cells import as_cell
from pipeline.stages.checks import check_different
from pipeline.stages.identity import identity
from pipeline.stages.settings import LakeSettings, MeasureSettings, build, plugin
from pipeline.statistics.kernels import NoKernel, choose


class CellPlan:
    """Everything about a cell that its config says, checked before anything is written."""

    def __init__(self, config: dict[str, Any]):
        self.cell = as_cell(config["cell"])
        self.checkpoint: Checkpoint = plugin("model", config["model"])
        self.control: Control = plugin("control", config["control"])
        self.settings = build("measure", MeasureSettings, config["measure"])
        self.lake = build("lake", LakeSettings, config["lake"])
        self.stamps: object = None
        """Of the checkpoint's files, before they were hashed."""
        self._targets = {name: config[name]["_target_"] for name in ("model", "control")}

    @cached_property
    def device(self) -> str:
        wanted = self.settings.device
        if wanted == "auto":
            return "cuda" if torch.cuda.is_available() else "cpu"
        try:
            # Not only made there but read back: `meta` holds no numbers.
            with warnings.catch_warnings(action="ignore"):
                torch.zeros(1, device=wanted).item()
        # Devices come with modules of their own, which raise what they like.
        except Exception as error:
            raise UserError(
                f"measure.device={wanted}: not usable here ({first_line(error)}); leave"
                " measure.device=auto"
            ) from error
        return wanted

    @cached_property
    def kernel(self) -> str:
        """The kernel that measures, made ready: it may be compiled here."""
        try:
            with room_or(self._too_large):
                return choose(self.settings.kernel, self.device, _once)
        except NoKernel as error:
            raise UserError(f"measure.kernel={self.settings.kernel}: {error}") from error

    def check(self) -> None:
        """Raises UserError for what would stop the cell, as far as that shows without its weights:
        no checkpoint, or a damaged one; no tokenizer, or one that cannot be aligned.
        """
        folder = self.checkpoint.folder
        with _readable(self.checkpoint):
            config, tokenizer = self.checkpoint.config(), self.checkpoint.tokenizer()
            for file in sorted(folder.glob("*.safetensors")):
                # Opening reads the header, and that against the length of the file.
                with safe_open(file, framework="pt"):
                    pass
            Encoder(tokenizer, config).encode([Sentence("of a trial", "a", ("a",))])

    def identity(self, *beside: str) -> dict[str, Any]:
        """`beside` is code that takes part beside what measures. Raises UserError where there is no
        such checkpoint, or no such device."""
        return identity(
            self.cell,
            {"model": self.checkpoint, "control": self.control},
            self._targets,
            self.settings,
            self.lake,
            self.checkpoint.file_hashes,
            self.device,
            beside,
        )

    def check_measured(self, lake: Lake) -> None:
        """Raises UserError where the lake has the cell, but of other files, or of a model or a
        control with other settings; or where it does not say. One that it does not have is not
        looked at."""
        folder = lake.measured("heads", self.cell)
        try:
            manifest.read(folder)
        except UserError:  # not there, or damaged
            return
        there = making(folder, "model", "control", "files", "own_code")
        asked = json.loads(json.dumps(self.identity()))
        differing = [key for key, value in there.items() if value != asked[key]]
        if differing:
            raise UserError(
                f"{shown(folder)} was measured with other {' and '.join(differing)} than those of"
                f" model={self.cell.model} here: give the words of the run, or another root=DIR"
            )

    def job(self) -> Job:
        """Raises UserError as `identity` does."""
        s = self.settings
        asked = Asked(
            s.batch_pieces, s.similarity_every, s.norms, s.trees, self.kernel, self.lake.grain
        )
        return Job(self.cell, self.identity(), asked, s.lock_wait_s)

    def subject(self) -> Subject:
        """Load the bare model and put it under its control."""
        with room_or(f"{self._too_large}, or a smaller measure.dtype"):
            with _readable(self.checkpoint):
                tokenizer = self.checkpoint.tokenizer()
                model = self.checkpoint.load(NAME, self.settings.dtype)
            self._check_unchanged()
            subject = self._under_control(model, tokenizer)
            first = first_position(subject.model)
        on_onednn(subject.model, self.settings.linears)
        return replace(subject, first_position=first)

    def speaking_subject(self) -> tuple[Subject, str | None]:
        """The same with the head of its language model, where it has one, and what that was trained
        to say."""
        with room_or(self._too_large):
            with _readable(self.checkpoint):
                tokenizer = self.checkpoint.tokenizer()
                model, objective = self.checkpoint.load_speaking(NAME)
            self._check_unchanged()
            if objective == "mlm" and tokenizer.mask_token_id is None:
                objective = None
            return self._under_control(model, tokenizer), objective

    def _check_unchanged(self) -> None:
        """Raises UserError where what was loaded is not what was hashed, as where a trainer has
        written to the folder since."""
        if self.stamps in (None, _stamps(self.checkpoint.folder)):
            return
        if replace(self.checkpoint).file_hashes != self.checkpoint.file_hashes:
            raise UserError(
                f"{self.cell.name}: files in {self.checkpoint.folder} have changed since the run"
                " began: run it again"
            )

    @property
    def _too_large(self) -> str:
        return (
            f"{self.cell.name}: {self.device} has too little memory for the model: give another"
            " measure.device"
        )

    def _under_control(self, model: Any, tokenizer: Any) -> Subject:
        # Decompositions of matrices are shared by threads: their last digits hang on how many.
        with on_one_thread():
            model = model.to(self.device)  # pyrefly: ignore
            check_eager(model)
            if type(self.control).apply is not Control.apply:
                # What a control draws and decomposes does not hang on the device.
                model = self.control.apply(model.cpu(), self.cell.seed)
                model = model.to(self.device)  # pyrefly: ignore
            places = wiring(model)
        return Subject(
            model, Encoder(tokenizer, model.config), places, self.control, self.cell.seed
        )


def jobs(configs: Sequence[dict[str, Any]]) -> list[tuple[Job, Callable[[], Subject]]]:
    """What an engine runs: a job per cell, all of them checked, and how to load its subject."""
    return [(plan.job(), plan.subject) for plan in plans(configs)]


def engine_of(configs: Sequence[Mapping[str, Any]]) -> Engine:
    """Cells of one run share it: what is set on a command line is set for all of them.

    Raises UserError where it is known now already that there will be no pool.
    """
    engine = plugin("engine", configs[0]["engine"])
    if callable(check := getattr(engine, "check", None)):
        check()
    return engine


def plans(configs: Sequence[Mapping[str, Any]]) -> list[CellPlan]:
    """A plan per cell, all of them checked.

    Cells of one checkpoint share it, so that its files are hashed once.
    """
    checkpoints: dict[Checkpoint, Checkpoint] = {}
    made = [CellPlan(dict(config)) for config in configs]
    check_different("model", ((plan.cell.model, plan.checkpoint) for plan in made))
    for plan in made:
        known = plan.checkpoint in checkpoints
        if not known:
            checkpoints[plan.checkpoint] = _hashed_once(plan.checkpoint)
        plan.checkpoint = checkpoints[plan.checkpoint]
        plan.stamps = _stamps(plan.checkpoint.folder)
        if not known:
            plan.check()
    return made


_CHECKPOINTS: dict[Checkpoint, tuple[Checkpoint, object]] = {}
"""Of this process, each with the stamps of its files before they were hashed."""


def _hashed_once(checkpoint: Checkpoint) -> Checkpoint:
    """An equal one of an earlier stage, where its files are those that it hashed: a run makes an
    atlas of what it measured, and weights can be many gigabytes."""
    kept, stamps = _CHECKPOINTS.get(checkpoint, (checkpoint, None))
    if stamps is None or stamps != _stamps(kept.folder):
        kept = checkpoint
        _CHECKPOINTS[checkpoint] = kept, _stamps(kept.folder)
    return kept


def _stamps(folder: Path) -> object:
    """What a file system changes with what the files of a folder hold."""
    there = ((file.name, file.stat()) for file in sorted(folder.glob("*")) if file.is_file())
    return [(name, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for name, s in there]


@cache
def _once(line: str) -> None:
    say_on_stderr(line)


@contextmanager
def _readable(checkpoint: Checkpoint) -> Iterator[None]:
    """A checkpoint's files are foreign: at damaged ones the libraries raise whatever they like."""
    try:
        yield
    except (UserError, MeasurementError):
        raise
    except BaseException as error:
        # A panic of Rust, in which tokenizers are written, is no Exception.
        is_theirs = isinstance(error, Exception) or type(error).__name__ == "PanicException"
        if not is_theirs or is_out_of_memory(error):
            raise
        reason = f"{type(error).__name__}: {first_line(error)}"
        raise UserError(
            f"model: {checkpoint.folder} cannot be read ({reason}): it is damaged, or not whole"
        ) from error
