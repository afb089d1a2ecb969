"""Where a model keeps the projections of its queries, keys and values, by known names."""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn
from transformers.pytorch_utils import Conv1D

from pipeline.controls.base import PreTrainedModel
from pipeline.core.stacks import layers_by_site

_SEPARATE = (
    ("query", "key", "value"),  # BERT, RoBERTa, ELECTRA, ALBERT, ESM, Splinter
    ("q_lin", "k_lin", "v_lin"),  # DistilBERT
    ("q_proj", "k_proj", "v_proj"),  # Llama and its kin, OPT, BART and its kin
    ("q", "k", "v"),  # T5 and its kin
)
_FUSED = {
    # Another name may lay its rows out in another way: GPT-BigCode's c_attn is no Conv1D.
    ("c_attn", Conv1D): False,  # GPT-2
    ("Wqkv", nn.Linear): False,  # ModernBERT
    ("qkv_proj", nn.Linear): False,  # Phi-3
    ("query_key_value", nn.Linear): True,  # GPT-NeoX, Persimmon
}
"""One projection for all three. True: query, key and value of a head stand together; False: all
queries come first, then all keys, then all values."""

_HEAD_SIZE = ("head_dim", "attention_head_size", "key_value_proj_dim", "head_size")


@dataclass(frozen=True)
class Projections:
    """Of one attention module. `groups` query heads share a key head; `size` is a head's channels.

    `layers` are the query's, the key's and the value's, or one for all three.
    """

    layers: tuple[nn.Linear | Conv1D, ...]
    size: int
    groups: int
    by_head: bool = False

    @property
    def n_key_heads(self) -> int:
        if len(self.layers) == 3:
            return width_out(self.layers[1]) // self.size
        return width_out(self.layers[0]) // self.size // (self.groups + 2)


def width_in(layer: nn.Linear | Conv1D) -> int:
    return layer.weight.shape[0 if isinstance(layer, Conv1D) else 1]


def width_out(layer: nn.Linear | Conv1D) -> int:
    return layer.weight.shape[1 if isinstance(layer, Conv1D) else 0]


def projections(model: PreTrainedModel) -> Iterator[Projections]:
    """Those of every attention module that has some of a known name. Layers may share a module."""
    for module in model.modules():
        size = next((getattr(module, n) for n in _HEAD_SIZE if hasattr(module, n)), None)
        if size is None:
            continue
        groups = getattr(module, "num_key_value_groups", 1)
        for names in _SEPARATE:
            layers = tuple(getattr(module, name, None) for name in names)
            if all(isinstance(layer, nn.Linear) for layer in layers):
                yield Projections(layers, size, groups)  # pyrefly: ignore
        for (name, kind), by_head in _FUSED.items():
            fused = getattr(module, name, None)
            # CodeGen's rows lie in four parts, each with its values before its keys.
            if isinstance(fused, kind) and not hasattr(module, "mp_num"):
                yield Projections((fused,), size, groups, by_head)  # pyrefly: ignore


def n_attentions(config) -> int:
    """Attention modules with weights of their own, by a model's configuration."""
    if getattr(config, "num_hidden_groups", None):  # ALBERT's layers share theirs
        return config.num_hidden_groups * config.inner_group_num
    return sum(layers_by_site(config).values())
