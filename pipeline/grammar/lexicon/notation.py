"""Notation of the lexicon: words of a list stand in one string, separated by spaces."""

from __future__ import annotations


def listed(words: str) -> tuple[str, ...]:
    """Return the words of a string, in order."""
    return tuple(words.split())
