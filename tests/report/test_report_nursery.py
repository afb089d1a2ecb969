"""The nursery's report states what its tables hold, of heads chosen where they are not scored."""

import polars as pl

from pipeline.analysis.rules import Rules
from pipeline.report.nursery import Nursling, write_nursery
from tests.report.report_tables import Grid, make, of_few_arcs

STEPS = [
    {
        "step": step,
        "folder": f"step{step}",
        "train_loss": 8.0,
        "validation_loss": 7.0,
        "pieces_seen": 1000 * step,
        "seconds": 1.0,
    }
    for step in (0, 10)
]


def tables(relations: list[dict]) -> dict[str, pl.DataFrame]:
    """A model `m` and its two checkpoints, all alike, with these tests among their relations."""
    names = ("m", "m~step0", "m~step10")
    made = make(*(Grid(name, "c", layers=2, heads=2, deprels=("det",)) for name in names))
    fixed = {"control": "trained", "seed": 0, "corpus": "c", "site": "encoder"}
    fixed |= {"level": "full", "weighting": "attention", "direction": "dep_to_gov"}
    fixed |= {"deprel": "det", "baseline_accuracy": 0.4, "baseline_offset": 1, "tracks": True}
    rows = [fixed | row | {"model": name} for name in names for row in relations]
    return made | {"relations": pl.DataFrame(rows, schema=made["relations"].schema)}


def of_head(head: int, fitting: int, confirming: int) -> dict:
    """Hits of a head, of 200 arcs in each half."""
    return {"layer": 0, "head": head, "n_all": 400, "n": 200} | {
        "hits_all": fitting + confirming,
        "hits": confirming,
        "accuracy": confirming / 200,
    }


def test_heads_are_chosen_on_the_fitting_half(tmp_path):
    """Head 1 is luckier where it is scored, head 0 was better where heads are chosen."""
    assert Rules.min_arcs <= 200
    found = tables([of_head(0, 150, 130), of_head(1, 120, 170)])
    write_nursery(found, [Nursling("m", "a model", "c", STEPS)], tmp_path)
    report = (tmp_path / "nursery.md").read_text(encoding="utf-8")
    assert "det dep → gov, encoder L0H0: +25.0" in report
    assert "L0H1" not in report
    row = next(line for line in report.splitlines() if line.startswith("| det"))
    assert "65.0" in row


def test_too_few_arcs_are_no_answer(tmp_path):
    few = of_few_arcs(tables([of_head(0, 150, 130)]))
    write_nursery(few, [Nursling("m", "a model", "c", STEPS)], tmp_path)
    report = (tmp_path / "nursery.md").read_text(encoding="utf-8")
    assert "Tracking is not decided: no relation has arcs enough." in report
    assert "No head tracks" not in report
