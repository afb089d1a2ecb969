"""Without projections: what a head is given is its slice of what the layer reads."""

import pytest
import torch
from torch import Tensor, nn
from transformers import AutoModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from pipeline.controls.no_projection import NoProjection
from pipeline.controls.projections import projections
from pipeline.core.call import AttentionCall
from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.models.encode import Encoder
from pipeline.models.tap import Tap, forward
from pipeline.models.wiring import wiring
from pipeline.statistics.patterns import attention_pattern
from pipeline.statistics.portable import attend
from tests import tiny
from tests.controls.models import changed, fresh, load, state
from tests.models.families import CAUSAL, FAMILIES, TOKENIZER_OF, TWO_STACKS, WIDE

VALUES = ("value", "v_lin", "v_proj", "v", "c_attn", "Wqkv", "qkv_proj", "query_key_value")
QUERIES = ("query", "q_lin", "q_proj", "q", *VALUES[4:])
KEYS = ("key", "k_lin", "k_proj", "k")
TURNED = (CAUSAL - {"gpt2", "opt"}) | {"modernbert", "t5gemma"}
"""Families that turn queries by their position: lengths are all that is left of the input."""
SCALED = {"qwen3", "gemma3_text", "olmo2", "gpt_oss"}
"""Families that change those lengths too: they norm queries and keys, or turn them by YaRN."""


def test_queries_keys_and_values_are_the_input():
    model = fresh("encoder")
    before = state(model)
    NoProjection().apply(model, 0)
    hidden = torch.randn(2, 5, 32)
    for layer in model.encoder.layer:
        attention = layer.attention.self
        for projection in (attention.query, attention.key, attention.value):
            torch.testing.assert_close(projection(hidden), hidden)
    names = changed(before, state(model))
    assert {name.split(".")[-2] for name in names} == {"query", "key", "value"}


def slices(read: Tensor, n_heads: int, size: int) -> Tensor:
    """[sentence, head, piece, channel]; where the input has no more channels they start over."""
    width = read.shape[-1]
    of_heads = [
        torch.stack([read[..., (head * size + j) % width] for j in range(size)], -1)
        for head in range(n_heads)
    ]
    return torch.stack(of_heads, 1)


def watched(model, kind: str) -> tuple[list[AttentionCall], list[Tensor], list[Tensor], list[str]]:
    """A forward pass's attention calls, what their queries and values were made of, their sites."""
    read: dict[tuple[str, ...], list[Tensor]] = {QUERIES: [], VALUES: []}
    for name, module in model.named_modules():
        for names, seen in read.items():
            if name.split(".")[-1] in names and not isinstance(module, nn.ModuleList):
                module.register_forward_pre_hook(lambda m, args, seen=seen: seen.append(args[0]))
    places = wiring(model)
    for seen in read.values():
        seen.clear()
    calls = []

    def watch(call: AttentionCall):
        calls.append(call)
        return attend(call)

    encoder = Encoder(tiny.trained(kind), model.config)
    words = tuple(tiny.TEXTS[0].split())
    target = Sentence("b", "", ("dogs", "bark"))
    encoded, _ = encoder.encode([Sentence("a", "", words, target=target)])
    forward(model, Tap(*encoder.pieces(encoded), places, kernel=watch))
    return calls, read[QUERIES], read[VALUES], [place.site for place in places]


# Gemma 4 norms values too.
@pytest.mark.parametrize("family", sorted(FAMILIES.keys() - {"splinter", "gemma4_text", "codegen"}))
def test_values_are_slices_of_the_input(family):
    """As each attention call sees it: value of key head g = its slice of the layer's input."""
    model = load(family)
    before = state(model)
    NoProjection().apply(model, 0)
    of = {name.split(".")[-2] for name in changed(before, state(model))}
    assert of <= {*QUERIES, *KEYS, *VALUES}
    kind = TOKENIZER_OF.get(family, "word_piece")
    calls, queries, values, sites = watched(model, kind)
    assert len(calls) == len(queries) == len(values) == len(sites)
    for call, read_by_query, read_by_value, site in zip(calls, queries, values, sites, strict=True):
        assert (read_by_query is not read_by_value) == (site == "cross")
        n_heads, n_key_heads, size = call.query.shape[1], call.key.shape[1], call.value.shape[-1]
        of_keys = slices(read_by_value, n_key_heads, size)
        torch.testing.assert_close(call.value, of_keys)
        of_queries = slices(read_by_query, n_key_heads, size)
        of_queries = of_queries.repeat_interleave(n_heads // n_key_heads, 1)
        if family in TURNED - SCALED:
            torch.testing.assert_close(call.query.norm(dim=-1), of_queries.norm(dim=-1))
            torch.testing.assert_close(call.key.norm(dim=-1), of_keys.norm(dim=-1))
        elif family not in SCALED:
            scaling = 1.0 if family in ("t5", "mt5", "umt5") else size**-0.5
            torch.testing.assert_close(call.query * call.scaling, of_queries * scaling)
            torch.testing.assert_close(call.key, of_keys)


def test_a_decoder_attends_to_what_the_encoder_gives():
    """Keys and values of all its layers are slices of one thing: the encoder's last output."""
    assert "bart" in TWO_STACKS
    model = NoProjection().apply(load("bart"), 0)
    last = []
    model.encoder.register_forward_hook(lambda m, args, out: last.append(out.last_hidden_state))
    _, _, values, sites = watched(model, TOKENIZER_OF["bart"])
    crossed = [v for v, site in zip(values, sites, strict=True) if site == "cross"]
    assert len(crossed) == 3
    for read in crossed:
        torch.testing.assert_close(read, last[-1])


REFUSED = {
    # Keys are made of a smaller thing first; names not known; rows laid out in another way.
    "deepseek_v3": {
        **WIDE, "num_key_value_heads": 4, "kv_lora_rank": 8, "q_lora_rank": 8, "v_head_dim": 8,
        "qk_rope_head_dim": 4, "qk_nope_head_dim": 8, "n_routed_experts": 2, "n_group": 1,
        "topk_group": 1, "num_experts_per_tok": 2, "moe_intermediate_size": 16,
    },
    "ctrl": {"n_embd": 32, "n_layer": 2, "n_head": 4, "dff": 48, "n_positions": 128},
    "codegen": FAMILIES["codegen"],
    "gpt_bigcode": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128},
}  # fmt: skip


@pytest.mark.parametrize("family", REFUSED)
def test_a_family_of_other_projections_is_refused_by_name(family):
    config = CONFIG_MAPPING[family](vocab_size=80, pad_token_id=1, **REFUSED[family])
    with pytest.raises(UserError, match=f"no_projection: .*{family} were found in 0 of") as caught:
        NoProjection().apply(AutoModel.from_config(config), 0)
    assert "\n" not in str(caught.value)


UNTURNED = ("bert", "roberta", "distilbert", "gpt2", "opt", "bart", "marian", "albert")


@pytest.mark.parametrize("family", UNTURNED)
def test_whole_vectors_attend_by_all_the_input(family):
    """One softmax of the inputs' dot products over the root of their width, for every head."""
    control = NoProjection(whole=True)
    model = control.apply(load(family), 0)
    calls, queries, values, _ = watched(model, TOKENIZER_OF.get(family, "word_piece"))
    for call, read_by_query, read_by_value in zip(calls, queries, values, strict=True):
        width = read_by_query.shape[-1]
        scores = read_by_query @ read_by_value.transpose(1, 2) / width**0.5
        scores = scores.masked_fill(~call.layout.visible, -torch.inf)
        pattern = attention_pattern(control.call(call))
        assert pattern.shape[1] == call.query.shape[1]
        for head in range(pattern.shape[1]):
            torch.testing.assert_close(pattern[:, head], scores.softmax(-1), atol=1e-5, rtol=1e-4)
        assert NoProjection().call(call) is call


@pytest.mark.parametrize("family", ["llama", "gemma"])
def test_heads_that_are_no_slices_of_the_input_have_no_whole(family):
    with pytest.raises(UserError, match=f"no_projection_whole: the heads of {family}"):
        NoProjection(whole=True).apply(load(family), 0)


def test_a_model_of_which_not_every_layer_is_known_is_refused():
    model = load("bert")
    attention = model.encoder.layer[1].attention.self
    attention.query = nn.Sequential(attention.query)
    before = state(model)
    with pytest.raises(UserError, match=r"were found in 2 of its 3 attention layers"):
        NoProjection().apply(model, 0)
    assert not changed(before, state(model))


def test_heads_wider_together_than_the_input_have_no_whole():
    """Each with keys of its own."""
    with pytest.raises(UserError, match="no_projection_whole: the heads of llama"):
        NoProjection(whole=True).apply(load("llama", num_key_value_heads=4, head_dim=16), 0)


def test_a_group_of_several_layers():
    model = load("albert", inner_group_num=2)
    NoProjection().apply(model, 0)
    hidden = torch.randn(1, 3, 32)
    for layer in model.encoder.albert_layer_groups[0].albert_layers:
        torch.testing.assert_close(layer.attention.query(hidden), hidden)


@pytest.mark.parametrize("family", ["bert", "gpt2", "bart"])
def test_biases_are_gone(family):
    """Those of a fresh model are zeros already."""
    model = load(family)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1.0)
    NoProjection().apply(model, 0)
    biases = [
        projection.bias
        for attention in projections(model)
        for projection in attention.layers
        if projection.bias is not None
    ]
    assert biases
    assert not any(bias.any() for bias in biases)


@pytest.mark.parametrize("n_key_heads", [1, 2])
def test_one_projection_for_all_three_of_grouped_heads(n_key_heads):
    """Queries, keys and values, one below the other; query heads of a group read one slice."""
    model = NoProjection().apply(load("phi3", num_key_value_heads=n_key_heads), 0)
    size, groups = 8, 4 // n_key_heads
    read = torch.randn(32)
    of_heads = model.layers[0].self_attn.qkv_proj(read).view(-1, size)
    key_heads = list(range(n_key_heads))
    expected = [h for h in key_heads for _ in range(groups)] + key_heads + key_heads
    assert len(of_heads) == len(expected)
    for row, head in zip(of_heads, expected, strict=True):
        torch.testing.assert_close(row, read[head * size : (head + 1) * size])


def test_heads_that_are_not_all_alike_are_refused():
    model = load("bert")
    attention = model.encoder.layer[1].attention.self
    attention.value = nn.Linear(32, 40)
    with pytest.raises(UserError, match="its heads are not all alike"):
        NoProjection().apply(model, 0)
