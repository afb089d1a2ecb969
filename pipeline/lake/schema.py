"""The lake's contract with notebooks: every table, column, type, unit and meaning.

A column's definition, unit and source travel in the Arrow field's metadata, so that a file read
without this package still says what its numbers are. `heads` and `pointers` hold sums over the
queries of one sentence: rows add, and ratios exist only in the tables made from them.
"""

from dataclasses import dataclass

import pyarrow as pa

from pipeline.core.names import DUMP_CLASSES, KEY_CLASSES, ON_HEADS, ON_KEYS
from pipeline.lake.sources import source_of

OFFSETS = range(-8, 9)
"""Signed key − query distances that have a bin of their own, in pieces; both tails follow."""


@dataclass(frozen=True)
class Column:
    name: str
    type: pa.DataType
    unit: str
    meaning: str
    source: str | None = None

    @property
    def field(self) -> pa.Field:
        source = self.source or source_of(self.name)
        said = {"unit": self.unit, "meaning": self.meaning, "source": source}
        return pa.field(self.name, self.type, metadata=said)


def schema(*groups: tuple[Column, ...]) -> pa.Schema:
    return pa.schema([column.field for group in groups for column in group])


STRING, INT, FLOAT, BOOL = pa.string(), pa.int32(), pa.float32(), pa.bool_()
REAL = pa.float64()
BINS = len(OFFSETS) + 2

_SIDE = (
    Column("text", STRING, "", "the sentence as the corpus writes it"),
    Column("words", pa.list_(STRING), "", "syntactic words in order"),
    Column("upos", pa.list_(STRING), "", "universal parts of speech; null without annotation"),
    Column("governors", pa.list_(pa.int16()), "word", "UD HEAD: 1-based, 0 = root; null without"),
    Column("deprels", pa.list_(STRING), "", "UD relation to the governor; null without"),
    Column("n_words", INT, "words", "length of `words`"),
)
LINK = pa.struct([("source", pa.int16()), ("target", pa.int16()), ("sure", BOOL)])
SENTENCE = (
    Column("sentence_id", STRING, "", "sent_id of the corpus, or source:line where it has none"),
    *_SIDE,
    *(
        Column(f"target_{c.name}", c.type, c.unit, f"of its translation, null without: {c.meaning}")
        for c in _SIDE
    ),
    Column(
        "alignment",
        pa.list_(LINK),
        "word",
        "links of a word with one of the translation, 0-based, sure or possible; null without",
    ),
    Column("second", INT, "word", "first word of the second of two sentences in one input; null"),
)
QUARANTINE = (
    Column("source", STRING, "", "file or data set the sentence stood in"),
    Column("line", pa.int64(), "line", "1-based line of its fault; 0 where there are no lines"),
    Column("sentence_id", STRING, "", "its sent_id, where that could be read"),
    Column("reason", STRING, "", "why it is not counted"),
)

HEAD_KEYS = (
    Column("site", STRING, "", "encoder, decoder or cross"),
    Column("layer", pa.int16(), "", "from 0"),
    Column("head", pa.int16(), "", "from 0"),
)
HEAD = [column.name for column in HEAD_KEYS]
ROW_KEYS = (
    Column("sentence", INT, "", "row of the sentence in the corpus, from 0; null: of a shard"),
    *HEAD_KEYS,
)

MASSES = {
    "mass_cls": "keys that are the tokenizer's CLS piece",
    "mass_bos": "keys that are the tokenizer's BOS piece",
    "mass_sep": "keys that are the tokenizer's SEP piece",
    "mass_eos": "keys that are the tokenizer's EOS piece",
    "mass_first": "the first piece of the sequence, special or not",
    "mass_punct": "pieces of words made of punctuation only",
    "mass_special": "special pieces of any kind",
    "mass_self": "the query's own piece",
    "mass_prev": "the piece before the query; 0 where there is none",
    "mass_next": "the piece after the query; 0 where there is none",
    "mass_same_word": "other pieces of the query's word",
    "mass_other": "keys in none of these classes",
}

COUNTS = (
    Column("n_queries", INT, "pieces", "real query pieces, specials included"),
    Column("n_queries_cls", INT, "pieces", "query pieces that are CLS"),
    Column("n_queries_sep", INT, "pieces", "query pieces that are SEP"),
    Column("n_queries_choice", INT, "pieces", "query pieces that may see two keys or more"),
    Column("n_keys", INT, "pieces", "real key pieces, specials included"),
    *(
        Column(f"n_keys_{name}", INT, "pieces", f"key pieces of the class {name}")
        for name in KEY_CLASSES
    ),
)
SUMS = (
    *(
        Column(name, FLOAT, "mass × pieces", f"attention to {what}")
        for name, what in MASSES.items()
    ),
    Column("cls_to_cls", FLOAT, "mass × pieces", "attention from CLS queries to CLS keys"),
    Column("sep_to_sep", FLOAT, "mass × pieces", "attention from SEP queries to SEP keys"),
    *(
        Column(f"self_{c}", FLOAT, "mass × pieces", f"part of mass_{c} that is the query itself")
        for c in DUMP_CLASSES
    ),
    Column("row_sum", FLOAT, "mass × pieces", "all attention, but for that of learned sinks"),
    Column("entropy_nats", FLOAT, "nats × pieces", "−Σ A ln A of each query"),
    Column("entropy_normalised", FLOAT, "pieces", "entropy / ln(keys in sight)"),
    Column("confidence", FLOAT, "mass × pieces", "largest weight of each query (Voita 2019)"),
    Column("confidence_content", FLOAT, "mass × pieces", "largest weight on a key not special"),
    Column("distance_pieces", FLOAT, "pieces²", "Σ A |key − query|"),
    Column("displacement_pieces", FLOAT, "pieces²", "Σ A (key − query)"),
)
NORM_SUMS = (
    *(
        Column(f"norm_{name}", FLOAT, "norm × pieces", f"attention × ‖value W_O‖ to {what}")
        for name, what in MASSES.items()
    ),
    Column("norm_row_sum", FLOAT, "norm × pieces", "attention × ‖value W_O‖ to all keys"),
    Column("value_norm", FLOAT, "norm × pieces", "‖value W_O‖ added up over the keys"),
    *(
        Column(f"value_norm_{name}", FLOAT, "norm × pieces", f"the same over keys of class {name}")
        for name in KEY_CLASSES
    ),
)
"""By value norms; null where a model does not read its heads' output by one matrix."""
SPEARMAN = Column(
    "spearman",
    FLOAT,
    "",
    "rank correlation over the keys of a sentence: attention received (mean over the queries that"
    " see it), ‖value W_O‖; of equals the mean rank, where rounding leaves them equal",
)
SEGMENTS = (
    Column(
        "segment_own",
        FLOAT,
        "mass × pieces",
        "two sentences in one input: attention between words' pieces of one sentence, neighbours"
        " left out, of queries that see some of both; null for one sentence",
    ),
    Column("segment_both", FLOAT, "mass × pieces", "the same between pieces of either sentence"),
    Column("uniform_segment_own", FLOAT, "mass × pieces", "segment_own of a uniform pattern"),
    Column("uniform_segment_both", FLOAT, "mass × pieces", "segment_both of a uniform pattern"),
)
HISTOGRAMS = (
    Column(
        "offset_mass",
        pa.list_(FLOAT, BINS),
        "mass × pieces",
        "attention at key − query = −8..8, then all below, then all above",
    ),
    Column(
        "argmax_offset",
        pa.list_(INT, BINS),
        "pieces",
        "queries whose largest weight sits at that offset; bins as in offset_mass",
    ),
)
SINKS = tuple(
    Column(
        f"alpha_{k}", FLOAT, "mass", f"mean attention to position {k} over the queries that see it"
    )
    for k in range(4)
)
UNIFORM = tuple(
    Column(
        f"uniform_{name}",
        FLOAT,
        "mass × pieces",
        f"{name} of a uniform pattern over the keys in sight",
    )
    for name in MASSES
)

NO_WORD, NO_PIECE, NOT_A_NODE = -1, -2, -3
"""Pointers to nothing: −1 where no other word gets any weight, −2 for a word no piece of which is
read; in a tree −1 for its first word, −3 for punctuation."""

POINTERS = (
    Column(
        "attends_to",
        pa.list_(pa.int16()),
        "word",
        "per word of the queries' side: the word it attends to most, 0-based; −1 none, −2 no piece"
        " of it is read",
    ),
    Column(
        "attended_by",
        pa.list_(pa.int16()),
        "word",
        "per word of the keys' side: the word that attends to it most, likewise",
    ),
    Column(
        "predicted_attends_to",
        pa.list_(pa.int16()),
        "word",
        "site cross: as attends_to, of the positions that have to say the word (AWO); null else",
    ),
)
POINTERS += (
    *(
        Column(f"{c.name}_norm", c.type, "word", f"{c.name} with weights × ‖value W_O‖")
        for c in POINTERS
    ),
    Column(
        "tree",
        pa.list_(pa.int16()),
        "word",
        "parent of each word in the maximum spanning tree of A + Aᵀ without punctuation; −1 its"
        " first word, −2 no piece, −3 punctuation; null across",
    ),
    Column(
        "tree_max",
        pa.list_(pa.int16()),
        "word",
        "the word that each attends to most, punctuation left out on both sides; −1 none, −2 no"
        " piece, −3 punctuation; null across",
    ),
)

OUTPUTS = (
    Column("key_class", STRING, "", "cls, sep or first"),
    Column("n_queries", pa.int64(), "pieces", "queries of the shard's sentences"),
    Column(
        "output",
        pa.list_(REAL),
        "norm × pieces",
        "what keys of the class give, Σ A value W_O, summed over queries; in coordinates that keep"
        " lengths and angles",
    ),
    Column("energy", REAL, "norm² × pieces", "its squared length, summed over queries"),
)
SIMILARITY = (
    Column("other_layer", pa.int16(), "", "of the head that it is compared with"),
    Column("other_head", pa.int16(), "", "of the head that it is compared with"),
    Column(
        "n_queries",
        pa.int64(),
        "pieces",
        "queries compared: of every n-th sentence, 64 at most of each",
    ),
    Column(
        "js_divergence",
        REAL,
        "nats × pieces",
        "Jensen–Shannon divergence of the two patterns, summed over queries; nothing is smoothed",
    ),
)

VALUES = (
    Column(
        "key_class",
        STRING,
        "",
        "class of key whose values are summed; word = pieces of words; output = the head's outputs",
    ),
    Column("n_pieces", pa.int64(), "pieces", "of the class, or queries, in the shard's sentences"),
    Column("value", pa.list_(REAL), "value × pieces", "sum over them, in the head's channels"),
)

EFFECTS = (
    Column("sentence", INT, "", "row of the sentence in the corpus, from 0"),
    Column(
        "scope",
        STRING,
        "",
        "what is changed: a head, all of a layer, all; dumping = those whose mean mass on the class"
        " is above the threshold of dumping, wherever its interval ends; random-1 … = as many"
        " others of the same layers, as far as there are",
    ),
    Column("site", STRING, "", "encoder, decoder or cross; null for more than one layer"),
    Column("layer", pa.int16(), "", "from 0; null for more than one"),
    Column("head", pa.int16(), "", "from 0; null for more than one"),
    Column("key_class", STRING, "", "class of keys that it is done to; null where it is to none"),
    Column(
        "condition", STRING, "", "; ".join(f"{k}: {v}" for k, v in (ON_KEYS | ON_HEADS).items())
    ),
    Column("n_heads", INT, "heads", "that it is done to"),
    Column("n_pieces", INT, "pieces", "read by the stack that speaks, its last states changed"),
    Column("n_said", INT, "pieces", "that had to be said; null without a language model's head"),
    Column("state_change", FLOAT, "ratio × pieces", "‖change‖ / ‖state‖ of each last state"),
    Column("cosine", FLOAT, "", "of the mean of the last states, before and after"),
    Column("loss_before", FLOAT, "nats × pieces", "of the model as it is"),
    Column("loss_change", FLOAT, "nats × pieces", "what the change adds to it"),
    Column("kl", FLOAT, "nats × pieces", "KL(before ‖ now) of what is said"),
)
OBSERVED = (
    Column(
        "special_mass",
        pa.list_(FLOAT),
        "mass",
        "of each word, the mean over its pieces, on special pieces; null of one without pieces, and"
        " where the sentence was changed and not watched",
    ),
    Column(
        "importance",
        FLOAT,
        "nats",
        "|∂ loss / ∂ gate| of a gate on the head, at 1; null where no loss was taken, or a part of"
        " the model is run without gradients",
    ),
)

LAKE: dict[str, pa.Schema] = {
    "sentences": schema(SENTENCE),
    "quarantine": schema(QUARANTINE),
    "heads": schema(
        ROW_KEYS, COUNTS, SUMS, SEGMENTS, HISTOGRAMS, SINKS, UNIFORM, (*NORM_SUMS, SPEARMAN)
    ),
    "pointers": schema(ROW_KEYS, POINTERS),
    "outputs": schema(HEAD_KEYS, OUTPUTS),
    "similarity": schema(HEAD_KEYS, SIMILARITY),
    "values": schema(HEAD_KEYS, VALUES),
    "effects": schema(EFFECTS),
    "observed": schema(ROW_KEYS, OBSERVED),
}
INTERVENED = ("effects", "observed")
"""What interventions add."""
MEASURED = ("heads", "pointers", "outputs", "similarity", "values")
"""What a cell adds to the lake. The last three have rows per head, or pair of heads, in a shard."""
TALLIED = ("heads", "pointers")
"""Those of them that heads are judged by, shard by shard."""
OF_SHARDS = ("outputs", "similarity", "values")
"""These: small, and put together when a cell is published."""
