"""The triton kernel's programs, and what stands for them where they are not to be run."""

from collections.abc import Callable
from typing import Any

from pipeline.statistics import (
    fused_kernels,
    fused_similarity,
    fused_sums,
    fused_trees,
    fused_words,
)

PROGRAMS = {
    fused_kernels: ("attend", "measure"),
    fused_words: ("point",),
    fused_sums: ("add_up", "give"),
    fused_trees: ("grow",),
    fused_similarity: ("diverge",),
}


class Launched:
    """A program that is launched and does nothing; `seen` is told its name."""

    def __init__(self, name: str, seen: Callable[[str], object]):
        self.name, self.seen = name, seen

    def __getitem__(self, grid: Any) -> Callable[..., None]:
        return lambda *_, **__: self.seen(self.name) and None
