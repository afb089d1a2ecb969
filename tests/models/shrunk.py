"""Any family of transformers that reads text, made tiny: what `families` lists is made by hand."""

from collections.abc import Iterator
from typing import Any

import torch
from transformers import AutoModel, PreTrainedConfig, PreTrainedModel
from transformers.models.auto import modeling_auto as auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from tests.models.families import FAMILIES, REFUSED

_SPEAKING = (
    auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
)
NAMES = sorted(auto.MODEL_MAPPING_NAMES.keys() & set().union(*_SPEAKING))
"""Those that have a bare model and one that says words."""

_SMALL = {
    **dict.fromkeys(("hidden_size", "d_model", "n_embd", "dim", "embedding_size"), 32),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "num_layers"), 4),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "num_heads"), 4),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 4),
    **dict.fromkeys(("intermediate_size", "ffn_dim", "d_ff"), 48),
    **dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim"), 48),
    **dict.fromkeys(("max_position_embeddings", "n_positions"), 130),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts"), 4),
    **dict.fromkeys(("num_experts_per_tok", "moe_topk"), 4),  # no choice, which digits decide
    **dict.fromkeys(("moe_intermediate_size", "shared_expert_intermediate_size"), 16),
    **dict.fromkeys(("kv_lora_rank", "q_lora_rank", "qk_nope_head_dim", "v_head_dim"), 8),
    **dict.fromkeys(("n_group", "topk_group", "n_shared_experts", "first_k_dense_replace"), 1),
    "encoder_layers": 2,
    "decoder_layers": 3,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "d_kv": 8,
    "qk_rope_head_dim": 4,
    "sliding_window": 5,
    "hidden_size_per_layer_input": 8,
    "vocab_size_per_layer_input": 80,
}
_OTHERWISE = ({}, {"num_key_value_heads": 4}, {"head_dim": 8})


def configs(family: str, **given: Any) -> Iterator[PreTrainedConfig]:
    """Small ones that the family can be made by, as far as a rule finds any."""
    known = FAMILIES.get(family) or REFUSED.get(family)
    kind = CONFIG_MAPPING[family]
    if known is not None:
        sides = {side: known[side] | given for side in {"encoder", "decoder"} & known.keys()}
        yield kind(**known | given | sides)
        return
    for otherwise in _OTHERWISE:
        try:
            usual = kind()
            has = {k: v for k, v in _SMALL.items() if getattr(usual, k, None) is not None}
            yield kind(**has | otherwise | given)
        except Exception:  # whatever a configuration asks of its numbers
            continue


def drawn(config: PreTrainedConfig, scale: float = 0.1) -> PreTrainedModel | None:
    """A model with weights of that size, or None where there is none so small."""
    try:
        with torch.device("meta"):
            if sum(p.numel() for p in AutoModel.from_config(config).parameters()) > 2e7:
                return None
        torch.manual_seed(0)
        model = AutoModel.from_config(config)
    except Exception:  # whatever a family asks of its configuration
        return None
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() >= 2 and parameter.std() > 0:
                parameter.mul_(scale / parameter.std())
            if name.endswith(".sinks"):
                parameter.normal_()
    return model
