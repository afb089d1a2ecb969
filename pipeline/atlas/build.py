"""Build: subjects and sentences in, the document of a page out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.atlas import quantise
from pipeline.atlas.capture import Call, Reading, Subject, capture
from pipeline.atlas.data import AtSite, Document, Layer, Read, Roles, Seen, Shown, Site, Text
from pipeline.atlas.fit import LIMIT, fit
from pipeline.atlas.roles import Head, Table
from pipeline.controls.base import Control
from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence, joined
from pipeline.models.tap import SITES, Place


@dataclass(frozen=True)
class Example:
    """A sentence to be looked at, and why. `row` is its place in the corpus, for what is drawn.

    `pair`: a model with one stack reads it together with its target, as two segments. `about` is
    the head that it was chosen for.
    """

    sentence: Sentence
    why: str = ""
    row: int = 0
    pair: bool = False
    about: Head | None = None


def build(
    subjects: Iterable[Subject],
    examples: Sequence[Example],
    roles: Table | None = None,
    corpus: str = "",
    title: str = "Atlas of attention heads",
    start: Mapping[str, str] | None = None,
    limit: int = LIMIT,
) -> Document:
    """Run every subject over the examples. Subjects may come one by one, and are not kept.

    `start` is what the page shows first, in the words of its address: view, site, layer, head,
    sentence. Above `limit` bytes some is left out or rounded, see `fit`. Raises UserError where
    there is nothing to show.
    """
    if not examples:
        raise UserError("atlas: no sentence to look at; give words, as in atlas.text=…")
    found, largest = [], 0.0
    for subject in subjects:
        seen, error = _seen(subject, examples, (roles or Table()).at(subject.model, subject.word))
        found.append(seen)
        largest = max(largest, error)
    if not any(reading for seen in found for reading in seen.readings):
        raise UserError(
            "atlas: none of the sentences can be read whole by any of the models;"
            " give shorter ones, as in atlas.text=…"
        )
    document = Document(
        title=title,
        corpus=corpus,
        sentences=[_shown(example) for example in examples],
        subjects=found,
        levels=quantise.LEVELS[0],
        weight_error=quantise.weight_error(quantise.LEVELS[0]),
        sum_error=quantise.SUM_ERROR,
        largest_sum_error=largest,
        start=dict(start or {}),
    )
    return fit(document, limit)


def _shown(example: Example) -> Shown:
    sentence = example.sentence
    target = sentence.target
    source = joined(sentence, target) if example.pair and target else sentence
    links = sentence.alignment or ()
    return Shown(
        _bounded(sentence.sentence_id),
        example.why,
        _text(source),
        None if target is None else _text(target),
        [(link.source, link.target, link.sure) for link in links],
        source.second is not None,
        None if example.about is None else ".".join(map(str, example.about)),
    )


def _text(sentence: Sentence) -> Text:
    words = [_bounded(word) for word in sentence.words]
    if sentence.governors is None or sentence.deprels is None:
        return Text(words, [])
    pairs = zip(sentence.governors, sentence.deprels, strict=True)
    arcs = [(word, governor - 1, name) for word, (governor, name) in enumerate(pairs) if governor]
    return Text(words, arcs)


def _bounded(text: str) -> str:
    """No word to look at is longer; what is, as a blob in raw text, would fill the page."""
    return text if len(text) <= 200 else text[:199] + "…"


def _seen(
    subject: Subject, examples: Sequence[Example], roles: Mapping[Head, Roles]
) -> tuple[Seen, float]:
    readings = capture(
        subject,
        [example.sentence for example in examples],
        [example.row for example in examples],
        [example.pair for example in examples],
    )
    first = next((reading for reading in readings if reading is not None), None)
    sites = [] if first is None else _sites(first, roles)
    packed = [None if reading is None else _packed(reading) for reading in readings]
    seen = Seen(
        subject.model,
        subject.word,
        subject.network.config.model_type,
        sites,
        [None if found is None else found[0] for found in packed],
        rewritten=getattr(type(subject.control), "pieces", None) is not Control.pieces,
    )
    return seen, max((found[1] for found in packed if found is not None), default=0.0)


def _sites(reading: Reading, roles: Mapping[Head, Roles]) -> list[Site]:
    """Their sizes, as the calls have them, and what is known of their heads. Raises UserError where
    layers differ in how many they have."""
    sites = []
    for name in SITES:
        calls = [call for call in reading.calls if call.place.site == name]
        if not calls:
            continue
        n_heads = len(calls[0].pattern)
        if any(len(call.pattern) != n_heads for call in calls):
            raise UserError(
                f"atlas: the layers at site {name} differ in their numbers of heads, which no grid"
                " shows; run with atlas.sentences=0"
            )
        known = {
            f"{layer}.{head}": of_head
            for (site, layer, head), of_head in roles.items()
            if site == name
        }
        sites.append(Site(name, len(calls), n_heads, known))
    return sites


class _Shared:
    """Arrays that several calls share, each packed once."""

    def __init__(self, pack):
        self.pack = pack
        self.arrays: list[np.ndarray] = []
        self.packed: list[str] = []

    def place(self, array: np.ndarray) -> int:
        for k, known in enumerate(self.arrays):
            if np.array_equal(known, array):
                return k
        self.arrays.append(array)
        self.packed.append(self.pack(array))
        return len(self.arrays) - 1


def _packed(reading: Reading) -> tuple[Read, float]:
    masks = _Shared(lambda seen: quantise.pack_bytes(seen.astype(np.uint8)))
    biases = _Shared(lambda scores: quantise.pack(quantise.bias(scores)))
    layers: dict[Place, Layer] = {}
    largest = 0.0
    for call in reading.calls:
        layers[call.place], error = _layer(call, masks, biases)
        largest = max(largest, error)
    sites = {}
    for name in SITES:
        calls = sorted(
            (call for call in reading.calls if call.place.site == name), key=lambda c: c.place
        )
        if calls:
            patterns = np.stack([quantise.weights(call.pattern) for call in calls])
            of_site = [layers[call.place] for call in calls]
            sites[name] = AtSite(quantise.pack_bytes(patterns), of_site)
    read = Read(reading.source, reading.target, sites, masks.packed, biases.packed)
    return read, largest


def _layer(call: Call, masks: _Shared, biases: _Shared) -> tuple[Layer, float]:
    layer = Layer(
        call.scaling,
        masks.place(call.visible),
        bias=None if call.bias is None else biases.place(call.bias),
        softcap=call.softcap,
        sinks=None if call.sinks is None else [round(float(s), 5) for s in call.sinks],
    )
    query, key, error = quantise.neurons(call.query, call.key, call.scaling, call.visible)
    sizes = {"key_heads": len(call.key), "channels": call.query.shape[-1]}
    return replace(layer, neurons=quantise.pack(query, key), **sizes), error
