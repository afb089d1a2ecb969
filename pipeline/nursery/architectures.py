"""The three architectures: what a recipe's numbers are called in each, and each one's loss.

Normalisation stands before each sub-layer and, where there is a choice, positions are rotations:
with learned positions added to the words, and normalisation behind, heads need several times the
text before they follow anything (tried on this grammar).
"""

from collections.abc import Callable

import torch
from torch.nn import functional
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    M2M100Config,
    M2M100ForConditionalGeneration,
    ModernBertConfig,
    ModernBertForMaskedLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from pipeline.nursery.batches import IGNORED, Batch
from pipeline.nursery.recipes import Recipe
from pipeline.nursery.vocabulary import special


def build(recipe: Recipe, words: PreTrainedTokenizerFast) -> PreTrainedModel:
    """A model with fresh weights. Drawn from torch's global generator."""
    return _BUILDERS[recipe.kind](recipe, words)


def loss(model: PreTrainedModel, batch: Batch, smoothing: float = 0.0) -> torch.Tensor:
    """The mean loss over the pieces that were asked for, and nothing computed for the others."""
    asked = batch.labels != IGNORED
    hidden = _hidden(model, batch)[asked]
    if isinstance(model, ModernBertForMaskedLM):
        hidden = model.head(hidden)
    vocabulary = model.get_output_embeddings()
    assert vocabulary is not None
    wanted = batch.labels[asked]
    return functional.cross_entropy(vocabulary(hidden), wanted, label_smoothing=smoothing)


def _hidden(model: PreTrainedModel, batch: Batch) -> torch.Tensor:
    """The last layer. `base_model` is what AutoModel will load: no vocabulary head."""
    inputs = {"input_ids": batch.ids, "attention_mask": batch.real}
    if batch.decoder_ids is not None:
        inputs["decoder_input_ids"] = batch.decoder_ids
    return model.base_model(**inputs).last_hidden_state


def _modernbert(recipe: Recipe, words: PreTrainedTokenizerFast) -> PreTrainedModel:
    return ModernBertForMaskedLM(
        ModernBertConfig(
            vocab_size=len(words),
            hidden_size=recipe.width,
            num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.heads,
            intermediate_size=recipe.inner,
            max_position_embeddings=recipe.positions,
            layer_types=["full_attention"] * recipe.layers,
            pad_token_id=special(words, "pad"),
            cls_token_id=special(words, "cls"),
            sep_token_id=special(words, "sep"),
            bos_token_id=special(words, "cls"),
            eos_token_id=special(words, "sep"),
        )
    )


def _llama(recipe: Recipe, words: PreTrainedTokenizerFast) -> PreTrainedModel:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(words),
            hidden_size=recipe.width,
            num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.heads,
            num_key_value_heads=recipe.heads,
            intermediate_size=recipe.inner,
            max_position_embeddings=recipe.positions,
            tie_word_embeddings=True,
            pad_token_id=special(words, "pad"),
            bos_token_id=special(words, "bos"),
            eos_token_id=special(words, "eos"),
        )
    )


def _m2m_100(recipe: Recipe, words: PreTrainedTokenizerFast) -> PreTrainedModel:
    return M2M100ForConditionalGeneration(
        M2M100Config(
            vocab_size=len(words),
            d_model=recipe.width,
            encoder_layers=recipe.layers,
            decoder_layers=recipe.layers,
            encoder_attention_heads=recipe.heads,
            decoder_attention_heads=recipe.heads,
            encoder_ffn_dim=recipe.inner,
            decoder_ffn_dim=recipe.inner,
            max_position_embeddings=recipe.positions,
            activation_function="gelu",
            dropout=0.0,
            attention_dropout=0.0,
            activation_dropout=0.0,
            encoder_layerdrop=0.0,
            decoder_layerdrop=0.0,
            scale_embedding=True,
            init_std=recipe.width**-0.5,
            pad_token_id=special(words, "pad"),
            bos_token_id=special(words, "bos"),
            eos_token_id=special(words, "eos"),
            decoder_start_token_id=special(words, "bos"),
        )
    )


_BUILDERS: dict[str, Callable[[Recipe, PreTrainedTokenizerFast], PreTrainedModel]] = {
    "mlm": _modernbert,
    "clm": _llama,
    "mt": _m2m_100,
}
