"""A census on another device than the CPU, without such a machine: the same numbers, to the bit.

And nothing is asked of it that Apple's GPUs, which have least, do not have.
"""

import subprocess
import sys
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torchgen
import yaml

from tests import tiny
from tests.conftest import ROOT
from tests.stages import small

MORE = [pytest.param(f, marks=pytest.mark.promises) for f in ("gpt2", "gemma2", "bart", "t5")]
CONTROLS = "control=[trained,random_weights,no_projection]"


@pytest.mark.parametrize("family", ["bert", *MORE])
def test_numbers_are_those_of_a_cpu(family, tmp_path):
    """Of all that a model takes part in: measuring, interventions, the atlas. What follows, and
    what NumPy does, is done with what was brought back."""
    corpus = tmp_path / "c.conllu"
    corpus.write_text(small.conllu(12), encoding="utf-8")
    words = [
        "model=local", f"model.path={tiny.save(tmp_path / 'model', family)}",
        "corpus=conllu", f"corpus.path={corpus}", CONTROLS, "measure.kernel=portable",
        "measure.similarity_every=3", "analysis.bootstrap=10", "atlas.sentences=2",
    ]  # fmt: skip
    here, there = (
        [*words, f"measure.device={device}", f"root={tmp_path / folder}"]
        for device, folder in (("cpu", "here"), ("elsewhere", "there"))
    )
    assert small.run("run", *here) == small.run("intervene", *here) == 0
    runs = ["run", *there, "then", "intervene", *there]
    command = [sys.executable, "-m", "tests.elsewhere", str(tmp_path / "operations"), *runs]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = {
        folder: {
            file.relative_to(tmp_path / folder): pq.ParquetFile(file).read()
            for part in ("lake", "tables", "interventions")
            for file in (tmp_path / folder / part).rglob("*.parquet")
        }
        for folder in ("here", "there")
    }
    assert found["here"].keys() == found["there"].keys()
    assert len(found["here"]) > 20
    for name, table in found["here"].items():
        assert table.equals(found["there"][name]), name
    operations = (tmp_path / "operations").read_text(encoding="utf-8").split("\n")
    assert len(operations) > 50
    assert [name for name in operations if not is_apples(name)] == []


@cache
def known_operations() -> dict[str, dict]:
    """torch's own table of who does what where."""
    table = Path(torchgen.__file__).parent / "packaged/ATen/native/native_functions.yaml"
    known = yaml.load(table.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return {of_one["func"].split("(")[0]: of_one for of_one in known}


def is_apples(name: str) -> bool:
    """Whether Apple's GPUs have an operation. (What has no `dispatch` is made of others.)"""
    about = known_operations()[name]
    about = known_operations()[about.get("structured_delegate", name)]
    kinds = ",".join(about.get("dispatch", {"Composite": ""}))
    return "MPS" in kinds or "Composite" in kinds
