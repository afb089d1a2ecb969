"""The page of interventions, by tables written down."""

import warnings

import polars as pl
import pytest

from pipeline.core.names import ON_KEYS
from pipeline.report.blocks import Table
from pipeline.report.intervention_tables import changed_together, importances
from pipeline.report.interventions import in_nulls
from pipeline.report.markdown import to_markdown

CELL = {"control": "trained", "seed": 0}


def cost(*cells: dict) -> pl.DataFrame:
    return pl.DataFrame(list(cells))


def test_another_seed_of_a_null_is_a_null_too():
    cells = [{"control": "random_weights", "seed": seed} for seed in (0, 1)]
    cells.append({"control": "shuffled_weights", "seed": 0})
    dump = {"site": "encoder", "layer": 0, "mass": 0.9, "dumps": True, "outcome": "state_change"}
    verdicts = [{**dump, **cell, "head": h} for k, cell in enumerate(cells) for h in range(k + 1)]
    section = {"cost": cost(*cells), "verdicts": pl.DataFrame(verdicts)}
    (said,) = in_nulls(section, cells[0])
    assert said == "Heads that dump in the nulls: random_weights-1 2, shuffled_weights 3."
    assert in_nulls(section | {"cost": cost(cells[0])}, cells[0]) == []


@pytest.mark.parametrize(
    ("classes", "shown"),
    [
        ({"cls": 1.0, "bos": 1.0, "first": 1.0, "sep": 2.0}, ["[SEP]", "[CLS]"]),
        ({"cls": 1.0, "bos": 1.0, "first": 3.0}, ["[CLS]", "the first piece"]),
        ({"bos": 1.0, "first": 1.0}, ["BOS"]),
        ({"cls": 1.0, "bos": 2.0, "first": 3.0}, ["[CLS]", "BOS", "the first piece"]),
    ],
)
def test_classes_of_the_same_keys_stand_there_once(classes, shown):
    row = {**CELL, "scope": "all", "n_heads": 4}
    effects = [
        {**row, "key_class": name, "condition": condition, "state_change": change + k}
        for name, change in classes.items()
        for k, condition in enumerate(ON_KEYS)
    ]
    blocks = changed_together({"cost": cost(CELL), "effects": pl.DataFrame(effects)})
    (table,) = [block for block in blocks if isinstance(block, Table)]
    assert [line[1] for line in table.rows] == shown


@pytest.mark.parametrize(
    ("losses", "changes", "of_losses", "of_states"),
    [
        ([0.1, -0.2, 0.3], [1.0, 2.0, 3.0], "1.00", "1.00"),
        ([0.0, 0.0, 0.0], [3.0, 2.0, 1.0], "–", "-1.00"),
        ([0.1, 0.2, 0.3], [5.0, 5.0, 5.0], "1.00", "–"),
    ],
)
def test_what_does_not_vary_has_no_rank_correlation(losses, changes, of_losses, of_states):
    heads = [{**CELL, "site": "decoder", "layer": 0, "head": h} for h in range(3)]
    found = [{**at, "importance": 0.1 * h, "loss_change": losses[h]} for h, at in enumerate(heads)]
    effects = [
        {**at, "scope": "head", "condition": "no_head", "state_change": changes[h]}
        for h, at in enumerate(heads)
    ]
    section = {"importance": pl.DataFrame(found), "effects": pl.DataFrame(effects)}
    with warnings.catch_warnings(action="error"):
        page = to_markdown(importances(section, CELL))
    assert f"changes is {of_losses}; with the change of the last states {of_states}." in page
