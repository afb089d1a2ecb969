"""The card of a pushed lake: names are text, and `datasets` takes those of splits."""

import hashlib

import datasets
from huggingface_hub import DatasetCard

from pipeline.lake.layout import Cell, cell_of
from pipeline.lake.outgoing import Part, _split_names
from pipeline.lake.schema import LAKE
from pipeline.lake.tables import TABLES
from pipeline.report.card import ROWS, Card, Measured


def test_names_are_no_markup():
    evil = "*<b>|`x`\n---\n# $"
    cell = Cell(evil, "trained", 0, evil)
    assert cell_of(cell.partition) == cell
    path = f"lake/heads/{cell.partition.as_posix()}/*.parquet"
    part = Part("lake_heads", "lake/heads/**/*.parquet", LAKE["heads"], {"a.b.c": path}, 3)
    measured = Measured(cell, "f" * 32, {}, {"torch": "<2>"})
    text = Card("someone/heads", "other", False, [part], [measured], None, {}, "1 B").text()
    data = DatasetCard(text).data
    assert data.configs[0]["data_files"] == [{"split": "a.b.c", "path": path}]
    body = text.split("\n---\n", 1)[1]
    assert "<b>" not in body
    assert "\n---\n" not in body
    row = next(line for line in body.splitlines() if "f" * 32 in line)
    assert row.replace("\\|", "").count("|") == 9


def test_splits_have_names_that_datasets_takes():
    keys = [("a-b", "c-1", "d"), ("a_b", "c-1", "d"), ("m~1", "trained", "é"), ("all",)]
    names = _split_names(keys)
    assert names[2] == "m_1.trained._"
    assert len(set(names)) == 4
    digests = [hashlib.sha256("/".join(k).encode()).hexdigest()[:8] for k in keys]
    assert names[:2] == [f"a_b.c_1.d_{digest}" for digest in digests[:2]]
    assert names[3] == f"all_{digests[3]}"
    for name in names:
        assert str(datasets.NamedSplit(name)) == name


def test_every_table_says_what_its_rows_are():
    lake = {name if name in ("sentences", "quarantine") else f"lake_{name}" for name in LAKE}
    assert set(ROWS) == set(TABLES) | lake
