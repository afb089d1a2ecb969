"""Whole trees: how much of a sentence's syntax one head holds, against neighbours and chance."""

import polars as pl

from pipeline.lake.layout import word
from pipeline.lake.schema import HEAD
from pipeline.lake.tables import READINGS
from pipeline.report.addresses import named
from pipeline.report.blocks import Block, Cell, Heading, Table, say
from pipeline.report.relations import head_name
from pipeline.report.section import Control, Section
from pipeline.report.text import DASH, between, number, rounded

CHANCE = {"max": "uuas_random_max", "mst": "uuas_random"}


def trees(section: Section) -> list[Block]:
    if section.trees.is_empty():
        return []
    rows = tuple(
        _row(section, control, seed, reading)
        for control in section.controls
        for seed in control.seeds
        for reading in READINGS
    )
    header = ("control", "edges", "best head", "arcs", "UUAS %", "95 % interval", "chain %")
    return [
        Heading(3, "Whole trees"),
        say(
            "Undirected arcs found (UUAS), those of punctuation left out. Edges: “max” joins each "
            "word with the one that it attends to most (Htut et al. 2019); “mst” is the "
            "maximum spanning tree of A + Aᵀ, undirected and without a root, where Htut et al. "
            "take the directed one from the gold root. The best head is chosen on the fitting half "
            "and scored on the confirming half. The chain joins each word with the next. Chance: "
            "for “max” words point anywhere, for “mst” the tree is any."
        ),
        Table("The head with the best tree", (*header, "chance %"), rows, words=3),
    ]


def _row(section: Section, control: Control, seed: int, reading: str) -> tuple[Cell, ...]:
    label = word(control.name, seed)
    heads = section.trees.filter(control=control.name, seed=seed).sort(
        pl.col(f"uuas_{reading}_fitting"),
        *HEAD,
        descending=[True, *[False] * 3],
        nulls_last=True,
    )
    if heads.is_empty() or heads[f"uuas_{reading}_fitting"][0] is None:
        return (label, reading, *[DASH] * 6)
    row = heads.row(0, named=True)
    low, high = (rounded(row[f"uuas_{reading}_{end}"], 1) for end in ("low", "high"))
    return (
        label,
        reading,
        named(head_name(row, section.sites), row),
        number(row["n"]),
        number(rounded(row[f"uuas_{reading}"], 1), 1),
        between(low, high),
        number(rounded(row["uuas_chain"], 1), 1),
        number(rounded(row[CHANCE[reading]], 1), 1),
    )
