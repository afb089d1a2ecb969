"""Where everything lies below a root. Hive-partitioned: each folder name says one key."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

OF_A_CORPUS = ("sentences", "quarantine")
"""Folders below a root that hold the texts of corpora."""


@dataclass(frozen=True)
class Cell:
    """A cell of the grid by config names: a model, under a control and its seed, over a corpus."""

    model: str
    control: str
    seed: int
    corpus: str

    @property
    def name(self) -> str:
        return f"{self.model}-{word(self.control, self.seed)}-{self.corpus}"

    @property
    def partition(self) -> Path:
        """Values are percent-encoded, so that no name can leave its folder."""
        return Path(
            f"model={quote(self.model, safe='')}",
            f"control={quote(word(self.control, self.seed), safe='')}",
            f"corpus={quote(self.corpus, safe='')}",
        )


def cell_of(partition: Path) -> Cell:
    """The inverse of `Cell.partition`."""
    model, control, corpus = (unquote(part.partition("=")[2]) for part in partition.parts)
    return Cell(model, *control_and_seed(control), corpus)


def word(control: str, seed: int) -> str:
    """A control and its seed in one word, as the grid writes it: `random_weights-1`."""
    return f"{control}-{seed}" if seed else control


def control_and_seed(grid_word: str) -> tuple[str, int]:
    """The inverse of `word`."""
    control, dash, seed = grid_word.rpartition("-")
    # Python counts no further than some thousands of digits.
    is_seed = dash and seed.isdecimal() and len(seed) < 20
    return (control, int(seed)) if is_seed else (grid_word, 0)


def model_and_revision(grid_word: str) -> tuple[str, str | None]:
    """A model and the checkpoint of it that the grid asks for: `pythia~step1000`.

    The sign is one that neither folders, nor DVC's stage names, nor a shell take for another.
    """
    model, _, revision = grid_word.partition("~")
    return model, revision or None


@dataclass(frozen=True)
class Lake:
    """The folders below one root."""

    root: Path

    @property
    def work(self) -> Path:
        return self.root / "_work"

    @property
    def tables(self) -> Path:
        return self.root / "tables"

    @property
    def interventions(self) -> Path:
        return self.root / "interventions"

    def sentences(self, corpus: str) -> Path:
        return self.root / "sentences" / f"corpus={quote(corpus, safe='')}"

    def quarantine(self, corpus: str) -> Path:
        return self.root / "quarantine" / f"corpus={quote(corpus, safe='')}"

    def measured(self, table: str, cell: Cell) -> Path:
        return self.root / "lake" / table / cell.partition
