"""`method.md`: what every number means, and how far the counts are to be trusted."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pyarrow as pa

from pipeline.lake.files import sweep, write_text
from pipeline.report.blocks import Block, Figure, Heading, Strong, say
from pipeline.report.calibration import answer, calibration
from pipeline.report.corpus_size import halved, sizes
from pipeline.report.definitions import definitions
from pipeline.report.markdown import to_markdown

FIGURES = "method"


def write_method(
    found: Mapping[str, pl.DataFrame],
    cell: str,
    alpha: float,
    schemas: Mapping[str, pa.Schema],
    folder: Path,
) -> str:
    """Write `method.md` and its figures into `folder`. Gives the answer in one line.

    `found` has the tables simulated, power and by_size, as `analysis.simulate` gives their rows.
    """
    said = f"{answer(found['simulated'], alpha)}; {halved(found['by_size'])}"
    blocks: list[Block] = [
        Heading(1, "Method: how far the counts can be trusted"),
        say(
            "Simulated with ",
            Strong(cell),
            " by ",
            Strong("headcensus calibrate"),
            f": {said}.",
        ),
        *calibration(found["simulated"], found["power"], alpha),
        *sizes(found["by_size"], cell),
        *definitions("What the tables hold", schemas),
    ]
    sweep(folder, shared=True)
    for block in blocks:
        if isinstance(block, Figure):
            write_text(folder / FIGURES / f"{block.name}.svg", block.svg)
    text = to_markdown(blocks, FIGURES)
    write_text(folder / "method.md", text)
    return said
