"""Where in the atlas a head is: what stands behind the `#` of its page."""

from collections.abc import Mapping
from urllib.parse import urlencode

from pipeline.lake.layout import word
from pipeline.report.blocks import Door, HeadName
from pipeline.report.figures.cells import Box, Shape
from pipeline.report.section import Control, Section

INTERVENTIONS = "interventions.html"
"""The page of interventions beside the report."""
PAGE = "atlas.html"
"""Beside the report, which leads to it."""
PAGE_OF_TEXT = "atlas-text.html"
"""That of sentences of one's own."""


def address(model: str, control: str, seed: int, site: str, **more: object) -> str:
    """`more`: corpus, layer, head, relation, arcs (the direction), in the atlas's own words."""
    return urlencode({"model": model, "control": word(control, seed), "site": site, **more})


def named(text: str, row: Mapping) -> HeadName:
    """The head of a row of relations or alignments; of a relation its arcs are shown."""
    of_relation = {
        key: row[column]
        for key, column in (("relation", "deprel"), ("arcs", "direction"))
        if column in row
    }
    place = {"layer": row["layer"], "head": row["head"]}
    keys = (row["model"], row["control"], row["seed"], row["site"])
    return HeadName(text, address(*keys, **place, **of_relation, corpus=row["corpus"]))


def door(section: Section, control: Control, site: str, box: Box, shape: Shape) -> Door:
    """A map of a control's first seed at a place of a figure."""
    where = address(section.model, control.name, control.seeds[0], site, corpus=section.corpus)
    return Door(box.left, box.top, *box.size, *shape, where)
