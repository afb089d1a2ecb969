"""What every test shares: no network, shapes executed, one thread per worker, tiny checkpoints."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
# Triton reads it when it is imported: its kernel runs on the CPU, slowly, one program at a time.
os.environ["TRITON_INTERPRET"] = "1"

from jaxtyping import install_import_hook

install_import_hook(
    ["pipeline.core", "pipeline.statistics", "pipeline.models"], "beartype.beartype"
)

from pathlib import Path

import pytest
import torch

# Workers share the cores: threads of torch's own would spin against each other.
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs first: they are long, and a worker that ends with one leaves the other idle."""
    items.sort(key=lambda item: item.path.parent != ROOT / "tests")
