"""From a command to its folders: what is counted, left out, and the same on every run."""

import json
import random
import re

import polars as pl
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.lake import open_table, scan
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.schema import LAKE, MEASURED
from pipeline.lake.tables import TABLES
from tests import once, tiny
from tests.stages import small


@pytest.fixture
def fine(words, capfd):
    """Runs a stage with words of its own in place of the fixture's; its two lines of answer."""

    def fine(*more: str, stage: str = "run") -> str:
        keys = {word.split("=")[0] for word in more}
        kept = [word for word in words if word.split("=")[0] not in keys]
        code = small.run(stage, *kept, *more)
        out, err = capfd.readouterr()
        assert (code, err) == (0, "")
        return out

    return fine


def test_a_run_writes_its_folders_and_says_the_answer(fine, root):
    out = fine("control=[trained,random_weights]")
    assert out.count("\n") == 2
    assert out.endswith(f"report: {root}/report/census.html\n")
    assert {path.name for path in root.iterdir()} == {
        "sentences", "quarantine", "lake", "tables", "report", "_work",
    }  # fmt: skip
    census = open_table("census", root).collect()
    assert census["control"].to_list() == ["trained", "random_weights"]
    assert census["n_sentences"].to_list() == [14, 14]
    assert census["n_heads"].to_list() == [12, 12]
    shards = sorted((root / "sentences/corpus=conllu").glob("*.parquet"))
    assert [pl.read_parquet(shard, hive_partitioning=False).height for shard in shards] == [5, 5, 4]


def test_columns_have_the_types_and_say_the_units_of_their_schema(fine, root):
    fine()
    for name, schema in TABLES.items():
        written = pq.read_schema(root / f"tables/{name}.parquet")
        assert written.equals(schema, check_metadata=True), name
    for name in MEASURED:
        (path, *_) = sorted((root / f"lake/{name}" / small.CELL).glob("*.parquet"))
        written = pq.read_schema(path)
        assert written.names == LAKE[name].names
        assert [field.metadata for field in written] == [field.metadata for field in LAKE[name]]


def test_the_same_command_again_changes_nothing(fine, root):
    fine()
    before = {name: (root / name).stat().st_mtime_ns for name in small.files(root)}
    bytes_before = small.files(root)
    once.forget()
    fine()
    assert small.files(root) == bytes_before
    for name, written in before.items():
        if not name.startswith("report/"):
            assert (root / name).stat().st_mtime_ns == written, name


def test_where_files_lie_does_not_matter(fine, root, tmp_path, sentences, checkpoint):
    """No absolute path and no time: another folder gives the same bytes, the report's apart."""
    fine()
    moved = tmp_path / "moved"
    moved.mkdir()
    (moved / sentences.name).write_bytes(sentences.read_bytes())
    tiny.save(moved / "model")
    fine(f"corpus.path={moved}/{sentences.name}", f"model.path={moved}/model", f"root={moved}/out")
    one, other = small.files(root), small.files(moved / "out")
    assert set(one) == set(other)
    for name, content in one.items():
        if not name.startswith("report/"):
            assert other[name] == content, name
            assert str(tmp_path).encode() not in content, name


def test_long_sentences_are_skipped_and_counted(fine, root, sentences):
    with sentences.open("a", encoding="utf-8") as file:
        for k in range(6):
            file.write(small.sentence(f"long{k}", 150, random.Random(k)))
    # The last shard holds long ones alone.
    fine("ingest.shard_sentences=7")
    census = open_table("census", root).collect()
    assert census.select("n_sentences", "n_too_long").rows() == [(14, 6)]


def test_sentences_that_repeat_others_are_counted(fine, root, sentences):
    """Whatever they are called, and wherever in the corpus they stand."""
    again = small.conllu(14).replace("sent_id = s", "sent_id = t").split("\n\n")[:3]
    with sentences.open("a", encoding="utf-8") as file:
        file.write("\n\n".join([*again, again[0], ""]))
    fine("ingest.shard_sentences=5")
    census = open_table("census", root).collect()
    assert census.select("n_sentences", "n_repeats").rows() == [(18, 4)]


def test_nothing_but_long_sentences_is_no_measurement(words, root, sentences, capfd):
    sentences.write_text(small.conllu(2, n_words=(150, 160)), encoding="utf-8")
    assert small.run("run", *words) == 2
    assert "none of the sentences whole (2 are longer than it reads," in capfd.readouterr().err
    assert not (root / "lake").exists()


def test_malformed_sentences_are_set_aside_and_counted(fine, root, sentences):
    sentences.write_text(small.MALFORMED + small.conllu(9), encoding="utf-8")
    fine("ingest.max_quarantined=0.1")
    assert open_table("census", root).collect()["n_quarantined"].item() == 1
    (fault,) = scan(Lake(root).quarantine("conllu")).collect().rows(named=True)
    assert (fault["source"], fault["line"]) == (str(sentences), 1)
    assert "governor 7" in fault["reason"]


def test_text_without_trees_gives_all_but_syntax(fine, root, tmp_path):
    text = tmp_path / "a b.txt"
    text.write_text("\n".join(tiny.TEXTS * 3), encoding="utf-8")
    fine("corpus=text", f"corpus.path={text}", "control=[trained,random_weights]")
    assert open_table("relations", root).collect().is_empty()
    census = open_table("census", root).collect()
    assert census["n_sentences"].to_list() == [12, 12]
    assert (root / "report/census.html").is_file()


def test_too_few_arcs_decide_nothing(fine, root):
    out = fine("control=[trained,random_weights]", "analysis.min_arcs=500")
    assert "tracking not decided, no relation has 500 arcs (12 heads)" in out
    census = open_table("census", root).collect()
    assert census["n_tracks"].to_list() == census["n_margin"].to_list() == [None, None]
    assert census["n_naive"].null_count() == 0
    assert open_table("heads", root).collect()["tracks"].null_count() == 24
    assert open_table("margins", root).collect().is_empty()
    assert open_table("nulls", root).collect().is_empty()


def test_several_files_and_awkward_names(fine, root, tmp_path):
    names = ["a, b.conllu", "it's [c] $d=${e}.conllu"]
    for seed, name in enumerate(names):
        (tmp_path / name).write_text(small.conllu(3, seed), encoding="utf-8")
    fine(f'corpus.path=["{tmp_path}/{names[0]}", "{tmp_path}/{names[1]}"]')
    assert open_table("census", root).collect()["n_sentences"].item() == 6
    other = root.parent / "other"
    fine(f"corpus.path={tmp_path}/{names[1]}", f"root={other}")
    assert open_table("census", other).collect()["n_sentences"].item() == 3


def test_nan_in_weights_publishes_nothing(words, root, tmp_path, capfd):
    folder = tiny.save(tmp_path / "nan")
    weights = load_file(folder / "model.safetensors")
    weights["encoder.layer.1.attention.self.query.weight"][16:24] = torch.nan
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    kept = [word for word in words if not word.startswith("model.path=")]
    assert small.run("run", *kept, f"model.path={folder}") == 1
    line = capfd.readouterr().err
    assert line.count("\n") == 1
    for part in ("measurement failed", "layer 1 head 2", "nan", "sentence s"):
        assert part in line
    assert {path.name for path in root.iterdir()} == {"sentences", "quarantine", "_work"}


def test_a_smaller_grid_leaves_no_trace_of_what_it_dropped(fine, root):
    fine("control=[trained,random_weights,no_projection]")
    fine("control=[trained,random_weights]")
    for table in ("heads", "relations", "dumps", "census"):
        controls = open_table(table, root).collect()["control"].unique()
        assert set(controls) == {"trained", "random_weights"}, table
    cells = json.loads((root / "tables/_manifest.json").read_text())["facts"]["cells"]
    assert cells == ["local-trained-conllu", "local-random_weights-conllu"]
    for path in (root / "report").rglob("*"):
        assert path.is_dir() or b"no_projection" not in path.read_bytes(), path


def test_a_report_of_other_tables_is_refused(fine, words, capfd):
    fine("control=[trained,random_weights]")
    fine("control=[trained,random_weights]", "report.title=Anew", stage="report")
    for other in (["control=trained"], ["control=[trained,random_weights]", "analysis.alpha=0.01"]):
        kept = [word for word in words if word.split("=")[0] != other[-1].split("=")[0]]
        assert small.run("report", *kept, *other) == 2
        assert "run aggregate" in capfd.readouterr().err


def test_cells_of_one_run_have_a_pair_of_tables_each(fine, root):
    fine("control=[trained,random_weights-3]")
    lake = Lake(root)
    for cell in (
        Cell("local", "trained", 0, "conllu"),
        Cell("local", "random_weights", 3, "conllu"),
    ):
        heads, pointers = (scan(lake.measured(t, cell)).collect() for t in ("heads", "pointers"))
        assert heads.height == pointers.height == 14 * 12
        assert heads.select("sentence", "site", "layer", "head").equals(
            pointers.select("sentence", "site", "layer", "head")
        )


def test_a_root_with_a_colon(words, tmp_path, monkeypatch):
    """No URL of anything."""
    monkeypatch.chdir(tmp_path)
    kept = [word for word in words if not word.startswith("root=")]
    assert small.run("run", *kept, "root=out-12:30") == 0
    assert open_table("census", "out-12:30").collect().height == 1
    assert small.run("verify", "root=out-12:30") == 0
    assert small.run("publish", "root=out-12:30", "repo=a/b") == 0
    assert small.run("report", *kept, "root=out-12:30") == 0


@pytest.mark.parametrize("name", ["plain", "pl[a]in", 'q"uo[1]te', "back\\slash"])
def test_the_code_in_the_report_runs(words, tmp_path, name, capsys):
    root = tmp_path / name
    kept = [word for word in words if not word.startswith("root=")]
    assert small.run("run", *kept, f"root={root}") == 0
    page = (root / "report/census.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.S)
    capsys.readouterr()
    exec(compile(code, "census.md", "exec"), {})
    assert capsys.readouterr().out.startswith("shape: (0, ")
