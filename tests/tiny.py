"""Tiny checkpoints, built offline: random weights, a tokenizer trained on a few sentences."""

import copy
import functools
import re
from collections import Counter
from pathlib import Path

import torch
import transformers
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import PreTrainedTokenizerFast
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from tests.models.families import FAMILIES, TOKENIZER_OF, TWO_STACKS

TEXTS = [
    "The old doctor's unbelievable remarks surprised everyone at the well-known station .",
    "She couldn't remember whether 10 000 people had been there in 1987 , or more !",
    'He said : " I will not unhappily misunderstand internationalisation . "',
    "Dogs bark ; cats , of course , don't .",
]


def word_piece() -> PreTrainedTokenizerFast:
    """As BERT's. Its pieces are counted here, so that they are the same in every run."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {piece: i for i, piece in enumerate([*special, *_pieces(120 - len(special))])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[(t, tokenizer.token_to_id(t)) for t in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=128, pad_token="[PAD]", unk_token="[UNK]",
        cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]",
    )  # fmt: skip


def _pieces(n: int) -> list[str]:
    """Every character, at the start of a word and within, then what occurs most of two or more."""
    words = [word for text in TEXTS for word in re.findall(r"\w+|[^\w\s]", text.lower())]
    starts = Counter(word[:end] for word in words for end in range(1, len(word) + 1))
    within = Counter(
        f"##{word[start:end]}"
        for word in words
        for start in range(1, len(word))
        for end in range(start + 1, len(word) + 1)
    )
    counts = starts + within
    characters = {piece for piece in counts if len(piece.removeprefix("##")) == 1}
    longer = sorted(counts.keys() - characters, key=lambda piece: (-counts[piece], piece))
    return [*sorted(characters), *longer][:n]


def byte_level() -> PreTrainedTokenizerFast:
    """As GPT-2's: byte-level BPE, nothing added around the text."""
    end = "<|endoftext|>"
    tokenizer = _byte_pairs([end], prefix=False)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return _fast(tokenizer, bos_token=end, eos_token=end, pad_token=end)


def byte_level_prefix() -> PreTrainedTokenizerFast:
    """As OPT's, but with a space put before the text; and offsets that leave spaces out."""
    tokenizer = _byte_pairs(["<s>", "<pad>", "</s>"], prefix=True)
    tokenizer.post_processor = processors.Sequence(
        [processors.ByteLevel(trim_offsets=True), _frame(tokenizer, "</s> $A")]
    )
    return _fast(tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>")


def byte_level_framed() -> PreTrainedTokenizerFast:
    """As RoBERTa's and BART's."""
    tokenizer = _byte_pairs(["<s>", "<pad>", "</s>", "<unk>"], prefix=False)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False
    )
    ends = {"cls_token": "<s>", "sep_token": "</s>", "bos_token": "<s>", "eos_token": "</s>"}
    return _fast(tokenizer, **ends, pad_token="<pad>", unk_token="<unk>")


def _byte_pairs(special: list[str], prefix: bool) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def sentence_piece(frame: str = "<s> $A", **named: str) -> PreTrainedTokenizerFast:
    """As Llama's: unigrams over text in which a space is a character of the next piece."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=110,
        special_tokens=["<pad>", "<s>", "</s>", "<unk>", "<xx>"],
        unk_token="<unk>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = _frame(tokenizer, frame)
    names = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    return _fast(tokenizer, **names, **named)


def _frame(tokenizer: Tokenizer, frame: str) -> processors.TemplateProcessing:
    special = [(t, tokenizer.token_to_id(t)) for t in frame.split() if t != "$A"]
    return processors.TemplateProcessing(single=frame, special_tokens=special)


def _fast(tokenizer: Tokenizer, **named: str) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=128, **named)


TOKENIZERS = {
    "word_piece": word_piece,
    "byte_level": byte_level,
    "byte_level_prefix": byte_level_prefix,
    "byte_level_framed": byte_level_framed,
    "sentence_piece": sentence_piece,
    # As T5's, Marian's and Pegasus's; as XLM-R's; as mBART's.
    "sentence_piece_eos": lambda: sentence_piece("$A </s>"),
    "sentence_piece_framed": lambda: sentence_piece(
        "<s> $A </s>", cls_token="<s>", sep_token="</s>"
    ),
    "sentence_piece_language": lambda: sentence_piece("$A </s> <xx>"),
}


@functools.cache
def _trained(kind: str) -> PreTrainedTokenizerFast:
    return TOKENIZERS[kind]()


def trained(kind: str) -> PreTrainedTokenizerFast:
    """Training is not deterministic: one tokenizer of a kind per test run (`word_piece` is not
    trained)."""
    return copy.deepcopy(_trained(kind))


def save(
    folder: Path,
    family: str = "bert",
    tokenizer: str | None = None,
    seed: int = 0,
    head: str = "",
    **changes,
) -> Path:
    """A checkpoint folder of a family, with weights large enough for patterns that are not flat.

    `changes` are made to its configuration. `head`: that of a language model, as ForMaskedLM.
    """
    words = trained(tokenizer or TOKENIZER_OF.get(family, "word_piece"))
    ids = {"pad_token_id": words.pad_token_id}
    if family in TWO_STACKS:
        ids["eos_token_id"] = words.eos_token_id
    of_family = {"vocab_size": len(words), **ids, **FAMILIES[family], **changes}
    for side in {"encoder", "decoder"} & of_family.keys():
        bos = {"bos_token_id": words.bos_token_id}
        of_family[side] = {"vocab_size": len(words), **ids, **bos, **of_family[side]}
    torch.manual_seed(seed)
    model = getattr(transformers, f"AutoModel{head}").from_config(
        CONFIG_MAPPING[family](**of_family)
    )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() >= 2 and parameter.std() > 0:
                parameter.mul_(0.24 / parameter.std())
            if name.endswith(".sinks"):
                parameter.normal_()
            if name.endswith(".q.weight"):  # T5's scores are not scaled
                parameter.mul_(model.config.d_kv**-0.5)
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder
