"""Models that a control is put on: an encoder, a decoder whose keys are grouped, both in one."""

import functools
import tempfile
from pathlib import Path

import torch
from transformers import PreTrainedModel

from pipeline.models.checkpoint import Checkpoint
from pipeline.models.tap import NAME
from tests import tiny

KINDS = {"encoder": "bert", "grouped keys": "llama", "encoder-decoder": "t5"}


def load(family: str, **changes) -> PreTrainedModel:
    with tempfile.TemporaryDirectory() as folder:
        return Checkpoint(path=str(tiny.save(Path(folder), family, **changes))).load(NAME)


@functools.cache
def _loaded(family: str) -> dict[str, torch.Tensor]:
    return state(load(family))


@functools.cache
def _empty(family: str) -> PreTrainedModel:
    return load(family)


def fresh(kind: str) -> PreTrainedModel:
    """The same model each time, whatever a control did to it before."""
    model = _empty(KINDS[kind])
    model.load_state_dict(_loaded(KINDS[kind]))
    return model


def state(model: PreTrainedModel) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def changed(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor]) -> set[str]:
    assert set(before) == set(after)
    return {name for name in before if not torch.equal(before[name], after[name])}
