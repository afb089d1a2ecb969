"""Names and numbers as they are printed.

Two rules make the committed files reproducible. Numbers are rounded here, before they are written
or drawn: a share to a whole percent, an accuracy (a ratio of two integers) to one decimal. And a
missing number is an en dash, never `nan` or `None`.
"""

import hashlib
import math
import re
import statistics
import unicodedata
from collections.abc import Sequence

DASH = "–"
MINUS = "−"
_INVISIBLE = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}


def clean(text: str) -> str:
    """Every character visible: XML forbids control characters, and a bidirectional override in a
    word would reorder the line around it. White space becomes a space, the rest an escape."""
    return "".join(" " if c.isspace() else _visible(c) for c in text)


def distinct(name: str) -> str:
    """The same of names, of which two stay two: unusual white space is an escape as well."""
    return "".join(c if c == " " else _visible(c) for c in name)


def _visible(character: str) -> str:
    hidden = character.isspace() or unicodedata.category(character) in _INVISIBLE
    return f"\\u{ord(character):04x}" if hidden else character


def shorten(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def slug(name: str) -> str:
    """A file name for any name: itself where that is safe, else a safe part and a digest.

    Lower case, as two names that differ only in case share one file on some systems.
    """
    safe = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:40]
    if safe == name:
        return safe
    return f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}".lstrip("-")


def rounded(share: float | None, digits: int = 0) -> float | None:
    """A share as percent, rounded; None where it is missing or not a number."""
    if share is None or not math.isfinite(share):
        return None
    value = round(100 * share, digits)
    return value + 0.0  # turns −0.0 into 0.0


def number(value: float | None, digits: int = 0) -> str:
    return DASH if value is None else f"{value:.{digits}f}".replace("-", MINUS)


def percent(share: float | None, digits: int = 0) -> str:
    return number(rounded(share, digits), digits)


def setting(share: float) -> str:
    """A threshold as percent: as it was set, not rounded."""
    return f"{100 * share:g}"


def signed(value: float | None, digits: int = 0) -> str:
    text = number(value, digits)
    return f"+{text}" if value is not None and value > 0 else text


def spread(values: Sequence[float | None], digits: int = 0) -> str:
    """One number for several seeds: their median and range; two seeds give the range alone."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return DASH
    low, high = number(known[0], digits), number(known[-1], digits)
    if low == high:
        return low
    if len(known) == 2:
        return f"{low}{DASH}{high}"
    middle = statistics.median(known)
    exact = digits if digits or middle == int(middle) else 1
    return f"{number(middle, exact)} ({low}{DASH}{high})"


def between(low: float | None, high: float | None) -> str:
    """An interval, its ends to one decimal."""
    return DASH if low is None or high is None else f"{low:.1f}{DASH}{high:.1f}"


def yes_no(flag: bool | None) -> str:
    return DASH if flag is None else "yes" if flag else "no"


def verb(n: int | None, stem: str) -> str:
    return f"{number(n)} {stem}s" if n == 1 else f"{number(n)} {stem}"


def plural(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
