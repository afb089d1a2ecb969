"""What a model reads while it grows: the grammar's sentences, but none that will be measured.

A model that had read the sentences of the treebank could follow their arcs by heart.
"""

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.grammar import Sentence, generate, tokens
from pipeline.nursery.recipes import EVALUATION_SEEDS, Recipe


@dataclass(frozen=True)
class Text:
    """Sentences as they are fed to a model: words joined by single spaces.

    For a translator `targets` holds the translation of each of the `sources`; else it is empty.
    """

    sources: list[str]
    targets: list[str]

    def __len__(self) -> int:
        return len(self.sources)


def training(recipe: Recipe) -> Text:
    """The training text: nothing that is measured, nor what the validation loss is taken on."""
    kept_out = evaluation() | {_key(joined(s)) for s in _validation_sentences(recipe)}
    drawn = generate(recipe.n_sentences, recipe.text_seed)
    return _text(recipe, (s for s in drawn if _key(joined(s)) not in kept_out))


def validation(recipe: Recipe) -> Text:
    return _text(recipe, _validation_sentences(recipe))


@functools.cache
def evaluation() -> frozenset[str]:
    """The sentences that are measured, in lower case: what no training text may contain."""
    return frozenset(
        _key(joined(sentence))
        for seed, n in EVALUATION_SEEDS.items()
        for sentence in generate(n, seed)
    )


def joined(sentence: Sentence) -> str:
    """The words of a sentence, as the census feeds them."""
    return " ".join(token.form for token in tokens(sentence))


def _validation_sentences(recipe: Recipe) -> Iterator[Sentence]:
    return generate(recipe.n_validation, recipe.validation_seed)


def _text(recipe: Recipe, sentences: Iterable[Sentence]) -> Text:
    if recipe.kind != "mt":
        return Text([joined(sentence) for sentence in sentences], [])
    from pipeline.grammar.invented import translate

    pairs = [translate(sentence) for sentence in sentences]
    return Text(
        [" ".join(pair.source.words) for pair in pairs],
        [" ".join(pair.target.words) for pair in pairs],
    )


def _key(written: str) -> str:
    return written.lower()
