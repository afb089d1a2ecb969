"""A census on another device than the CPU, without such a machine: the same numbers, to the bit."""

import subprocess
import sys

import pyarrow.parquet as pq
import pytest

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
    command = [sys.executable, "-m", "tests.elsewhere", "run", *there, "then", "intervene", *there]
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
