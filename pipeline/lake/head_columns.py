"""The columns of the table `heads`: what a head does, as means over all queries of a corpus."""

import pyarrow as pa

from pipeline.core.names import DUMP_CLASSES, KEY_CLASSES
from pipeline.lake.schema import BOOL, INT, MASSES, REAL, SUMS, Column

NOT_ASKED = "null where no relation has min_arcs arcs"
FEW_LINKS = "null where there are fewer than min_arcs sure links"
"""No head can pass a flag then: how many do was not asked."""


def _mean_unit(unit: str) -> str:
    """Unit of a sum once divided by the number of pieces it runs over."""
    return {"pieces": "", "pieces²": "pieces"}.get(unit, unit.removesuffix(" × pieces"))


_QUERIES = {"entropy_normalised": "queries that see more than one key"}

HEADS = (
    Column("n_sentences", INT, "sentences", "measured; two that are one input count once"),
    Column("n_queries", pa.int64(), "pieces", "real query pieces, specials included"),
    *(
        Column(
            c.name,
            REAL,
            _mean_unit(c.unit),
            f"mean over {_QUERIES.get(c.name, 'queries')}: {c.meaning}",
        )
        for c in SUMS
        if c.name not in ("cls_to_cls", "sep_to_sep", "self_cls", "self_sep", "self_first")
    ),
    Column("cls_to_cls", REAL, "mass", "mean attention of CLS queries to CLS"),
    Column("rest_to_cls", REAL, "mass", "mean attention of all other queries to CLS"),
    Column("sep_to_sep", REAL, "mass", "mean attention of SEP queries to SEP"),
    Column("rest_to_sep", REAL, "mass", "mean attention of all other queries to SEP"),
    *(
        Column(f"offdiagonal_{c}", REAL, "share", f"share of the attention off the diagonal to {c}")
        for c in DUMP_CLASSES
    ),
    *(
        Column(
            f"mass_{c}_{end}",
            REAL,
            "mass",
            f"{end} end of the 95 % bootstrap interval over sentences, over shards at that grain",
        )
        for c in DUMP_CLASSES
        for end in ("low", "high")
    ),
    *(Column(f"uniform_{m}", REAL, "mass", f"{m} of a uniform pattern") for m in MASSES),
    *(Column(f"lift_{m}", REAL, "ratio", f"{m} over that of a uniform pattern") for m in MASSES),
    *(
        Column(
            f"alpha_{k}",
            REAL,
            "mass",
            f"mean attention to position {k}, over sentences that have one",
        )
        for k in range(4)
    ),
    *(
        Column(
            f"sink_rate_{k}", REAL, "share", f"sentences with alpha_{k} > epsilon (Gu 2024: 0.3)"
        )
        for k in range(4)
    ),
    Column("spearman", REAL, "", "rank correlation of attention received and ‖value W_O‖, mean"),
    *(
        Column(f"norm_share_{m[5:]}", REAL, "share", f"of all A × ‖value W_O‖, that on {what}")
        for m, what in MASSES.items()
    ),
    *(
        Column(
            f"norm_ratio_{c}",
            REAL,
            "ratio",
            f"mean ‖value W_O‖ of class {c} over that of pieces not special",
        )
        for c in KEY_CLASSES
    ),
    *(
        Column(
            f"constancy_{c}",
            REAL,
            "share",
            f"1 − Var(w)/E‖w‖² of w, what {c} gives to a query: 1 = always the same",
        )
        for c in DUMP_CLASSES
    ),
    Column(
        "own_segment",
        REAL,
        "share",
        "two sentences in one input: attention within a sentence, segment_own / segment_both",
    ),
    Column("uniform_own_segment", REAL, "share", "own_segment of a uniform pattern"),
    Column("lift_own_segment", REAL, "ratio", "own_segment over that of a uniform pattern"),
    Column("best_offset", INT, "pieces", "offset at which the largest weight sits most often"),
    Column("best_offset_rate", REAL, "share", "queries whose largest weight sits there"),
    Column("dumps_cls", BOOL, "", "mean mass on CLS > threshold, its interval's low end too"),
    Column("dumps_sep", BOOL, "", "the same for SEP"),
    Column("dumps_first", BOOL, "", "the same for the first piece"),
    Column(
        "dumps_by_norm",
        BOOL,
        "",
        "dumps on a class whose share of A × ‖value W_O‖ is above the threshold too; null without",
    ),
    Column(
        "tracks", BOOL, "", f"tracks at least one relation; {NOT_ASKED}, or no null was measured"
    ),
    Column("aligns", BOOL, "", f"aligns words across; {FEW_LINKS}, or no null was measured"),
    Column("positional", BOOL, "", "best_offset_rate ≥ 0.9 (Voita 2019); false across"),
    Column("broad", BOOL, "", "mean normalised entropy > 0.9"),
    Column("vertical", BOOL, "", "mass on special pieces, or on the first, > 0.6"),
    Column("diagonal", BOOL, "", "mass on the previous, the own or the next piece > 0.5"),
    Column("mixed", BOOL, "", "neither; both masses together > 0.6, each > 0.2"),
    Column("block", BOOL, "", "lift_own_segment > 1.5; null without two sentences in one input"),
    Column("heterogeneous", BOOL, "", "not vertical, diagonal, mixed, block or broad"),
)
