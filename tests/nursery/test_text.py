"""No model reads what it will be measured on, or what its validation loss is taken on."""

from dataclasses import replace

import pytest

from pipeline.nursery import text
from pipeline.nursery.recipes import CLM, EVALUATION_SEEDS, MLM, MT
from tests.nursery.little import RECIPES


def read(written: text.Text) -> set[str]:
    return {source.lower() for source in written.sources}


@pytest.fixture(scope="module")
def recipe():
    return replace(RECIPES["clm"], n_sentences=1000, n_validation=200)


def test_the_shipped_treebank_is_held_out(treebank):
    blocks = treebank.read_text(encoding="utf-8").strip().split("\n\n")
    rows = [[line.split("\t") for line in block.splitlines()] for block in blocks]
    shipped = {" ".join(r[1] for r in some if r[0].isdigit()).lower() for some in rows}
    assert len(shipped) > 1900
    assert shipped <= text.evaluation()


def test_nothing_measured_is_read_in_training(recipe):
    training, validation = read(text.training(recipe)), read(text.validation(recipe))
    assert not training & text.evaluation()
    assert not training & validation
    assert len(validation) == 200
    assert len(training) > 950


@pytest.mark.parametrize("seed", EVALUATION_SEEDS)
def test_the_law_holds_even_for_the_measured_seeds(recipe, seed):
    """Were the training text drawn from a measured seed, nothing of it would be left."""
    assert len(text.training(replace(recipe, text_seed=seed, n_sentences=200))) == 0


@pytest.mark.parametrize("recipe", [MLM, CLM, MT], ids=lambda recipe: recipe.kind)
def test_the_recipes_draw_on_other_seeds(recipe):
    assert recipe.text_seed != recipe.validation_seed
    assert not {recipe.text_seed, recipe.validation_seed} & set(EVALUATION_SEEDS)


def test_only_a_translator_has_translations(recipe):
    few = replace(recipe, n_sentences=20, n_validation=20)
    assert not text.training(few).targets
    pairs = text.training(replace(few, kind="mt"))
    assert len(pairs.sources) == len(pairs.targets) == len(pairs)
    assert all(pairs.targets)
    assert pairs.sources == text.training(few).sources
