"""Damage to what was published: named and mended, or nothing was damaged. Never believed."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.laws import examples
from tests.stages import small


@pytest.fixture(scope="module")
def kept(census, tmp_path_factory) -> Path:
    """What the census holds while nothing is damaged."""
    folder = tmp_path_factory.mktemp("kept") / "out"
    small.copy(census[0], folder)
    return folder


@pytest.mark.faults
@examples(15)
@given(data=st.data())
def test_any_damage_is_named_and_mended(census, kept, data, capfd):
    root, words = census
    published = sorted(
        name for name in small.files(root) if not name.startswith(("report/", "resolved/"))
    )
    name = data.draw(st.sampled_from(published))
    before = small.files(root)
    content = before[name]
    how = data.draw(st.sampled_from(["flip", "cut", "other", "longer", "json"]))
    at = data.draw(st.integers(0, len(content) - 1))
    damaged = {
        "flip": content[:at] + bytes([content[at] ^ (1 << data.draw(st.integers(0, 7)))])
        + content[at + 1 :],
        "cut": content[:at],
        "other": data.draw(st.binary(max_size=64)),
        "longer": content + b"\x00",
        "json": b'{"files": [], "table": 3, "fingerprint": null}',
    }[how]  # fmt: skip
    path = root / name
    path.unlink()  # second names of the same bytes stay as they are
    path.write_bytes(damaged)
    capfd.readouterr()
    # White space of a manifest, or a word of its facts that nothing hangs on, may come out well.
    is_manifest = name.endswith("_manifest.json")
    code = small.run("verify", f"root={root}")
    said = capfd.readouterr()
    assert code == 1 or (is_manifest and code == 0)
    assert said.err.count("\n") == code
    if code:
        assert str(path.parent.relative_to(root)) in said.out
    for stage in ("aggregate", "report"):
        assert small.run(stage, *words) in (0, 2)
        assert "Traceback" not in capfd.readouterr().err
    repaired = small.run("repair", *words)
    assert repaired in (0, 2)
    if repaired or is_manifest:
        # A manifest that names other words than its folder's: the stages make it anew.
        shutil.rmtree(root)
        small.copy(kept, root)
    else:
        assert {k: v for k, v in small.files(root).items() if k in before} == before
    capfd.readouterr()
