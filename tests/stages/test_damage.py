"""A damaged shard is named before anything is computed from it; measuring mends that one alone."""

import pytest

from pipeline.engines import cell
from tests.stages import small

CELL = small.CELL
FOLDERS = (f"lake/heads/{CELL}", f"lake/pointers/{CELL}", "sentences/corpus=conllu")


@pytest.mark.parametrize("how", small.DAMAGES)
@pytest.mark.parametrize("folder", FOLDERS)
def test_damage_is_named_and_mended_alone(how, folder, done, words, root, measured, capfd):
    before = small.files(root)
    small.damage(root / folder / "shard-00001.parquet", how)
    capfd.readouterr()
    assert small.run("aggregate", *words) == 2
    line = capfd.readouterr().err
    assert line.count("\n") == 1
    assert ("shard-99999" if how == "one too many" else "shard-00001") in line
    assert folder in line
    assert not (root / "tables").exists()
    in_lake = folder.startswith("lake")
    assert small.run("measure" if in_lake else "ingest", *words) == 0
    assert small.run("measure", *words) == 0
    assert small.files(root) == before
    # What is missing in the lake is still in the workshop; other damage is on the disk itself.
    lost = in_lake and how in ("empty", "truncated", "flipped")
    assert measured == ([5] if lost else [])
    assert small.run("aggregate", *words) == 0


@pytest.mark.parametrize("how", small.DAMAGES[:-1])
def test_a_first_shard_is_not_asked_before_it_is_looked_at(how, done, words, root, capfd):
    """It says of what the tables are."""
    small.damage(root / FOLDERS[0] / "shard-00000.parquet", how)
    capfd.readouterr()
    assert small.run("aggregate", *words) == 2
    line = capfd.readouterr().err
    assert line.count("\n") == 1
    assert "shard-00000" in line


@pytest.mark.parametrize(("how", "folder"), list(zip(small.DAMAGES[:3], FOLDERS, strict=True)))
def test_a_damaged_manifest_is_named_and_made_anew(how, folder, done, words, root, measured, capfd):
    before = small.files(root)
    small.damage(root / folder / "_manifest.json", how)
    capfd.readouterr()
    assert small.run("aggregate", *words) == 2
    assert folder in capfd.readouterr().err
    assert small.run("ingest", *words) == 0
    assert small.run("measure", *words) == 0
    assert small.files(root) == before
    assert measured == []


def test_damaged_sentences_are_not_measured(done, words, root, capfd):
    small.damage(root / "sentences/corpus=conllu/shard-00001.parquet", "flipped")
    capfd.readouterr()
    assert small.run("measure", *words) == 2
    assert "shard-00001" in capfd.readouterr().err


def test_a_record_of_the_workshop_that_is_damaged_is_not_believed(done, words, root, measured):
    before = small.files(root)
    (root / f"lake/heads/{CELL}/_manifest.json").unlink()
    records = sorted((root / "_work").rglob("shard-*.json"))
    assert len(records) == 3
    for record, content in zip(records, ("", "null", '{"heads": 1}'), strict=True):
        record.write_text(content)
    assert small.run("measure", *words) == 0
    assert measured == [0, 5, 10]
    assert small.files(root) == before


@pytest.mark.parametrize("how", ["flipped", "one too many"])
def test_damaged_tables_are_not_reported(how, done, words, root, capfd):
    assert small.run("aggregate", *words) == 0
    small.damage(root / "tables/census.parquet", how)
    capfd.readouterr()
    assert small.run("report", *words) == 2
    assert str(root / "tables") in capfd.readouterr().err
    assert not (root / "report").exists()
    assert small.run("aggregate", *words) == 0
    assert small.run("report", *words) == 0


def test_other_sentences_under_the_same_name_are_noticed(done, words, root, sentences, capfd):
    sentences.write_text(small.conllu(14, seed=1), encoding="utf-8")
    assert small.run("ingest", *words) == 0
    capfd.readouterr()
    assert small.run("aggregate", *words) == 2
    assert "other sentences" in capfd.readouterr().err
    assert not (root / "tables").exists()


def test_sentences_that_change_while_they_are_measured_are_noticed(
    words, root, sentences, monkeypatch, capfd
):
    """Another run may ingest its own into the same root: no shard of them is taken for ours."""
    assert small.run("ingest", *words) == 0
    measure = cell.measure_shards

    def meanwhile(subject, shards, *rest):
        def changed():
            yield next(shards)
            sentences.write_text(small.conllu(14, seed=1), encoding="utf-8")
            assert small.run("ingest", *words) == 0
            yield from shards

        return measure(subject, changed(), *rest)

    monkeypatch.setattr(cell, "measure_shards", meanwhile)
    capfd.readouterr()
    assert small.run("measure", *words) == 2
    line = capfd.readouterr().err
    assert "shard-00001" in line
    assert "changed while" in line
    assert not (root / "lake").exists()
