"""The project's own treebank, found from whatever folder one stands in."""

import os
from dataclasses import dataclass, replace

from datasets import IterableDataset

from pipeline.corpora.conllu import Conllu
from pipeline.shipped import shipped


@dataclass(frozen=True)
class Treebank(Conllu):
    """`path` is looked for in the working folder, then in what ships with headcensus.

    It stays as it is written wherever a config is: a machine's own paths are no part of that.
    """

    path: str | tuple[str, ...] = "data/treebank/treebank.conllu"

    def stream(self) -> IterableDataset:
        """All rows. Raises UserError as `Conllu` does."""
        return Conllu.stream(replace(self, path=self._found()))

    def _found(self) -> str | tuple[str, ...]:
        if isinstance(self.path, str) and not os.path.lexists(self.path):
            there = shipped(self.path)
            if there.is_file():
                return str(there)
        return self.path
