"""What the triton kernel has a GPU do, and for which GPUs it can be compiled."""

import os
import subprocess
import sys

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.statistics.calls import ALL, one_sequence

pytest.importorskip("triton")

from pipeline.statistics import fused, fused_similarity
from tests.statistics.programs import PROGRAMS, Launched


class Made(TorchDispatchMode):
    """What torch does meanwhile beside views and empty rooms: each is a launch, or more."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func._schema.name.removeprefix("aten::")
        if not (func.is_view or "empty" in name or name in ("_reshape_alias", "fill_")):
            self.names.append(name)
        return func(*args, **(kwargs or {}))


@pytest.fixture
def made(monkeypatch):
    """Launches of torch's, and of programs, which then do nothing."""
    made = Made()
    for module, names in PROGRAMS.items():
        for name in names:
            monkeypatch.setattr(module, name, Launched(name, made.names.append))
    return made


def own(made: Made) -> list[str]:
    known = {name for names in PROGRAMS.values() for name in names}
    return [name for name in made.names if name in known]


@pytest.mark.parametrize("n", [8, 24])
def test_a_call_is_few_launches_however_long_it_is(n, made):
    """On a GPU each takes as long as thousands of numbers. What the layout makes is shared by all
    layers, and made before."""
    call = one_sequence([n, n // 2], "causal", heads=(2, 2), flags=ALL | {"bias": False})
    fused.attend(call)
    made.names.clear()
    with made:
        fused.attend(call)
    assert len(own(made)) == 7  # words point twice
    assert len(made.names) <= 14


@pytest.mark.parametrize("n_heads", [3, 40])
def test_heads_are_compared_in_one_launch_however_many_there_are(n_heads, made):
    rows = torch.rand(2, n_heads, 5, 7)
    with made:
        fused_similarity.js_divergences(rows)
    assert own(made) == ["diverge"]
    assert len(made.names) <= 8


@pytest.mark.slow
def test_the_compiler_takes_what_the_interpreter_takes(tmp_path):
    """For GPUs that need not be there; two minutes."""
    without = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.statistics.compiled"],
        env=without | {"TRITON_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("shared") == 48
