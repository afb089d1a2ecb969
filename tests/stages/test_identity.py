"""A fingerprint changes with all that a shard's bytes depend on, and with nothing else."""

import importlib
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import yaml

import pipeline
from pipeline.lake.manifest import fingerprint_of
from pipeline.models import files
from pipeline.stages import identity
from pipeline.stages.cells import requested
from pipeline.stages.measure import CellPlan, jobs
from tests import tiny
from tests.stages import small


@pytest.fixture
def fingerprint(checkpoint):
    def fingerprint(*words: str) -> str:
        given = {"model": "model=local", "model.path": f"model.path={checkpoint}"}
        given |= {"corpus": "corpus=conllu", "corpus.path": "corpus.path=c"}
        given |= {word.split("=")[0]: word for word in words}
        ((job, _),) = jobs([config for _, config in requested(list(given.values())).resolved()])
        return fingerprint_of(dict(job.identity))

    return fingerprint


@pytest.mark.parametrize(
    "word",
    [
        "measure.dtype=bfloat16",
        "measure.linears=onednn",
        "measure.batch_pieces=512",
        "lake.grain=shard",
        "control=no_projection",
        "control=random_weights-1",
        "model.allow_pickle=true",
    ],
)
def test_what_matters_changes_it(fingerprint, word):
    assert fingerprint(word) != fingerprint()


@pytest.mark.parametrize(
    "word",
    [
        "measure.lock_wait_s=1",
        "engine=ray",
        "measure.device=cpu",
        "measure.batch_pieces=1024",
        "model.allow_pickle=false",
        "root=elsewhere",
        "analysis.alpha=0.01",
        "report.title=x",
    ],
)
def test_what_does_not_matter_does_not(fingerprint, word, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert fingerprint(word) == fingerprint()


def test_a_cell_of_another_device_is_another(fingerprint, monkeypatch):
    first = fingerprint()
    monkeypatch.setattr(CellPlan, "device", "cuda")
    monkeypatch.setattr(CellPlan, "kernel", "triton")
    assert fingerprint() != first


def test_where_a_checkpoint_lies_does_not_matter_what_it_holds_does(fingerprint, tmp_path):
    same, other = tiny.save(tmp_path / "same"), tiny.save(tmp_path / "other", seed=1)
    assert fingerprint(f"model.path={same}") == fingerprint()
    assert fingerprint(f"model.path={other}") != fingerprint()
    tokenizer = same / "tokenizer_config.json"
    tokenizer.write_text(tokenizer.read_text() + " ")
    assert fingerprint(f"model.path={same}") != fingerprint()


def test_code_that_measures_is_part_of_it(fingerprint, monkeypatch):
    first = fingerprint()
    identity.code_hash.cache_clear()
    assert fingerprint() == first
    identity.code_hash.cache_clear()
    monkeypatch.setattr(identity, "CODE", (*identity.CODE, "lake/layout.py"))
    assert fingerprint() != first
    monkeypatch.undo()
    identity.code_hash.cache_clear()
    assert fingerprint() == first


def test_cells_of_one_checkpoint_share_it(checkpoint):
    words = ["model=local", f"model.path={checkpoint}", "control=[trained,random_weights]"]
    first, second = jobs([config for _, config in requested(words).resolved()])
    assert first[1].__self__.checkpoint is second[1].__self__.checkpoint


def test_a_run_hashes_each_file_of_a_model_once(words, checkpoint, tmp_path, monkeypatch):
    """Also for its atlas, and in the next run of the process; a file that was written is another
    one."""
    folder = tmp_path / "checkpoint"
    small.copy(checkpoint, folder)
    kept = [word for word in small.with_atlas(words) if not word.startswith("model.path=")]
    run = ["run", *kept, f"model.path={folder}", "control=[trained,random_weights]"]
    hashed: list[str] = []
    sha256_of = files._sha256_of

    def counting(file: Path) -> str:
        hashed.append(file.name)
        return sha256_of(file)

    monkeypatch.setattr(files, "_sha256_of", counting)
    for again in (False, True):
        if again:
            content = (folder / "model.safetensors").read_bytes()
            (folder / "model.safetensors").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        hashed.clear()
        assert small.run(*run) == 0
        assert hashed == sorted(set(hashed))
        assert "model.safetensors" in hashed
    hashed.clear()
    assert small.run(*run) == 0
    assert hashed == []


def test_all_that_a_shard_is_made_by_is_in_the_fingerprint():
    """Whatever `engines.shard` imports of the package, itself included."""
    root = Path(pipeline.__file__).parent
    text = (root / "engines/shard.py").read_text(encoding="utf-8")
    named = re.findall(r"^from pipeline\.(\S+) import", text, re.MULTILINE)
    files = [f"{name.replace('.', '/')}.py" for name in [*named, "engines.shard"]]
    assert len(files) > 5
    assert [
        f for f in files if not any(f == c or f.startswith(f"{c}/") for c in identity.CODE)
    ] == []
    # And how it is written, and put together with others.
    assert {"lake/compact.py", "lake/encoding.py"} <= set(identity.CODE)
    there = {file.suffix for place in identity.CODE for file in (root / place).rglob("*.*")}
    assert there <= {*identity.SUFFIXES, ".pyc"}


def test_all_that_interventions_are_made_by_is_hashed_beside_it():
    """Whatever of the engines `engines.interventions` imports, and what that imports."""
    root, found, left = Path(pipeline.__file__).parent, set(), {"interventions"}
    while left:
        found.add(name := left.pop())
        text = (root / f"engines/{name}.py").read_text(encoding="utf-8")
        left |= (
            set(re.findall(r"^from pipeline\.engines\.(\w+) import", text, re.MULTILINE)) - found
        )
    assert {f"engines/{name}.py" for name in found} <= {*identity.CODE, *identity.INTERVENING}
    assert identity.code_hash(*identity.INTERVENING) != identity.code_hash()


@pytest.mark.parametrize("name", ["torch", "transformers", "tokenizers", "pyarrow"])
def test_a_library_of_another_version_changes_it(fingerprint, name, monkeypatch):
    first, version = fingerprint(), identity.metadata.version
    monkeypatch.setattr(
        identity, "metadata", SimpleNamespace(version=lambda of: "0" if of == name else version(of))
    )
    assert fingerprint() != first


def test_code_of_ones_own_is_part_of_it(fingerprint, own_control):
    own_control("range(n_words)")
    words = ["control=mine"]
    first = fingerprint(*words)
    assert fingerprint(*words) == first
    own_control("range(n_words - 1, -1, -1)")
    assert fingerprint(*words) != first


def test_what_measures_is_seen_by_dvc(own_control):
    """In a project the stage hangs on what `compose` writes."""
    assert small.run("compose", "model=minilm", "control=mine") == 0
    file = Path("data/resolved/minilm-mine-treebank.yaml")
    before = yaml.safe_load(file.read_text(encoding="utf-8"))
    own_control("range(n_words - 1, -1, -1)")
    assert small.run("compose", "model=minilm", "control=mine") == 0
    now = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert {key for key in now if now[key] != before[key]} == {"own_code"}
    assert set(now["own_code"]["control"]) == {"mine"}
    assert now["own_code"]["model"] == {}
    pipeline = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))
    for stage in ("ingest", "measure"):
        assert "own_code" in next(iter(pipeline["stages"][stage]["params"][0].values()))


@pytest.fixture
def own_control(tmp_path, monkeypatch):
    """A project one stands in, and a control in a file of its own there: (re)written on a call."""
    assert small.run("init", tmp_path / "mine") == 0
    monkeypatch.chdir(tmp_path / "mine")
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path("conf/control/mine.yaml").write_text("_target_: mine.Mine\n", encoding="utf-8")

    def write(order: str) -> None:
        Path("mine.py").write_text(
            "from dataclasses import dataclass\n"
            "from pipeline.controls.base import Control\n\n\n"
            "@dataclass(frozen=True)\n"
            "class Mine(Control):\n"
            "    def order(self, n_words, draw):\n"
            f"        return {order}\n",
            encoding="utf-8",
        )
        sys.modules.pop("mine", None)
        importlib.invalidate_caches()

    write("range(n_words)")
    yield write
    sys.modules.pop("mine", None)


@pytest.mark.parametrize("control", ["trained", "spectrum_weights"])
def test_a_model_is_the_same_with_any_number_of_threads(control):
    """Which are not in the fingerprint. Its matrices are large enough that threads share them."""
    words = ["model=minilm", "corpus=treebank", f"control={control}"]
    before, made = torch.get_num_threads(), []
    try:
        for n_threads in (1, 2):
            torch.set_num_threads(n_threads)
            ((_, subject),) = jobs([config for _, config in requested(words).resolved()])
            made.append(subject())
            assert torch.get_num_threads() == n_threads
    finally:
        torch.set_num_threads(before)
    one, other = made
    for a, b in zip(one.places, other.places, strict=True):
        assert torch.equal(a.readout, b.readout)
    for name, weight in one.model.state_dict().items():
        assert torch.equal(weight, other.model.state_dict()[name]), name
