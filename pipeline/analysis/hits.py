"""Hits: on which arcs a head points at the governor. One shard of pointers against its arcs.

`dep_to_gov`: the word that the dependent attends to most is its governor. `gov_to_dep` (the
transposed map): the word that attends most to the dependent is its governor.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.analysis.arcs import Arcs
from pipeline.lake.schema import NO_PIECE


@dataclass(frozen=True)
class Nodes:
    """Which words of some sentences are nodes of their trees; `word` runs beside the sentences."""

    _tree: np.ndarray
    _up_to: np.ndarray
    _start: np.ndarray
    _n_words: np.ndarray

    @property
    def n_nodes(self) -> np.ndarray:
        return self._up_to[self._start + self._n_words] - self._up_to[self._start]

    def is_node(self, word: np.ndarray) -> np.ndarray:
        return self._tree[self._start + word] > NO_PIECE

    def between(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """How many nodes apart two nodes are: 1 for neighbours."""
        return np.abs(self._up_to[self._start + a] - self._up_to[self._start + b])


DIRECTIONS = {"dep_to_gov": "attends_to", "gov_to_dep": "attended_by"}
ENDINGS = {"attention": "", "norm": "_norm"}
"""Weightings, and how the lake's columns of each end: A, and N = A × ‖value W_O‖."""


class Pointers:
    """A shard of the lake's `pointers` at one site, looked up by sentence and word.

    Its sentences start at row `first` of the corpus and are numbered from 0 here; those that the
    model could not read have no rows.
    """

    def __init__(self, rows: pa.Table, first: int, n_sentences: int):
        self._rows = rows
        self._n_sentences = n_sentences
        sentence = rows["sentence"].to_numpy()
        self.n_heads = int(np.searchsorted(sentence, sentence[0], side="right")) if len(rows) else 0
        self._measured = sentence[:: self.n_heads or 1] - first
        self._found: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    @property
    def measured(self) -> np.ndarray:
        """Which sentences the model read."""
        found = np.zeros(self._n_sentences, bool)
        found[self._measured] = True
        return found

    def __call__(self, column: str, sentence: np.ndarray, word: np.ndarray) -> np.ndarray:
        """Pointers of these words, [word, head], heads in the shard's order."""
        flat, starts, n_words = self._column(column)
        heads = np.arange(self.n_heads)[None, :]
        return flat[(starts[sentence] + word)[:, None] + n_words[sentence][:, None] * heads]

    def has_piece(self, column: str, sentence: np.ndarray, word: np.ndarray) -> np.ndarray:
        """False for words that the tokenizer gave nothing; all heads say the same of that."""
        flat, starts, _ = self._column(column)
        return flat[starts[sentence] + word] != NO_PIECE

    def has(self, column: str) -> bool:
        """Trees are not there across, pointers by norm not where values have none."""
        return self._rows[column].null_count < len(self._rows)

    def nodes(self, sentence: np.ndarray) -> "Nodes":
        """Words that trees join, of these sentences; all heads say the same of that."""
        flat, starts, n_words = self._column("tree")
        up_to = np.concatenate(([0], np.cumsum(flat > NO_PIECE)))
        return Nodes(flat, up_to, starts[sentence], n_words[sentence])

    def _column(self, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All pointers in a row; where each sentence's begin; how many words it has."""
        if name not in self._found:
            lists = self._rows[name].combine_chunks()
            lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False)  # pyrefly: ignore
            lengths = lengths[:: self.n_heads]
            ends = np.cumsum(lengths * self.n_heads)
            starts, n_words = np.zeros((2, self._n_sentences), np.int64)
            starts[self._measured] = ends - lengths * self.n_heads
            n_words[self._measured] = lengths
            self._found[name] = (lists.flatten().to_numpy(), starts, n_words)
        return self._found[name]


def judge(pointers: Pointers, arcs: Arcs, weighting: str = "attention") -> tuple[Arcs, np.ndarray]:
    """The arcs that can be judged, and for each whether each head hits it.

    Arcs of sentences that the model could not read are left out, and those of words without any
    piece. Hits are [arc, direction × head], booleans, `dep_to_gov` first.
    """
    ending = ENDINGS[weighting]
    if not pointers.n_heads or not pointers.has(f"attends_to{ending}"):
        return arcs.where(np.zeros(len(arcs), bool)), np.zeros((0, 0), bool)
    arcs = arcs.where(pointers.measured[arcs.sentence])
    both = (arcs.dependent, arcs.governor)
    has_piece = [pointers.has_piece("attends_to", arcs.sentence, word) for word in both]
    arcs = arcs.where(has_piece[0] & has_piece[1])
    hits = [
        pointers(column + ending, arcs.sentence, arcs.dependent) == arcs.governor[:, None]
        for column in DIRECTIONS.values()
    ]
    return arcs, np.concatenate(hits, 1)
