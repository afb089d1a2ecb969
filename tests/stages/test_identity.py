"""A fingerprint changes with all that a shard's bytes depend on, and with nothing else."""

import re
from pathlib import Path

import pytest

import pipeline
from pipeline.lake.manifest import fingerprint_of
from pipeline.stages import identity
from pipeline.stages.cells import requested
from pipeline.stages.measure import jobs
from tests import tiny


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
    there = {file.suffix for place in identity.CODE for file in (root / place).rglob("*.*")}
    assert there <= {*identity.SUFFIXES, ".pyc"}
