"""Notebook: an atlas of a few sentences, inline."""

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from pipeline.atlas.build import Example, build
from pipeline.atlas.capture import Subject
from pipeline.atlas.page import render
from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.models.checkpoint import Checkpoint

VIEWS = ("model", "head", "neuron")


@dataclass(frozen=True)
class Inline:
    """A page that notebooks show in a frame of its own. `page` is the whole HTML file."""

    page: str = field(repr=False)
    height: int = 720

    def _repr_html_(self) -> str:
        """The frame may run its script and save files, and has no part in the notebook."""
        return (
            '<iframe sandbox="allow-scripts allow-downloads" width="100%"'
            f' height="{self.height}" style="border:0" srcdoc="{html.escape(self.page)}"></iframe>'
        )

    def save(self, path: str | Path) -> Path:
        """Write the page to a file that opens from disk."""
        path = Path(path)
        path.write_text(self.page, encoding="utf-8")
        return path


def show(
    model: str | Path | Checkpoint | Subject | Sequence[Subject],
    text: str | Sentence | Sequence[str | Sentence],
    view: str = "model",
    layers: Sequence[int] = (0,),
    heads: Sequence[int] = (0,),
    site: str | None = None,
    target: str | None = None,
    pair: str | None = None,
    height: int = 720,
) -> Inline:
    """Run a model over a text and look at its heads.

    `model` is a local folder, the name of an installed package that carries a checkpoint, a hub id,
    or whatever has been loaded already; several subjects (a model and its controls) stand beside
    each other. The view opens at the first of `layers`, with all of `heads`. `target` is what the
    decoder of an encoder-decoder reads; `pair` a second sentence that a model with one stack reads
    as such.

    Raises UserError for a model that cannot be measured, ValueError for another view, or for a
    second text that a model does not read.
    """
    if view not in VIEWS:
        raise ValueError(f"view={view!r}: there are {', '.join(VIEWS)}")
    if target is not None and pair is not None:
        raise ValueError("give target, for an encoder-decoder, or pair, for one stack: not both")
    subjects = _subjects(model)
    for subject in subjects:
        if target is not None and not subject.encoder.has_target:
            raise ValueError(f"target: {subject.model} has no decoder beside an encoder; give pair")
        if pair is not None and subject.encoder.has_target:
            raise ValueError(f"pair: {subject.model} reads no two texts as one input; give target")
    texts = [text] if isinstance(text, str | Sentence) else list(text)
    second = target if target is not None else pair
    examples = [
        Example(_sentence(one, second), row=k, pair=pair is not None) for k, one in enumerate(texts)
    ]
    start = {"view": view, "layer": str(layers[0]), "heads": ",".join(map(str, heads))}
    if site is not None:
        start["site"] = site
    return Inline(render(build(subjects, examples, start=start)), height)


def _subjects(model: str | Path | Checkpoint | Subject | Sequence[Subject]) -> list[Subject]:
    if isinstance(model, Subject):
        return [model]
    if isinstance(model, Checkpoint):
        return [Subject.load(str(model.path or model.package), model)]
    if isinstance(model, str | Path):
        return [Subject.load(Path(model).name, _checkpoint(str(model)))]
    return list(model)


def _checkpoint(name: str) -> Checkpoint:
    if not Path(name).expanduser().is_dir() and "/" not in name:
        try:
            metadata.distribution(name)
        except metadata.PackageNotFoundError:
            pass
        else:
            return Checkpoint(package=name)
    return Checkpoint(path=name)


def _sentence(text: str | Sentence, second: str | None) -> Sentence:
    """A string is cut at its spaces and around punctuation, as the corpus `text` is."""
    if isinstance(text, Sentence):
        return text
    from pipeline.corpora.text import split_words

    target = None if second is None else _sentence(second, None)
    words = tuple(split_words(text))
    if not words:
        raise UserError("atlas: the text has no words; give some")
    return Sentence(text, text, words, target=target)
