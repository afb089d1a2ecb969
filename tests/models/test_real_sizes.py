"""Models of the sizes that are published, with weights drawn here, against their own attentions.

Layers, heads and widths are those of the checkpoints named. Vocabularies are those of the small
tokenizers at hand: how many other pieces there are does not show in a pattern.
"""

import pytest
import torch
from transformers import (
    AutoModel,
    BartConfig,
    BertConfig,
    GPT2Config,
    MarianConfig,
    PreTrainedConfig,
)

from pipeline.core.sentence import Sentence
from pipeline.models.tap import NAME
from tests import tiny
from tests.models.against import Read, assert_equal

PUBLISHED: dict[str, tuple[str, PreTrainedConfig, int]] = {
    "bert-base-uncased": (
        "word_piece",
        BertConfig(
            hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072,
            hidden_act="gelu", max_position_embeddings=512, type_vocab_size=2, layer_norm_eps=1e-12,
            pad_token_id=0, vocab_size=120,
        ),
        12 * 12,
    ),
    "gpt2": (
        "byte_level",
        GPT2Config(
            n_embd=768, n_layer=12, n_head=12, n_positions=1024, activation_function="gelu_new",
            layer_norm_epsilon=1e-5, vocab_size=320, bos_token_id=0, eos_token_id=0,
        ),
        12 * 12,
    ),
    "facebook/bart-large-cnn": (
        "byte_level_framed",
        BartConfig(
            d_model=1024, encoder_layers=12, decoder_layers=12, encoder_attention_heads=16,
            decoder_attention_heads=16, encoder_ffn_dim=4096, decoder_ffn_dim=4096,
            activation_function="gelu", max_position_embeddings=1024, scale_embedding=False,
            bos_token_id=0, pad_token_id=1, eos_token_id=2, decoder_start_token_id=2,
            forced_eos_token_id=2, vocab_size=320,
        ),
        3 * 12 * 16,
    ),
    "Helsinki-NLP/opus-mt-en-de": (
        "sentence_piece_eos",
        MarianConfig(
            d_model=512, encoder_layers=6, decoder_layers=6, encoder_attention_heads=8,
            decoder_attention_heads=8, encoder_ffn_dim=2048, decoder_ffn_dim=2048,
            activation_function="swish", max_position_embeddings=512, scale_embedding=True,
            static_position_embeddings=True, bos_token_id=0, eos_token_id=2, pad_token_id=0,
            decoder_start_token_id=0, forced_eos_token_id=2, vocab_size=110,
        ),
        3 * 6 * 8,
    ),
}  # fmt: skip


def text(line: str, target: str | None = None) -> Sentence:
    return Sentence(line, line, tuple(line.split()), target=target and text(target))


SENTENCES = [text("cats don't bark .", "the dogs"), text("dogs , there", "people at cats")]
SHARPER = ("query", "key", "q_proj", "k_proj", "c_attn")


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_statistics_equal_eager_attentions(name):
    kind, config, n_heads = PUBLISHED[name]
    tokenizer = tiny.trained(kind)
    assert len(tokenizer) <= config.vocab_size
    torch.manual_seed(0)
    # Weights are there once: first transformers runs them as its own, then the tap reads them.
    model = AutoModel.from_config(config, attn_implementation="eager").eval()
    with torch.no_grad():
        for of, parameter in model.named_parameters():
            if parameter.dim() >= 2 and any(part in of for part in SHARPER):
                parameter.mul_(3)
    model.set_attn_implementation(NAME)
    read = Read(model, tokenizer, model)
    tap = read.measured(SENTENCES)
    assert sum(call.reduction.sums["row_sum"].shape[1] for call in tap.calls) == n_heads
    model.set_attn_implementation("eager")
    sharpest = 0.0
    for row, sentence in enumerate(SENTENCES):
        for place, expected in read.expected(sentence).items():
            assert_equal(tap.calls[read.places.index(place)], row, expected)
            sharpest = max(sharpest, float(expected.patterns.max(-1).mean()))
    assert sharpest > 0.3
