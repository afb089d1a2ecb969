"""One division for all of the analysis."""

import numpy as np


def ratio(numerator: np.ndarray, denominator: np.ndarray | int) -> np.ndarray:
    """Element by element, broadcast; NaN where there is nothing to divide by."""
    nothing = np.full(np.broadcast(numerator, denominator).shape, np.nan)
    return np.divide(numerator, denominator, out=nothing, where=np.asarray(denominator) > 0)
