"""The recipes of CONTRIBUTING.md, each followed as written, in a copy of what they touch.

What is made is measured there: a model, a corpus, a format, a control, a statistic and a cell.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from pipeline.stages.compose import read_grid
from tests import documents, tiny
from tests.conftest import ROOT
from tests.stages import small

pytestmark = pytest.mark.promises

COPIED = ("pipeline", "conf", "tests", "pyproject.toml")
N_SENTENCES = 12
STATISTIC = "most_received"
DRIVER = """
import json, sys
from pipeline.report import lake_page
from pipeline.stages.cli import main
for words in json.load(sys.stdin):
    print("$", *words, flush=True)
    assert main(words) == 0, words
open("lake.md", "w", encoding="utf-8").write(lake_page.page())
"""
"""Several commands in one process: to import everything takes longer than any of them."""

Tree = tuple[list[str], list[int], list[str]]


def trees() -> list[Tree]:
    """Words, governors and relations of each sentence of the corpus of mine."""
    found = []
    for block in small.conllu(N_SENTENCES).strip().split("\n\n"):
        rows = [line.split("\t") for line in block.splitlines() if line[0] != "#"]
        words, governors, deprels = ([row[k] for row in rows] for k in (1, 6, 7))
        found.append((words, [int(g) for g in governors], deprels))
    return found


def slashed(sentences: Iterable[Tree]) -> str:
    return "".join(
        " ".join(f"{w}/{g}/{d}" for w, g, d in zip(*sentence, strict=True)) + "\n"
        for sentence in sentences
    )


def reversed_tree(sentence: Tree) -> Tree:
    words, governors, deprels = sentence
    turned = [g and len(words) + 1 - g for g in governors]
    return words[::-1], turned[::-1], deprels[::-1]


def follow(project: Path, places: dict[str, Path]) -> None:
    """Write what each block says. A change has to fit its file in one place."""
    for file, language, text in documents.recipes():
        path = project / file
        if language == "diff":
            lines = text.splitlines()
            old = "\n".join(line[1:] for line in lines if line[0] != "+")
            new = "\n".join(line[1:] for line in lines if line[0] != "-")
            content = path.read_text(encoding="utf-8")
            assert content.count(old) == 1, (file, old)
            path.write_text(content.replace(old, new), encoding="utf-8")
            continue
        assert language in ("python", "yaml")
        assert not path.exists(), file
        if language == "yaml":
            text = re.sub(r"\b(DIR|FILE)\b", lambda match: str(places[match[1]]), text)
        path.write_text(text, encoding="utf-8")


def python(project: Path, *arguments: str, given: str = "") -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project), "OMP_NUM_THREADS": "1"},
        input=given,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A checkout in which all recipes were followed, and a file of each kind that they ask for."""
    folder = tmp_path_factory.mktemp("project")
    for name in COPIED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    places = {"DIR": tiny.save(folder / "model"), "FILE": folder / "news.conllu"}
    places["FILE"].write_text(small.conllu(N_SENTENCES), encoding="utf-8")
    follow(folder, places)
    return folder


@pytest.fixture(scope="module")
def said(project) -> str:
    """What is said by a census of all that was added, and of the cell of the grid."""
    (project / "there.slashed").write_text(slashed(trees()), encoding="utf-8")
    turned = slashed(map(reversed_tree, trees()))
    (project / "back.slashed").write_text(turned, encoding="utf-8")
    rules = ["analysis.min_arcs=5", "analysis.bootstrap=20", "measure.kernel=portable"]
    census = ["run", "model=mine", "corpus=slashed", *rules, small.NO_ATLAS]
    controls = "control=[trained,reversed_words]"
    words = [
        ["list"],
        [*census, controls, "corpus.path=there.slashed", "root=out"],
        [*census, "corpus.path=back.slashed", "root=back"],
        ["compose", "model=mine", "corpus=news", "measure.kernel=portable"],
        ["ingest", "--resolved", "data/resolved/corpus-news.yaml"],
        ["measure", "--resolved", "data/resolved/mine-trained-news.yaml"],
    ]
    return python(project, "-c", DRIVER, given=json.dumps(words))


def lake(project: Path, root: str, cell: str, table: str = "heads") -> pl.DataFrame:
    (path,) = (project / root / "lake" / table / cell).glob("*.parquet")
    return pl.read_parquet(path, hive_partitioning=False)


def cell(control: str, corpus: str = "slashed") -> str:
    return f"model=mine/control={control}/corpus={corpus}"


def expected(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """[sentence, layer × head] of what the key gets that gets most, and the queries of each, by a
    model that shows its patterns."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    most, n_queries = [], []
    for words, _, _ in trees():
        ids = tokenizer(" ".join(words), return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            patterns = torch.stack(model(ids, output_attentions=True).attentions)[:, 0]
        most.append(patterns.sum(-2).amax(-1).flatten().numpy())
        n_queries.append(ids.shape[1])
    return np.array(most), np.array(n_queries)


def test_the_list_names_what_was_added(said):
    listed = said.split("$ run")[0]
    for name, line in (
        ("mine", "A BERT of mine"),
        ("news", "News of mine"),
        ("slashed", "Lines of WORD/GOVERNOR/RELATION"),
        ("reversed_words", "The words of a sentence from last to first"),
    ):
        assert re.search(rf"^  {name} +{line}", listed, re.M), listed


def test_the_statistic_is_in_the_lake_and_in_the_table(project, said):
    most, n_queries = expected(project / "model")
    heads = lake(project, "out", cell("trained")).sort("sentence", "layer", "head")
    found = heads[STATISTIC].to_numpy().reshape(N_SENTENCES, -1)
    np.testing.assert_allclose(found, most, rtol=1e-5)
    table = pl.read_parquet(project / "out/tables/heads.parquet").filter(control="trained")
    found = table.sort("layer", "head")[STATISTIC].to_numpy()
    np.testing.assert_allclose(found, most.sum(0) / n_queries.sum(), rtol=1e-5)


def test_the_column_says_what_it_is(project, said):
    schema = pq.read_schema(project / "out/tables/heads.parquet")
    metadata = schema.field(STATISTIC).metadata
    assert metadata[b"unit"] == b"mass"
    assert metadata[b"meaning"].endswith(b"attention to the key that gets most")
    assert f"| {STATISTIC} | " in (project / "lake.md").read_text(encoding="utf-8")


def test_the_corpus_is_what_its_file_says(project, said):
    table = pl.read_parquet(next((project / "out/sentences/corpus=slashed").glob("*.parquet")))
    for row, (words, governors, deprels) in zip(table.iter_rows(named=True), trees(), strict=True):
        assert (row["words"], row["governors"]) == (words, governors)
        assert row["deprels"] == deprels


def test_the_control_is_the_model_on_words_from_last_to_first(project, said):
    under = lake(project, "out", cell("reversed_words"))
    plain = lake(project, "back", cell("trained"))
    for name in (STATISTIC, "mass_prev", "mass_sep", "entropy_nats"):
        np.testing.assert_allclose(under[name].to_numpy(), plain[name].to_numpy(), rtol=1e-4)
    assert (under["mass_prev"] != lake(project, "out", cell("trained"))["mass_prev"]).any()
    assert "reversed_words" in (project / "out/report/census.html").read_text(encoding="utf-8")
    census = pl.read_parquet(project / "out/tables/census.parquet")
    assert set(census["control"]) == {"trained", "reversed_words"}
    assert census["n_tracks"].null_count() == 0


def test_the_cells_of_the_grid_are_there_and_a_new_one_is_measured(project, said):
    cells = {cell.name for cell in read_grid(project / "conf/grid.yaml").cells()}
    for model in ("minilm", "mine"):
        for corpus in ("treebank", "news"):
            assert f"{model}-random_weights-2-{corpus}" in cells
    heads = lake(project, "data", cell("trained", "news"))
    assert heads["sentence"].n_unique() == N_SENTENCES


def test_the_tests_that_recipes_ask_for_are_green(project):
    """Their own, and the oracle's on the new statistic, in one sequence and across two."""
    oracle = "test_all_statistics_equal_the_reference[causal-False]"
    named = [
        "tests/corpora/test_slashed.py",
        "tests/controls/test_reversed_words.py",
        f"tests/statistics/test_oracle.py::{oracle}",
        "tests/engines/test_families.py",
    ]
    chosen = "slashed or reversed or (reference and not pointers and not t5)"
    arguments = ["-n0", "-p", "no:cacheprovider", "-k", chosen, *named]
    told = python(project, "-m", "pytest", *arguments)
    assert int(re.search(r"(\d+) passed", told)[1]) >= 4, told
    new = [written.file for written in documents.recipes() if written.file.endswith(".py")]
    python(project, "-m", "ruff", "format", "--check", *new)
    python(project, "-m", "ruff", "check", *new)
