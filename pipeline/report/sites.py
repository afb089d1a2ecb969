"""What the heads of each site do, where a model has several: encoder, decoder, and across."""

import polars as pl

from pipeline.core.names import DUMP_CLASSES
from pipeline.report.blocks import Block, Heading, Table, say
from pipeline.report.section import CLASS_NAMES, CROSS, Control, Section
from pipeline.report.text import spread


def _rows(section: Section, site: str) -> dict[str, pl.Expr]:
    """What is counted at a site, leaving out what no head there can do."""
    rows = {"heads": pl.lit(True)}
    if site in set(section.relations["site"]):
        rows["track a relation"] = pl.col("tracks")
    if site in set(section.alignments["site"]):
        rows["align words"] = pl.col("aligns")
    classes = [c for c in DUMP_CLASSES if c in section.classes_at(site)]
    rows |= {f"dump on {CLASS_NAMES[c]}": pl.col(f"dumps_{c}") for c in classes}
    if len(classes) > 1:
        rows["dump on any of them"] = pl.any_horizontal(f"dumps_{c}" for c in classes)
    if site != CROSS:
        rows["positional"] = pl.col("positional")
    return rows | {"broad": pl.col("broad")}


def _counts(section: Section, control: Control, site: str, flag: pl.Expr) -> list[int | None]:
    """Per seed; None where the flag is not known of any head."""
    heads = section.heads.filter(pl.col("control") == control.name, pl.col("site") == site)
    by_seed = heads.with_columns(flag.alias("flag")).group_by("seed").agg(
        n=pl.when(pl.col("flag").is_not_null().any()).then(pl.col("flag").sum())
    )  # fmt: skip
    return by_seed.sort("seed")["n"].to_list()


def by_site(section: Section) -> list[Block]:
    """Nothing for a model with one site: its counts are those of the whole."""
    if len(section.sites) == 1:
        return []
    rows = tuple(
        (site, text, *(spread(_counts(section, c, site, flag)) for c in section.controls))
        for site in section.sites
        for text, flag in _rows(section, site).items()
    )
    header = ("site", "heads that …", *(control.label for control in section.controls))
    caption = "Number of heads at each site; of seeds the median (range), of two the range"
    blocks: list[Block] = [Heading(3, "Counts by site"), Table(caption, header, rows, words=2)]
    if CROSS in section.sites:
        blocks.append(
            say(
                "Across, a head's keys are the pieces of the source: classes of keys, the first "
                "piece among them, are the source's. No place in one sequence is a fixed offset "
                "from a place in the other, so that no such head counts as positional."
            )
        )
    return blocks
