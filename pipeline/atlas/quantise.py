"""Quantise: what is shown in few bytes, and how far it may be from the model's own numbers.

A weight w is kept as round(255 √w) in one byte: it comes back within (√w + 1/1020)/255, so that
small weights, which are most of them, keep their leading digits. Where a page would be too large
they are rounded to fewer levels, and the page says so.

Queries and keys are integers times a step of their head. The step is made finer until every scaled
sum of products of the head, over all pairs of the sentence, stays within `SUM_ERROR` of the model's
own: measured, not estimated. So heads with small scores take few bits. A bias is kept to 1/65534 of
its head's largest. Everything is compressed, and stands in the page in base 64.
"""

import base64
import zlib
from dataclasses import dataclass

import numpy as np

LEVELS = (255, 127, 63)
"""Steps from weight 0 to weight 1: the finest, then coarser ones."""
SUM_ERROR = 0.1
"""The most by which a scaled sum of products, a score before bias and mask, may be off."""

_FINEST = 32_000.0
"""Steps from zero to a head's largest entry, at most."""


@dataclass(frozen=True)
class Quantised:
    """Integers [head, row, channel] and the step of each head: their product is the value."""

    codes: np.ndarray
    steps: np.ndarray

    @property
    def values(self) -> np.ndarray:
        return self.codes * self.steps[:, None, None]


def weights(pattern: np.ndarray) -> np.ndarray:
    """Weights in 0..1 as bytes, at the finest levels."""
    return np.round(LEVELS[0] * np.sqrt(np.clip(pattern, 0, 1))).astype(np.uint8)


def coarser(packed: str, levels: int) -> str:
    """Weights of `pack_bytes` at fewer levels."""
    codes = np.frombuffer(zlib.decompress(base64.b64decode(packed)), np.uint8)
    return pack_bytes(np.round(codes * (levels / LEVELS[0])).astype(np.uint8))


def weight_error(levels: int) -> float:
    """The most by which a weight may be off, which is at weight 1; elsewhere about √w of it."""
    half = 0.5 / LEVELS[0] + (0 if levels == LEVELS[0] else 0.5 / levels)
    return 2 * half + half**2


def neurons(
    query: np.ndarray, key: np.ndarray, scaling: float, visible: np.ndarray
) -> tuple[Quantised, Quantised, float]:
    """Queries and keys, and the largest error of a scaled sum that was found.

    A key head and the query heads that share it are quantised together.
    """
    shared = query.reshape(len(key), -1, *query.shape[1:]).astype(np.float32)
    key = key.astype(np.float32)
    truth = _sums(shared, key, scaling)
    top_query = np.abs(shared).max((2, 3)).clip(min=1e-30)
    top_key = np.abs(key).max((1, 2)).clip(min=1e-30)
    levels = _estimate(shared, key, scaling)
    query_steps, key_steps = np.zeros_like(top_query), np.zeros_like(top_key)
    errors = np.full(len(key), np.inf)
    while len(missing := np.flatnonzero((errors > SUM_ERROR) & (levels < _FINEST))):
        levels[missing] = (levels[missing] * 1.2).clip(max=_FINEST)
        query_steps[missing] = top_query[missing] / levels[missing, None]
        key_steps[missing] = top_key[missing] / levels[missing]
        back_query = _rounded(shared[missing], query_steps[missing, :, None, None])
        back_key = _rounded(key[missing], key_steps[missing, None, None])
        off = np.abs(_sums(back_query, back_key, scaling) - truth[missing])
        errors[missing] = np.where(visible, off, 0).max((1, 2, 3))
    codes = np.round(shared / query_steps[:, :, None, None]).reshape(query.shape)
    of_query = Quantised(codes.astype(np.int16), query_steps.reshape(-1))
    of_key = Quantised(np.round(key / key_steps[:, None, None]).astype(np.int16), key_steps)
    return of_query, of_key, float(errors.max(initial=0))


def _estimate(shared: np.ndarray, key: np.ndarray, scaling: float) -> np.ndarray:
    """Levels that are surely too few, from the variance of a rounded number, 1/12 of a step²."""
    length_query = np.square(shared).sum(-1).max((1, 2))
    length_key = np.square(key).sum(-1).max(1)
    top_query, top_key = np.abs(shared).max((1, 2, 3)), np.abs(key).max((1, 2))
    variance = (top_query**2 * length_key + top_key**2 * length_query) / 12
    return (1.5 * scaling * np.sqrt(variance) / SUM_ERROR).clip(8, _FINEST / 2)


def _sums(query: np.ndarray, key: np.ndarray, scaling: float) -> np.ndarray:
    return query @ key[:, None].swapaxes(-1, -2) * scaling


def _rounded(values: np.ndarray, steps: np.ndarray) -> np.ndarray:
    return np.round(values / steps) * steps


def _single(steps: np.ndarray) -> np.ndarray:
    """Steps as the page reads them: in single precision."""
    return steps.astype(np.float32).astype(np.float64)


def bias(scores: np.ndarray) -> Quantised:
    """A bias [head, query, key]; its step is 1/32767 of the head's largest."""
    finite = np.where(np.isfinite(scores), scores, 0.0)
    steps = _single(np.abs(finite).max((1, 2)).clip(min=1e-30) / 32_767 * (1 + 1e-6))
    return Quantised(np.round(finite / steps[:, None, None]).astype(np.int16), steps)


def pack_bytes(codes: np.ndarray) -> str:
    """Bytes, compressed, in base 64."""
    return base64.b64encode(zlib.compress(codes.tobytes(), 6)).decode("ascii")


def pack(*parts: Quantised) -> str:
    """Steps, then integers of every part, in a form that compresses well.

    Of each head and channel the mean over the rows is taken out first: keys of a trained model are
    mostly that. Low bytes stand apart from high ones, which are nearly all the same.
    """
    found: list[bytes] = []
    for part in parts:
        means = np.round(part.codes.mean(1, keepdims=True)).astype(np.int16)
        found.append(part.steps.astype("<f4").tobytes())
        found += [*_planes(means), *_planes(part.codes - means)]
    return pack_bytes(np.frombuffer(b"".join(found), np.uint8))


def _planes(codes: np.ndarray) -> tuple[bytes, bytes]:
    """Low bytes and high bytes of codes + 128, which has no high byte where |code| is below 128."""
    shifted = (codes.astype(np.int32) + 128).astype("<u2")
    return (shifted & 255).astype(np.uint8).tobytes(), (shifted >> 8).astype(np.uint8).tobytes()
