"""What every test shares: no network, shapes executed, one thread per worker, tiny checkpoints.

Of a machine that holds torch, transformers, numpy and pytest alone this asks nothing else: there
kernels are tested, as in `pytest -o addopts= tests/statistics/test_fused.py`.
"""

import gc
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
# Workers share the cores: threads of a library's own would spin against each other.
for library in ("OMP", "OPENBLAS"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
os.environ["POLARS_MAX_THREADS"] = "1"

import pytest
import torch

if not torch.cuda.is_available():
    # Triton reads it when it is imported: its kernel runs on the CPU, slowly, a program at a time.
    os.environ["TRITON_INTERPRET"] = "1"
WHOLE = find_spec("hydra") is not None
"""Whether the project is installed with all that it asks for."""
if WHOLE:
    from jaxtyping import install_import_hook

    install_import_hook(
        ["pipeline.core", "pipeline.statistics", "pipeline.models"], "beartype.beartype"
    )

torch.set_num_threads(1)

ROOT = Path(__file__).parents[1]
EWT = ROOT.parent / "shared/data/ud/en_ewt-ud-dev.conllu"


@pytest.fixture(scope="session")
def treebank() -> Path:
    """The shipped treebank."""
    return ROOT / "data/treebank/treebank.conllu"


@pytest.fixture(scope="session")
def ewt() -> Path:
    if not EWT.is_file():
        pytest.skip("no real treebank beside the project")
    return EWT


@pytest.fixture(scope="session", autouse=True)
def quick() -> Iterator[None]:
    """What costs time and shows in no result. Nobody cuts the power: nothing has to be on the disk
    itself. And the same is not made again: see `once`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        if WHOLE:
            from tests import once

            once.keep(patch)
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs first: they are long, and a worker that ends with one leaves the other idle."""
    items.sort(key=lambda item: item.path.parent != ROOT / "tests")


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: nobody has to look through them for what is garbage."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    gc.unfreeze()
