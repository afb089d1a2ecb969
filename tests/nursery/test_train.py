"""A model is trained once, the same each time, and is whole or visibly not."""

import json
from dataclasses import replace

import pytest
import torch
from transformers import AutoModel

from pipeline.nursery.train import train
from tests.nursery.little import RECIPES, silent, weights


class Killed(Exception):
    pass


def test_losses_fall(grown):
    _, _, checkpoints = grown
    assert [c.step for c in checkpoints] == [0, 10, 30]
    losses = [c.validation_loss for c in checkpoints]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] - 1
    assert checkpoints[0].train_loss is None
    assert checkpoints[-1].train_loss < checkpoints[1].train_loss


def test_what_is_noted_is_what_is_returned(grown):
    _, folder, checkpoints = grown
    noted = json.loads((folder / "losses.json").read_text())
    assert [note["validation_loss"] for note in noted] == [c.validation_loss for c in checkpoints]
    pieces = [note["pieces_seen"] for note in noted]
    assert pieces[0] == 0
    assert pieces == sorted(set(pieces))


def test_every_folder_is_a_checkpoint(grown):
    _, folder, checkpoints = grown
    for each in (folder, *(folder / c.folder for c in checkpoints)):
        _, info = AutoModel.from_pretrained(each, output_loading_info=True, use_safetensors=True)
        assert not [key for key in info["missing_keys"] if "pooler" not in key]
        assert not info["mismatched_keys"]


def test_the_folder_itself_holds_the_last_step(grown):
    _, folder, checkpoints = grown
    last = folder / checkpoints[-1].folder
    for file in last.iterdir():
        assert (folder / file.name).read_bytes() == file.read_bytes()
    assert weights(folder) != weights(folder / checkpoints[0].folder)


def test_a_second_time_nothing_is_done(grown):
    kind, folder, checkpoints = grown
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*")}
    assert train(RECIPES[kind], folder, pytest.fail, silent) == checkpoints
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*")} == before


def test_the_same_recipe_gives_the_same_bytes(grown, tmp_path):
    kind, folder, checkpoints = grown
    torch.rand(3)  # what was drawn before is no part of it
    train(RECIPES[kind], tmp_path / "again", silent, silent)
    for name in (c.folder for c in checkpoints):
        for file in (folder / name).iterdir():
            assert (tmp_path / "again" / name / file.name).read_bytes() == file.read_bytes()


def test_training_leaves_the_random_numbers_of_others_alone(tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train(replace(RECIPES["mlm"], steps=1), tmp_path / "mlm", silent, silent)
    assert torch.equal(torch.rand(3), expected)


def test_another_recipe_is_trained_anew(tmp_path):
    short = replace(RECIPES["clm"], steps=2, saved=(0, 1))
    train(short, tmp_path, silent, silent)
    (tmp_path / "notes.txt").write_text("mine")
    before = weights(tmp_path)
    checkpoints = train(replace(short, seed=1, saved=(0,)), tmp_path, silent, silent)
    assert [c.step for c in checkpoints] == [0, 2]
    assert weights(tmp_path) != before
    assert sorted(f.name for f in tmp_path.glob("step-*")) == ["step-000000", "step-000002"]
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("victim", ["step", "weights"])
def test_a_killed_training_is_begun_again(tmp_path, monkeypatch, victim):
    recipe = replace(RECIPES["clm"], steps=4, saved=(0, 2))

    def die(*_, **__):
        raise Killed

    with monkeypatch.context() as patch:
        if victim == "weights":
            patch.setattr("transformers.PreTrainedTokenizerFast.save_pretrained", die)
        progress = die if victim == "step" else silent
        with pytest.raises(Killed):
            train(recipe, tmp_path, progress, silent)
    assert not (tmp_path / "config.json").exists()
    assert not (tmp_path / "recipe.json").exists()
    for folder in tmp_path.glob("step-*"):  # whatever has its name is whole
        AutoModel.from_pretrained(folder)

    steps: list[int] = []
    checkpoints = train(recipe, tmp_path, steps.append, silent)
    assert sum(steps) == 4
    assert [c.step for c in checkpoints] == [0, 2, 4]
    assert not list(tmp_path.glob(".*"))


def test_a_folder_that_lost_a_file_is_trained_anew(tmp_path):
    recipe = replace(RECIPES["clm"], steps=2, saved=())
    train(recipe, tmp_path, silent, silent)
    before = weights(tmp_path)
    (tmp_path / "step-000002" / "model.safetensors").unlink()
    train(recipe, tmp_path, silent, silent)
    assert weights(tmp_path / "step-000002") == before
