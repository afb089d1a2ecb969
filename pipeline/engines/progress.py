"""The bar that says how far long work is: rate, and time left where the end is known."""

import sys
from collections.abc import Callable
from typing import Any

from tqdm import tqdm

from pipeline.lake.files import say_on_stderr

LOG_WIDTH = 79


class Bar(tqdm):
    """A bar on stderr, redrawn in place on a terminal.

    Elsewhere, in a log, it says a line every half minute, and nothing of what is sooner over.
    """

    def __init__(self, **options: Any):
        self._on_terminal = sys.stderr.isatty()
        if not self._on_terminal:
            options |= {"mininterval": 30.0, "delay": 30.0, "ascii": True}
            # Wider lines are cut where a log is read.
            options["ncols"] = LOG_WIDTH
        super().__init__(dynamic_ncols=self._on_terminal, file=sys.stderr, **options)

    @staticmethod
    def status_printer(file: Any) -> Callable[[str], None]:
        """How the bar is written: over what it was, or in a log on a line of its own."""
        if file.isatty():
            return tqdm.status_printer(file)
        written = False

        def line(text: str) -> None:
            nonlocal written
            # The end of the last line is written when the bar is closed.
            file.write(f"\n{text}" if written else text)
            file.flush()
            written = True

        return line

    def say(self, line: str) -> None:
        """A line of its own, above the bar."""
        if self._on_terminal:
            self.write(line, file=sys.stderr)
        else:
            say_on_stderr(line)
