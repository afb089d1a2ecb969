"""A folder of each kind, trained once per worker; tests only read it."""

from pathlib import Path

import pytest

from pipeline.nursery.train import Checkpointed, train
from tests.nursery.little import RECIPES, silent

Grown = tuple[str, Path, list[Checkpointed]]


@pytest.fixture(scope="session", params=list(RECIPES))
def grown(request, tmp_path_factory) -> Grown:
    """The kind of a model, its folder and its checkpoints."""
    folder = tmp_path_factory.mktemp("nursery") / request.param
    return request.param, folder, train(RECIPES[request.param], folder, silent, silent)
