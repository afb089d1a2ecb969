"""How colours look to those who do not see all of them, and how far apart they are then.

Machado, Oliveira and Fernandes (2009) give a matrix for each kind of colour blindness at full
severity, on linear RGB. Distances are of CIELAB (ΔE*ab 1976, D65), where about 2.3 is just seen.
"""

import itertools

import numpy as np

LEAST = 10.0
"""Between any two marks that stand for different things, to any reader."""
VISIONS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def _linear(colour: str) -> np.ndarray:
    """`#rrggbb` as linear light."""
    shares = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def lab(colour: str, vision: str = "normal") -> np.ndarray:
    """L*, a*, b* of `#rrggbb` as it is seen."""
    seen = np.clip(VISIONS[vision] @ _linear(colour), 0, 1)
    share = _XYZ @ seen / _XYZ.sum(1)
    bent = np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116)
    x, y, z = bent
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def nearest(colours: list[str], vision: str) -> tuple[float, str, str]:
    """The two that are hardest to tell apart, and their distance."""
    return min(
        (float(np.linalg.norm(lab(a, vision) - lab(b, vision))), a, b)
        for a, b in itertools.combinations(colours, 2)
    )


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours, 1 to 21."""
    dark, light = sorted(0.05 + float(_XYZ[1] @ _linear(colour)) for colour in (one, other))
    return light / dark
