"""What would be pushed is what is pushed: verified files, and a card by which each is loaded."""

import io
import shutil

import datasets
import pyarrow.parquet as pq
import pytest
import yaml
from huggingface_hub import DatasetCard

from pipeline.lake import hub
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.manifest import Manifest
from pipeline.lake.outgoing import Part
from pipeline.lake.schema import LAKE, MEASURED, OF_SHARDS
from pipeline.lake.tables import TABLES
from pipeline.stages.publish import PublishSettings, _card, _size
from tests.stages import small
from tests.stages.stub import Hub

REPO = "someone/heads"


@pytest.mark.parametrize(
    ("n_bytes", "said"),
    [(999, "999 B"), (1000, "1 kB"), (999_499, "999 kB"), (999_500, "1 MB"), (2.5e12, "2500 GB")],
)
def test_sizes_are_said_in_three_digits(n_bytes, said):
    assert _size(n_bytes) == said


SHARDS = [f"shard-0000{k}.parquet" for k in range(3)]
TOGETHER = ["shards-00000.parquet"]
COUNTED = {
    "tables/_manifest.json",
    *(f"tables/{name}.parquet" for name in TABLES),
    *(
        f"lake/{table}/{small.CELL}/{name}"
        for table in MEASURED
        for name in ("_manifest.json", *(TOGETHER if table in OF_SHARDS else SHARDS))
    ),
}
TEXTS = {
    *(f"sentences/corpus=conllu/{name}" for name in ("_manifest.json", *SHARDS)),
    "quarantine/corpus=conllu/_manifest.json",
    "quarantine/corpus=conllu/quarantine-00000.parquet",
    "report/census.md",
}


@pytest.fixture
def done(whole, root):
    """A whole root, with a report, and with things beside that nobody should see."""
    small.copy(whole, root)
    for name in ("report/census.md", "report/.census.md.7.tmp", "resolved/x.yaml", "tables/x.txt"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("beside")


@pytest.fixture
def publish(root, capfd):
    """Runs it with more words, and gives the exit code and what it says."""

    def publish(*more: str, repo: str = REPO) -> tuple[int, str, str]:
        capfd.readouterr()
        code = small.run("publish", f"root={root}", f"repo={repo}", *more)
        return code, *capfd.readouterr()

    return publish


@pytest.fixture
def there(monkeypatch) -> Hub:
    made = Hub()
    monkeypatch.setattr(hub, "HfApi", lambda: made)
    monkeypatch.setenv("HF_TOKEN", "hf_nobody")
    return made


def listed(out: str) -> dict[str, str]:
    """Path and size of each file of a dry run."""
    lines = out.split("\n\n---\n")[0].splitlines()
    return {path: size for size, path in (line.split("  ")[-2:] for line in lines)}


@pytest.mark.parametrize("texts", [False, True])
def test_a_dry_run_lists_what_would_go_and_pushes_nothing(texts, done, publish, there, root):
    code, out, err = publish(f"texts={texts}".lower())
    assert (code, err) == (0, "")
    files = listed(out)
    assert set(files) == {"README.md"} | COUNTED | (TEXTS if texts else set())
    assert files["tables/_manifest.json"].strip().endswith("kB")
    assert f"{len(files) - 1} files and a card" in out.splitlines()[-1]
    assert out.splitlines()[-1].endswith("nothing was pushed, push=true does")
    assert there.made is None
    assert there.files == {}


@pytest.mark.parametrize("texts", [False, True])
def test_what_is_pushed_is_loaded_table_by_table(texts, done, publish, there, root, tmp_path):
    code, out, err = publish("push=true", f"texts={texts}".lower(), "license=cc-by-4.0")
    assert (code, err) == (0, "")
    assert f"https://hub/datasets/{REPO}" in out
    assert there.made == {"repo_id": REPO, "private": True}
    card = there.files.pop("README.md").decode()
    wanted = COUNTED | (TEXTS if texts else set())
    assert there.files == {name: (root / name).read_bytes() for name in wanted}
    assert ("the dog" in card) is ("some.conllu" in card) is False

    folder = tmp_path / "downloaded"
    for name, content in {**there.files, "README.md": card.encode()}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    data = DatasetCard(card).data
    assert data.license == "cc-by-4.0"
    assert data.size_categories == ["1K<n<10K"]
    assert {"attention", "headcensus"} <= set(data.tags)
    found = set()
    for config in data.configs:
        for split in config["data_files"]:
            patterns = split["path"] if isinstance(split["path"], list) else [split["path"]]
            files = sorted(file for pattern in patterns for file in folder.glob(pattern))
            assert len(files) >= len(patterns)
            assert found.isdisjoint(files)
            found |= set(files)
            loaded = datasets.load_dataset(
                str(folder),
                config["config_name"],
                split=split["split"],
                cache_dir=str(tmp_path / "cache"),
            )
            assert loaded.num_rows == sum(pq.read_metadata(path).num_rows for path in files) > 0
            assert loaded.column_names == pq.read_schema(files[0]).names
    tables = [folder / name for name in wanted if name.endswith(".parquet")]
    assert found == {path for path in tables if pq.read_metadata(path).num_rows}
    # And who downloads all of it can verify it.
    assert small.run("verify", f"root={folder}") == (0 if texts else 1)


def test_the_card_says_what_was_measured(done, publish, root):
    _, out, _ = publish()
    fingerprint = yaml.safe_load((root / f"lake/heads/{small.CELL}/_manifest.json").read_text())
    assert f"| local | trained | conllu | {fingerprint['fingerprint']} |" in out
    assert "transformers " in out
    assert "min_arcs = 5" in out
    assert f"hf://datasets/{REPO}/tables/relations.parquet" in out
    for name, schema in TABLES.items():
        assert f"### tables/{name}.parquet" in out
        for column in schema.names:
            assert f"| {column} |" in out
    assert "are not here" in out


def test_what_an_earlier_push_left_goes_and_the_rest_stays(done, publish, there):
    there.files = {
        ".gitattributes": b"",
        "notes.md": b"mine",
        "tables/forests.parquet": b"",
        "lake/heads/model=gone/control=trained/corpus=c/shard-00000.parquet": b"",
        "sentences/corpus=conllu/shard-00000.parquet": b"texts, once",
    }
    assert publish("push=true")[0] == 0
    assert set(there.files) == COUNTED | {"README.md", ".gitattributes", "notes.md"}


def test_a_push_that_breaks_off_is_said_and_done_again(done, publish, there):
    there.breaks = OSError("no route to the hub\nand a long tale")
    code, out, err = publish("push=true")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "someone/heads: the hub did not take it" in err
    assert "no route to the hub; mend it, and the same command goes on" in err
    assert there.files == {}
    there.breaks = None
    assert publish("push=true")[0] == 0
    assert set(there.files) == COUNTED | {"README.md"}


def test_no_network(done, publish, monkeypatch):
    """The client itself, in an environment that is offline."""
    monkeypatch.setenv("HF_TOKEN", "hf_nobody")
    code, out, err = publish("push=true")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "the hub did not take it" in err


def test_no_token(done, publish, monkeypatch):
    monkeypatch.setattr(hub, "get_token", lambda: None)
    code, _, err = publish("push=true")
    assert code == 2
    assert "hf auth login" in err


@pytest.mark.parametrize("private", [True, False])
def test_a_repository_that_others_can_read_is_asked_about(private, done, publish, there):
    there.private = not private
    code, _, err = publish("push=true", f"private={private}".lower())
    assert code == 2
    assert f"say private={str(not private).lower()}" in err
    assert there.files == {}


def test_bytes_that_changed_after_they_were_verified(done, publish, there, root, monkeypatch):
    create = there.create_repo

    def meanwhile(*given, **more):
        small.damage(root / "tables/census.parquet", "flipped")
        return create(*given, **more)

    monkeypatch.setattr(there, "create_repo", meanwhile)
    code, _, err = publish("push=true")
    assert code == 2
    assert "census.parquet changed after it was verified" in err
    assert there.files == {}


@pytest.mark.parametrize("how", small.DAMAGES)
def test_a_damaged_lake_is_not_pushed(how, done, publish, there, root):
    small.damage(root / f"lake/pointers/{small.CELL}/shard-00001.parquet", how)
    shutil.rmtree(root / "quarantine")
    for more in ((), ("push=true",)):
        code, out, err = publish(*more)
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        assert "lake/pointers" in err
        assert "(and 1 more)" in err
    assert there.made is None


@pytest.mark.parametrize("repo", ["heads", "a/b/c", "-a/b", "a/b--c", "a/b.git", "a b/c", "a/<b>"])
def test_a_repository_that_there_cannot_be(repo, done, publish):
    code, out, err = publish(repo=repo)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert f"repo={repo}: give OWNER/NAME" in err


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("colour=red", "unknown key publish.colour"),
        ("push=perhaps", "publish.push='perhaps'"),
        ("repo=a/b", "repo is given twice"),
        ("license=all rights", "license=all rights: give the hub's word"),
        ("here", "not KEY=VALUE"),
        ("repo=", "repo= has no value"),
    ],
)
def test_unknown_words(word, says, done, publish, there):
    code, out, err = publish(word, "push=true") if "push" not in word else publish(word)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert says in err
    assert there.made is None


def test_nothing_there(root, publish, capfd):
    code, out, err = publish()
    assert (code, out) == (2, "")
    assert "holds nothing that was finished" in err
    assert small.run("publish", f"root={root}") == 2
    assert "give repo=OWNER/NAME" in capfd.readouterr().err


def test_sentences_alone_are_texts(done, publish, root):
    for folder in ("lake", "tables"):
        shutil.rmtree(root / folder)
    code, _, err = publish()
    assert code == 2
    assert "texts=true" in err
    assert publish("texts=true")[0] == 0


def test_the_report_of_a_project_is_named(done, publish, root, tmp_path):
    shutil.rmtree(root / "report")
    reports = tmp_path / "reports"
    (reports / "figures").mkdir(parents=True)
    for name in ("census.html", "figures/maps.svg", ".census.md.7.tmp"):
        (reports / name).write_text("page")
    code, out, _ = publish("texts=true", f"report={reports}")
    assert code == 0
    pages = {name for name in listed(out) if name.startswith("report")}
    assert pages == {"report/census.html", "report/figures/maps.svg"}
    code, _, err = publish("texts=true", f"report={reports / 'figures'}")
    assert (code, err.count("\n")) == (2, 1)
    assert "there is no census.html" in err
    code, _, err = publish(f"report={reports}")
    assert code == 2
    assert "give texts=true too" in err


def test_before_aggregation_there_is_the_lake_alone(done, publish, root):
    shutil.rmtree(root / "tables")
    code, out, _ = publish()
    assert code == 0
    assert set(listed(out)) - {"README.md"} == {n for n in COUNTED if n.startswith("lake")}
    assert f'load_dataset("{REPO}", "lake_heads")["local.trained.conllu"]' in out


def test_a_terminal_that_has_not_every_sign(done, root, monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", out)
    assert small.run("publish", f"root={root}", f"repo={REPO}") == 0
    out.seek(0)
    assert "nothing was pushed" in out.read()


def test_the_card_has_all_cells(tmp_path, monkeypatch):
    part = Part("lake_heads", "lake/heads/**/*.parquet", LAKE["heads"], {"a.b.c": "x"}, 3)
    monkeypatch.setattr("pipeline.lake.origins.making", lambda *_: {})
    monkeypatch.setattr("pipeline.lake.outgoing.parts", lambda *_: [part])
    lake, published = Lake(tmp_path), {}
    for seed in (0, 1):
        content = Manifest("heads", f"made-{seed}", (), {"n_sentences": 345 + seed})
        published[lake.measured("heads", Cell("m", "shuffled", seed, "c"))] = content
    card = _card(lake, published, PublishSettings("a/b"), [])
    rows = [line for line in card.splitlines() if "made-" in line]
    assert len(rows) == 2
    assert all(f"made-{k}" in row and str(345 + k) in row for k, row in enumerate(rows))
