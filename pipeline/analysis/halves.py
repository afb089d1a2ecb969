"""Two halves of a corpus: one to choose on, one to confirm on.

Membership hangs on the sentence's row alone (a hash of it, so that neighbouring sentences of one
document part ways), never on how many sentences there are or in which shard they lie.
"""

import numpy as np


def confirming(rows: np.ndarray, seed: int) -> np.ndarray:
    """True for the rows of a corpus that belong to the confirming half (splitmix64's last bit)."""
    with np.errstate(over="ignore"):
        z = (rows.astype(np.uint64) + np.uint64(1 + (seed << 32))) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return ((z ^ (z >> np.uint64(31))) & np.uint64(1)).astype(bool)
