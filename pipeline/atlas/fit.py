"""Fit: queries and keys are most of an atlas; where a page grows too large, some are left out."""

from dataclasses import replace

from pipeline.atlas.data import Document, Read, Seen

LIMIT = 6_000_000
"""Bytes of a page."""


def fit(document: Document, limit: int = LIMIT) -> Document:
    """The document without the queries and keys that make its JSON longer than `limit`.

    Those of the last sentences go first, of controls before those of the first subject of a model.
    Patterns all stay, and of each model the queries and keys of the first sentence: where these are
    too much, the page is larger than the limit.
    """
    excess = len(document.json()) - limit
    subjects = list(document.subjects)
    models = [seen.model for seen in subjects]
    own = [models.index(seen.model) == k for k, seen in enumerate(subjects)]
    n_sentences = len(document.sentences)
    order = [
        (k, sentence)
        for is_own in (False, True)
        for sentence in reversed(range(n_sentences))
        for k in range(len(subjects))
        if own[k] == is_own and (sentence or not is_own)
    ]
    for k, sentence in order:
        if excess <= 0:
            break
        reading = subjects[k].readings[sentence]
        if reading is not None:
            excess -= _weight(reading)
            subjects[k] = _without(subjects[k], sentence, reading)
    return replace(document, subjects=subjects)


def _weight(reading: Read) -> int:
    return sum(
        len(layer.neurons or "") + len('"neurons":"",')
        for site in reading.sites.values()
        for layer in site.layers
        if layer.neurons
    ) + sum(map(len, reading.biases))


def _without(seen: Seen, sentence: int, reading: Read) -> Seen:
    sites = {
        name: replace(
            site, layers=[replace(layer, neurons=None, bias=None) for layer in site.layers]
        )
        for name, site in reading.sites.items()
    }
    readings = list(seen.readings)
    readings[sentence] = replace(reading, sites=sites, biases=[])
    return replace(seen, readings=readings)
