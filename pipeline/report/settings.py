"""What a reader of the report may choose, and the thresholds that its method section states."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReportSettings:
    """The thresholds repeat what `aggregate` was run with: the report states them, never applies
    them anew, save `min_arcs`, which also decides which relations are shown. So does
    `masses_drawn_by`, the lake's grain: `sentence`, or `shard` where any cell has that."""

    title: str = "Head census"
    dump_threshold: float = 0.5
    min_arcs: int = 100
    margin: float = 0.10
    alpha: float = 0.05
    null_percentile: float = 99.0
    positional_rate: float = 0.9
    broad_entropy: float = 0.9
    vertical: float = 0.6
    diagonal: float = 0.5
    mixed: float = 0.2
    block: float = 1.5
    level: str = "full"
    weighting: str = "attention"
    tables_folder: str = "data/tables"
    masses_drawn_by: str = "sentence"
    max_quarantined: int = 20
    max_tracking: int = 40

    def __post_init__(self) -> None:
        """Raises ValueError, naming the key, for a value that no report can be made with."""
        if self.level not in ("full", "universal"):
            raise ValueError(f"level={self.level} is neither full nor universal")
        if self.weighting not in ("attention", "norm"):
            raise ValueError(f"weighting={self.weighting} is neither attention nor norm")
        for name in ("max_quarantined", "max_tracking"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}={getattr(self, name)} is below 0")
