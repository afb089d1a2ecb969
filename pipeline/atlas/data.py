"""The document that a page holds: what was read, what was seen, and what the census says of it.

Plain dataclasses whose fields are the keys of the JSON in the page; `static/data.js` reads it back.
Whatever is a matrix is a string of `quantise`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from pipeline.atlas.pieces import Row


@dataclass(frozen=True)
class Text:
    """Words and the tree over them: `arcs` are [dependent, governor, relation], 0-based."""

    words: list[str]
    arcs: list[tuple[int, int, str]]


@dataclass(frozen=True)
class Shown:
    """A sentence. `why` says what it is an example of; `links` are [source, target, sure].

    `about` is the head that it was chosen for, as "site.layer.head": that head opens on it.
    """

    id: str
    why: str
    source: Text
    target: Text | None = None
    links: list[tuple[int, int, bool]] = field(default_factory=list)
    pair: bool = False
    about: str | None = None


@dataclass(frozen=True)
class Tracked:
    """A relation that a head tracks, in one direction, and what a fixed offset gets of it."""

    deprel: str
    direction: str
    accuracy: float
    baseline: float


@dataclass(frozen=True)
class Roles:
    """What the census says of a head. `names` are its flags; no relations where none is known.

    `unknown` names flags that could not be told: without a null, or with too few arcs, nothing is
    said to track.
    """

    names: list[str]
    relations: list[Tracked] = field(default_factory=list)
    dumps_on: list[str] = field(default_factory=list)
    aligns: dict[str, float] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Layer:
    """One call of one sentence. `mask` and `bias` are places in the reading's lists.

    `neurons` holds queries and keys, of `key_heads` heads; None where `fit` left them out.
    """

    scaling: float
    mask: int
    neurons: str | None = None
    key_heads: int | None = None
    channels: int | None = None
    bias: int | None = None
    softcap: float | None = None
    sinks: list[float] | None = None


@dataclass(frozen=True)
class AtSite:
    """All patterns of a sentence at a site, [layer, head, query, key], and its layers' calls."""

    patterns: str
    layers: list[Layer]


@dataclass(frozen=True)
class Read:
    """A sentence as a subject read it."""

    source: Row
    target: Row | None
    sites: dict[str, AtSite]
    masks: list[str]
    biases: list[str]


@dataclass(frozen=True)
class Site:
    """`roles` are by "layer.head"; heads of which nothing is known are left out."""

    name: str
    layers: int
    heads: int
    roles: dict[str, Roles]


@dataclass(frozen=True)
class Seen:
    """A model under a control: its sites, and what it made of each sentence (None: too long).
    `rewritten`: it reads other pieces than those of the words."""

    model: str
    control: str
    family: str
    sites: list[Site]
    readings: list[Read | None]
    rewritten: bool = False


@dataclass(frozen=True)
class Document:
    """A weight w stands as √w in steps of 1/`levels`; the errors are the most that was lost so."""

    title: str
    corpus: str
    sentences: list[Shown]
    subjects: list[Seen]
    levels: int
    weight_error: float
    sum_error: float
    largest_sum_error: float
    start: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> str:
        """JSON that is safe inside a script element: no sign in it can end one or begin a comment.

        Keys without a value are left out; ASCII only, so that no encoding can change it.
        """
        text = json.dumps(_present(asdict(self)), separators=(",", ":"), ensure_ascii=True)
        for sign in "<>&":
            text = text.replace(sign, f"\\u{ord(sign):04x}")
        return text


def _present(value):
    """Without what is None or an empty container: readers take a missing key for that.

    Lists keep their Nones: a place in them means something.
    """
    if isinstance(value, dict):
        return {
            k: _present(v)
            for k, v in value.items()
            if v is not None and not (isinstance(v, dict | list | tuple) and not v)
        }
    if isinstance(value, list | tuple):
        return [_present(v) for v in value]
    return value
