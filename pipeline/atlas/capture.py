"""Capture: run a model over a few sentences and keep what the census throws away.

The census reduces each pattern and forgets it. To look at a head one needs the pattern itself, and
to see why it is as it is, the queries and keys that made it. Both are taken at the tap, so that any
model that can be measured can be looked at: after RoPE where there is one, grouped keys unrepeated,
with the bias, the soft cap, the mask and the sinks that stand between a product and a weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel

from pipeline.atlas.pieces import Row, row_of
from pipeline.controls.base import Control, Trained
from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.sentence import Sentence, joined
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.eager import check_eager
from pipeline.models.encode import Encoder
from pipeline.models.row_sums import check
from pipeline.models.tap import NAME, Place, Tap, forward
from pipeline.models.under import encode_under
from pipeline.models.wiring import wiring
from pipeline.statistics.patterns import attention_pattern, output_of


@dataclass(frozen=True)
class Subject:
    """A model under a control, ready to be looked at. `word` is the control in the grid's words."""

    model: str
    word: str
    network: PreTrainedModel
    encoder: Encoder
    places: list[Place]
    control: Control
    seed: int = 0

    @classmethod
    def load(
        cls,
        model: str,
        checkpoint: Checkpoint,
        control: Control | None = None,
        word: str = "trained",
        seed: int = 0,
        dtype: str = "float32",
    ) -> "Subject":
        """Raises UserError for what cannot be loaded, controlled or read."""
        control = Trained() if control is None else control
        tokenizer = checkpoint.tokenizer()
        network = checkpoint.load(NAME, dtype)
        check_eager(network)
        network = control.apply(network, seed)
        return cls.of(model, network, tokenizer, control, word, seed)

    @classmethod
    def of(
        cls,
        model: str,
        network: PreTrainedModel,
        tokenizer,
        control: Control | None = None,
        word: str = "trained",
        seed: int = 0,
    ) -> "Subject":
        """Of a model that is loaded already, its attention routed to the tap."""
        encoder = Encoder(tokenizer, network.config)
        places = wiring(network)
        control = Trained() if control is None else control
        return cls(model, word, network, encoder, places, control, seed)


@dataclass(frozen=True)
class Call:
    """One attention call of one sentence. `query` is [head, query, channel], `key` of key heads.

    Keys that are not `visible` have weight 0.
    """

    place: Place
    pattern: np.ndarray
    visible: np.ndarray
    scaling: float
    query: np.ndarray
    key: np.ndarray
    bias: np.ndarray | None = None
    softcap: float | None = None
    sinks: np.ndarray | None = None


@dataclass(frozen=True)
class Reading:
    """One sentence as one subject read it: its rows of pieces, and every call."""

    source: Row
    target: Row | None
    calls: list[Call]

    def sides(self, site: str) -> tuple[Row, Row]:
        """The rows that attend and that are attended to at a site."""
        decoded = self.source if self.target is None else self.target
        return (
            self.source if site == "encoder" else decoded,
            decoded if site == "decoder" else self.source,
        )


def capture(
    subject: Subject,
    sentences: Sequence[Sentence],
    rows: Sequence[int] | None = None,
    pairs: Sequence[bool] | None = None,
) -> list[Reading | None]:
    """Each sentence as the subject reads it; None for one that it cannot read whole.

    `rows` are those of the sentences in their corpus: what a control draws hangs on them, so that
    the atlas shows what was measured. `pairs` says which sentences are to be read by a model with
    one stack together with their target, as the two segments of one input.
    """
    rows = range(len(sentences)) if rows is None else rows
    pairs = [False] * len(sentences) if pairs is None else pairs
    return [
        _read(subject, sentence, row, is_pair)
        for sentence, row, is_pair in zip(sentences, rows, pairs, strict=True)
    ]


def _read(subject: Subject, sentence: Sentence, row: int, is_pair: bool) -> Reading | None:
    if is_pair and sentence.target is not None and not subject.encoder.has_target:
        sentence = joined(sentence, sentence.target)
    found, _ = encode_under(subject.control, subject.seed, subject.encoder, [sentence], [row])
    if not found:
        return None
    encoded = found[0]
    calls: list[Call] = []

    def keep(call: AttentionCall) -> tuple[torch.Tensor, Reduction]:
        pattern = attention_pattern(call)
        calls.append(_kept(call, pattern[0], subject.places[len(calls)]))
        # Nothing is reduced but what `check` asks for.
        return output_of(pattern, call), Reduction({"row_sum": pattern.sum((-1, -2))})

    source, target = subject.encoder.pieces([encoded])
    device = subject.network.device
    tap = Tap(source.to(device), target and target.to(device), subject.places, keep)
    tap.under = subject.control.call
    forward(subject.network, tap)
    check(tap, subject.places, [f"sentence {sentence.sentence_id}"])
    words = subject.encoder.tokenizer
    target_row = None if encoded.target is None else row_of(words, encoded.target)
    return Reading(row_of(words, encoded.source), target_row, calls)


def _kept(call: AttentionCall, pattern: torch.Tensor, place: Place) -> Call:
    bias = call.bias
    if bias is not None:
        bias = torch.broadcast_to(bias, (1, *pattern.shape))[0]
    return Call(
        place,
        _array(pattern),
        call.layout.visible[0].cpu().numpy(),
        float(call.scaling),
        _array(call.query[0]),
        _array(call.key[0]),
        None if bias is None else _array(bias),
        call.softcap,
        None if call.sinks is None else _array(call.sinks),
    )


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy()
