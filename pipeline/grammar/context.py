"""The state of one sentence while it is being composed.

A context carries the random source, the topic, the register and a limited allowance of optional
material.  The allowance is drawn from a wide distribution, so that curt messages and long
sentences both occur, as they do in collected text.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

from .catalogue import CONSTRUCTIONS
from .lexicon import FRAMES_BY_TOPIC, NON_AGENTIVE, NOUNS, Frame, Noun, available, nouns_of

T = TypeVar("T")


class Context:
    """Random choices, topic, register and allowance of one sentence."""

    def __init__(self, rng: random.Random, topic: str, richness: float, informal: bool) -> None:
        self.rng = rng
        self.topic = topic
        self.richness = richness
        self.informal = informal
        self.allowance = round(14 * richness)
        self.depth = 0
        self.level = 0
        self.used: list[str] = []
        self.lemmas: list[str] = []
        self.pronouns: list[str] = []

    def note(self, name: str) -> None:
        """Record that a construction of the catalogue was used."""
        if name not in CONSTRUCTIONS:
            raise KeyError(name)
        if name not in self.used:
            self.used.append(name)

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self.rng.random() < probability

    def pick(self, options: Sequence[T]) -> T:
        """Choose evenly."""
        return options[int(self.rng.random() * len(options))]

    def weigh(self, pairs: Sequence[tuple[T, float]]) -> T:
        """Choose by weight."""
        target = self.rng.random() * sum(weight for _, weight in pairs)
        for option, weight in pairs:
            target -= weight
            if target < 0:
                return option
        return pairs[-1][0]

    def spend(self, probability: float, cost: int = 1) -> bool:
        """Decide on optional material; a yes uses up some of the allowance."""
        if self.allowance < cost or not self.chance(min(0.9, probability * self.richness)):
            return False
        self.allowance -= cost
        return True

    def has(self, cls: str) -> bool:
        """Tell whether the topic has nouns of the class."""
        return cls in NOUNS[self.topic]

    def pick_class(self, classes: tuple[str, ...], extra: tuple[str, ...] = ()) -> str:
        """Choose one of the classes that the topic has nouns for; people are always available.

        `extra` names further classes that need no nouns.
        """
        free = ("person", *extra)
        present = [cls for cls in classes if cls in free or nouns_of(self.topic, (cls,))]
        if not present:
            return self.pick(classes)
        weights = {"person": 3.0, "kin": 0.7, "org": 1.2}
        return self.weigh([(cls, weights.get(cls, 1.0)) for cls in present])

    def reachable(self, classes: tuple[str, ...]) -> bool:
        """Tell whether the topic can fill one of the classes at all."""
        return "person" in classes or available(self.topic, classes)

    def noun(self, classes: tuple[str, ...]) -> Noun:
        """Choose a noun of the topic, not yet used in the sentence where that is possible."""
        options = nouns_of(self.topic, classes) or nouns_of("family", ("person",))
        fresh = [noun for noun in options if noun.lemma not in self.lemmas] or options
        chosen = self.pick(fresh)
        self.lemmas.append(chosen.lemma)
        return chosen

    def frame(self, family: str, subject: str | None = None, agentive: bool = False) -> Frame:
        """Choose a verb frame of a family, one that accepts the subject class if given.

        `agentive` leaves out verbs for what nobody does on purpose.
        """
        table = FRAMES_BY_TOPIC[self.topic]
        frames = table[family]
        if subject:
            # Where no verb of the family takes such a subject, a plainer verb will.
            families = (family, "transitive", "intransitive")
            choices = [tuple(f for f in table[name] if subject in f.subjects) for name in families]
            frames = next((choice for choice in choices if choice), frames)
        if agentive:
            willed = tuple(f for f in frames if f.lemma not in NON_AGENTIVE and "h" not in f.flags)
            frames = willed or frames
        fresh = [f for f in frames if f.lemma not in self.lemmas] or list(frames)
        chosen = self.weigh([(frame, frame.weight) for frame in fresh])
        self.lemmas.append(chosen.lemma)
        return chosen
