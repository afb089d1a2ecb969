"""While a GPU is at work on a batch the next is made ready: so nothing in a batch waits for it."""

import subprocess
import sys
from collections import Counter

import pytest

from tests.conftest import ROOT

FAMILIES = ("bert", "llama", "gemma2", "bart", "t5")
"""One that is bidirectional; end to end and causal; with windows; and of two stacks."""


def waits(kernel: str) -> Counter[str]:
    command = [sys.executable, "-m", "tests.engines.waits", kernel, *FAMILIES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = Counter(done.stdout.splitlines())
    measured = {line: n for line, n in found.items() if line.startswith("measured")}
    assert {line.split()[1] for line in measured} == set(FAMILIES)
    return found - Counter(measured)


def test_no_batch_waits_for_a_gpu():
    pytest.importorskip("triton")
    assert not waits("triton")


@pytest.mark.promises
def test_the_portable_kernel_waits_for_each_layout_three_times():
    """For tables whose size hangs on who sees whom."""
    found = waits("portable")
    assert found.keys() == {
        "nonzero layout same_word",
        "nonzero layout far_in_word",
        "index words _bags",
    }
    assert found["nonzero layout same_word"] == found["nonzero layout far_in_word"]
