"""The shipped treebank stands in for a real one: heads that are good here are good there.

Needs a real treebank beside the project; skipped, visibly, without it. The full table, on all
sentences of both, is in data/treebank/README.md.
"""

import polars as pl
import pytest
from scipy.stats import spearmanr

from pipeline.lake import open_table
from pipeline.stages.cli import main

RELATIONS = ("det", "case", "nsubj", "obj", "amod", "aux", "advmod", "nmod:poss")
N_SENTENCES = 400


def accuracies(path, root) -> pl.DataFrame:
    overrides = ["corpus=conllu", f"corpus.path={path}", f"corpus.limit={N_SENTENCES}"]
    assert main(["run", "model=minilm", *overrides, f"root={root}"]) == 0
    return (
        open_table("relations", root)
        .filter(level="full", weighting="attention")
        .with_columns(accuracy_all=pl.col("hits_all") / pl.col("n_all"))
        .select("layer", "head", "direction", "deprel", "accuracy_all")
        .collect()
    )


@pytest.mark.slow
def test_rankings_of_heads_carry_over(treebank, ewt, tmp_path):
    keys = ["layer", "head", "direction", "deprel"]
    ours = accuracies(treebank, tmp_path / "ours")
    both = ours.join(accuracies(ewt, tmp_path / "real"), on=keys)
    found = {}
    for relation in RELATIONS:
        pairs = both.filter(deprel=relation)
        assert pairs.height == 144
        found[relation] = spearmanr(pairs["accuracy_all"], pairs["accuracy_all_right"]).statistic
    assert min(found.values()) >= 0.6, found
    assert sum(found.values()) / len(found) >= 0.8, found
