"""The method in brief, for a reader who has only the report."""

import json

from pipeline.report.blocks import Block, Bullets, Heading, Inline, Listing, Strong, say
from pipeline.report.method_across import alignment_method, site_terms
from pipeline.report.section import Section
from pipeline.report.settings import ReportSettings
from pipeline.report.text import setting

QUERY = """import polars as pl
relations = pl.scan_parquet({relations})
counted = relations.filter(control="trained", level="full", weighting="attention")
print(counted.filter(tracks=True).sort("accuracy").collect())"""

FILES = {
    "heads": "one row per head: masses, entropy, lifts and flags",
    "relations": "one row per head × direction × relation: accuracy, baseline, test and flags",
    "alignments": "one row per cross-attention head × convention: error, baseline, test and flags",
    "trees": "one row per head: how many arcs its trees find",
    "similarity": "one row per pair of heads: the divergence of their patterns",
    "dumps": "the number of dumping heads at each threshold",
    "margins": "the number of tracking heads at each margin",
    "nulls": "the number of tracking heads by the nulls that they have to beat",
    "agreement": "rank correlations of heads over two corpora",
    "census": "one row per cell: the counts of this report",
}


def _terms() -> tuple[tuple[Inline, ...], ...]:
    return (
        (
            Strong("Piece"),
            ": a token of the tokenizer. ",
            Strong("Word"),
            ": a word of the corpus.",
        ),
        (
            Strong("Pattern"),
            ": the attention weights after the softmax, one row per query piece. ",
            Strong("Mass"),
            " on a class of keys: the weight that a query gives to it, averaged over all queries.",
        ),
        (
            Strong("Governor"),
            ": the word that the treebank's HEAD column names; “head” means attention head only. "
            "↑ the dependent attends most to its governor; ↓ of all words it is the governor that "
            "attends most to the dependent.",
        ),
        (
            Strong("Cell"),
            ": a model under one control on one corpus. ",
            Strong("Control"),
            ": the same architecture with something destroyed; a null control is any but ",
            Strong("trained"),
            ".",
        ),
        ("Layers and heads count from 0: L3H7 is head 7 of layer 3.",),
    )


def _flags(settings: ReportSettings) -> tuple[tuple[Inline, ...], ...]:
    margin, dump = setting(settings.margin), setting(settings.dump_threshold)
    return (
        (
            Strong("Margin"),
            f": on the confirming half of the sentences, accuracy at least {margin} points above "
            f"the best fixed offset of the relation, on at least {settings.min_arcs} arcs. The "
            "offset is fitted on the other half.",
        ),
        (
            Strong("Significant"),
            f": q < {settings.alpha:g}. Obuchowski's McNemar test with a sentence as the cluster, "
            "one-sided; Benjamini–Yekutieli over all tests of the cell.",
        ),
        (
            Strong("Beats nulls"),
            f": accuracy above percentile {settings.null_percentile:g} of the same relation over "
            "the heads of each null control, all its seeds together. A null control is held "
            "against all null controls, itself among them.",
        ),
        (Strong("Tracks"), ": all three flags on one relation."),
        (
            Strong("Dumps"),
            f" on a class: mean mass above {dump} %, the low end of its 95 % interval included. "
            "The first piece is reported whether special or not; where [CLS] comes first it is "
            "[CLS].",
        ),
        (
            Strong("Positional"),
            f": the largest weight sits at one fixed offset, a piece's own place included, for at "
            f"least {setting(settings.positional_rate)} % of the queries. ",
            Strong("Broad"),
            f": mean entropy, as a share of its maximum, above {settings.broad_entropy:g}.",
        ),
        (
            Strong("Pattern"),
            f" (Kovaleva et al. 2019): vertical, more than {setting(settings.vertical)} % on "
            "special pieces or on the first one; diagonal, more than "
            f"{setting(settings.diagonal)} % on the previous, the own or the next piece; mixed, "
            f"neither, but both together, each with more than {setting(settings.mixed)} %; "
            f"block, where two sentences are one input: what lies within a sentence more than "
            f"{settings.block:g} times that of a uniform pattern; heterogeneous, none of these and "
            "not broad.",
        ),
    )


_LEVEL = {
    "full": "Relations are counted at the full level of labels, as in the treebank. ",
    "universal": "Relations are shown at the universal level of labels, sub-types folded; heads "
    "are counted at the full level, as in the treebank. ",
}
_DRAWN = {
    "sentence": "",
    "shard": ", of masses over shards of them (lake.grain=shard)",
}
_WEIGHTING = {
    "attention": "",
    "norm": "Relations and alignments are shown by weights × value norms; heads are counted by "
    "their weights alone. ",
}


def _quoted(path: str) -> str:
    """As Python takes it, and no pattern."""
    said = json.dumps(path, ensure_ascii=False)
    return f"{said}, glob=False" if set("*?[") & set(path) else said


def method(sections: list[Section], settings: ReportSettings) -> list[Block]:
    """What no section has is not explained."""
    several = any(len(section.sites) > 1 for section in sections)
    linked = any(section.has_links for section in sections)
    files = tuple(
        (Strong(f"{name}.parquet"), f": {text}.")
        for name, text in FILES.items()
        if linked or name != "alignments"
    )
    return [
        Heading(2, "Method in brief"),
        Heading(3, "Terms"),
        Bullets(_terms() + (site_terms() if several else ())),
        Heading(3, "Flags"),
        Bullets(_flags(settings)),
        say(
            "The word that a head looks at: attention to a word is the sum over its pieces, from a "
            "word the mean; special pieces are dropped, the diagonal is excluded, and the word "
            f"with the largest value is taken. {_LEVEL[settings.level]}"
            f"{_WEIGHTING[settings.weighting]}Intervals are 95 % bootstraps over sentences"
            f"{_DRAWN[settings.masses_drawn_by]}."
        ),
        *(alignment_method(settings) if linked else ()),
        Heading(3, "The tables"),
        say(f"Every number above comes from Parquet files in {settings.tables_folder}:"),
        Bullets(files),
        Listing(
            "python", QUERY.format(relations=_quoted(f"{settings.tables_folder}/relations.parquet"))
        ),
    ]
