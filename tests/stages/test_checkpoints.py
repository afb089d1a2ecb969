"""A checkpoint that cannot be read is refused, with its folder, before a sentence is ingested."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.lake import open_table
from tests import tiny
from tests.stages import small


def cut(name: str, to: int):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:to])


def holds(name: str, content: bytes):
    return lambda folder: (folder / name).write_bytes(content)


def config(**keys):
    def write(folder: Path) -> None:
        content = json.loads((folder / "config.json").read_text()) | keys
        (folder / "config.json").write_text(json.dumps(content))

    return write


def tokenizer(change: Callable[[dict], object]):
    def write(folder: Path) -> None:
        content = json.loads((folder / "tokenizer.json").read_text())
        change(content)
        (folder / "tokenizer.json").write_text(json.dumps(content))

    return write


def no_frame(content: dict) -> None:
    """Its pieces would be put between some that it does not know, at which it panics."""
    content["post_processor"]["special_tokens"] = {}


EARLY = {
    "weights cut": cut("model.safetensors", -10),
    "weights cut early": cut("model.safetensors", 100),
    "weights empty": cut("model.safetensors", 0),
    "weights garbage": holds("model.safetensors", b"x" * 1000),
    "weights missing": lambda folder: (folder / "model.safetensors").unlink(),
    "config cut": cut("config.json", 40),
    "config empty": cut("config.json", 0),
    "config a list": holds("config.json", b"[]"),
    "config binary": holds("config.json", b"\xff\xfe\x00"),
    "config missing": lambda folder: (folder / "config.json").unlink(),
    "family unknown": config(model_type="nope"),
    "config of another type": config(hidden_size="big"),
    "tokenizer cut": cut("tokenizer.json", 300),
    "tokenizer a list": holds("tokenizer.json", b"[]"),
    "tokenizer missing": lambda folder: (folder / "tokenizer.json").unlink(),
    "tokenizer config cut": cut("tokenizer_config.json", 20),
    "tokenizer without vocabulary": tokenizer(lambda content: content["model"].pop("vocab")),
    "tokenizer of no words": tokenizer(lambda content: content["model"].update(vocab={})),
    "longest no number": holds("tokenizer_config.json", b'{"model_max_length": "many"}'),
}
LATE = {
    "other width": config(hidden_size=48),
    "other vocabulary": config(vocab_size=50),
    "more layers": config(num_hidden_layers=5),
    "fewer layers": config(num_hidden_layers=1),
    "heads that do not divide": config(num_attention_heads=5),
}
"""What shows only when the weights are loaded."""


@pytest.fixture
def refused(words, root, tmp_path, capfd):
    def refused(damage) -> str:
        folder = tiny.save(tmp_path / "bad")
        damage(folder)
        capfd.readouterr()
        kept = [word for word in words if not word.startswith("model.path=")]
        assert small.run("run", *kept, f"model.path={folder}") == 2
        line = capfd.readouterr().err
        assert str(folder) in line or "multiple" in line
        return line

    return refused


@pytest.mark.parametrize("name", EARLY)
def test_damage_is_found_before_anything_is_written(name, refused, root):
    assert refused(EARLY[name]).count("\n") == 1
    assert not root.exists()


def test_a_tokenizer_that_panics_is_refused(refused, root):
    """Rust says so on stderr, too."""
    assert refused(tokenizer(no_frame)).splitlines()[-1].startswith("headcensus: model: ")
    assert not root.exists()


@pytest.mark.parametrize(("key", "value"), [("chunk_size_feed_forward", 3), ("pad_token_id", -1)])
def test_what_a_config_says_without_effect_is_harmless(key, value, words, tmp_path):
    """Chunks are for memory; Llama 1 states −1 where it has no padding."""
    measured = []
    for k, keys in enumerate(({}, {key: value})):
        folder = tiny.save(tmp_path / str(k))
        config(**keys)(folder)
        kept = [word for word in words if not word.startswith(("model.path=", "root="))]
        small.tables(*kept, f"model.path={folder}", f"root={tmp_path / f'out{k}'}")
        measured.append(open_table("heads", tmp_path / f"out{k}").collect())
    assert measured[0].equals(measured[1])


@pytest.mark.parametrize("name", LATE)
def test_damage_that_shows_late_publishes_nothing(name, refused, root):
    assert refused(LATE[name]).count("\n") == 1
    assert not (root / "lake").exists()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("other vocabulary", "embeddings.word_embeddings.weight as 120 × 32, .* 50 × 32"),
        ("other width", "embeddings.LayerNorm.bias as 32, .* 48"),
    ],
)
def test_weights_of_other_sizes_are_named(name, says, refused):
    assert re.search(says, refused(LATE[name]))


def test_pickled_weights_are_refused(refused):
    def pickle(folder: Path) -> None:
        torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()

    assert "model.allow_pickle=true" in refused(pickle)


def test_weights_that_are_missing_are_refused(refused):
    def drop(folder: Path) -> None:
        weights = load_file(folder / "model.safetensors")
        del weights["encoder.layer.1.attention.self.query.weight"]
        save_file(weights, folder / "model.safetensors", {"format": "pt"})

    assert "encoder.layer.1.attention.self.query.weight" in refused(drop)


def test_a_grid_over_training_checkpoints(words, root, tmp_path, capfd):
    """`NAME~REVISION`: of a local folder the folder in it, each a cell of its own."""
    for step in (1, 2):
        tiny.save(tmp_path / "run" / f"step-{step}", seed=step)
    kept = [word for word in words if not word.startswith("model")]
    path = f"model.path={tmp_path / 'run'}"
    small.tables("model=[local~step-1,local~step-2]", path, *kept)
    census = open_table("census", root).collect()
    assert census["model"].to_list() == ["local~step-1", "local~step-2"]
    heads = open_table("heads", root).collect()
    one, two = (heads.filter(model=m)["entropy_nats"] for m in census["model"])
    assert (one != two).all()
    assert (root / "lake/heads/model=local~step-2/control=trained/corpus=conllu").is_dir()
    capfd.readouterr()

    for model, more, says in (
        ("local~step-3", [], "there are step-1, step-2"),
        ("local~", [], "NAME~REVISION"),
        ("local~a/b", [], "NAME~REVISION"),
        ("local~step-1", ["model.revision=step-2"], "one or the other"),
    ):
        assert small.run("run", f"model={model}", path, *more, *kept) == 2
        err = capfd.readouterr().err
        assert says in err
        assert err.count("\n") == 1
