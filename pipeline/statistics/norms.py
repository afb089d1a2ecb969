"""Group E: do values agree with weights? Kobayashi et al. 2020: a weight says how much of a key is
taken, its value how much there is to take.

What query i gets of key j is A_ij·f(x_j), f(x_j) = v_j W_O of one head, of length ‖f(x_j)‖; a
call's `readout` gives f in as many dimensions as a value has. N_ij = A_ij·‖f(x_j)‖ is the pattern
weighted by it, and everything that is asked of a pattern can be asked of N.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from pipeline.core.call import AttentionCall
from pipeline.core.digest import Digest
from pipeline.core.layout import FEW, Layout
from pipeline.core.names import KEY_CLASSES
from pipeline.core.pieces import Pieces
from pipeline.core.shapes import Bool, Float, Int, Tensor
from pipeline.statistics.masses import masses_by_pair, masses_elsewhere
from pipeline.statistics.patterns import of_heads

OUTPUT_CLASSES = FEW
"""Classes of key of which is asked whether what they give is always the same."""


def transformed(call: AttentionCall) -> Float[Tensor, "sentence head key channel"]:
    """f(x_j) of every head and key. The call must have a readout."""
    assert call.readout is not None
    return torch.einsum("shkd,hde->shke", of_heads(call.value.float(), call), call.readout)


@dataclass(frozen=True)
class Values:
    """What is asked of transformed values: the `length` of each; and of each class of `FEW`, for
    w_i = Σ_{j in class} A_ij f(x_j), the sum over queries, and the sum of its squared length."""

    length: Float[Tensor, "sentence head key"]
    given: Float[Tensor, "sentence head class channel"]
    energy: Float[Tensor, "sentence head class"]


def values_of(
    f: Float[Tensor, "sentence head key channel"] | None,
    length: Float[Tensor, "sentence head key"] | None,
    digest: Digest,
    layout: Layout,
) -> Values | None:
    """By plain torch operations, on any device. `length` is that of each f(x_j)."""
    if f is None or length is None:
        return None
    sentence = torch.arange(len(f), device=f.device).unsqueeze(1)
    of_few = f.transpose(1, 2)[sentence, layout.few_keys].transpose(1, 2)
    weights = digest.columns
    given = weights.sum(3).unsqueeze(3) * of_few
    together = (weights @ weights.mT) * (of_few @ of_few.mT)
    members = layout.few_members.unsqueeze(1)
    energy = ((together @ members) * members).sum(2)
    return Values(length, members.mT @ given, energy)


def value_norms(
    digest: Digest,
    length: Float[Tensor, "sentence head key"],
    layout: Layout,
) -> dict[str, Float[Tensor, "sentence head ..."]]:
    """Sums of N over pairs; and of ‖f‖, which is `length`, over keys.

    `norm_mass_…` and `norm_row_sum` are the masses of N (units: norm × pieces), `value_norm_…` the
    lengths ‖f‖ added up over keys. `spearman` is a number per sentence: the rank correlation of the
    attention that a key receives (mean over the queries that see it) with ‖f‖.
    """
    received = digest.received
    weighted = received * length
    real = length * layout.keys.real.unsqueeze(1)
    of_n, of_keys = (torch.cat((weighted, real), 1) @ layout.key_classes).chunk(2, 1)
    sums = {f"norm_mass_{name}": of_n[..., k] for k, name in enumerate(KEY_CLASSES)}
    sums |= {f"value_norm_{name}": of_keys[..., k] for k, name in enumerate(KEY_CLASSES)}
    pairs = digest.weighted
    others = masses_elsewhere(weighted, layout) if pairs is None else masses_by_pair(pairs)
    sums |= {f"norm_{name}": mass for name, mass in others.items()}
    sums["norm_row_sum"] = weighted.sum(-1)
    sums["value_norm"] = real.sum(-1)
    seen = received / layout.n_seeing.clamp(min=1).unsqueeze(1)
    return sums | {"spearman": spearman(seen, length, layout.keys)}


def given_by_class(
    given: Float[Tensor, "sentence head class channel"],
    energy: Float[Tensor, "sentence head class"],
) -> dict[str, Float[Tensor, "sentence head ..."]]:
    """What each class gives: ‖mean w‖² over mean ‖w‖² is 1 where it gives every query the same."""
    sums = {f"output_{name}": given[:, :, k] for k, name in enumerate(FEW)}
    return sums | {f"output_energy_{name}": energy[..., k] for k, name in enumerate(FEW)}


def spearman(
    a: Float[Tensor, "sentence head key"],
    b: Float[Tensor, "sentence head key"],
    keys: Pieces,
) -> Float[Tensor, "sentence head"]:
    """Rank correlation over the real keys, ties at their mean rank; NaN where there is none."""
    a, b = _ranks(a, keys.real), _ranks(b, keys.real)
    spread = a.square().sum(-1) * b.square().sum(-1)
    return torch.where(spread > 0, (a * b).sum(-1) / spread.sqrt(), torch.nan)


def _ranks(
    x: Float[Tensor, "sentence head key"], real: Bool[Tensor, "sentence key"]
) -> Float[Tensor, "sentence head key"]:
    """Twice what they are more than their mean; of equals, their middle place counts."""
    padding = ~real.unsqueeze(1)
    x = x.masked_fill(padding, torch.inf)
    order = _order(x)
    x = x.gather(-1, order)
    equal = (x[..., 1:] == x[..., :-1]) & (x[..., 1:] < torch.inf)
    if x.device.type == "cpu":
        places = torch.arange(0, 2 * x.shape[-1], 2, dtype=x.dtype).expand_as(x).clone()
        tied = equal.any(-1)
        if tied.any():  # in few rows, where numbers are measured
            places[tied] = _middles(equal[tied], x.dtype)
    else:
        places = _middles(equal, x.dtype)
    ranks = places - (real.sum(-1)[:, None, None] - 1) + 0 * x  # what is no number has no rank
    return x.scatter_(-1, order, ranks).masked_fill_(padding, 0.0)


def _order(x: Float[Tensor, "sentence head key"]) -> Int[Tensor, "sentence head key"]:
    """From the least to the most; of equals, any. On a CPU NumPy sorts several times as fast."""
    if x.device.type == "cpu":
        return torch.from_numpy(x.numpy().argsort(-1))
    return x.argsort(-1)


def _middles(equal: Bool[Tensor, "... pair"], dtype: torch.dtype) -> Float[Tensor, "... place"]:
    """Twice the middle of the equals at each place, where sorted neighbours are `equal` or not."""
    differs = F.pad(~equal, (1, 1), value=True)
    place = torch.arange(differs.shape[-1] - 1, device=equal.device)
    first = torch.where(differs[..., :-1], place, 0).cummax(-1).values
    last = torch.where(differs[..., 1:], place, len(place)).flip(-1).cummin(-1).values.flip(-1)
    return (first + last).to(dtype)
