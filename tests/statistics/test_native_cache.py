"""What is run from the user's cache is what this user, or who keeps the machine, put there."""

import os
import shutil
import stat
from types import SimpleNamespace

import pytest
import torch

from pipeline.statistics import native

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and modes are of POSIX")


@pytest.fixture
def loaded(monkeypatch, tmp_path) -> list[str]:
    """What `load` did, in a process that has no kernel yet and a cache that is empty."""
    did: list[str] = []

    def compiled(library, say) -> None:
        did.append("compiled")
        library.unlink(missing_ok=True)
        library.write_bytes(b"ours")
        library.chmod(0o700)

    fake = SimpleNamespace(
        headcensus=SimpleNamespace(), load_library=lambda path: did.append(path.read_text())
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(torch, "ops", fake)
    monkeypatch.setattr(native, "_compile", compiled)
    return did


def test_it_is_compiled_once_into_a_folder_of_ones_own(loaded, tmp_path) -> None:
    native.load()
    native.load()
    assert loaded == ["compiled", "ours", "ours"]
    assert stat.S_IMODE((tmp_path / "headcensus").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["kernel.cpp", "words.h"])
def test_of_other_sources_it_is_compiled_anew(loaded, monkeypatch, tmp_path, name) -> None:
    native.load()
    copied = shutil.copytree(native.SOURCES, tmp_path / "cpp")
    monkeypatch.setattr(native, "SOURCES", copied)
    native.load()
    assert loaded == ["compiled", "ours", "ours"]
    with (copied / name).open("a") as stream:
        stream.write("// changed")
    native.load()
    assert loaded[-2:] == ["compiled", "ours"]


@pytest.mark.parametrize("how", ["written by a group", "written by all", "a link"])
def test_a_library_that_others_could_have_written_is_compiled_anew(loaded, tmp_path, how) -> None:
    native.load()
    (library,) = (tmp_path / "headcensus").iterdir()
    if how == "a link":
        library.unlink()
        (tmp_path / "theirs.so").write_bytes(b"theirs")
        library.symlink_to(tmp_path / "theirs.so")
    else:
        library.write_bytes(b"theirs")
        library.chmod(0o770 if "group" in how else 0o702)
    loaded.clear()
    native.load()
    assert loaded == ["compiled", "ours"]


def test_a_folder_that_others_write_into_is_closed(loaded, tmp_path) -> None:
    (tmp_path / "headcensus").mkdir()
    (tmp_path / "headcensus").chmod(0o777)
    native.load()
    assert not (tmp_path / "headcensus").stat().st_mode & 0o022


def test_another_users_folder_is_not_used(loaded, monkeypatch) -> None:
    monkeypatch.setattr(native, "_may_be_trusted", lambda about: False)
    with pytest.raises(native.CannotCompile, match="another user"):
        native.load()
    assert loaded == []


def test_whom_a_file_may_belong_to() -> None:
    def of(uid: int) -> os.stat_result:
        return os.stat_result((0o100700, 0, 0, 1, uid, 0, 0, 0, 0, 0))

    assert native._may_be_trusted(of(os.getuid()))
    assert native._may_be_trusted(of(0))
    assert not native._may_be_trusted(of(os.getuid() + 1))


def test_of_another_torch_or_other_flags_it_is_compiled_anew(loaded, monkeypatch):
    native.load()
    monkeypatch.setattr(torch, "__version__", "0.0")
    native.load()
    monkeypatch.setattr(native, "_FLAGS", (*native._FLAGS, "-g"))
    native.load()
    assert loaded == ["compiled", "ours"] * 3


def test_another_users_library_is_compiled_anew(loaded, monkeypatch) -> None:
    """Though the folder is one's own."""
    native.load()
    loaded.clear()
    monkeypatch.setattr(native, "_may_be_trusted", lambda about: stat.S_ISDIR(about.st_mode))
    native.load()
    assert loaded == ["compiled", "ours"]


def test_a_library_that_does_not_load_is_one_line(loaded, monkeypatch) -> None:
    def fails(path):
        raise OSError("undefined symbol")

    monkeypatch.setattr(torch.ops, "load_library", fails)
    with pytest.raises(native.CannotCompile, match=r"\.so cannot be loaded: undefined symbol"):
        native.load()
