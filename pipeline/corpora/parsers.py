"""The parsers themselves: Stanza and spaCy, each an extra, imported where one is asked for."""

import warnings
from collections.abc import Callable
from importlib import import_module
from pickle import UnpicklingError
from typing import Any, NamedTuple

from pipeline.core.errors import UserError
from pipeline.corpora.tables import first_line

BROKEN = (ImportError, OSError, ValueError, LookupError, RuntimeError, EOFError, UnpicklingError)
"""What the libraries raise for a model that is missing, damaged, or made for something else."""


class Parsed(NamedTuple):
    """A sentence as its parser has it; governors as in UD."""

    text: str
    words: list[str]
    upos: list[str] | None
    governors: list[int]
    deprels: list[str]


Parse = Callable[[list[str]], list[list[Parsed]]]
"""From texts to the sentences of each."""


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise UserError(
            f"annotator={name}: the library cannot be imported ({first_line(error)}); "
            f"pip install 'headcensus[{name}]'"
        ) from error


def _said(error: Exception) -> str:
    return first_line(error).rstrip(".")


def load_stanza(language: str, folder: str | None) -> Parse:
    stanza = _library("stanza")
    try:
        pipeline = stanza.Pipeline(
            language,
            # Words made of several are expanded where the language has any; parsers read lemmas.
            processors="tokenize,pos,lemma,depparse",
            download_method=None,
            use_gpu=False,
            logging_level="CRITICAL",
            **({} if folder is None else {"dir": folder}),
        )
    except BROKEN as error:
        raise UserError(
            f"annotator_model={language}: Stanza cannot load it: {_said(error)}; nothing is "
            f"downloaded here: run stanza.download({language!r}), or give annotator_folder"
        ) from error

    def parse(texts: list[str]) -> list[list[Parsed]]:
        documents = pipeline.bulk_process(texts)
        return [[_of_stanza(sentence) for sentence in text.sentences] for text in documents]

    return parse


def _of_stanza(sentence: Any) -> Parsed:
    # A token too long for its model comes as this. The words of a corpus are those it has.
    for token in sentence.tokens:
        if token.text == "<UNK>":
            token.words[0].text = sentence.doc.text[token.start_char : token.end_char]
    words = sentence.words
    return Parsed(
        sentence.text,
        [word.text for word in words],
        [word.upos for word in words],
        [word.head for word in words],
        [word.deprel for word in words],
    )


def load_spacy(model: str) -> Parse:
    spacy = _library("spacy")
    try:
        with warnings.catch_warnings():
            # Made with another version of spaCy: it says so of most models, which work.
            warnings.filterwarnings("ignore", message=r"\[W09[45]\]")
            pipeline = spacy.load(model, exclude=["ner", "lemmatizer"])
        trial = pipeline("a b")
    except BROKEN as error:
        raise UserError(
            f"annotator_model={model}: spaCy cannot load it: {_said(error)}; install the "
            "package of a pipeline (python -m spacy download NAME), or give its folder"
        ) from error
    for lacking, mark in (("parser", "DEP"), ("ends of sentences", "SENT_START")):
        if not trial.has_annotation(mark):
            parts = ", ".join(pipeline.pipe_names) or "nothing"
            raise UserError(
                f"annotator_model={model}: no {lacking} in this pipeline, which has {parts}; "
                "give one with a parser"
            )

    def parse(texts: list[str]) -> list[list[Parsed]]:
        # Outside of a zone spaCy keeps every word that it ever met.
        with pipeline.memory_zone():
            return [
                [parsed for parsed in map(_of_spacy, text.sents) if parsed.words]
                for text in pipeline.pipe(texts)
            ]

    return parse


def _of_spacy(sentence: Any) -> Parsed:
    words = [token for token in sentence if not token.is_space]
    number = {token.i: order for order, token in enumerate(words, start=1)}
    governors = [number.get(_above(token), 0) for token in words]
    upos = [token.pos_ or "_" for token in words]
    return Parsed(
        sentence.text.strip(),
        [token.text for token in words],
        None if set(upos) <= {"_"} else upos,
        governors,
        [token.dep_ if g else "root" for token, g in zip(words, governors, strict=True)],
    )


def _above(token: Any) -> int | None:
    """The index of the word that a token hangs on, None where nothing but white space is above."""
    while token.head.i != token.i:
        token = token.head
        if not token.is_space:
            return token.i
    return None
