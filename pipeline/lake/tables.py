"""The answers: a schema per table that `aggregate` writes. The lake below: `lake.schema`."""

import pyarrow as pa

from pipeline.core.names import DUMP_CLASSES
from pipeline.lake.head_columns import FEW_LINKS, HEADS, NOT_ASKED
from pipeline.lake.schema import (
    BOOL,
    HEAD_KEYS,
    INT,
    REAL,
    STRING,
    Column,
    schema,
)
from pipeline.lake.sources import OWN

READINGS = {
    "max": "from a word to the one it attends to most, punctuation left out",
    "mst": "of the maximum spanning tree of A + Aᵀ",
}
"""How a tree is read off a pattern."""

CELL_KEYS = (
    Column("model", STRING, "", "config name of the checkpoint"),
    Column("control", STRING, "", "config name of the control; trained = the model itself"),
    Column("seed", INT, "", "seed of the control; 0 where nothing is drawn"),
    Column("corpus", STRING, "", "config name of the corpus"),
)


WEIGHTINGS = "attention = A; norm = A × ‖value W_O‖ (Kobayashi et al. 2020)"
RELATION_KEYS = (
    Column("direction", STRING, "", "dep_to_gov or gov_to_dep"),
    Column("deprel", STRING, "", "UD relation"),
    Column("level", STRING, "", "full = as in the treebank; universal = sub-types folded"),
    Column("weighting", STRING, "", WEIGHTINGS),
)
RELATIONS = (
    Column("n_all", INT, "arcs", "arcs of measured sentences, both words having pieces"),
    Column("hits_all", INT, "arcs", "of these: the head points at the governor, with weight > 0"),
    Column("baseline_all", REAL, "share", "best offset chosen and scored on all of them: naive"),
    Column("n", INT, "arcs", "arcs in the confirming half"),
    Column("hits", INT, "arcs", "of these, arcs where the head points at the governor"),
    Column("accuracy", REAL, "share", "hits / n"),
    Column("accuracy_low", REAL, "share", "low end of the 95 % sentence bootstrap interval"),
    Column("accuracy_high", REAL, "share", "high end of the 95 % sentence bootstrap interval"),
    Column(
        "baseline_offset",
        INT,
        "words",
        "governor − dependent, the commonest of the other half's arcs, whether a model read them or"
        " not; 1 where it has none",
    ),
    Column("baseline_fitting", REAL, "share", "that offset's accuracy on the fitting half"),
    Column("baseline_accuracy", REAL, "share", "that offset's accuracy on the confirming half"),
    Column("b", INT, "arcs", "head right, offset wrong"),
    Column("c", INT, "arcs", "head wrong, offset right"),
    Column("z", REAL, "", "Obuchowski's clustered McNemar statistic, a sentence being a cluster"),
    Column("p", REAL, "", "its one-sided p-value"),
    Column("q", REAL, "", "Benjamini–Yekutieli over all tests of the cell at this level"),
    Column("margin", BOOL, "", "accuracy ≥ baseline + 10 points, on at least min_arcs arcs"),
    Column("significant", BOOL, "", "q < 0.05, on at least min_arcs arcs"),
    Column(
        "beats_nulls", BOOL, "", "above every null's 99th percentile; null where none was measured"
    ),
    Column("tracks", BOOL, "", "all three flags; null where no null was measured"),
)

ALIGNMENTS = (
    Column("convention", STRING, "", "awi: from where a word is read; awo: from where it is said"),
    Column("weighting", STRING, "", WEIGHTINGS),
    Column("n_words_all", INT, "words", "target words judged"),
    Column("aer_all", REAL, "rate", "alignment error rate over all sentences"),
    Column("aer_fitting", REAL, "rate", "that of the fitting half, to choose heads by"),
    Column("n_sentences", INT, "sentences", "annotated sentences in the confirming half"),
    Column("n_words", INT, "words", "of these, target words that the head aligns: |A|"),
    Column("n_sure", INT, "links", "sure links: |S|"),
    Column("hits_sure", INT, "links", "|A ∩ S|"),
    Column("hits_possible", INT, "links", "|A ∩ P|, sure ones included"),
    Column("precision", REAL, "share", "|A ∩ P| / |A|"),
    Column("recall", REAL, "share", "|A ∩ S| / |S|"),
    Column("aer", REAL, "rate", "1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|) (Och & Ney 2003)"),
    Column("aer_low", REAL, "rate", "low end of the 95 % sentence bootstrap interval"),
    Column("aer_high", REAL, "rate", "high end of the 95 % sentence bootstrap interval"),
    Column("baseline", STRING, "", "rule of position fitted on the other half: offset or diagonal"),
    Column("baseline_offset", INT, "words", "its source − target; null for the diagonal"),
    Column("baseline_aer", REAL, "rate", "that rule's error on the confirming half"),
    Column("z", REAL, "", "Obuchowski's clustered McNemar statistic of |A ∩ P|, head against rule"),
    Column("p", REAL, "", "its one-sided p-value"),
    Column("q", REAL, "", "Benjamini–Yekutieli over all alignment tests of the cell"),
    Column("margin", BOOL, "", "aer ≤ baseline_aer − 10 points, on at least min_arcs sure links"),
    Column("significant", BOOL, "", "q < 0.05, on at least min_arcs sure links"),
    Column("beats_nulls", BOOL, "", "below every null's 1st percentile; null where none was"),
    Column("aligns", BOOL, "", "all three flags; null where no null was measured"),
)

TREES = (
    Column(
        "n_all", INT, "arcs", "arcs of measured sentences between words that are not punctuation"
    ),
    *(
        Column(f"hits_{r}_all", INT, "arcs", f"of these, arcs that are edges {what}")
        for r, what in READINGS.items()
    ),
    Column("n", INT, "arcs", "those of the confirming half"),
    *(
        column
        for r, what in READINGS.items()
        for column in (
            Column(f"hits_{r}", INT, "arcs", f"of these, arcs that are edges {what}"),
            Column(f"uuas_{r}", REAL, "share", f"hits_{r} / n"),
            Column(f"uuas_{r}_low", REAL, "share", "low end of its 95 % interval"),
            Column(f"uuas_{r}_high", REAL, "share", "high end of its 95 % interval"),
            Column(f"uuas_{r}_fitting", REAL, "share", "of the fitting half, to choose heads by"),
        )
    ),
    Column("uuas_chain", REAL, "share", "joining each word with the next, on the same arcs"),
    Column("uuas_random", REAL, "share", "expected of a random tree, on the same arcs"),
    Column(
        "uuas_random_max",
        REAL,
        "share",
        "expected where words point at any other, on the same arcs",
    ),
)
SIMILARITY = (
    Column("other_layer", pa.int16(), "", "of the other head"),
    Column("other_head", pa.int16(), "", "of the other head"),
    Column(
        "n_queries",
        pa.int64(),
        "pieces",
        "queries compared: of every n-th sentence, 64 at most of each",
    ),
    Column("js_divergence", REAL, "nats", "mean Jensen–Shannon divergence of the two patterns"),
)

COMPARISON = schema(
    HEAD_KEYS,
    (
        Column("role", STRING, "", "tracks, aligns, dumps, positional or broad"),
        Column("what", STRING, "", "relation and direction, convention, or class of key"),
        Column(
            "a",
            REAL,
            "share",
            "the quantity behind the role in the first cell; null where its corpus has no such",
        ),
        Column("a_low", REAL, "share", "low end of its 95 % sentence bootstrap interval"),
        Column("a_high", REAL, "share", "high end of its 95 % sentence bootstrap interval"),
        Column("a_has", BOOL, "", "whether the head has the role there; null where unknown"),
        Column("b", REAL, "share", "the same quantity in the second cell", OWN),
        Column(
            "b_low",
            REAL,
            "share",
            "low end, likewise; of another corpus its sentences are drawn anew",
        ),
        Column("b_high", REAL, "share", "high end, likewise"),
        Column("b_has", BOOL, "", "whether the head has the role there; null where unknown"),
        Column("difference", REAL, "share", "b − a"),
        Column("difference_low", REAL, "share", "low end of its 95 % sentence bootstrap interval"),
        Column("difference_high", REAL, "share", "high end, likewise; null without replicates"),
        Column("changed", BOOL, "", "one cell's head has the role, the other's has not"),
    ),
)
"""Two cells head by head; `compare` writes it. Over one corpus both are resampled alike."""

DUMPS = (
    *CELL_KEYS,
    Column("key_class", STRING, "", "cls, sep or first"),
    Column("threshold", REAL, "mass", "mean mass that counts as a dump"),
    Column("n_heads", INT, "heads", "heads whose mean mass and its low end lie above"),
)

MARGINS = (
    *CELL_KEYS,
    Column("margin", REAL, "share", "lead over the best offset that is asked for"),
    Column(
        "n_heads",
        INT,
        "heads",
        "heads with it on some relation, significant, above the nulls where any was measured",
    ),
)
NULLS = (
    *CELL_KEYS,
    Column("nulls", STRING, "", "which null controls a head has to beat"),
    Column("n_tracks", INT, "heads", "heads of the model itself that then track a relation"),
)
AGREEMENT = (
    *CELL_KEYS,
    Column("other_corpus", STRING, "", "config name of the corpus that it is compared with"),
    Column("site", STRING, "", "encoder, decoder or cross"),
    Column("what", STRING, "", "what heads are ranked by: a column of heads, or a relation's hits"),
    Column("n_heads", INT, "heads", "heads ranked"),
    Column("spearman", REAL, "", "rank correlation of the heads over the two corpora"),
)

CENSUS = (
    *CELL_KEYS,
    Column("n_sentences", INT, "sentences", "measured; two that are one input count once"),
    Column(
        "n_words",
        INT,
        "words",
        "of these, on both sides where there are two; with those that no piece is of",
    ),
    Column("n_pieces", INT, "pieces", "pieces of these, specials included"),
    Column(
        "n_repeats",
        INT,
        "sentences",
        "of the corpus, measured or not: an earlier one has the same words; tests take them for"
        " independent",
    ),
    Column("n_quarantined", INT, "sentences", "kept out at ingest: malformed"),
    Column("n_too_long", INT, "sentences", "skipped: longer than the model can read"),
    Column(
        "n_unaligned",
        INT,
        "sentences",
        "skipped: no telling which piece is of which word, or which are special",
    ),
    Column("n_words_without_pieces", INT, "words", "left out: the tokenizer gives them no piece"),
    Column("n_unknown_pieces", INT, "pieces", "read: the tokenizer's sign for what it cannot say"),
    Column("n_heads", INT, "heads", "heads at every site and layer"),
    Column(
        "n_tracks",
        INT,
        "heads",
        f"track a relation: all flags; {NOT_ASKED}, or no null was measured",
    ),
    Column("n_tracks_norm", INT, "heads", "the same with weights × ‖value W_O‖; null without"),
    Column(
        "n_aligns",
        INT,
        "heads",
        f"align words: all flags; {FEW_LINKS}, or no null was measured",
    ),
    *(
        Column(f"n_{name}", INT, "heads", f"some relation passes {which}; {NOT_ASKED}")
        for name, which in (
            ("margin", "the margin flag"),
            ("significant", "the significance flag"),
            ("beats_nulls", "the flag of the nulls"),
            ("margin_significant", "margin and significance"),
        )
    ),
    Column(
        "n_naive",
        INT,
        "heads",
        "beat the best offset of some relation of any number of arcs, offset and accuracy of the"
        " same sentences",
    ),
    *(Column(f"n_dumps_{c}", INT, "heads", f"dump on {c}") for c in DUMP_CLASSES),
    Column("n_dumps", INT, "heads", "dump on any of them"),
    Column("n_dumps_by_norm", INT, "heads", "of these, by weights × ‖value W_O‖ too; null without"),
    Column("n_tracks_and_dumps", INT, "heads", "do both; null as n_tracks is"),
    Column("n_positional", INT, "heads", "positional"),
    Column("n_broad", INT, "heads", "broad"),
    *(
        Column(f"n_{c}", INT, "heads", f"whose pattern is {c}")
        for c in ("vertical", "diagonal", "mixed", "heterogeneous")
    ),
    Column(
        "n_block", INT, "heads", "whose pattern is block; null without two sentences in one input"
    ),
    Column(
        "n_neither",
        INT,
        "heads",
        "none of: tracks, aligns (where no null was measured: margin and significant), dumps,"
        " positional, broad",
    ),
)

TABLES: dict[str, pa.Schema] = {
    "heads": schema(CELL_KEYS, HEAD_KEYS, HEADS),
    "relations": schema(CELL_KEYS, HEAD_KEYS, RELATION_KEYS, RELATIONS),
    "alignments": schema(CELL_KEYS, HEAD_KEYS, ALIGNMENTS),
    "trees": schema(CELL_KEYS, HEAD_KEYS, TREES),
    "similarity": schema(CELL_KEYS, HEAD_KEYS, SIMILARITY),
    "dumps": schema(DUMPS),
    "margins": schema(MARGINS),
    "nulls": schema(NULLS),
    "agreement": schema(AGREEMENT),
    "census": schema(CENSUS),
}
