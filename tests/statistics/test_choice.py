"""Which kernel is taken where, and what is said where the one asked for cannot be had."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from pipeline.core.call import AttentionCall, Reduction
from pipeline.statistics import kernels, native
from pipeline.statistics.kernels import DIVERGENCES, KERNELS, NoKernel, choose
from pipeline.statistics.trial import disagreement


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
    monkeypatch.setattr(kernels, "_fault", lambda name, device: None)
    for asked in ("auto", "triton"):
        assert choose(asked, "cuda:1", said.append) == "triton"
    assert choose("triton", "cpu") == "triton"  # the tests' interpreter
    monkeypatch.delenv("TRITON_INTERPRET")
    with pytest.raises(NoKernel, match="not on cpu"):
        choose("triton", "cpu")
    assert {line.partition(",")[0] for line in said} == {
        "headcensus: the triton kernel is tried on cuda:1"
    }
    said.clear()
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


Made = tuple[torch.Tensor, Reduction]


def _fails(made: Made) -> Made:
    raise RuntimeError("PassManager::run failed")


def _without_spearman(made: Made) -> Made:
    output, found = made
    return output, replace(found, sums={k: v for k, v in found.sums.items() if k != "spearman"})


def _with(**changed: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Made], Made]:
    """Some of what is made, by name, otherwise."""

    def change(made: Made) -> Made:
        output, found = made
        sums = {k: changed.get(k, torch.Tensor.clone)(v) for k, v in found.sums.items()}
        pointers = {k: changed.get(k, torch.Tensor.clone)(v) for k, v in found.pointers.items()}
        return changed.get("output", torch.Tensor.clone)(output), Reduction(sums, pointers)

    return change


def _one_other(words: torch.Tensor) -> torch.Tensor:
    """The last word of the first sentence's last head points elsewhere."""
    other = words.clone()
    other[0, -1, -1] = (other[0, -1, -1] + 1) % 3
    return other


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_fails, "it fails (RuntimeError: PassManager::run failed)"),
        (_with(output=lambda x: x * 1.01), "its output is not that of the portable kernel"),
        (_with(output=lambda x: x[..., :-1]), "its output is not"),
        (_with(entropy_nats=lambda x: x + 0.1), "its entropy_nats is not"),
        (_with(mass_sep=lambda x: x.where(x < x.max(), torch.nan)), "its mass_sep is not"),
        (_with(attends_to=_one_other), "its attends_to is not"),
        (_with(tree=_one_other), "its tree is not"),
        (_without_spearman, "its spearman is not"),
    ],
)
def test_a_kernel_that_makes_other_numbers_measures_nothing(change, says, monkeypatch):
    """As where a compiler or a chip does something else than where it was written."""
    kernels._fault.cache_clear()
    attend = KERNELS["cpp"]
    monkeypatch.setitem(KERNELS, "cpp", lambda call: change(attend(call)))
    said: list[str] = []
    try:
        assert choose("auto", "cpu", said.append) == "portable"
        assert len(said) == 1
        assert f"the cpp kernel is not to be trusted on cpu: {says}" in said[0]
        with pytest.raises(NoKernel, match="not to be trusted on cpu"):
            choose("cpp", "cpu")
    finally:
        kernels._fault.cache_clear()


def test_nor_does_one_that_compares_heads_otherwise():
    found = disagreement(KERNELS["cpp"], lambda rows: DIVERGENCES["cpp"](rows) + 0.1, "cpu")
    assert found == "similarity"


def test_a_machine_is_asked_once_a_process(monkeypatch):
    asked: list[AttentionCall] = []
    attend = KERNELS["cpp"]
    monkeypatch.setitem(KERNELS, "cpp", lambda call: (asked.append(call), attend(call))[1])
    kernels._fault.cache_clear()
    for _ in range(2):
        assert choose("auto", "cpu") == "cpp"
    assert len(asked) == 2
    # One is of sentences end to end, the other hides what is later.
    assert [call.packed for call in asked] == [True, False]
    assert [call.layout.hides for call in asked] == [False, True]


def test_the_triton_kernel_stands_its_trial_in_the_interpreter():
    pytest.importorskip("triton")
    assert disagreement(KERNELS["triton"], DIVERGENCES["triton"], "cpu") is None
