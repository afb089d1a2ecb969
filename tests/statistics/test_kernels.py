"""Kernels give the same numbers, whatever is attended: each against the portable one.

Against truth, transformers' eager attentions, the families' tests hold every kernel. The one that
Triton's interpreter runs is in test_fused.py.
"""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from pipeline.core.call import AttentionCall
from pipeline.core.layout import Layout
from pipeline.core.pieces import Pieces
from pipeline.statistics import kernels, native, norms
from pipeline.statistics.kernels import KERNELS, NoKernel, choose
from pipeline.statistics.norms import transformed
from pipeline.statistics.portable import attend, attention_pattern
from tests import ranks
from tests.statistics.test_oracle import MASKS, random_pieces, visibility

OTHERS = [name for name in KERNELS if name not in ("portable", "triton")]
SEEDS = st.integers(0, 2**32 - 1)
LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=4)


def pieces_of(rng: np.random.Generator, lengths: list[int], **changes) -> Pieces:
    pieces, _ = random_pieces(rng, lengths)
    kept = {name: getattr(pieces, name) for name in Pieces.__dataclass_fields__}
    return Pieces(**(kept | changes))


def call_of(
    rng: np.random.Generator, layout: Layout, heads: tuple[int, int], flags: dict[str, bool]
) -> AttentionCall:
    """Channels of keys and of values are not as many; heads are, and key heads."""
    n_heads, n_keys = heads
    (s, q), k = layout.queries.word.shape, layout.keys.word.shape[1]

    def normal(*shape: int) -> torch.Tensor:
        return torch.tensor(rng.normal(size=shape)).float()

    return AttentionCall(
        # As a model hands them on: heads lie side by side.
        normal(s, q, n_heads, 6).transpose(1, 2),
        normal(s, k, n_keys, 6).transpose(1, 2),
        normal(s, k, n_keys, 5).transpose(1, 2),
        1.3,
        layout,
        bias=normal(1, n_heads, q, k) if flags["bias"] else None,
        softcap=2.0 if flags["softcap"] else None,
        sinks=normal(n_heads) if flags["sinks"] else None,
        readout=normal(n_heads, 5, 5) if flags["readout"] else None,
        trees=flags["trees"],
    )


FLAGS = st.fixed_dictionaries(
    {name: st.booleans() for name in ("bias", "softcap", "sinks", "readout", "trees")}
)


def reach(call: AttentionCall) -> torch.Tensor:
    """[sentence, head]: how far ties to the last digits may move its rank correlation."""
    layout = call.layout
    real = layout.queries.real[:, None, :, None]
    seen = (attention_pattern(call) * real).sum(2) / layout.n_seeing.clamp(min=1).unsqueeze(1)
    length, found = transformed(call).norm(dim=-1), torch.zeros(seen.shape[:2])
    for s, n in enumerate(layout.keys.lengths.tolist()):
        for h in range(seen.shape[1]):
            found[s, h] = ranks.reach(seen[s, h, :n].numpy(), length[s, h, :n].numpy())
    return found


def assert_same(kernel: str, call: AttentionCall) -> None:
    choose(kernel, "cpu", torch.float32)
    output, found = KERNELS[kernel](call)
    expected, truth = attend(call)
    real = call.layout.queries.real[:, None, :, None]
    torch.testing.assert_close(output * real, expected * real, atol=1e-5, rtol=1e-4)
    assert set(found.sums) == set(truth.sums)
    for name, sums in truth.sums.items():
        assert found.sums[name].shape == sums.shape, name
        if name == "spearman" and not torch.allclose(found.sums[name], sums, 1e-4, 1e-4, True):
            assert torch.equal(found.sums[name].isnan(), sums.isnan())
            off = (found.sums[name] - sums).abs().nan_to_num()
            assert (off <= 1e-4 + reach(call)).all()
            continue
        torch.testing.assert_close(
            found.sums[name], sums, atol=1e-4, rtol=1e-4, equal_nan=True, msg=name
        )
    assert set(found.pointers) == set(truth.pointers)
    for name, words in truth.pointers.items():
        # Continuous weights have no ties: what is largest is largest in any order of sums.
        assert found.pointers[name].dtype == words.dtype
        assert torch.equal(found.pointers[name], words), name


@pytest.mark.parametrize("kernel", OTHERS)
@pytest.mark.parametrize("mask", MASKS)
@settings(max_examples=12, deadline=None)
@given(seed=SEEDS, lengths=LENGTHS, flags=FLAGS)
def test_within_one_sequence(kernel, mask, seed, lengths, flags):
    rng = np.random.default_rng(seed)
    pieces = pieces_of(rng, lengths)
    layout = Layout(pieces, pieces, visibility(pieces, mask))
    assert_same(kernel, call_of(rng, layout, (4, 2), flags))


@pytest.mark.parametrize("kernel", OTHERS)
@settings(max_examples=12, deadline=None)
@given(seed=SEEDS, lengths=LENGTHS, flags=FLAGS)
def test_across_two(kernel, seed, lengths, flags):
    rng = np.random.default_rng(seed)
    source = pieces_of(rng, lengths)
    target = pieces_of(rng, list(rng.permutation([n + 3 for n in lengths])))
    predicts = torch.cat((target.word[:, 1:], torch.full_like(target.word[:, :1], -1)), 1)
    queries = Pieces(**{**vars(target), "predicts": predicts})
    visible = queries.real[:, :, None] & source.real[:, None, :]
    layout = Layout(queries, source, visible, is_self=False)
    assert_same(kernel, call_of(rng, layout, (3, 3), flags))


@pytest.mark.parametrize("kernel", OTHERS)
@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, lengths=st.lists(st.integers(4, 30), min_size=1, max_size=3))
def test_two_sentences_in_one_input(kernel, seed, lengths):
    rng = np.random.default_rng(seed)
    plain = pieces_of(rng, lengths)
    half = plain.n_words[:, None] // 2
    segment = torch.where(plain.word < 0, -1, (plain.word >= half).long())
    pieces = Pieces(**{**vars(plain), "segment": segment})
    layout = Layout(pieces, pieces, visibility(pieces, "causal" if seed % 2 else "all"))
    assert_same(kernel, call_of(rng, layout, (2, 2), dict.fromkeys(FLAGS_ON, True)))


FLAGS_ON = ("bias", "softcap", "sinks", "readout", "trees")


@pytest.mark.parametrize("kernel", OTHERS)
def test_a_bias_may_hide_keys(kernel):
    """As a mask that a model adds to its scores: −∞, or the least number there is."""
    rng = np.random.default_rng(1)
    pieces = pieces_of(rng, [9, 6])
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    call = call_of(rng, layout, (2, 2), dict.fromkeys(FLAGS_ON, True))
    assert call.bias is not None
    call.bias[0, :, 2:, 3] = -torch.inf
    call.bias[0, :, 4:, 1] = torch.finfo(torch.float32).min
    assert_same(kernel, call)


@pytest.mark.parametrize("kernel", OTHERS)
def test_of_equals_the_first_is_pointed_at(kernel):
    """A head that looks at all alike, in trees too; of 16 and 8 keys, and of words of one piece and
    of two, nothing is rounded."""
    rng = np.random.default_rng(0)
    word = torch.tensor([[-1, 0, 0, 1, 2, 2, *range(3, 12), -1], [-1, 0, 1, 1, 2, 3, 4, -1] * 2])
    word[1, 8:] = -1
    pieces = pieces_of(rng, [16, 8], word=word, n_words=torch.tensor([12, 5]))
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    call = call_of(rng, layout, (4, 2), dict.fromkeys(FLAGS_ON, False) | {"trees": True})
    call.query[:, 1:] = 0
    assert_same(kernel, call)


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_is_no_number_is_not_hidden(kernel):
    if kernel == "triton":
        pytest.importorskip("triton")
    rng = np.random.default_rng(0)
    pieces = pieces_of(rng, [9])
    layout = Layout(pieces, pieces, visibility(pieces, "all"))
    call = call_of(rng, layout, (2, 2), dict.fromkeys(FLAGS_ON, False))
    call.query[0, 1, 4] = torch.nan
    choose(kernel, "cpu", torch.float32)
    _, found = KERNELS[kernel](call)
    assert found.sums["row_sum"].isnan().tolist() == [[False, True]]


@pytest.mark.parametrize("correlate", [norms.spearman, native.spearman])
@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, lengths=st.sampled_from([[1], [2, 7], [40, 3, 256], [257, 300, 9]]))
def test_rank_correlation_is_scipys(correlate, seed, lengths):
    """Ties share a rank; what is equal throughout has no correlation; padding has no rank."""
    native.load(lambda line: None)
    rng = np.random.default_rng(seed)
    keys = pieces_of(rng, lengths)
    a, b = torch.tensor(rng.integers(0, 9, (2, len(lengths), 3, max(lengths)))).float()
    b[:, 1] = 1
    found = correlate(a.transpose(1, 2).contiguous().transpose(1, 2), b, keys)
    for s, n in enumerate(lengths):
        for h in range(3):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # equal throughout
                expected = spearmanr(a[s, h, :n], b[s, h, :n]).statistic if n > 1 else np.nan
            assert found[s, h].item() == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_only_what_was_asked_for_by_name_is_an_error(monkeypatch):
    """Elsewhere than on a CPU, in another dtype, and where nothing can be compiled."""
    said: list[str] = []
    for device, dtype in (("mps", torch.float32), ("cpu", torch.bfloat16)):
        assert choose("auto", device, dtype, said.append) == "portable"
        with pytest.raises(NoKernel, match="float32 on a CPU"):
            choose("cpp", device, dtype)

    def fails(say):
        raise native.CannotCompile("there is no C++ compiler")

    monkeypatch.setattr(kernels.native, "load", fails)
    assert choose("auto", "cpu", torch.float32, said.append) == "portable"
    assert len(said) == 3
    assert "there is no C++ compiler" in said[-1]
    with pytest.raises(NoKernel, match="no C\\+\\+ compiler"):
        choose("cpp", "cpu", torch.float32)
    assert choose("portable", "cpu", torch.bfloat16) == "portable"


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_gpu_has_the_triton_kernel_where_triton_is(monkeypatch, dtype):
    said: list[str] = []
    monkeypatch.setattr(kernels, "find_spec", lambda name: object())
    for asked in ("auto", "triton"):
        assert choose(asked, "cuda:1", dtype, said.append) == "triton"
    assert choose("triton", "cpu", dtype) == "triton"  # the tests' interpreter
    monkeypatch.delenv("TRITON_INTERPRET")
    with pytest.raises(NoKernel, match="not on cpu"):
        choose("triton", "cpu", dtype)
    assert not said
    monkeypatch.setattr(kernels, "find_spec", lambda name: None)
    assert choose("auto", "cuda", dtype, said.append) == "portable"
    assert len(said) == 1
    assert "not installed" in said[0]
    with pytest.raises(NoKernel, match="not installed"):
        choose("triton", "cuda", dtype)


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
