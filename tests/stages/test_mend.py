"""`verify` names whatever is wrong below a root; `repair` makes that again, and nothing else."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline.lake.schema import INTERVENED, MEASURED, OF_SHARDS
from tests.stages import small

LAKE = tuple(f"lake/{table}/{small.CELL}" for table in MEASURED)
HEADS = LAKE[0]
SENTENCES, QUARANTINE = "sentences/corpus=conllu", "quarantine/corpus=conllu"
FILES = {
    **dict.fromkeys((*LAKE, SENTENCES), "shard-00001.parquet"),
    **{folder: "shards-00000.parquet" for folder in LAKE if folder.split("/")[1] in OF_SHARDS},
    QUARANTINE: "quarantine-00000.parquet",
    "tables": "relations.parquet",
}
"""A file of each folder that is published."""


@pytest.fixture
def done(whole, root, measured):
    small.copy(whole, root)


@pytest.fixture
def verify(root, capfd):
    """Runs it, and gives what it says is wrong, line by line."""

    def verify() -> list[str]:
        capfd.readouterr()
        code = small.run("verify", f"root={root}")
        out, err = capfd.readouterr()
        if code == 0:
            assert err == ""
            tops = ("sentences", "quarantine", "lake", "tables")
            files = [path for top in tops for path in (root / top).rglob("*.parquet")]
            folders = {path.parent for path in files}
            assert out == f"{len(files)} files in {len(folders)} folders are as they were written\n"
            return []
        assert code == 1
        found = out.splitlines()
        assert err.count("\n") == 1
        assert err.startswith(f"headcensus: {len(found)} wrong in ")
        assert "headcensus repair" in err
        return found

    return verify


def edit(root: Path, folder: str, **values) -> None:
    """Values in the manifest of a folder; `n_rows` in that of its first file."""
    path = root / folder / "_manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    if "n_rows" in values:
        content["files"][0]["n_rows"] = values.pop("n_rows")
    content |= values
    del content["seal"]  # else it would be seen at once, whatever it says
    path.unlink()
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("how", small.DAMAGES)
def test_damage_is_named_wherever_it_is(how, done, root, verify, whole):
    assert verify() == []
    for folder, name in FILES.items():
        small.damage(root / folder / name, how)
        (line,) = verify()
        stray = how == "one too many"
        assert line.startswith(str(root / folder / ("shard-99999.parquet" if stray else name)))
        (root / folder / "shard-99999.parquet").unlink(missing_ok=True)
        shutil.copyfile(whole / folder / name, root / folder / name)
    assert verify() == []


@pytest.mark.parametrize("folder", FILES)
def test_one_damaged_file_is_made_again_alone(folder, done, words, root, verify, measured, capfd):
    before = small.files(root)
    small.damage(root / folder / FILES[folder], "flipped")
    (line,) = verify()
    assert small.run("repair", *words) == 0
    out, err = capfd.readouterr()
    assert out.startswith(f"mended: {line}\n")
    assert err == ""
    assert small.files(root) == before
    # What was put together when it was published has its shards in the workshop still.
    measured_again = FILES[folder].startswith("shard-") and folder in LAKE
    assert measured == ([5] if measured_again else [])
    assert verify() == []


@pytest.mark.parametrize("how", small.DAMAGES)
def test_damage_in_all_folders_is_mended_at_once(how, done, words, root, verify, measured):
    before = small.files(root)
    for folder, name in FILES.items():
        small.damage(root / folder / name, how)
    assert len(verify()) == len(FILES)
    assert small.run("repair", *words) == 0
    assert small.files(root) == before
    # What is missing in the lake is still in the workshop; other damage is on the disk itself.
    assert measured == ([5] if how in ("empty", "truncated", "flipped") else [])
    assert verify() == []


def test_nothing_is_done_where_all_is_well(done, words, root, measured, capfd):
    before = small.files(root)
    stamps = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    assert small.run("repair", *words) == 0
    assert "are as they were written" in capfd.readouterr().out
    assert small.files(root) == before
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == stamps
    assert measured == []


@pytest.mark.parametrize("how", ["missing", "empty", "truncated"])
def test_manifests(how, done, words, root, verify, measured):
    before = small.files(root)
    for folder in FILES:
        small.damage(root / folder / "_manifest.json", how)
    found = verify()
    assert len(found) == len(FILES)
    for folder, line in zip(sorted(FILES), sorted(found), strict=True):
        assert line.startswith(str(root / folder))
    assert small.run("repair", *words) == 0
    assert small.files(root) == before
    assert measured == []


@pytest.mark.parametrize("folder", [f for f in FILES if f != "tables"])
def test_a_folder_that_is_gone(folder, done, words, root, verify, measured):
    before = small.files(root)
    shutil.rmtree(root / folder)
    assert verify() == [f"{root / folder} is missing"]
    assert small.run("repair", *words) == 0
    assert small.files(root) == before
    assert measured == []


@pytest.mark.parametrize("folder", FILES)
def test_rows_that_a_manifest_miscounts(folder, done, words, root, verify, measured):
    before = small.files(root)
    edit(root, folder, n_rows=7)
    (line,) = verify()
    assert line.startswith(str(root / folder))
    assert "its manifest says 7" in line
    assert small.run("repair", *words) == 0
    assert small.files(root) == before
    assert measured == []


@pytest.mark.parametrize("folder", [HEADS, LAKE[-1], QUARANTINE])
def test_tables_of_different_makings(folder, done, words, root, verify, measured):
    before = small.files(root)
    edit(root, folder, fingerprint="0" * 32)
    (line,) = verify()
    assert "of different makings" in line
    assert str(root / (SENTENCES if folder == QUARANTINE else HEADS)) in line
    assert small.run("repair", *words) == 0
    assert small.files(root) == before
    assert measured == []


@pytest.mark.parametrize("of", ["others", "none"])
def test_other_sentences_than_were_measured(of, done, words, root, sentences, verify, measured):
    """The words say which are meant: they are ingested anew, and nothing has to be measured."""
    before = small.files(root)
    if of == "others":
        corpus = sentences.read_text(encoding="utf-8")
        sentences.write_text(small.conllu(14, seed=1), encoding="utf-8")
        assert small.run("ingest", *words) == 0
        sentences.write_text(corpus, encoding="utf-8")
    else:
        for folder in LAKE:
            edit(root, folder, facts={})
    found = verify()
    assert len(found) == len(LAKE)
    for folder, line in zip(LAKE, found, strict=True):
        assert line.startswith(str(root / folder))
        assert "other sentences" in line
    assert small.run("repair", *words) == 0
    assert small.files(root) == before
    assert measured == []


def test_of_two_cells_the_damaged_one_is_measured(words, root, measured, verify, capfd):
    words.append("control=[trained,shuffled_weights-1]")
    for stage in ("ingest", "measure", "aggregate"):
        assert small.run(stage, *words) == 0
    before = small.files(root)
    other = f"lake/pointers/{small.CELL.replace('trained', 'shuffled_weights-1')}"
    small.damage(root / other / "shard-00002.parquet", "truncated")
    measured.clear()
    (line,) = verify()
    assert line.startswith(str(root / other))
    # Without that cell in the words it stays as it is, and is named.
    fewer = [word for word in words if not word.startswith("control=")]
    assert small.run("repair", *fewer) == 1
    out, err = capfd.readouterr()
    assert out == f"{line}\n"
    assert err.count("\n") == 1
    assert "1 wrong" in err
    assert "not of these words" in err
    assert measured == []
    # Nor are tables of two cells made again of one.
    small.damage(root / "tables/census.parquet", "empty")
    assert small.run("repair", *fewer) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert "made with other cells" in err
    assert small.run("repair", *words) == 0
    assert small.files(root) == before
    assert measured == [10]


def test_what_interventions_left_is_named_and_not_made_again(done, words, root, capfd):
    shutil.copytree(root / HEADS, root / f"lake/effects/{small.CELL}")
    assert small.run("verify", f"root={root}") == 1
    out, err = capfd.readouterr()
    assert out == f"{root}/lake/observed/{small.CELL} is missing\n"
    again = "`headcensus intervene` with its own words makes effects and observed again"
    assert err == f"headcensus: 1 wrong in 9 folders: {again}\n"
    assert small.run("repair", *words) == 1
    out, err = capfd.readouterr()
    assert "mended" not in out
    assert err == f"headcensus: 1 wrong in 9 folders: {again}\n"
    # What repair can make again is said beside it.
    small.damage(root / HEADS / "shard-00001.parquet", "flipped")
    assert small.run("verify", f"root={root}") == 1
    err = capfd.readouterr().err
    assert "`headcensus repair` with the words of the run makes it again, " in err
    assert err.endswith(f"; {again}\n")


def test_interventions_of_other_sentences_are_no_fault_of_these(done, root, words, capfd):
    """The corpus is not ingested anew for them."""
    for table in INTERVENED:
        folder = root / f"lake/{table}/{small.CELL}"
        shutil.copytree(root / HEADS, folder)
        edit(root, folder.relative_to(root).as_posix(), facts={"sentences": "0" * 32})
    before = small.files(root)
    assert small.run("repair", *words) == 1
    out, err = capfd.readouterr()
    assert out.count("is of other sentences than") == 2
    assert "`headcensus repair`" not in err
    assert small.files(root) == before


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (["model.path=/nowhere"], "no such folder"),
        (["engine=ray", "engine.address=127.0.0.1:1"], "Ray"),
    ],
)
def test_nothing_is_withdrawn_where_the_words_are_wrong(
    wrong, says, done, words, root, verify, capfd
):
    small.damage(root / HEADS / "shard-00001.parquet", "flipped")
    after = small.files(root)
    keys = {word.partition("=")[0] for word in wrong}
    kept = [word for word in words if word.partition("=")[0] not in keys]
    capfd.readouterr()
    assert small.run("repair", *kept, *wrong) == 2
    assert says in capfd.readouterr().err
    assert small.files(root) == after


@pytest.mark.parametrize("stage", ["verify", "repair"])
def test_nothing_there(stage, root, capfd):
    assert small.run(stage, f"root={root}") == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err == (
        f"headcensus: {root} holds nothing that was finished: give root=DIR of a census\n"
    )
    assert not root.exists()


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("colour=red", "colour=red: verify takes root=DIR, and nothing else"),
        ("model=local", "model=local: verify takes root=DIR, and nothing else"),
        ("here", "here: verify takes root=DIR, and nothing else"),
        ("root=other", "root is given twice; give it once"),
    ],
)
def test_unknown_words(word, says, root, capfd):
    assert small.run("verify", word, f"root={root}") == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert says in err
