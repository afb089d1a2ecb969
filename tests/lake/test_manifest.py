"""A folder holds what its manifest says, or it is not published."""

import json

import pytest

from pipeline.core.errors import UserError
from pipeline.lake import manifest
from pipeline.lake.files import sealed, sha256_of, write_text
from pipeline.lake.manifest import File, Manifest
from tests.stages.small import DAMAGES, damage


@pytest.fixture
def source(tmp_path):
    for k in range(3):
        write_text(tmp_path / f"work/shard-0000{k}.parquet", f"bytes of {k}" * 9)
    return tmp_path / "work"


def made(source, *numbers: int) -> Manifest:
    names = [f"shard-0000{k}.parquet" for k in numbers]
    files = tuple(File(name, sha256_of(source / name), 5) for name in names)
    return Manifest("heads", "f" * 32, files, {"n_sentences": 10, "of": "naïve"})


def test_what_is_published_is_read_back(source, tmp_path):
    content = made(source, 0, 1)
    manifest.publish(tmp_path / "out", content, source)
    assert manifest.read(tmp_path / "out") == manifest.verified(tmp_path / "out") == content
    assert content.n_rows == 10
    assert [p.read_text()[:10] for p in manifest.paths(tmp_path / "out", content)] == [
        "bytes of 0", "bytes of 1",
    ]  # fmt: skip


def test_publishing_anew_removes_what_is_not_listed(source, tmp_path):
    out = tmp_path / "out"
    manifest.publish(out, made(source, 0, 1), source)
    (out / ".shard-00000.parquet.7.tmp").touch()
    manifest.publish(out, made(source, 2), source)
    assert {p.name for p in out.iterdir()} == {"shard-00002.parquet", "_manifest.json"}


def test_what_is_there_already_is_left_alone(source, tmp_path):
    out = tmp_path / "out"
    manifest.publish(out, made(source, 0), source)
    written = (out / "_manifest.json").stat().st_mtime_ns
    manifest.publish(out, made(source, 0), source)
    assert (out / "_manifest.json").stat().st_mtime_ns == written
    assert manifest.is_published(out, made(source, 0))
    assert not manifest.is_published(out, made(source, 1))


def test_a_withdrawn_folder_is_not_published(source, tmp_path):
    manifest.publish(tmp_path / "out", made(source, 0), source)
    manifest.withdraw(tmp_path / "out")
    with pytest.raises(UserError, match="run the stage that writes it"):
        manifest.read(tmp_path / "out")
    manifest.withdraw(tmp_path / "never")


@pytest.mark.parametrize("how", DAMAGES)
def test_damage_is_named(how, source, tmp_path):
    out = tmp_path / "out"
    content = made(source, 0, 1)
    manifest.publish(out, content, source)
    damage(out / "shard-00001.parquet", how)
    named = "shard-99999" if how == "one too many" else "shard-00001"
    with pytest.raises(UserError, match=named):
        manifest.verified(out)
    assert not manifest.is_published(out, content)
    # A damaged file shares its bytes with the source, where it is a link: the maker notices.
    if how in ("missing", "one too many"):
        manifest.publish(out, content, source)
        assert manifest.verified(out) == content


def test_several_faults_are_counted(source, tmp_path):
    manifest.publish(tmp_path / "out", made(source, 0, 1, 2), source)
    for k in (0, 2):
        (tmp_path / f"out/shard-0000{k}.parquet").unlink()
    with pytest.raises(UserError, match=r"shard-00000.* \(and 1 more\)"):
        manifest.verified(tmp_path / "out")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "5", "{}", '{"files": 3}', '{"files": [{"name": "a"}]}', '{"files": [], "x": 1}'],
)
def test_a_damaged_manifest_is_one_line(text, tmp_path):
    (tmp_path / "_manifest.json").write_text(text)
    with pytest.raises(UserError, match="is damaged"):
        manifest.read(tmp_path)


WHOLE = {"name": "shard-00000.parquet", "sha256": "0" * 64, "n_rows": 5}


@pytest.mark.parametrize(
    ("of_file", "of_manifest"),
    [
        *(({"name": name}, {}) for name in ("../a", "/a", "a/b", "a/", "..", "", "a\0b", 5, None)),
        *(({"n_rows": n}, {}) for n in (-1, 1.5, True, "5", None)),
        *(({"sha256": sha256}, {}) for sha256 in (5, None)),
        *(({}, {key: value}) for key, value in (("table", 5), ("fingerprint", None))),
        *(({}, {"facts": facts}) for facts in ([], "x", None)),
        ({}, {"files": [WHOLE, WHOLE]}),
    ],
)
def test_a_manifest_of_anybodys_is_not_believed(of_file, of_manifest, tmp_path):
    """Sealed as it should be: a name has to be that of a file in the folder."""
    content = {"table": "heads", "fingerprint": "f", "facts": {}, "files": [WHOLE | of_file]}
    path = tmp_path / "_manifest.json"
    path.write_text(sealed(content | of_manifest), encoding="utf-8")
    with pytest.raises(UserError, match="is damaged"):
        manifest.read(tmp_path)
    path.write_text(sealed(content | {"files": [WHOLE]}), encoding="utf-8")
    assert manifest.read(tmp_path).n_rows == 5


def test_it_says_neither_when_nor_where(source, tmp_path):
    for out in (tmp_path / "a", tmp_path / "b/c"):
        manifest.publish(out, made(source, 0), source)
    one, other = (tmp_path / p / "_manifest.json" for p in ("a", "b/c"))
    assert one.read_bytes() == other.read_bytes()
    assert set(json.loads(one.read_text())) == {"table", "fingerprint", "files", "facts", "seal"}
