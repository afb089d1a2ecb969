"""A model made by hand, whose heads are what they are: verdicts from the command line.

One layer of four heads. Three look at [SEP]: of the first its value there is zero, of the second it
is what the output needs, of the third nothing is read. The fourth looks at all alike.
"""

import polars as pl
import pytest
import torch
from transformers import BertConfig, BertForMaskedLM

from pipeline.lake.files import write_text
from pipeline.stages.cli import main
from tests import tiny

PARKING, CONTENT, IDLE, BUSY = range(4)


def planted(folder):
    words = tiny.trained("word_piece")
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=4,
        intermediate_size=8, max_position_embeddings=128, hidden_act="relu",
        tie_word_embeddings=False,
    )  # fmt: skip
    torch.manual_seed(0)
    model = BertForMaskedLM(config).eval()
    layer = model.bert.encoder.layer[0]
    attention = layer.attention.self
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "LayerNorm.weight" not in name:
                parameter.zero_()
        # [SEP] alone stands on the first two axes; whatever else is read stands on the others.
        text = torch.randn(len(words), 14)
        embedding = model.bert.embeddings.word_embeddings.weight
        embedding[:, 2:] = text - text.mean(1, keepdim=True)
        embedding[words.sep_token_id] = torch.tensor([1.0, -1.0] + [0.0] * 14)
        for head in (PARKING, CONTENT, IDLE):
            attention.query.bias[4 * head] = 1.0
        for head in range(4):
            attention.key.weight[4 * head, 0], attention.key.weight[4 * head, 1] = 2.0, -2.0
        for head in (PARKING, IDLE, BUSY):
            for channel in range(4):
                attention.value.weight[4 * head + channel, 2 + channel] = 1.0
        attention.value.weight[4 * CONTENT, 0] = 1.0
        readout = layer.attention.output.dense.weight
        for channel in range(4):
            readout[6 + channel, 4 * PARKING + channel] = 3.0
            readout[10 + channel, 4 * BUSY + channel] = 2.0
        readout[15, 4 * CONTENT] = 1.0
        transform = model.cls.predictions.transform.dense
        transform.weight.copy_(torch.eye(16))
        model.cls.predictions.decoder.weight.copy_(torch.randn(len(words), 16))
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    text = folder / "text.txt"
    write_text(text, "\n".join(tiny.TEXTS * 3) + "\n")
    asked = ["model=local", f"model.path={planted(folder / 'model')}", f"root={folder}/out"]
    asked += ["control=[trained,random_weights]", "corpus=text", f"corpus.path={text}"]
    asked += ["intervene.sentences=100", "analysis.bootstrap=200", "atlas.sentences=0"]
    assert main(["intervene", *asked]) == 0
    return folder / "out"


@pytest.mark.parametrize("outcome", ["state_change", "kl"])
def test_verdicts_are_the_planted_ones(root, outcome):
    judged = pl.read_parquet(root / "interventions/verdicts.parquet")
    found = judged.filter(control="trained", key_class="sep", outcome=outcome).sort("head")
    assert found["dumps"].to_list() == [True, True, True, False]
    assert found["verdict"].to_list()[:3] == ["parking", "content", "idle"]
    assert found["zero_value"][PARKING] < 1e-6
    assert found["mask"][IDLE] < 1e-6
    assert found["no_head"][IDLE] < 1e-6
    assert found["constant"].to_list()[:3] == [False, True, False]


def test_the_page_says_so(root):
    page = (root / "report/interventions.md").read_text(encoding="utf-8")
    assert "Of the 3 heads that dump" in page
    assert "1 uses it as a parking space, 1 takes content from it, 1 idles" in page
    assert "| trained | last states | 3 | 1 | 1 | 1 | 0 | 0 | 1 |" in page
    assert "| trained | what is said | 3 | 1 | 1 | 1 | 0 | 0 | 1 |" in page
    assert "Heads that dump in the nulls: random_weights 0." in page
