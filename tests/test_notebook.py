"""The notebook over a small lake: its answers are those of plain loops, its headline the tables'.

The loops (`tests.plain`) share nothing with the notebook but what the questions mean. Its cells are
run in this process, which has imported all that they need, and once more by a kernel, slowly. The
committed one was run, and is of no machine.
"""

import contextlib
import io
import json
import os
import re
import statistics
import tempfile
import warnings
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import polars as pl
import pyarrow.parquet as pq
import pytest

from pipeline.stages.cli import main
from tests import plain
from tests.conftest import ROOT

EXPLORE = ROOT / "reports/notebooks/explore.ipynb"
MIN_ARCS, MARGIN = 20, 0.1


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    words = ["model=minilm", "control=[trained,random_weights]", "corpus.limit=140"]
    words += [f"analysis.min_arcs={MIN_ARCS}", "analysis.bootstrap=20", "ingest.shard_sentences=50"]
    words += ["measure.norms=false", "measure.trees=false"]
    for stage in ("ingest", "measure", "aggregate"):
        assert main([stage, *words, f"root={folder}"]) == 0
    return folder


def cells(kind: str) -> list[dict]:
    book = json.loads(EXPLORE.read_text(encoding="utf-8"))
    return [cell for cell in book["cells"] if cell["cell_type"] == kind]


@pytest.fixture(scope="module")
def ran(root) -> SimpleNamespace:
    """What its variables hold when all is run, what it printed, and how many pictures it drew."""
    names: dict = {}
    printed, pictures = io.StringIO(), []

    def show():
        pictures.append(plt.gcf().number)
        plt.close()

    with (
        pytest.MonkeyPatch.context() as patch,
        warnings.catch_warnings(),
        pl.Config(),
        contextlib.redirect_stdout(printed),
    ):
        plt.switch_backend("agg")
        patch.setattr(plt, "show", show)
        patch.setenv("HEADCENSUS_ROOT", str(root))
        for k, cell in enumerate(cells("code")):
            exec(compile("".join(cell["source"]), f"cell {k}", "exec"), names)
    return SimpleNamespace(**names, printed=printed.getvalue(), n_pictures=len(pictures))


@pytest.fixture(scope="module")
def arcs(root) -> list[plain.Arc]:
    return plain.arcs(root)


def test_the_headline_is_counted_from_raw_pointers(root, arcs, ran):
    offsets, right = plain.by_offset(arcs), plain.hits(root, "trained", arcs)
    assert sum(n >= MIN_ARCS for n, _ in offsets.values()) > 5
    table = pq.read_table(root / "tables/relations.parquet").to_pylist()
    table = {
        (row["layer"], row["head"], row["direction"], row["deprel"]): row
        for row in table
        if (row["control"], row["level"], row["weighting"]) == ("trained", "full", "attention")
    }
    assert ran.heads.height == len(table)
    for *key, n, n_hits, offset_hits, tracks in ran.heads.select(
        *ran.PAIR, "n", "hits", "offset_hits", "tracks"
    ).rows():
        row = table[tuple(key)]
        assert (n, n_hits, tracks) == (row["n"], row["hits"], row["tracks"])
        assert (n, offset_hits) == offsets[key[3]]
        assert n_hits == len(right.get(tuple(key), ()))
    tracking = {key[:2] for key, row in table.items() if row["tracks"]}
    assert ran.counted == len(tracking) > 0
    assert f"{len(tracking)} of 72 heads track a relation." in ran.printed


def only_far(root: Path, control: str, arcs: list[plain.Arc]) -> set[tuple]:
    parts = []
    for far in (False, True):
        part = [arc for arc in arcs if (abs(arc.offset) > 3) == far]
        offsets = plain.by_offset(part)
        enough = {
            key: r
            for key, r in plain.hits(root, control, part).items()
            if offsets[key[3]][0] >= MIN_ARCS
        }
        parts.append(
            {
                k: len(r) >= offsets[k[3]][1] + MARGIN * offsets[k[3]][0] - 1e-9
                for k, r in enough.items()
            }
        )
    near, far = parts
    return {key for key in near.keys() & far.keys() if far[key] and not near[key]}


def test_heads_that_follow_a_relation_only_far(root, arcs, ran):
    expected = only_far(root, "trained", arcs)
    assert expected
    assert set(ran.far_only.select(ran.PAIR).rows()) == expected
    of_null = {key[:2] for key in only_far(root, "random_weights", arcs)}
    n_heads = len({key[:2] for key in expected})
    answer = f"{n_heads} of 72 heads follow some relation only at more than 3 words"
    assert f"{answer}; of a null at most {len(of_null)}." in ran.printed


SPLIT = ["deprel", "direction", "head", "other", "head_alone", "both_right", "other_alone"]


def split(root: Path, control: str, arcs: list[plain.Arc]) -> dict[tuple, tuple]:
    offsets, found = plain.by_offset(arcs), {}
    of_relation: dict[tuple, dict] = {}
    for (layer, head, direction, deprel), right in plain.hits(root, control, arcs).items():
        of_relation.setdefault((deprel, direction), {})[f"L{layer}H{head}"] = right
    for (deprel, direction), of_head in of_relation.items():
        n, baseline = offsets[deprel]
        if n < MIN_ARCS:
            continue
        for (first, a), (second, b) in combinations(sorted(of_head.items()), 2):
            counts = len(a - b), len(a & b), len(b - a)
            if (
                min(counts[0], counts[2]) >= MARGIN * n
                and counts[1] * n < len(a) * len(b)
                and len(a | b) >= baseline + MARGIN * n
            ):
                found[deprel, direction, first, second] = counts
    return found


def test_pairs_of_heads_that_split_a_relation(root, arcs, ran):
    expected = split(root, "trained", arcs)
    assert expected
    assert {tuple(row[:4]): tuple(row[4:]) for row in ran.pairs.select(SPLIT).rows()} == expected
    relations, of_null = {key[0] for key in expected}, split(root, "random_weights", arcs)
    answer = f"{len(expected)} pairs of heads split a relation, {len(relations)} relations in all"
    assert f"{answer}; of a null at most {len(of_null)}." in ran.printed


def test_how_sinks_grow_with_length(root, ran):
    assert ran.SINK == "cls"
    table = pq.read_table(root / "tables/heads.parquet").to_pylist()
    dumping = {
        (r["layer"], r["head"]) for r in table if r["control"] == "trained" and r["dumps_cls"]
    }
    assert dumping
    points: dict[tuple, list] = {head: [] for head in dumping}
    for row in plain.measured(root, "heads", "trained"):
        if (row["layer"], row["head"]) in dumping:
            share = 100 * row["mass_cls"] / row["n_queries"]
            points[row["layer"], row["head"]].append((row["n_queries"], share))
    slopes = {
        head: 10 * statistics.linear_regression(*zip(*found, strict=True)).slope
        for head, found in points.items()
    }
    assert {
        row[:2]: row[2] for row in ran.growth.select("layer", "head", "slope").rows()
    } == pytest.approx(slopes)
    grows = sum(slope > 0 for slope in slopes.values())
    answer = f"Of {len(dumping)} heads that dump on [CLS], {grows} put a larger share"
    assert answer in ran.printed
    assert (
        f"is: {statistics.median(slopes.values()):+.1f} points for ten pieces more" in ran.printed
    )


def test_each_picture_is_followed_by_what_it_shows(ran):
    book = json.loads(EXPLORE.read_text(encoding="utf-8"))["cells"]
    drawn = [k for k, cell in enumerate(book) if "plt.show()" in "".join(cell["source"])]
    assert len(drawn) == ran.n_pictures == 3
    for k in drawn:
        assert book[k + 1]["source"][0].startswith("*Picture: ")


@pytest.mark.slow
def test_a_kernel_runs_it(root, ran, monkeypatch):
    """From the notebook's own folder; the committed one was run from the project's."""
    nbformat = pytest.importorskip("nbformat")
    from tests.notebook import executed, stripped

    monkeypatch.setenv("HEADCENSUS_ROOT", str(root))
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    book = stripped(executed(EXPLORE.parent))
    nbformat.validate(book)
    outputs = [out for cell in book.cells for out in cell.get("outputs", ())]
    streams = [out for out in outputs if out.output_type == "stream"]
    assert {out.name for out in streams} == {"stdout"}
    assert "".join(out.text for out in streams) == ran.printed
    assert sum("image/png" in out.get("data", ()) for out in outputs) == 3
    assert outputs[-1].data["text/html"].startswith("<iframe sandbox")


@pytest.mark.parametrize("folder", [ROOT, EXPLORE.parent], ids=["project", "notebooks"])
def test_the_lake_is_found_from_either_folder(folder, monkeypatch):
    source = "".join(line for cell in cells("code") for line in cell["source"])
    monkeypatch.chdir(folder)
    monkeypatch.delenv("HEADCENSUS_ROOT", raising=False)
    names = {"Path": Path, "os": os}
    exec("\n".join(re.findall(r"^(?:HERE|ROOT) = .*$", source, re.M)), names)
    assert names["ROOT"].resolve() == ROOT / "data"


def test_the_committed_notebook_was_run_and_is_of_no_machine():
    text = EXPLORE.read_text(encoding="utf-8")
    book, code = json.loads(text), cells("code")
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [out for cell in code for out in cell["outputs"]]
    assert {out.get("name", "stdout") for out in outputs} == {"stdout"}
    assert not any(out["output_type"] == "error" for out in outputs)
    assert sum("image/png" in out.get("data", ()) for out in outputs) == 3
    assert len(text) < 1_000_000
    assert book["metadata"].keys() == {"kernelspec"}
    assert not any(part["metadata"] for part in [*book["cells"], *outputs] if "metadata" in part)
    for machine in (str(ROOT), str(Path.home()), tempfile.gettempdir()):
        assert machine not in text
    readable = re.sub(r'"image/png": "[^"]*"', "", text)
    paths = r"/(home|Users|tmp|root|work|usr|opt|mnt|var)/|[A-Z]:\\\\|\bat 0x[0-9a-f]{6}"
    assert not re.findall(paths, readable)
    assert not re.findall(r"\d{4}-\d\d-\d\d[T ]+\d\d:\d\d", readable)


def test_the_committed_answer_is_the_reports():
    report = (ROOT / "reports/census.md").read_text(encoding="utf-8")
    n_heads, n_tracks = re.findall(r"Of (\d+) heads, \*\*(\d+) track", report)[0]
    outputs = EXPLORE.read_text(encoding="utf-8")
    assert f"{n_tracks} of {n_heads} heads track a relation." in outputs
