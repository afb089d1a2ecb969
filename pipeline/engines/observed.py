"""What heads do of themselves, beside what is done to them: mass on specials, word by word, and how
much a loss hangs on each head (Michel et al. 2019).
"""

import numpy as np
import pyarrow as pa
import torch

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.shapes import Tensor
from pipeline.engines.rows import table
from pipeline.engines.shard import Subject
from pipeline.lake.schema import HEAD
from pipeline.models.encode import Encoded
from pipeline.models.objective import losses
from pipeline.models.outcomes import said
from pipeline.models.tap import SITES, Tap, forward
from pipeline.statistics.edited import special_by_word
from pipeline.statistics.patterns import attention_pattern, output_of


class Observed:
    """Collects rows of the lake's `observed`, a row per sentence and head."""

    def __init__(self, subject: Subject, first: int):
        self.subject = subject
        self.first = first
        self._special: dict[int, list[np.ndarray]] = {}
        self._importance: dict[int, list[np.ndarray]] = {}

    def watch(self, batch: list[Encoded]) -> None:
        """Mass on special pieces, of each call [head, word] of a sentence."""
        found: list[Tensor] = []

        def kernel(call: AttentionCall) -> tuple[Tensor, Reduction]:
            pattern = attention_pattern(call)
            found.append(special_by_word(pattern, call.layout).cpu())
            return output_of(pattern, call), Reduction()

        source, target = self.subject.encoder.pieces(batch)
        device = self.subject.model.device
        tap = Tap(
            source.to(device),
            target and target.to(device),
            self.subject.places,
            kernel,
            self.subject.control.call,
        )
        forward(self.subject.model, tap)
        for row, e in enumerate(batch):
            self._special[e.index] = [
                _of_words(call[row].numpy(), e, place.site)
                for call, place in zip(found, self.subject.places, strict=True)
            ]

    def weigh(self, batch: list[Encoded], tap: Tap, says: Tensor | None) -> None:
        """Michel et al. 2019, eq. 3: |Aᵀ ∂L/∂A| of each head's output A, which is |∂L/∂gate| of a
        gate on it, at 1. `tap` holds the batch as it was read when `says` was to be said.
        """
        if says is None:
            return
        model = self.subject.model.requires_grad_(False)
        gates: list[Tensor] = []

        def kernel(call: AttentionCall) -> tuple[Tensor, Reduction]:
            output = output_of(attention_pattern(call), call)
            gates.append(output.new_ones(output.shape[:2]).requires_grad_())
            return output * gates[-1][:, :, None, None], Reduction()

        again = Tap(
            tap.source, tap.target, tap.places, kernel, self.subject.control.call, learns=True
        )
        after, _ = said(model, lambda: forward(model, again))
        assert after.logits is not None
        found = torch.autograd.grad(losses(after.logits, says).sum(), gates, allow_unused=True)
        if any(g is None for g in found):
            # HRM computes its first cycles without gradients: those of others are cut off there.
            return
        for row, e in enumerate(batch):
            self._importance[e.index] = [g[row].abs().cpu().numpy() for g in found]

    def table(self) -> pa.Table:
        columns: dict[str, list] = {name: [] for name in _COLUMNS}
        places = self.subject.places
        order = sorted(range(len(places)), key=lambda k: (SITES.index(places[k].site), k))
        for index in sorted(self._special.keys() | self._importance.keys()):
            special, importance = self._special.get(index), self._importance.get(index)
            for k in order:
                n_heads = len((special or importance or [])[k])
                for head in range(n_heads):
                    columns["sentence"].append(self.first + index)
                    columns["site"].append(places[k].site)
                    columns["layer"].append(places[k].layer)
                    columns["head"].append(head)
                    columns["special_mass"].append(None if special is None else special[k][head])
                    weight = None if importance is None else float(importance[k][head])
                    columns["importance"].append(weight)
        # A word without pieces has no mass: NaN here, null there.
        lists = pa.array(columns.pop("special_mass"), pa.list_(pa.float32()), from_pandas=True)
        arrays = {name: pa.array(values) for name, values in columns.items()}
        return table("observed", {**arrays, "special_mass": lists})


_COLUMNS = ("sentence", *HEAD, "special_mass", "importance")


def _of_words(masses: np.ndarray, e: Encoded, site: str) -> np.ndarray:
    """[head, word] of one sentence; NaN for words without pieces."""
    side = e.source if site == "encoder" or e.target is None else e.target
    kept = masses[:, : side.n_words].astype(np.float32)
    kept[:, side.unread] = np.nan
    return kept
