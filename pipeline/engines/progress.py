"""The bar that says how far long work is: rate, and time left where the end is known."""

import sys
from typing import Any

from tqdm import tqdm


def bar(**options: Any) -> tqdm:
    """A bar on stderr, redrawn in place on a terminal.

    Elsewhere, in a log, it says something every half minute, and nothing of what is sooner over.
    """
    pace = {} if sys.stderr.isatty() else {"mininterval": 30.0, "delay": 30.0, "ascii": True}
    return tqdm(dynamic_ncols=True, file=sys.stderr, **pace, **options)
