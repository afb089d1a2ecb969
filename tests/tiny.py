"""Tiny checkpoints, built offline: random weights, a tokenizer trained on a few sentences."""

import copy
import functools
from pathlib import Path

import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import AutoModel, PreTrainedTokenizerFast
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

TEXTS = [
    "The old doctor's unbelievable remarks surprised everyone at the well-known station .",
    "She couldn't remember whether 10 000 people had been there in 1987 , or more !",
    'He said : " I will not unhappily misunderstand internationalisation . "',
    "Dogs bark ; cats , of course , don't .",
]

SMALL = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4}
WIDE = {**SMALL, "intermediate_size": 48, "max_position_embeddings": 128}
FAMILIES = {
    "bert": WIDE,
    "roberta": {**WIDE, "max_position_embeddings": 130, "type_vocab_size": 1},
    "electra": {**WIDE, "embedding_size": 16},
    "albert": {**WIDE, "embedding_size": 16},
    "splinter": {**WIDE},  # bidirectional, and its modules do not say so
    "distilbert": {"dim": 32, "n_layers": 3, "n_heads": 4, "hidden_dim": 48}
    | {"max_position_embeddings": 128},
    "modernbert": {**WIDE, "local_attention": 6, "global_attn_every_n_layers": 2},
    "gpt2": {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 128},
    "opt": {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "ffn_dim": 48}
    | {"max_position_embeddings": 128, "word_embed_proj_dim": 32},
    "gpt_neox": {**WIDE},
    "llama": {**WIDE, "num_key_value_heads": 2},
    "mistral": {**WIDE, "num_key_value_heads": 2, "sliding_window": 5},
    "qwen2": {**WIDE, "num_key_value_heads": 2},
    "gemma2": {**WIDE, "num_key_value_heads": 2, "head_dim": 8, "sliding_window": 5},
}
"""Families and the configuration that makes them tiny."""


def word_piece() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=120, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[(t, tokenizer.token_to_id(t)) for t in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=128, pad_token="[PAD]", unk_token="[UNK]",
        cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]",
    )  # fmt: skip


def byte_level() -> PreTrainedTokenizerFast:
    """As GPT-2's: byte-level BPE, nothing added around the text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    end = "<|endoftext|>"
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=128,
        bos_token=end,
        eos_token=end,
        pad_token=end,
    )


def sentence_piece() -> PreTrainedTokenizerFast:
    """As Llama's or T5's: unigrams over text in which a space is a character of the next piece."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=110,
        special_tokens=["<pad>", "<s>", "</s>", "<unk>"],
        unk_token="<unk>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=128, bos_token="<s>", eos_token="</s>",
        pad_token="<pad>", unk_token="<unk>",
    )  # fmt: skip


TOKENIZERS = {"word_piece": word_piece, "byte_level": byte_level, "sentence_piece": sentence_piece}


@functools.cache
def _trained(kind: str) -> PreTrainedTokenizerFast:
    return TOKENIZERS[kind]()


def trained(kind: str) -> PreTrainedTokenizerFast:
    """Training is not deterministic: one tokenizer of each kind per test run."""
    return copy.deepcopy(_trained(kind))


def save(folder: Path, family: str = "bert", tokenizer: str = "word_piece", seed: int = 0) -> Path:
    """A checkpoint folder of a family, with weights large enough for patterns that are not flat."""
    words = trained(tokenizer)
    pad = words.pad_token_id
    config = CONFIG_MAPPING[family](
        vocab_size=len(words), pad_token_id=1 if family == "roberta" else pad, **FAMILIES[family]
    )
    torch.manual_seed(seed)
    model = AutoModel.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() >= 2:
                parameter.mul_(12)
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder
