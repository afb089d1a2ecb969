"""A value reaches its field as it was written, whatever its characters are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from pipeline.core.errors import UserError
from pipeline.lake.layout import Cell
from pipeline.stages.cells import requested
from pipeline.stages.compose import resolve
from pipeline.stages.overrides import apply, split
from pipeline.stages.settings import InterveneSettings, build

CELL = Cell("local", "trained", 0, "conllu")


def resolved(*words: str) -> dict:
    return resolve(CELL, ("model.path=m", "corpus.path=c", *words))


AWKWARD = (
    "my file.conllu",
    "o'clock.conllu",
    '"quoted".conllu',
    "a,b=c.conllu",
    "[draft] a.conllu",
    "{a}.conllu",
    "$HOME/${USER}/\\${x}.conllu",
    "back\\slash\\",
    "10",
    "2.10",
    "1e5",
    "true",
    "a: b # c",
    "naïve–文.conllu",
    "**/*.conllu",
    "~/a.conllu",
    "???.conllu",
    " spaces ",
    "-",
)


@pytest.mark.parametrize("path", AWKWARD)
def test_a_path_is_taken_as_it_stands(path):
    words = [f"corpus.path={path}", f"root={path}", f"model.revision={path}"]
    content = resolve(CELL, ("model.path=m", *words))
    assert content["corpus"]["path"] == content["root"] == content["model"]["revision"] == path


# Brackets around the whole are a list; surrogates are no text; "???" is Hydra's "missing".
VALUES = st.text(
    st.sampled_from("ab\\$'\"{}[]=,:# \n.0") | st.characters(exclude_categories=["Cs"]), min_size=1
).filter(lambda text: text not in ("null", "???") and text[0] + text[-1] != "[]")


@given(VALUES)
def test_any_text_survives(value):
    config = OmegaConf.create({"report": {"title": ""}})
    apply(config, [f"report.title={value}"])
    assert OmegaConf.to_container(config, resolve=True) == {"report": {"title": value}}


def test_lists_and_null_are_spelled():
    paths = resolve(CELL, ("model.path=m", "corpus.path=[a b.conllu,2.10,'c,d']"))["corpus"]["path"]
    assert paths == ["a b.conllu", "2.10", "c,d"]
    assert resolved("corpus.limit=null")["corpus"]["limit"] is None
    assert resolved("model.revision=null")["model"]["revision"] is None


def test_a_value_has_the_type_of_its_field():
    content = resolved(
        "corpus.limit=5",
        "measure.batch_pieces=64",
        "measure.lock_wait_s=1e-1",
        "model.allow_pickle=true",
        "analysis.margin=0.2",
    )
    assert content["corpus"]["limit"] == 5
    assert content["measure"]["batch_pieces"] == 64
    assert content["measure"]["lock_wait_s"] == 0.1
    assert content["model"]["allow_pickle"] is True
    assert content["analysis"]["margin"] == 0.2


@pytest.mark.parametrize("text", ["x", "=x", "x=", "", "+root=a", "corpus.=x", ".x=y", "a b=c"])
def test_what_is_no_override_is_refused(text):
    with pytest.raises(UserError):
        split(text)


def test_names_and_lists_of_names():
    request = requested(["model=[a, b]", "control=trained", "corpus=c", "root=out"])
    assert [cell.name for cell in request.grid.cells()] == ["a-trained-c", "b-trained-c"]
    assert str(request.root) == "out"
    assert [cell.name for cell in requested([]).grid.cells()] == ["minilm-trained-treebank"]
    seeded = requested(["control=[random_weights,random_weights-2]"]).grid.cells()
    assert [(cell.control, cell.seed) for cell in seeded] == [
        ("random_weights", 0),
        ("random_weights", 2),
    ]


def test_the_same_key_twice_is_refused():
    with pytest.raises(UserError, match="twice"):
        requested(["root=a", "root=b"])


@pytest.mark.parametrize("value", ["cls", "[cls]"])
def test_one_word_is_a_list_of_one(value):
    section = resolved(f"intervene.classes={value}")["intervene"]
    assert build("intervene", InterveneSettings, section).classes == ("cls",)
