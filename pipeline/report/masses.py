"""Mean attention to the special pieces by depth, in whole percent."""

import polars as pl

from pipeline.report.blocks import Block, Heading, Table, say
from pipeline.report.section import CLASS_NAMES, CROSS, Control, Section
from pipeline.report.text import rounded, spread

Depth = dict[float, list[float | None]]
"""Layer → one mean over the layer's heads per seed, in percent."""


def by_depth(section: Section, control: Control, site: str, column: str) -> Depth:
    rows = section.heads.filter(pl.col("control") == control.name, pl.col("site") == site)
    means = (
        rows.sort("seed", "layer", "head")
        .group_by("seed", "layer", maintain_order=True)
        .agg(pl.col(column).mean())
    )
    depth: Depth = {}
    for _, layer, mean in means.iter_rows():
        depth.setdefault(layer, []).append(rounded(mean))
    return depth


def without_projection(section: Section) -> list[Block]:
    """The masses of a weightless control, with and without the diagonal, layer by layer.

    A vector's dot product with itself is its squared length, so that such a head mostly attends to
    its own piece; what is left off the diagonal is the part to compare with a trained head. Across
    two sequences there is no diagonal to set apart.
    """
    blocks: list[Block] = []
    for control in section.controls:
        if not control.weightless:
            continue
        blocks.append(Heading(3, f"{control.name}: with and without the diagonal"))
        blocks.append(
            say(
                "Here query, key and value are the layer's input itself, and the dot product of a "
                "vector with itself is large. Each mass is therefore given twice: of all "
                "attention, and of the attention off the diagonal (a query's attention to its own "
                "piece set aside). The flags and counts above use all attention."
            )
        )
        for site in section.sites:
            if site == CROSS:
                continue
            classes = [c for c in section.dump_classes if c in section.classes_at(site)]
            pairs = [(f"mass_{c}", f"offdiagonal_{c}") for c in classes]
            columns = ["mass_self", *(name for pair in pairs for name in pair)]
            depths = [by_depth(section, control, site, column) for column in columns]
            named = [CLASS_NAMES[c] for c in classes]
            header = ("layer", "own piece")
            for name in named:
                header += (f"{name}, all", f"{name}, off the diagonal")
            rows = tuple(
                (str(layer), *(spread(depth[layer]) for depth in depths))
                for layer in sorted(depths[0])
            )
            where = "" if len(section.sites) == 1 else f", {site}"
            caption = f"Mean over the heads of a layer, percent of attention{where}"
            blocks.append(Table(caption, header, rows, words=0))
    return blocks
