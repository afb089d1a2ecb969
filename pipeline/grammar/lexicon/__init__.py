"""The lexicon: nouns by topic and semantic class, and verb frames with selectional preferences.

A sentence is about one topic.  Within the topic a verb chooses its arguments by semantic class,
which is what keeps the text plausible: plumbers repair pipes, and senators oppose bills.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .notation import listed
from .nouns_private import PRIVATE
from .nouns_public import PUBLIC
from .nouns_work import WORK
from .refinements import FINER, GROUPS
from .verbs_other import CLAUSAL, DITRANSITIVE, INTRANSITIVE, OPEN
from .verbs_transitive import TRANSITIVE

NOUN = re.compile(r"([\w'-]+)([~+]?)(?:@(\w+))?(?:<([^>]*)>)?$")
# What nobody is told, asked or decides to do; these verbs stay out of imperatives and infinitives.
NON_AGENTIVE = listed(
    "seem appear tend fail lose die suffer cry fall miss hate fear doubt happen occur owe "
    "belong become lack hear forget break cause damage destroy hit face realize notice threaten "
    "refuse want like love need wish think believe wonder guess suppose hope remember "
    "understand expect prefer have kill shoot bomb receive result affect ruin end grow know"
)
TIME_CLASSES = ("weekday", "month", "clock", "duration", "region")


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun with its countability, preposition of place and usual compound modifiers."""

    lemma: str
    cls: str
    kind: str
    preposition: str
    modifiers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """One complement of a frame: its kind, its marker and the classes it selects."""

    kind: str
    marker: str
    classes: tuple[str, ...]
    optional: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """A verb in one of its uses."""

    lemma: str
    particle: str
    subjects: tuple[str, ...]
    slots: tuple[Slot, ...]
    flags: str
    weight: int
    family: str
    topics: tuple[str, ...] = ()

    def slot(self, kind: str) -> Slot | None:
        """Return the first slot of a kind."""
        return next((slot for slot in self.slots if slot.kind == kind), None)


def _noun(token: str, cls: str) -> Noun:
    found = NOUN.match(token)
    if not found:
        raise ValueError(f"bad noun entry: {token}")
    lemma, mark, preposition, modifiers = found.groups()
    kind = {"~": "mass", "+": "plural"}.get(mark, "count")
    for finer, lemmas in FINER.get(cls, {}).items():
        if lemma in lemmas.split():
            cls = finer
    return Noun(lemma, cls, kind, preposition or "in", tuple((modifiers or "").split(",")))


def _load_nouns() -> dict[str, dict[str, tuple[Noun, ...]]]:
    # A compound modifier list may be broken over two source lines, leaving a stray space.
    tables = {**WORK, **PRIVATE, **PUBLIC}
    loaded: dict[str, dict[str, tuple[Noun, ...]]] = {}
    for topic, classes in tables.items():
        loaded[topic] = {}
        for cls, words in classes.items():
            for token in re.sub(r"\s+<|,\s+", _join, words).split():
                entry = _noun(token, cls)
                loaded[topic][entry.cls] = (*loaded[topic].get(entry.cls, ()), entry)
    return loaded


def _join(found: re.Match[str]) -> str:
    return found.group().strip()


def _slot(token: str) -> Slot:
    optional = token.startswith("?")
    token = token.lstrip("?")
    marker, _, classes = token.partition(":")
    kind = marker if marker in ("o", "i", "that", "wh") or marker.startswith("x") else "p"
    return Slot(kind, marker, _expand(classes.split(",")) if classes else (), optional)


def _expand(classes: list[str]) -> tuple[str, ...]:
    """Replace names of groups by their nouns."""
    return tuple(lemma for cls in classes for lemma in GROUPS.get(cls, cls).split())


def _frames(lines: Sequence[str], family: str) -> tuple[Frame, ...]:
    frames = []
    for line in lines:
        cells = [cell.strip() for cell in line.split("|")] + ["", ""]
        cells[3], _, topics = cells[3].partition("@")
        verb, _, particle = cells[0].partition("+")
        digits = "".join(letter for letter in cells[3] if letter.isdigit())
        frames.append(
            Frame(
                verb,
                particle,
                _expand(cells[1].split()),
                tuple(_slot(token) for token in cells[2].split()),
                cells[3].strip("0123456789"),
                1 + 2 * int(digits or 0),
                family,
                tuple(topics.split(",")) if topics else (),
            )
        )
    return tuple(frames)


NOUNS = _load_nouns()
TOPICS = tuple(NOUNS)
KIN = NOUNS["family"]["kin"]
FRAMES = {
    "transitive": _frames(TRANSITIVE, "transitive"),
    "intransitive": _frames(INTRANSITIVE, "intransitive"),
    "ditransitive": _frames(DITRANSITIVE, "ditransitive"),
    "clausal": _frames(CLAUSAL, "clausal"),
    "open": _frames(OPEN, "open"),
}


def nouns_of(topic: str, classes: tuple[str, ...]) -> list[Noun]:
    """Return the topic's nouns in any of the classes; a class may also be a single lemma."""
    table = NOUNS[topic]
    found: list[Noun] = []
    for cls in classes:
        if cls in table:
            found.extend(table[cls])
        else:
            found.extend(noun for nouns in table.values() for noun in nouns if noun.lemma == cls)
    return found


def available(topic: str, classes: tuple[str, ...]) -> bool:
    """Tell whether the topic has nouns (or there are fixed expressions) for one of the classes."""
    return any(cls in TIME_CLASSES for cls in classes) or bool(nouns_of(topic, classes))


def _usable(topic: str, frame: Frame) -> bool:
    if frame.topics and topic not in frame.topics:
        return False
    needed = [slot.classes for slot in frame.slots if slot.classes and not slot.optional]
    return available(topic, frame.subjects) and all(available(topic, c) for c in needed)


FRAMES_BY_TOPIC = {
    topic: {
        family: tuple(frame for frame in frames if _usable(topic, frame))
        for family, frames in FRAMES.items()
    }
    for topic in TOPICS
}
