"""A model through the tap, and beside it the same model as transformers runs it: eager, alone."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, PreTrainedModel, PreTrainedTokenizerBase

from pipeline.core.sentence import Sentence
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.encode import Encoder
from pipeline.models.packing import first_position
from pipeline.models.row_sums import check
from pipeline.models.tap import NAME, Measured, Place, Tap, attention_only
from pipeline.models.wiring import wiring
from pipeline.statistics.kernels import KERNELS, choose
from tests import oracle

FAST = [name for name in KERNELS if name != "triton"]
"""Kernels that every family is tried with; triton's is in test_interpreted."""


@dataclass(frozen=True)
class Expected:
    """What the plain reference makes of one layer's patterns for one sentence, for each head."""

    patterns: np.ndarray
    sums: list[dict]
    weights: list[np.ndarray]
    predicted: list[np.ndarray] | None = None

    @property
    def seen(self) -> np.ndarray:
        """What some head gives a weight to."""
        return self.patterns.max(0) > 0


def of_one_sequence(patterns: np.ndarray, about: dict, n_words: int) -> Expected:
    seen = patterns.max(0) > 0
    sums = [oracle.statistics(pattern, seen, about) for pattern in patterns]
    for of_head in sums:
        del of_head["n_queries_choice"]
    weights = [oracle.word_weights(pattern, about["word"], n_words) for pattern in patterns]
    return Expected(patterns, sums, weights)


def of_two_sequences(
    patterns: np.ndarray, query: dict, key: dict, n_words: tuple[int, int]
) -> Expected:
    """The decoder's pieces attend to the encoder's."""

    def weights(rows: list[int]) -> list[np.ndarray]:
        columns = key["word"]
        return [oracle.cross_word_weights(p, rows, columns, *n_words) for p in patterns]

    sums = [oracle.cross_statistics(pattern, query, key) for pattern in patterns]
    return Expected(patterns, sums, weights(query["word"]), weights(query["predicts"]))


@dataclass
class Read:
    """A model that the tap reads, and the same weights as transformers runs them."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    eager: PreTrainedModel

    def __post_init__(self) -> None:
        self.places, self.first_position = wiring(self.model), first_position(self.model)
        self.encoder = Encoder(self.tokenizer, self.model.config)

    @classmethod
    def of(cls, folder: Path, dtype: str = "float32") -> "Read":
        checkpoint = Checkpoint(path=str(folder))
        eager = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
        return cls(checkpoint.load(NAME, dtype), checkpoint.tokenizer(), eager)

    def measured(
        self, sentences: Sequence[Sentence], kernel: str = "portable", packed: bool = False
    ) -> Tap:
        """One batch of all sentences."""
        encoded, skipped = self.encoder.encode(sentences)
        assert skipped.n_too_long == skipped.n_unaligned == 0
        ready = choose(kernel, "cpu")
        tap = Tap(*self.encoder.pieces(encoded), self.places, KERNELS[ready])
        tap.first_position = self.first_position if packed else None
        assert tap.packs == packed
        attention_only(self.model, tap)
        check(tap, self.places, [sentence.sentence_id for sentence in sentences])
        return tap

    def expected(self, sentence: Sentence) -> dict[Place, Expected]:
        """What eager patterns and the plain reference make of one sentence by itself."""
        source, target = list(sentence.words), list((sentence.target or sentence).words)
        ids, of_source = oracle.pieces(self.tokenizer, source)
        if not self.encoder.has_target:
            found = self._patterns(input_ids=ids)
            return {p: of_one_sequence(a, of_source, len(source)) for p, a in found.items()}
        config = self.model.config
        start = getattr(config, "decoder_start_token_id", None)
        if config.model_type == "t5gemma":
            start = config.decoder.bos_token_id
        decoder_ids, of_target = oracle.target_pieces(self.tokenizer, target, start)
        found = self._patterns(input_ids=ids, decoder_input_ids=decoder_ids)
        about = {"encoder": (of_source, len(source)), "decoder": (of_target, len(target))}
        n_words = (len(target), len(source))
        return {
            place: of_two_sequences(patterns, of_target, of_source, n_words)
            if place.site == "cross"
            else of_one_sequence(patterns, *about[place.site])
            for place, patterns in found.items()
        }

    def _patterns(self, **inputs: list[int]) -> dict[Place, np.ndarray]:
        """[head, query, key] of every layer, of one sentence by itself."""
        with torch.inference_mode(), weighing_values(self.eager):
            given = {name: torch.tensor([ids]) for name, ids in inputs.items()}
            out = self.eager(**given, output_attentions=True)
        if self.encoder.has_target:
            sites = {"encoder": out.encoder_attentions, "decoder": out.decoder_attentions}
            sites["cross"] = out.cross_attentions
        else:
            sites = {self.places[0].site: out.attentions}
        found = {
            Place(site, layer): attention[0].float().numpy()
            for site, layers in sites.items()
            for layer, attention in enumerate(layers)
        }
        assert set(found) == set(self.places)
        return found


@contextmanager
def weighing_values(model: PreTrainedModel) -> Iterator[None]:
    """Granite scales what a head gives by what its sink leaves, and not the weights it returns."""
    if model.config.model_type not in ("granite_swa", "granitemoe_swa"):
        yield
        return
    code = sys.modules[type(model).__module__]
    eager = code.eager_attention_forward

    def scaled(module, query, key, value, *args, **kwargs):
        given, weights = eager(module, query, key, value, *args, **kwargs)
        values = value.repeat_interleave(module.num_key_value_groups, 1)
        unscaled = (weights @ values).transpose(1, 2)
        scale = (given * unscaled).sum(-1) / unscaled.square().sum(-1)
        return given, weights * scale.transpose(1, 2).unsqueeze(-1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(code, "eager_attention_forward", scaled)
        yield


OF_VALUES = re.compile("norm_|value_norm|output_|spearman")
"""Sums that patterns alone do not say: test_readout has them."""


def assert_equal(call: Measured, row: int, expected: Expected) -> None:
    """A call's sums and pointers for one sentence. Sums to 1e-5 per query."""
    n_queries, n_keys = expected.seen.shape
    assert (call.layout.visible[row, :n_queries, :n_keys].numpy() == expected.seen).all()
    found = call.reduction
    of_pattern = {k: v for k, v in found.sums.items() if not OF_VALUES.match(k)}
    assert set(of_pattern) == set(expected.sums[0])
    for name, tensor in of_pattern.items():
        if name != "argmax_offset":  # ties of a float: see the pointers
            values = np.array([sums[name] for sums in expected.sums])
            atol = 1e-5 * (1 if name.startswith("alpha") else n_queries)
            np.testing.assert_allclose(
                tensor[row].numpy(), values, atol=atol, rtol=1e-4, err_msg=name
            )
    for head, table in enumerate(expected.weights):
        _assert_same_pointers(found.pointers["attends_to"][row, head], table)
        _assert_same_pointers(found.pointers["attended_by"][row, head], table.T)
    assert ("predicted_attends_to" not in found.pointers) == (expected.predicted is None)
    for head, table in enumerate(expected.predicted or ()):
        _assert_same_pointers(found.pointers["predicted_attends_to"][row, head], table)


def _assert_same_pointers(pointers: torch.Tensor, weights: np.ndarray) -> None:
    """Equal, or tied to the last digits of a float."""
    reference, _ = oracle.pointers(weights)
    found = pointers[: len(weights)].tolist()
    for word, (a, b) in enumerate(zip(found, reference, strict=True)):
        assert a == b or (min(a, b) >= 0 and abs(weights[word, a] - weights[word, b]) < 1e-6)


def assert_near(a: Tap, b: Tap, limit: float) -> None:
    """Masses and entropies of the same batch, per query."""
    for one, other in zip(a.calls, b.calls, strict=True):
        n = one.layout.query_groups[:, 0].sum(-1)[:, None]
        for name in ("mass_first", "mass_other", "entropy_normalised", "confidence"):
            drift = (one.reduction.sums[name] - other.reduction.sums[name]).abs() / n
            assert drift.max() < limit, name
