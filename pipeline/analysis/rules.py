"""When a head counts as what."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """Thresholds of the flags, and what draws the halves and the bootstrap.

    A head **tracks** a relation when, on the confirming half, with `min_arcs` arcs or more, its
    accuracy is `margin` (share of arcs; Voita et al. 2019: 10 points) over the baseline, its q is
    below `alpha`, and it is above the `null_percentile` of every matched null. It **dumps** on a
    class of key when its mean mass there, and the low end of its interval, are above
    `dump_threshold`. It is **positional** when its largest weight sits at one offset for
    `positional_rate` of the queries (Voita et al. 2019, §5.1), **broad** when its mean normalised
    entropy is above `broad_entropy`. `epsilon` is the sink threshold of Gu et al. 2024.

    Its pattern is **vertical** when more than `vertical` of its mass lies on special pieces, or on
    the first one; **diagonal** when more than `diagonal` lies on the previous, the own or the next
    piece; **mixed** when it is neither but for both together, each with more than `mixed`. Where
    two sentences are one input it is **block** when attention between words stays within their
    sentence more than `block` times as often as that of a uniform pattern.

    Raises ValueError, naming the key, for a value out of its range.
    """

    margin: float = 0.10
    alpha: float = 0.05
    min_arcs: int = 100
    null_percentile: float = 99.0
    dump_threshold: float = 0.5
    positional_rate: float = 0.9
    broad_entropy: float = 0.9
    vertical: float = 0.6
    diagonal: float = 0.5
    mixed: float = 0.2
    block: float = 1.5
    epsilon: float = 0.3
    bootstrap: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        for name in _SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}={getattr(self, name)} is not between 0 and 1")
        if not self.block >= 0:
            raise ValueError(f"block={self.block} is below 0")
        if not 0 <= self.null_percentile <= 100:
            raise ValueError(f"null_percentile={self.null_percentile} is not between 0 and 100")
        for name, least in (("min_arcs", 1), ("bootstrap", 1), ("seed", 0)):
            if not least <= getattr(self, name) < 2**31:
                raise ValueError(f"{name}={getattr(self, name)} is not between {least} and 2³¹")


_SHARES = (
    "margin",
    "alpha",
    "dump_threshold",
    "positional_rate",
    "broad_entropy",
    "vertical",
    "diagonal",
    "mixed",
    "epsilon",
)
