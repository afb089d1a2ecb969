"""Fit: where a page grows too large, what weighs most is left out first, then rounded."""

from dataclasses import replace

from pipeline.atlas import quantise
from pipeline.atlas.data import AtSite, Document, Read, Seen

LIMIT = 5_900_000
"""Bytes of a document; the page's own code is another 50 KB, and 6 MB is what it may weigh."""


def fit(document: Document, limit: int = LIMIT) -> Document:
    """The document, its JSON no longer than `limit` where that can be had.

    Queries and keys go first: those of the last sentences, of controls before those of the first
    subject of a model, never those of a model's first sentence. Then weights are rounded. Patterns
    all stay: where even these are too much, the page is larger than the limit.
    """
    found = lean = _with_fewer_neurons(document, limit)
    for levels in quantise.LEVELS[1:]:
        if len(found.json()) <= limit:
            break
        found = _coarser(lean, levels)
    return found


def _with_fewer_neurons(document: Document, limit: int) -> Document:
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


def _coarser(document: Document, levels: int) -> Document:
    def at_site(of_site: AtSite) -> AtSite:
        return replace(of_site, patterns=quantise.coarser(of_site.patterns, levels))

    def reading(read: Read | None) -> Read | None:
        if read is None:
            return None
        return replace(read, sites={name: at_site(s) for name, s in read.sites.items()})

    subjects = [
        replace(seen, readings=[reading(read) for read in seen.readings])
        for seen in document.subjects
    ]
    error = quantise.weight_error(levels)
    return replace(document, subjects=subjects, levels=levels, weight_error=error)


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
