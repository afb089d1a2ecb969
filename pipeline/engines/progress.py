"""The bar that says how far long work is: rate, and time left where the end is known."""

import sys
from typing import Any

from tqdm import tqdm

from pipeline.lake.files import say_on_stderr


class Bar(tqdm):
    """A bar on stderr, redrawn in place on a terminal.

    Elsewhere, in a log, it says something every half minute, and nothing of what is sooner over.
    """

    def __init__(self, **options: Any):
        self._on_terminal = sys.stderr.isatty()
        if not self._on_terminal:
            options |= {"mininterval": 30.0, "delay": 30.0, "ascii": True}
        super().__init__(dynamic_ncols=True, file=sys.stderr, **options)

    def say(self, line: str) -> None:
        """A line of its own, above the bar."""
        if self._on_terminal:
            self.write(line, file=sys.stderr)
        else:
            say_on_stderr(line)
