"""Training: a small model from scratch, the same each time, with checkpoints along the way."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel

from pipeline.nursery import text
from pipeline.nursery.architectures import build, loss
from pipeline.nursery.batches import IGNORED, Batch, Batcher, Pair
from pipeline.nursery.folders import Nest
from pipeline.nursery.recipes import Recipe
from pipeline.nursery.vocabulary import tokenizer


@dataclass(frozen=True)
class Checkpointed:
    """A checkpoint and how far the model had come; losses in nats per piece that was asked for.

    `train_loss` is the mean since the checkpoint before: None at step 0. `seconds` are counted from
    the first step: text and tokenizer are made before.
    """

    step: int
    folder: str
    train_loss: float | None
    validation_loss: float
    pieces_seen: int
    seconds: float


def train(
    recipe: Recipe,
    folder: Path,
    progress: Callable[[int], object],
    say: Callable[[str], object],
) -> list[Checkpointed]:
    """Train `recipe` into `folder`, which is then a checkpoint; each kept step is one below it.

    Does nothing where that has been done. What was begun and not finished is trained anew.
    `progress` is told of every step, `say` of every checkpoint. The same recipe gives the same
    bytes on one machine with one number of threads.
    """
    nest = Nest(folder, recipe)
    notes = nest.finished()
    if notes is not None:
        say(f"{folder.name}: already trained")
        return [Checkpointed(**note) for note in notes]
    nest.clear()
    say(f"{folder.name}: writing its text")
    training, validation = text.training(recipe), text.validation(recipe)
    words = tokenizer(recipe, training.sources + training.targets)
    batcher = Batcher(recipe, words)
    learned, held_out = batcher.encode(training), batcher.encode(validation)
    # Whoever calls may draw random numbers of their own: theirs go on where they were.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        model = build(recipe, words)

    def save(to: Path) -> None:
        model.save_pretrained(to)
        words.save_pretrained(to)

    kept: list[Checkpointed] = []
    with _flushing():
        for reached in _steps(model, recipe, batcher, learned, progress):
            checkpoint = Checkpointed(
                step=reached.step,
                folder=nest.keep(reached.step, save),
                train_loss=reached.loss,
                validation_loss=_validate(model, batcher, held_out),
                pieces_seen=reached.pieces,
                seconds=round(reached.seconds, 1),
            )
            kept.append(checkpoint)
            nest.note([asdict(c) for c in kept])
            say(
                f"{folder.name}: step {checkpoint.step} of {recipe.steps},"
                f" validation loss {checkpoint.validation_loss:.3f}"
            )
    nest.finish([asdict(c) for c in kept])
    return kept


@contextlib.contextmanager
def _flushing() -> Iterator[None]:
    """Numbers below the smallest normal float are 0 inside: arithmetic with them is many times
    slower, and the squared gradients of words that are never asked for get there.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@dataclass(frozen=True)
class _Reached:
    step: int
    loss: float | None
    pieces: int
    seconds: float


def _steps(
    model: PreTrainedModel,
    recipe: Recipe,
    batcher: Batcher,
    pairs: Sequence[Pair],
    progress: Callable[[int], object],
) -> Iterator[_Reached]:
    """Train, and stop wherever a checkpoint is due: before the first step too if asked for."""
    began = time.monotonic()
    optimizer = torch.optim.AdamW(
        _groups(model, recipe.weight_decay), lr=recipe.learning_rate, betas=(0.9, 0.98)
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _share(recipe, step))
    batches = batcher.endless(pairs, torch.Generator().manual_seed(recipe.seed))
    due = {step for step in recipe.saved if step < recipe.steps} | {recipe.steps}
    losses: list[float] = []
    pieces = 0
    if 0 in due:
        yield _Reached(0, None, 0, 0.0)
    model.train()
    for step, batch in enumerate(batches, start=1):
        value = loss(model, batch, recipe.label_smoothing)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        losses.append(value.item())
        pieces += _n_pieces(batch)
        progress(1)
        if step in due:
            yield _Reached(step, math.fsum(losses) / len(losses), pieces, time.monotonic() - began)
            losses.clear()
            model.train()
        if step == recipe.steps:
            return


def _share(recipe: Recipe, step: int) -> float:
    """The share of the learning rate at a step: up in a straight line, then down to 0."""
    if step < recipe.warm_up:
        return (step + 1) / recipe.warm_up
    return max(0.0, (recipe.steps - step) / max(1, recipe.steps - recipe.warm_up))


def _groups(model: PreTrainedModel, weight_decay: float) -> list[dict]:
    """Matrices decay; biases and the gains of normalisation do not."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]


@torch.no_grad()
def _validate(model: PreTrainedModel, batcher: Batcher, pairs: Sequence[Pair]) -> float:
    """The mean loss over all pieces asked for, unsmoothed; the same masks at every checkpoint."""
    model.eval()
    total, n = 0.0, 0
    for batch in batcher.once(pairs, seed=0):
        asked = int((batch.labels != IGNORED).sum())
        total += loss(model, batch).item() * asked
        n += asked
    return total / n


def _n_pieces(batch: Batch) -> int:
    """Pieces read, padding aside, on both sides."""
    target = 0 if batch.decoder_ids is None else int((batch.labels != IGNORED).sum())
    return int(batch.real.sum()) + target
