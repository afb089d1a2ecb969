"""Every family that transformers has is measured as it attends eagerly, or refused by name."""

import re
from pathlib import Path

import pytest
import transformers

from pipeline.controls.base import Trained
from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.engines.shard import Asked, Subject, measure_shard
from pipeline.models.eager import check_eager
from tests import tiny
from tests.models import shrunk
from tests.models.against import Read, assert_equal
from tests.models.families import TOKENIZER_OF

PAGE = Path(__file__).resolve().parents[2] / "docs" / "families.md"
SENTENCES = [Sentence(str(i), t, tuple(t.split())) for i, t in enumerate(tiny.TEXTS[::2])]


def is_measured(family: str, folder: Path) -> bool:
    """Whether one is, and then as eager attention has it, padded and end to end."""
    words = tiny.trained(TOKENIZER_OF.get(family, "sentence_piece"))
    ids = {name: getattr(words, name) or 0 for name in ("pad_token_id", "bos_token_id")}
    ids["eos_token_id"] = words.eos_token_id or 0
    for k, config in enumerate(shrunk.configs(family, vocab_size=len(words), **ids)):
        model = shrunk.drawn(config)
        if model is None:
            continue
        at = folder / str(k)
        model.save_pretrained(at)
        words.save_pretrained(at)
        try:
            read = Read.of(at)
            check_eager(read.model)
        except UserError:
            continue
        truth = [read.expected(sentence) for sentence in SENTENCES]
        for packed in {False, read.first_position is not None}:
            tap = read.measured(SENTENCES, "portable", packed)
            for row, expected in enumerate(truth):
                for call, place in zip(tap.calls, read.places, strict=True):
                    assert_equal(call, row, expected[place])
        subject = Subject(read.model, read.encoder, read.places, Trained(), 0)
        shard = measure_shard(subject, SENTENCES, 0, Asked(400, similarity_every=1))
        n_heads = sum(len(expected.patterns) for expected in truth[0].values())
        assert len(shard.tables["heads"]) == len(SENTENCES) * n_heads
        assert min(shard.tables["similarity"]["js_divergence"].to_pylist()) >= 0
        return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("family", shrunk.NAMES)
def test_a_family_is_measured_as_it_attends_or_refused(family, tmp_path):
    assert is_measured(family, tmp_path) == (family in listed())


def test_the_page_of_families_is_of_the_locked_transformers():
    page = PAGE.read_text(encoding="utf-8")
    assert f"transformers {transformers.__version__}" in page
    assert len(listed()) > 100
    assert set(listed()) <= set(shrunk.NAMES)
    assert listed() == sorted(listed())


def listed() -> list[str]:
    """Families that the page names as measured."""
    return re.findall(r"^- `(.*)`$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
