"""The answers of interventions: a schema per table that `intervene` writes."""

import pyarrow as pa

from pipeline.core.names import ON_HEADS, ON_KEYS
from pipeline.lake.schema import BOOL, EFFECTS, HEAD_KEYS, INT, REAL, STRING, Column, schema
from pipeline.lake.tables import CELL_KEYS

OUTCOMES = {
    "state_change": ("ratio", "mean ‖change‖ / ‖state‖ of a last state"),
    "kl": ("nats", "mean KL(before ‖ now) of what is said; null without a head"),
    "loss_change": ("nats", "mean loss added to each piece that is said; null without a head"),
}
"""What a change does to a model, a piece."""
VERDICTS = {
    "parking": "the values do not matter, but the weights have nowhere else to go: zero_value does"
    " nothing, mask does something",
    "content": "the values matter: zero_value does something",
    "idle": "nothing matters: not the values, not the weights, not the head",
    "indifferent": "the values do not matter and the weights may go elsewhere; the head matters",
    "undecided": "an interval lies on both sides of what counts as nothing, or the sentences are"
    " fewer than ten",
}

MEANS = (
    *CELL_KEYS,
    *EFFECTS[1:8],
    Column("n_sentences", INT, "sentences", "changed"),
    *(
        column
        for name, (unit, meaning) in OUTCOMES.items()
        for column in (
            Column(name, REAL, unit, meaning),
            Column(f"{name}_low", REAL, unit, "low end of its 95 % sentence bootstrap interval"),
            Column(f"{name}_high", REAL, unit, "high end of its 95 % sentence bootstrap interval"),
        )
    ),
    Column("cosine", REAL, "", "mean of the cosine of the sentence's embedding, before and after"),
)
JUDGED = (
    Column("key_class", STRING, "", "class of keys"),
    Column("outcome", STRING, "", "state_change or kl"),
    Column("mass", REAL, "mass", "the head's mean attention to it; null of previous_word"),
    Column("dumps", BOOL, "", "the head dumps on it, by the census; null where it does not ask"),
    *(
        Column(name, REAL, "ratio or nats", f"the outcome where {what}")
        for name, what in (ON_KEYS | ON_HEADS).items()
    ),
    *(
        Column(f"{name}_{end}", REAL, "ratio or nats", f"{end} end of its 95 % interval")
        for name in ("mask", "zero_value", "mean_value", "no_head")
        for end in ("low", "high")
    ),
    Column(
        "peers",
        REAL,
        "ratio or nats",
        "median zero_value of the layer's other heads that were changed",
    ),
    Column("negligible", REAL, "ratio or nats", "what counts as nothing in this cell"),
    Column("verdict", STRING, "", "; ".join(f"{k}: {v}" for k, v in VERDICTS.items())),
    Column("constant", BOOL, "", "content, and its mean over the corpus would do as well"),
)
NO_OPS = (
    Column("direction", STRING, "", "dep_to_gov or gov_to_dep"),
    Column("deprel", STRING, "", "the head's best relation, chosen on the fitting half"),
    Column("tracks", BOOL, "", "the head tracks it; null where no null was measured"),
    Column(
        "n_with",
        INT,
        "words",
        "words with an arc of it (a decoder's: to a word before), of the watched sentences of the"
        " confirming half",
    ),
    Column("n_without", INT, "words", "words without, of the same sentences"),
    Column("mass_with", REAL, "mass", "mean attention to special pieces from the first"),
    Column("mass_without", REAL, "mass", "and from the others"),
    Column("difference", REAL, "mass", "mass_without − mass_with"),
    Column("difference_low", REAL, "mass", "low end of its 95 % sentence bootstrap interval"),
    Column("difference_high", REAL, "mass", "high end of its 95 % sentence bootstrap interval"),
)
IMPORTANCE = (
    Column("n_sentences", INT, "sentences", "whose loss was taken"),
    Column("importance", REAL, "nats", "mean |∂ loss / ∂ gate| of a sentence"),
    Column("loss_change", REAL, "nats", "mean loss that a sentence gains without the head"),
)
COST = (
    Column("n_layer_rows", pa.int64(), "layers × rows", "layers run, times the rows they ran on"),
    Column("n_layer_rows_naive", pa.int64(), "layers × rows", "had each change been a whole pass"),
    Column("n_layer_runs", pa.int64(), "layers", "times that a layer was run, on many rows"),
    Column("n_layer_runs_naive", pa.int64(), "layers", "had each change been a pass per batch"),
)

EFFECT_TABLES: dict[str, pa.Schema] = {
    "effects": schema(MEANS),
    "verdicts": schema(CELL_KEYS, HEAD_KEYS, JUDGED),
    "no_ops": schema(CELL_KEYS, HEAD_KEYS, NO_OPS),
    "importance": schema(CELL_KEYS, HEAD_KEYS, IMPORTANCE),
    "cost": schema(CELL_KEYS, COST),
}
