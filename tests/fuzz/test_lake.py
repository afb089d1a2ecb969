"""A byte of what was published is another: it is named, and nothing is made of it."""

import contextlib
import io
import json
import shutil

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.core.errors import UserError
from pipeline.engines import cell
from pipeline.lake import manifest
from pipeline.lake.files import sealed, unsealed
from tests.fuzz.laws import examples, in_time, obeyed
from tests.stages import small

READ_BY = {
    "sentences": "aggregate",
    "lake": "aggregate",
    "tables": "report",
    "quarantine": "report",
}
LAKE = ("heads", "pointers", "outputs", "similarity")
"""What `aggregate` reads of `lake`; what interventions start from they check themselves."""


def published(root) -> list:
    return sorted(
        path
        for path in root.rglob("*")
        if path.is_file()
        and (top := path.relative_to(root).parts)[0] in READ_BY
        and (top[0] != "lake" or top[1] in LAKE)
    )


@examples(6)
@given(st.data())
def test_a_byte_that_is_another(census, data) -> None:
    root, words = census
    path = data.draw(st.sampled_from(published(root)))
    content = path.read_bytes()
    at = data.draw(st.integers(0, len(content) - 1))
    how = data.draw(st.sampled_from(["flip", "put", "cut", "end"]))
    byte = bytes([data.draw(st.integers(0, 255))])
    if how == "flip":
        byte = bytes([content[at] ^ (1 << data.draw(st.integers(0, 7)))])
    damaged = content[:at] + (b"" if how == "cut" else byte) + content[at + 1 :]
    damaged = content[:at] if how == "end" else damaged
    try:
        same = path.name == manifest.NAME and unsealed(damaged.decode()) == unsealed(
            content.decode()
        )
    except ValueError:
        same = False
    try:
        # Not in place: the bytes have a second name in the workshop.
        path.unlink()
        path.write_bytes(damaged)
        stage = READ_BY[path.relative_to(root).parts[0]]
        if same or damaged == content:
            return
        out = io.StringIO()
        with in_time(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            assert small.run("verify", f"root={root}") == 1
        assert str(path.parent) in out.getvalue()
        code, said = obeyed(root, stage, *words)
        assert code == 2, (path, at, how)
        assert str(path.parent) in said
        assert said.count("\n") == 1
    finally:
        path.write_bytes(content)


NAMES = st.sampled_from(["", "..", "../x", "a/b", "/x", "\0"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | NAMES,
    lambda each: (
        st.lists(each, max_size=2) | st.dictionaries(st.text(max_size=3), each, max_size=2)
    ),
)


@examples(30)
@given(st.data())
def test_a_manifest_of_any_values_is_read_or_refused(fresh, census, data) -> None:
    """Also one whose seal is in order, or that has none."""
    root, _ = census
    source = sorted((root / "sentences").rglob("*.parquet"))[0].parent
    content = unsealed((source / manifest.NAME).read_text())
    key = data.draw(st.sampled_from([*content, "more"]))
    value = data.draw(VALUES)
    if key == "files" and data.draw(st.booleans()):
        of_file = data.draw(st.sampled_from(["name", "sha256", "n_rows", "more"]))
        value = [content["files"][0] | {of_file: value}, *content["files"][1:]]
    content[key] = value
    text = sealed(content) if data.draw(st.booleans()) else json.dumps(content)
    with fresh() as folder:
        placed = folder / data.draw(
            st.sampled_from(
                ["sentences/corpus=c", "lake", "lake/heads", "tables", "lake/a/b/c/d/e"]
            )
        )
        shutil.copytree(source, placed)
        (placed / manifest.NAME).write_text(text)
        with contextlib.suppress(UserError):
            read = manifest.read(placed)
            assert all(path.parent == placed for path in manifest.paths(placed, read))
            assert isinstance(read.n_rows, int)
        out = io.StringIO()
        with in_time(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            assert small.run("verify", f"root={folder}") in (0, 1)


def test_a_count_that_another_bit_makes_another_is_found(census) -> None:
    """Without a seal the report would have one quarantined sentence more."""
    root, words = census
    path = root / "sentences/corpus=conllu/_manifest.json"
    content = path.read_text()
    assert '"n_quarantined": 1' in content
    try:
        path.unlink()
        path.write_text(content.replace('"n_quarantined": 1', '"n_quarantined": 3'))
        code, said = obeyed(root, "aggregate", *words)
        assert code == 2
        assert f"{path} is damaged" in said
    finally:
        path.write_text(content)


def test_a_manifest_from_before_there_were_seals_is_read(census, tmp_path) -> None:
    root, _ = census
    content = unsealed((root / "tables/_manifest.json").read_text())
    (tmp_path / "_manifest.json").write_text(json.dumps(content))
    assert manifest.read(tmp_path) == manifest.read(root / "tables")


@examples(20)
@given(VALUES, st.sampled_from(["counts", "heads", "n_sentences", "name"]))
@example({"n_sentences": 1.5}, "counts")
@example("../../../x", "name")
def test_a_record_of_the_workshop_is_whole_or_none(census, fresh, value, key: str) -> None:
    root, _ = census
    path = sorted((root / "_work").rglob("shard-00000.json"))[0]
    with fresh() as folder:
        shutil.copytree(path.parent, folder / "work")
        record = unsealed(path.read_text())
        assert cell._finished(folder / "work", 0, LAKE) == record
        if key == "name":
            record["heads"] = record["heads"] | {"name": value}
        elif key == "n_sentences":
            record["counts"] = record["counts"] | {key: value}
        else:
            record[key] = value
        (folder / "work" / path.name).write_text(sealed(record))
        found = cell._finished(folder / "work", 0, LAKE)
        assert found is None or all(type(n) is int for n in found["counts"].values())
        assert found is None or found["heads"]["name"] == "shard-00000.parquet"


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "null", "[]", '"x"', '{"seal": 5}', "{}", "\ufeff"]
)
def test_what_is_no_manifest_is_one_line(tmp_path, text: str) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "_manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"_manifest\.json is damaged"):
        manifest.read(folder)


def test_a_folder_of_that_name_is_no_manifest(tmp_path) -> None:
    (tmp_path / "_manifest.json").mkdir()
    with pytest.raises(UserError, match=r"_manifest\.json is damaged"):
        manifest.read(tmp_path)
