"""How far a rank correlation may be off: which of two numbers is the larger, where they are nearly
the same, is the processor's to say, and the order's in which it adds."""

import numpy as np

NEAR = 16 * 2**-23
"""Of a number: sixteen times the last digit of a float32."""


def reach(a: np.ndarray, b: np.ndarray) -> float:
    """How far Spearman's correlation moves at most where neighbours that are near change places.

    Of ranks less their mean it is Σ x y over n (n² − 1) / 12. With others x', y' in their place
    x'y' − xy = (x' − x) y + x (y' − y) + (x' − x) (y' − y).
    """
    if len(a) < 2:
        return 0.0
    x, y = _ordinal(a), _ordinal(b)
    of_x, of_y = _near(a), _near(b)
    moved = _moved(x, y, of_x) + _moved(y, x, of_y) + ((of_x.sum(1) - 1) @ (of_y.sum(1) - 1))
    return float(moved * 12 / (len(a) * (len(a) ** 2 - 1)))


def _ordinal(a: np.ndarray) -> np.ndarray:
    """From 1; of equals the first comes first."""
    found = np.empty(len(a))
    found[a.argsort(kind="stable")] = np.arange(1, len(a) + 1)
    return found


def _near(a: np.ndarray) -> np.ndarray:
    """[n, n]: whether two stand in one row of numbers, each of which is near the next."""
    order = a.argsort(kind="stable")
    apart = np.diff(a[order]) > NEAR * np.abs(a[order])[1:]
    row = np.empty(len(a), int)
    row[order] = np.concatenate(([0], apart.cumsum()))
    return row[:, None] == row


def _moved(x: np.ndarray, y: np.ndarray, near: np.ndarray) -> float:
    """How far Σ x y moves at most where ranks x change places with those near them."""
    moved = 0.0
    for row in np.unique(near[near.sum(1) > 1], axis=0):
        up, other, now = np.sort(x[row]), np.sort(y[row]), x[row] @ y[row]
        moved += max(up @ other - now, now - up @ other[::-1])
    return moved
