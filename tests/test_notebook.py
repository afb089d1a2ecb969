"""The notebook over a small lake: its answers are those of plain loops, its headline the tables'.

The loops read the files with PyArrow and draw the halves by themselves; they share nothing with the
notebook but what the questions mean. The committed one was run, and holds nothing of a machine.
"""

import json
import os
import re
import statistics
import tempfile
from collections import Counter
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pyarrow.parquet as pq
import pytest

from pipeline.stages.cli import main
from tests.conftest import ROOT
from tests.notebook import EXPLORE, executed, stripped

MIN_ARCS, MARGIN = 20, 0.1
DIRECTIONS = {"dep_to_gov": "attends_to", "gov_to_dep": "attended_by"}
REPLY = """
SPLIT = ["deprel", "direction", "head", "other"]
print(json.dumps({
    "heads": heads.select(*PAIR, "n", "hits", "offset_hits", "tracks").rows(),
    "counted": counted,
    "far_only": far_only.select(PAIR).rows(),
    "pairs": pairs.select(*SPLIT, "head_alone", "both_right", "other_alone").rows(),
    "sink": SINK,
    "growth": growth.select("layer", "head", "slope").rows(),
}))
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    words = ["model=minilm", "control=[trained,random_weights]", "corpus.limit=140"]
    words += [f"analysis.min_arcs={MIN_ARCS}", "analysis.bootstrap=20", "ingest.shard_sentences=50"]
    for stage in ("ingest", "measure", "aggregate"):
        assert main([stage, *words, f"root={folder}"]) == 0
    return folder


@pytest.fixture(scope="module")
def ran(root) -> nbformat.NotebookNode:
    """From the notebook's own folder; the committed one was run from the project's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADCENSUS_ROOT", str(root))
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
        return executed(EXPLORE.parent, REPLY)


@pytest.fixture(scope="module")
def said(ran) -> str:
    """All that it printed, but for what was asked in addition."""
    outputs = [out for cell in ran.cells[:-1] if cell.cell_type == "code" for out in cell.outputs]
    return "".join(out.text for out in outputs if out.output_type == "stream")


@pytest.fixture(scope="module")
def reply(ran) -> dict:
    return json.loads(ran.cells[-1].outputs[0].text)


def rows(folder: Path) -> list[dict]:
    names = json.loads((folder / "_manifest.json").read_text(encoding="utf-8"))["files"]
    assert names
    return [row for file in names for row in pq.read_table(folder / file["name"]).to_pylist()]


def measured(root: Path, table: str, control: str) -> list[dict]:
    return rows(root / f"lake/{table}/model=minilm/control={control}/corpus=treebank")


def confirms(row: int) -> bool:
    """Splitmix64 of the row, its last bit."""
    z = (row + 1) * 0x9E3779B97F4A7C15 % 2**64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return bool((z ^ z >> 31) & 1)


@pytest.fixture(scope="module")
def arcs(root) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(
            sentence=k,
            word=w,
            governor=g - 1,
            offset=g - 1 - w,
            deprel=deprel,
            confirms=confirms(k),
        )
        for k, sentence in enumerate(rows(root / "sentences/corpus=treebank"))
        for w, (g, deprel) in enumerate(
            zip(sentence["governors"], sentence["deprels"], strict=True)
        )
        if g > 0
    ]


def hits(root: Path, control: str, arcs: list[SimpleNamespace]) -> dict[tuple, set]:
    """By head, direction and relation the arcs of the confirming half that it is right on."""
    of_sentence: dict[int, list] = {}
    for arc in arcs:
        if arc.confirms:
            of_sentence.setdefault(arc.sentence, []).append(arc)
    found: dict[tuple, set] = {}
    for row in measured(root, "pointers", control):
        for arc in of_sentence.get(row["sentence"], ()):
            for direction, column in DIRECTIONS.items():
                key = (row["layer"], row["head"], direction, arc.deprel)
                right = found.setdefault(key, set())
                if row[column][arc.word] == arc.governor:
                    right.add((arc.sentence, arc.word))
    return found


def by_offset(arcs: list[SimpleNamespace]) -> dict[str, tuple[int, int]]:
    """Of each relation the arcs in the confirming half, and how many of them the offset hits."""
    found = {}
    for deprel in {arc.deprel for arc in arcs}:
        mine = [arc for arc in arcs if arc.deprel == deprel]
        counts = Counter(arc.offset for arc in mine if not arc.confirms)
        ranked = sorted(counts, key=lambda offset: (-counts[offset], abs(offset), -offset))
        best = ranked[0] if ranked else 1
        judged = [arc for arc in mine if arc.confirms]
        found[deprel] = len(judged), sum(arc.offset == best for arc in judged)
    return found


def test_the_headline_is_counted_from_raw_pointers(root, arcs, reply, said):
    offsets, right = by_offset(arcs), hits(root, "trained", arcs)
    assert sum(n >= MIN_ARCS for n, _ in offsets.values()) > 5
    table = pq.read_table(root / "tables/relations.parquet").to_pylist()
    table = {
        (row["layer"], row["head"], row["direction"], row["deprel"]): row
        for row in table
        if (row["control"], row["level"], row["weighting"]) == ("trained", "full", "attention")
    }
    assert len(reply["heads"]) == len(table)
    for *key, n, n_hits, offset_hits, tracks in reply["heads"]:
        row = table[tuple(key)]
        assert (n, n_hits, tracks) == (row["n"], row["hits"], row["tracks"])
        assert (n, offset_hits) == offsets[key[3]]
        assert n_hits == len(right.get(tuple(key), ()))
    tracking = {key[:2] for key, row in table.items() if row["tracks"]}
    assert reply["counted"] == len(tracking) > 0
    assert f"{len(tracking)} of 72 heads track a relation." in said


def only_far(root: Path, control: str, arcs: list[SimpleNamespace]) -> set[tuple]:
    parts = []
    for far in (False, True):
        part = [arc for arc in arcs if (abs(arc.offset) > 3) == far]
        offsets = by_offset(part)
        enough = {
            key: r for key, r in hits(root, control, part).items() if offsets[key[3]][0] >= MIN_ARCS
        }
        parts.append(
            {
                k: len(r) >= offsets[k[3]][1] + MARGIN * offsets[k[3]][0] - 1e-9
                for k, r in enough.items()
            }
        )
    near, far = parts
    return {key for key in near.keys() & far.keys() if far[key] and not near[key]}


def test_heads_that_follow_a_relation_only_far(root, arcs, reply, said):
    expected = only_far(root, "trained", arcs)
    assert expected
    assert set(map(tuple, reply["far_only"])) == expected
    of_null = {key[:2] for key in only_far(root, "random_weights", arcs)}
    n_heads = len({key[:2] for key in expected})
    answer = f"{n_heads} of 72 heads follow some relation only at more than 3 words"
    assert f"{answer}; of a null at most {len(of_null)}." in said


def split(root: Path, control: str, arcs: list[SimpleNamespace]) -> dict[tuple, tuple]:
    offsets, found = by_offset(arcs), {}
    of_relation: dict[tuple, dict] = {}
    for (layer, head, direction, deprel), right in hits(root, control, arcs).items():
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


def test_pairs_of_heads_that_split_a_relation(root, arcs, reply, said):
    expected = split(root, "trained", arcs)
    assert expected
    assert {tuple(row[:4]): tuple(row[4:]) for row in reply["pairs"]} == expected
    relations, of_null = {key[0] for key in expected}, split(root, "random_weights", arcs)
    answer = f"{len(expected)} pairs of heads split a relation, {len(relations)} relations in all"
    assert f"{answer}; of a null at most {len(of_null)}." in said


def test_how_sinks_grow_with_length(root, reply, said):
    assert reply["sink"] == "cls"
    table = pq.read_table(root / "tables/heads.parquet").to_pylist()
    dumping = {
        (r["layer"], r["head"]) for r in table if r["control"] == "trained" and r["dumps_cls"]
    }
    assert dumping
    points: dict[tuple, list] = {head: [] for head in dumping}
    for row in measured(root, "heads", "trained"):
        if (row["layer"], row["head"]) in dumping:
            share = 100 * row["mass_cls"] / row["n_queries"]
            points[row["layer"], row["head"]].append((row["n_queries"], share))
    slopes = {
        head: 10 * statistics.linear_regression(*zip(*found, strict=True)).slope
        for head, found in points.items()
    }
    assert {(layer, head): s for layer, head, s in reply["growth"]} == pytest.approx(slopes)
    grows = sum(slope > 0 for slope in slopes.values())
    answer = f"Of {len(dumping)} heads that dump on [CLS], {grows} put a larger share"
    assert answer in said
    assert f"is: {statistics.median(slopes.values()):+.1f} points for ten pieces more" in said


def test_pictures_and_the_atlas_are_inline_and_captioned(ran):
    assert _n_pictures(ran) == 3
    html = ran.cells[-2].outputs[-1].data["text/html"]
    assert html.startswith("<iframe sandbox")


def _n_pictures(book: nbformat.NotebookNode) -> int:
    """How many there are. Each is followed by words that say what it shows."""
    found = [
        k
        for k, cell in enumerate(book.cells)
        if any("image/png" in out.get("data", {}) for out in cell.get("outputs", ()))
    ]
    for k in found:
        assert book.cells[k + 1].source.startswith("*Picture: ")
    return len(found)


@pytest.mark.parametrize("folder", [ROOT, EXPLORE.parent], ids=["project", "notebooks"])
def test_the_lake_is_found_from_either_folder(folder, monkeypatch):
    setup = next(cell.source for cell in nbformat.read(EXPLORE, 4).cells if "HERE" in cell.source)
    lines = "\n".join(re.findall(r"^(?:HERE|ROOT) = .*$", setup, re.M))
    monkeypatch.chdir(folder)
    monkeypatch.delenv("HEADCENSUS_ROOT", raising=False)
    names = {"Path": Path, "os": os}
    exec(lines, names)
    assert names["ROOT"].resolve() == ROOT / "data"


def test_the_committed_notebook_was_run_and_is_of_no_machine():
    text = EXPLORE.read_text(encoding="utf-8")
    book = nbformat.reads(text, as_version=4)
    nbformat.validate(book)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not any(
        out.output_type == "error" or out.get("name") == "stderr" for c in code for out in c.outputs
    )
    assert _n_pictures(book) == 3
    assert len(text) < 1_000_000
    assert json.loads(text) == json.loads(nbformat.writes(stripped(book)))
    for machine in (str(ROOT), str(Path.home()), tempfile.gettempdir()):
        assert machine not in text
    readable = re.sub(r'"image/png": "[^"]*"', "", text)
    found = r"/(home|Users|tmp|root|work|usr|opt|mnt|var)/|[A-Z]:\\\\|\bat 0x[0-9a-f]{6}"
    assert not re.findall(found, readable)
    assert not re.findall(r"\d{4}-\d\d-\d\dT?\s?\d\d:\d\d", readable)


def test_the_committed_answer_is_the_reports():
    report = (ROOT / "reports/census.md").read_text(encoding="utf-8")
    n_heads, n_tracks = re.findall(r"Of (\d+) heads, \*\*(\d+) track", report)[0]
    outputs = EXPLORE.read_text(encoding="utf-8")
    assert f"{n_tracks} of {n_heads} heads track a relation." in outputs
