"""Every conf/corpus/*.yaml names a class that exists, with keys that are its fields."""

import dataclasses
import importlib
from pathlib import Path

import pytest
import yaml

from pipeline.core.errors import UserError
from pipeline.corpora.base import read

CONF = Path(__file__).resolve().parents[2] / "conf/corpus"
FILES = sorted(CONF.glob("*.yaml"))


def test_there_are_corpora() -> None:
    known = {"treebank", "conllu", "ud", "text", "parquet", "parallel", "invented"}
    assert {file.stem for file in FILES} >= known


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_config_builds_its_corpus(file: Path) -> None:
    text = file.read_text("utf-8")
    title = text.splitlines()[0]
    assert title.startswith("# ")
    assert title.endswith(".")
    keys = yaml.safe_load(text)
    module, name = keys.pop("_target_").rsplit(".", 1)
    corpus_class = getattr(importlib.import_module(module), name)
    fields = {field.name: field for field in dataclasses.fields(corpus_class)}
    assert set(keys) <= set(fields)
    # Spelled out, so that the command line can override them; and with the defaults of the class.
    for key in ("limit", "shuffle_seed", "shuffle_buffer"):
        assert keys[key] == fields[key].default
    corpus = corpus_class(**keys)
    assert corpus == corpus_class(**keys)
    with pytest.raises(dataclasses.FrozenInstanceError):
        corpus.limit = 3
    if keys.get("path") == "???":
        with pytest.raises(UserError, match=r"\?\?\?"):
            next(read(corpus))
