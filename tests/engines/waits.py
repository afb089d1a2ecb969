"""What a batch's work asks a device for: `python -m tests.engines.waits kernel family …`.

A line for each answer that a lane waits for before it has begun all of a batch: of which operation,
and where. On a GPU each is a pause in which nothing is at work; see `tests.elsewhere`, where
nothing is, either, but where it can be seen. Triton's programs are not run: what is measured is of
no matter here.
"""

import sys
import threading
import traceback
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from pipeline.controls.base import Trained
from pipeline.core import moving
from pipeline.core.sentence import Sentence
from pipeline.engines import shard
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.encode import Encoder
from pipeline.models.packing import first_position
from pipeline.models.tap import NAME
from pipeline.models.wiring import wiring
from pipeline.statistics import fused
from tests import elsewhere, tiny
from tests.statistics.programs import PROGRAMS, Launched

ANSWERS = {"_local_scalar_dense", "nonzero", "masked_select", "_unique2", "equal", "is_nonzero"}


def answer(func: Any, args: tuple, kwargs: dict) -> str | None:
    """The name of an operation on what is elsewhere that somebody here waits for."""
    name = func._schema.name.removeprefix("aten::")
    there = [x for x in elsewhere.tree_leaves((args, kwargs)) if isinstance(x, elsewhere.Elsewhere)]
    device = kwargs.get("device")
    if name == "_to_copy" and device is not None:
        goes, comes = elsewhere.is_there(torch.device(device)), bool(there)
        # On a GPU nobody waits for what these move.
        by_the_way = is_in("sent") if goes else is_in("__init__")
        return name if goes != comes and not by_the_way else None
    if not there:
        return None
    if name == "copy_" and len(there) == 1:
        return name
    masks = elsewhere.tree_leaves(args[1]) if f"aten::{name}" in elsewhere.INDEXED else ()
    by_mask = any(isinstance(x, torch.Tensor) and x.dtype == torch.bool for x in masks)
    return name if by_mask or name in ANSWERS else None


def is_in(function: str) -> bool:
    """Whether one of `core.moving` does it."""
    return any(
        frame.filename == moving.__file__ and frame.name == function
        for frame in traceback.extract_stack()
    )


def main() -> None:
    kernel, *families = sys.argv[1:]
    elsewhere.prepare()
    done, main_thread = elsewhere.done, threading.current_thread()

    def seen(func: Any, args: tuple, kwargs: dict) -> Any:
        name = answer(func, args, kwargs)
        if name and threading.current_thread() is not main_thread:
            frames = [f for f in traceback.extract_stack() if "/pipeline/" in f.filename]
            print(name, Path(frames[-1].filename).stem, frames[-1].name)
        return done(func, args, kwargs)

    def taken(coming: moving.Coming) -> torch.Tensor:
        if threading.current_thread() is not main_thread:
            print("taken by who should not wait")
        return take(coming)

    def tolist(tensor: Any) -> Any:
        print("tolist")
        return tensor.here.tolist()

    elsewhere.done, elsewhere.Elsewhere.tolist = seen, tolist
    moving.WITH_DOUBLE.add(elsewhere.NAME)
    take, moving.Coming.taken = moving.Coming.taken, taken
    for module, names in PROGRAMS.items():
        for name in names:
            setattr(module, name, Launched(name, lambda _: None))
    fused.torch.cuda.device_of = lambda _: nullcontext()
    # Who takes results waits for them, and may.
    shard._AtWork.add = shard._AtWork.whole = lambda *_: None
    for family in families:
        with TemporaryDirectory() as folder, elsewhere.both():
            checkpoint = Checkpoint(path=str(tiny.save(Path(folder), family)))
            model = checkpoint.load(NAME, "float32").to(elsewhere.NAME)
            encoder = Encoder(checkpoint.tokenizer(), model.config)
            places, first = wiring(model), first_position(model)
            subject = shard.Subject(model, encoder, places, Trained(), 0, first)
            texts = [" ".join(tiny.TEXTS[k % 4].split()[: 1 + k % 11]) for k in range(24)]
            sentences = [
                Sentence(str(k), text, tuple(text.split())) for k, text in enumerate(texts)
            ]
            # Not from a corpus's first on: of that a pass goes on to its end.
            shard.measure_shard(subject, sentences, 24, shard.Asked(150, 3, kernel=kernel))
            print("measured", family, len(places))


if __name__ == "__main__":
    main()
