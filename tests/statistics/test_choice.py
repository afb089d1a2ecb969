"""Which kernel is taken where, and what is said where the one asked for cannot be had."""

import pytest
import torch

from pipeline.statistics import kernels, native
from pipeline.statistics.kernels import NoKernel, choose


def test_only_what_was_asked_for_by_name_is_an_error(monkeypatch):
    """Elsewhere than on a CPU, and where nothing can be compiled."""
    said: list[str] = []
    assert choose("auto", "mps", said.append) == "portable"
    with pytest.raises(NoKernel, match="on a CPU, not on mps"):
        choose("cpp", "mps")

    def fails(say):
        raise native.CannotCompile("there is no C++ compiler")

    monkeypatch.setattr(kernels.native, "load", fails)
    assert choose("auto", "cpu", said.append) == "portable"
    assert len(said) == 2
    assert "there is no C++ compiler" in said[-1]
    with pytest.raises(NoKernel, match="no C\\+\\+ compiler"):
        choose("cpp", "cpu")
    assert choose("portable", "cpu") == "portable"


def test_a_gpu_has_the_triton_kernel_where_triton_is(monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(kernels, "find_spec", lambda name: object())
    monkeypatch.setattr(kernels, "_need_driver", lambda: None)
    for asked in ("auto", "triton"):
        assert choose(asked, "cuda:1", said.append) == "triton"
    assert choose("triton", "cpu") == "triton"  # the tests' interpreter
    monkeypatch.delenv("TRITON_INTERPRET")
    with pytest.raises(NoKernel, match="not on cpu"):
        choose("triton", "cpu")
    assert not said
    monkeypatch.setattr(kernels, "find_spec", lambda name: None)
    assert choose("auto", "cuda", said.append) == "portable"
    assert len(said) == 1
    assert "not installed" in said[0]
    with pytest.raises(NoKernel, match="not installed"):
        choose("triton", "cuda")


@pytest.mark.skipif(torch.cuda.is_available(), reason="Triton has a driver here")
def test_where_triton_cannot_launch_the_portable_kernel_measures():
    pytest.importorskip("triton")
    said = []
    assert choose("auto", "cuda", said.append) == "portable"
    assert len(said) == 1
    assert "Triton cannot be used here (" in said[0]
    with pytest.raises(NoKernel, match="Triton cannot be used here"):
        choose("triton", "cuda")


def test_a_compiler_that_fails_is_named_and_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CXX", "false")
    with pytest.raises(native.CannotCompile, match="false failed"):
        native._compile(native._cache() / "x.so", lambda line: None)
    monkeypatch.delenv("CXX")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(native.CannotCompile, match="no C\\+\\+ compiler"):
        native._compile(native._cache() / "x.so", lambda line: None)
    assert not list(tmp_path.rglob("*.so"))
