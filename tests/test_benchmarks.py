"""The benchmark runs, times what it says, and its contestants do the same work."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from benchmarks import alone, hot
from benchmarks.__main__ import main
from benchmarks.contestants import BFLOAT16, CENSUS, NUMPY, ONEDNN, PLAIN, _with_numpy, contestants
from benchmarks.timing import Times, interleaved
from benchmarks.workloads import of_shape, of_treebank
from pipeline.engines.shard import Asked, batches, measure_shard
from pipeline.models.linears import multiplies_bfloat16
from pipeline.models.under import encode_under
from tests.conftest import ROOT

SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
SHAPE["intermediate_size"] = 48


def test_rounds_take_turns():
    order = []
    runs = {name: lambda name=name: order.append(name) for name in "ab"}
    times = interleaved(runs, 3)
    rounds = [set(order[k : k + 2]) for k in range(0, 8, 2)]
    assert rounds == [{"a", "b"}] * 4
    assert set(order[::2]) == {"a", "b"}  # not always the same one first
    assert [len(t.seconds) for t in times.values()] == [3, 3]


def test_ratios_are_of_each_round():
    a, b = Times([2.0, 9.0, 4.0]), Times([1.0, 3.0, 4.0])
    assert a.over(b) == (2.0, 1.0, 3.0)
    assert a.median == 4.0


@pytest.fixture(scope="module")
def workload():
    return of_shape("tiny", 24, 6, 2, **SHAPE)


def test_numpy_counts_what_the_census_counts(workload):
    subject = workload.subject
    encoded, _ = encode_under(subject.control, 0, subject.encoder, workload.sentences, range(6))
    assert {len(e.source.ids) for e in encoded} == {24}
    cut = list(batches(encoded, workload.batch_pieces, in_pairs=True))
    by_numpy = _with_numpy(workload, cut)
    shard = measure_shard(subject, workload.sentences, 0, Asked(workload.batch_pieces))
    heads = shard.tables["heads"].to_pylist()
    pointers = shard.tables["pointers"].to_pylist()
    order = [(e.index, layer) for batch in cut for e in batch for layer in range(2)]
    for (index, layer), found in zip(order, by_numpy, strict=True):
        for head in range(4):
            row = index * 8 + layer * 4 + head
            assert heads[row]["sentence"] == index
            for name in ("special", "first", "self", "prev", "next"):
                assert found[name][head] == pytest.approx(heads[row][f"mass_{name}"], abs=1e-3)
            assert found["entropy"][head] == pytest.approx(heads[row]["entropy_nats"], abs=1e-2)
            same = np.array(pointers[row]["attends_to"]) == found["attends_to"][head]
            assert same.mean() > 0.95  # ties of random weights


def test_every_contestant_runs(workload, tmp_path):
    for run in contestants(workload, tmp_path).values():
        run()
    assert (tmp_path / "heads-1.parquet").is_file()


def test_the_page(tmp_path, monkeypatch, treebank):
    monkeypatch.setattr("benchmarks.__main__.of_shape", lambda *a: of_shape(*a, **SHAPE))
    once = cache(lambda path, n: of_treebank("", path, n))  # models are loaded but once
    monkeypatch.setattr(
        "benchmarks.__main__.of_treebank", lambda name, *a: replace(once(*a), name=name)
    )
    monkeypatch.setattr(alone, "startup", lambda: 7.25)
    monkeypatch.setattr(
        alone, "peak", lambda name, pieces, n, shape, at_once: 2**20 * (3 + n * len(name) * at_once)
    )
    words = ["--rounds", "1", "--sentences", "3", "--shapes", "24x2", "--report", str(tmp_path)]
    main([*words, "--conllu", str(treebank), "--batches", "2,4"])
    page = (tmp_path / "benchmark.md").read_text(encoding="utf-8")
    for name in (NUMPY, ONEDNN, *[BFLOAT16] * multiplies_bfloat16()):
        assert page.count(f"\n| {name} |") == 3
    assert page.count(f"\n| {PLAIN} |") == page.count(f"\n| {CENSUS} |") == 4
    assert f"| {CENSUS} | 23 | 43 | 10 | {10 / len(PLAIN):.2f} |" in page
    assert "7.2 s" in page or "7.3 s" in page
    (picture,) = re.findall(r"\]\((benchmark/[^)]+)\)", page)
    assert (tmp_path / picture).is_file()


@pytest.mark.slow
def test_a_process_of_its_own(tmp_path):
    """A batch of more sentences needs more."""
    assert 0 < alone.startup() < 60
    shape = [f"{name}={value}" for name, value in SHAPE.items()]
    few, many = (alone.peak(CENSUS, 128, n, shape) for n in (2, 32))
    assert few is not None
    assert many is not None
    assert 0 < few < many


WITHOUT = """
import sys
for name in %r:
    sys.modules[name] = None  # as if it were not installed
"""
HOT = """
from benchmarks.hot import main
main("--shapes tiny --lengths 24 --pieces 72 --batches 1 --rounds 1 --device cpu".split())
"""
TESTED = """
import pytest
files = [f"tests/statistics/test_{name}.py" for name in ("fused", "moving", "similarity")]
chosen = "in_one_input or comes_is_whole or any_number"
sys.exit(pytest.main(["-o", "addopts=", *files, "-k", chosen]))
"""
OF_THE_PROJECT = ["pyarrow", "polars", "datasets", "hydra", "omegaconf", "pydantic", "scipy"]
OF_THE_PROJECT += [
    "conllu",
    "jaxtyping",
    "beartype",
    "hypothesis",
    "matplotlib",
    "jinja2",
    "fsspec",
]


def without_most(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT % OF_THE_PROJECT + code],
        cwd=ROOT,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_the_hot_path_runs_where_there_is_little_but_torch_and_transformers():
    found = json.loads(without_most(HOT))
    ratios = {name: of_one["ratio"] for name, of_one in found["contestants"].items()}
    assert ratios.pop(hot.PLAIN) == 1
    assert len(ratios) == 5
    assert all(ratio > 0 for ratio in ratios.values())


def test_its_kernels_are_tested_there():
    assert "13 passed" in without_most(TESTED)


def test_what_is_made_up_for_it_is_sound():
    pieces = hot.made_up(5, 40, 0)
    for k, n in enumerate(pieces.lengths.tolist()):
        word = pieces.word[k].tolist()
        assert word[0] == word[n - 1] == -1
        assert set(word[n:]) <= {-1}
        inside = word[1 : n - 1]
        assert inside == sorted(inside)
        assert set(inside) == set(range(int(pieces.n_words[k])))
        assert max(map(inside.count, inside)) == 2
    assert int(pieces.lengths.max()) == 40
