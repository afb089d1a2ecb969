"""The tables on the page of interventions. Effects on states are in percent of a state's length."""

from typing import Any

import polars as pl
from scipy.stats import spearmanr

from pipeline.analysis.effects import Judging, judged
from pipeline.core.names import CONDITIONS, ON_KEYS
from pipeline.lake.effect_tables import VERDICTS
from pipeline.lake.layout import word
from pipeline.lake.schema import HEAD
from pipeline.report.blocks import Block, Cell, Heading, Table, say
from pipeline.report.relations import ARROWS, head_name
from pipeline.report.text import DASH, number, percent, plural, rounded, signed

CLASSES = {
    "sep": "[SEP]",
    "cls": "[CLS]",
    "bos": "BOS",
    "first": "the first piece",
    "punct": "punctuation",
    "previous_word": "the previous word",
}
DONE = {
    "mask": "keys masked",
    "zero_value": "values zero",
    "mean_value": "values their mean",
    "mask_others": "others masked",
    "zero_others": "others zero",
    "no_head": "head removed",
    "mean_head": "head its mean",
    "uniform": "head uniform",
}
SHARES = (0.1, 0.25, 0.5, 1.0)
LISTED = 40


def dumping(
    verdicts: pl.DataFrame, cell: dict[str, Any], outcome: str = "state_change"
) -> pl.DataFrame:
    """Verdicts on the heads of a cell that dump, each by the class that it dumps on most."""
    return (
        verdicts.filter(pl.col("dumps"), outcome=outcome, **cell)
        .sort("mass", descending=True, maintain_order=True)
        .unique(HEAD, keep="first", maintain_order=True)
        .sort(HEAD)
    )


def cells_of(section: dict[str, pl.DataFrame]) -> list[dict[str, Any]]:
    return section["cost"].select("control", "seed").to_dicts()


def _outcomes(section: dict[str, pl.DataFrame]) -> dict[str, str]:
    """By what verdicts are given: states always, what is said where something is."""
    said = section["effects"]["kl"].count()
    return {"state_change": "last states"} | ({"kl": "what is said"} if said else {})


def counted(section: dict[str, pl.DataFrame]) -> list[Block]:
    rows = []
    for outcome, by in _outcomes(section).items():
        for cell in cells_of(section):
            found = dumping(section["verdicts"], cell, outcome)
            counts = (found.filter(verdict=v).height for v in VERDICTS)
            constant = found.filter(pl.col("constant").fill_null(False)).height
            rows.append(
                (
                    word(cell["control"], cell["seed"]),
                    by,
                    *(number(n) for n in (found.height, *counts, constant)),
                )
            )
    header = ("control", "by", "heads that dump", *VERDICTS, "content, but constant")
    return [
        Heading(3, "Heads that dump, and what for"),
        Table("Number of heads by verdict", header, tuple(rows), words=2),
    ]


def each_head(section: dict[str, pl.DataFrame], first: dict[str, Any]) -> list[Block]:
    found = dumping(section["verdicts"], first)
    if found.is_empty():
        return []
    columns = [name for name in DONE if name != "mean_head"]
    rows = tuple(
        (
            head_name(row, tuple(found["site"].unique())),
            CLASSES[row["key_class"]],
            row["verdict"] or DASH,
            percent(row["mass"]),
            *(number(rounded(row[name], 1), 1) for name in columns),
            number(rounded(row["peers"], 1), 1),
        )
        for row in found.sort("mass", descending=True).head(LISTED).iter_rows(named=True)
    )
    header = ("head", "dumps on", "verdict", "attention, %", *(DONE[c] for c in columns))
    table = Table(
        "Change of the last states, % of their length",
        (*header, "other heads of the layer, values zero"),
        rows,
        words=3,
    )
    return [Heading(3, "Head by head"), table]


def by_threshold(
    section: dict[str, pl.DataFrame], first: dict[str, Any], rules: Judging
) -> list[Block]:
    """How the counts move with what counts as nothing."""
    cell = section["effects"].filter(**first)
    if dumping(section["verdicts"], first).is_empty():
        return []
    kept = section["verdicts"].filter(outcome="state_change", **first)
    marks = kept.select(*HEAD, "key_class", "mass", "dumps")
    rows = []
    for share in sorted({*SHARES, rules.negligible}):
        marked = judged(cell, "state_change", share).join(marks, on=[*HEAD, "key_class"])
        found = dumping(marked, {})
        nothing = found["negligible"].max() if found.height else None
        rows.append(
            (
                f"{100 * share:g}",
                number(rounded(nothing, 2), 2),  # pyrefly: ignore
                *(number(found.filter(verdict=v).height) for v in VERDICTS),
            )
        )
    header = ("% of removing a head", "that is, % of a state", *VERDICTS)
    return [
        Heading(3, "How the counts move with what counts as nothing"),
        Table("Heads that dump, by verdict", header, tuple(rows), words=0),
    ]


def changed_together(section: dict[str, pl.DataFrame]) -> list[Block]:
    """All heads at once; those that dump at once, and as many others."""
    rows: list[tuple[Cell, ...]] = []
    for cell in cells_of(section):
        effects = section["effects"].filter(pl.col("scope").is_in(["head", "layer"]).not_(), **cell)
        classes = effects["key_class"].unique(maintain_order=True).to_list()
        for a, b in (("first", "cls"), ("first", "bos"), ("bos", "cls")):
            if a in classes and _same(effects, a, b):
                classes.remove(a)
        for key_class in [c for c in CLASSES if c in classes]:
            for scope in ("all", "dumping", "random"):
                of_scope = effects.filter(
                    pl.col("scope").str.starts_with(scope), key_class=key_class
                )
                if of_scope.height:
                    rows.append(
                        (
                            word(cell["control"], cell["seed"]),
                            CLASSES[key_class],
                            {"random": "others"}.get(scope, scope),
                            number(of_scope["n_heads"].mean()),  # pyrefly: ignore
                            *(_mean(of_scope, condition) for condition in ON_KEYS),
                        )
                    )
    if not rows:
        return []
    header = ("control", "class", "heads", "n", *(DONE[c] for c in ON_KEYS))
    return [
        Heading(3, "Many heads at once"),
        say(
            "All heads of the model; dumping: those whose mean mass on the class is above the"
            " threshold, wherever its interval ends (so they may be more than those that dump); and"
            " as many others of the same layers, drawn at random, as far as there are others (mean"
            " of the draws)."
        ),
        Table("Change of the last states, % of their length", header, tuple(rows), words=3),
    ]


def _same(effects: pl.DataFrame, a: str, b: str) -> bool:
    """Whether two classes are the same keys, and all would stand there twice."""
    both = [effects.filter(key_class=c)["state_change"].to_list() for c in (a, b)]
    return bool(both[0]) and both[0] == both[1]


def _mean(rows: pl.DataFrame, condition: str) -> str:
    found = rows.filter(condition=condition)["state_change"].mean()
    return number(rounded(found, 1), 1)  # pyrefly: ignore


def no_ops(section: dict[str, pl.DataFrame], first: dict[str, Any]) -> list[Block]:
    found = section["no_ops"].filter(**first)
    if found.is_empty():
        return []
    heading = Heading(3, "A no-op? Attention to special pieces with and without an arc")
    if not looks_at_special(section):
        return [heading, say("This model is given no special pieces: none can be looked at.")]
    rows = []
    for cell in cells_of(section):
        of_cell = section["no_ops"].filter(**cell)
        tracking = of_cell.filter(pl.col("tracks").fill_null(False))
        for what, some in (("heads that track", tracking), ("all heads", of_cell)):
            middle = some["difference"].median()
            rows.append(
                (
                    word(cell["control"], cell["seed"]),
                    what,
                    number(some.height),
                    number(some.filter(pl.col("difference_low") > 0).height),
                    number(some.filter(pl.col("difference_high") < 0).height),
                    signed(rounded(middle, 1), 1),  # pyrefly: ignore
                )
            )
    header = (
        "control",
        "heads",
        "n",
        "more without an arc",
        "less without an arc",
        "median, points",
    )
    tracking = found.filter(pl.col("tracks").fill_null(False)).sort("difference", descending=True)
    lines = tuple(
        (
            head_name(row, tuple(found["site"].unique())),
            f"{row['deprel']} {ARROWS[row['direction']]}",
            number(row["n_with"]),
            number(row["n_without"]),
            percent(row["mass_with"]),
            percent(row["mass_without"]),
            f"{signed(rounded(row['difference'], 1), 1)}",
            f"{signed(rounded(row['difference_low'], 1), 1)} to"
            f" {signed(rounded(row['difference_high'], 1), 1)}",
        )
        for row in tracking.head(LISTED).iter_rows(named=True)
    )
    blocks: list[Block] = [
        heading,
        say(
            "Clark et al. (2019, §3.2) suggest that a head attends to [SEP] where its function does"
            " not apply. Here of each head's best relation (chosen on the fitting half): attention"
            " to special pieces from words without an arc of it, punctuation among them, less that"
            " from words with one, over the watched sentences of the confirming half. A row sums to"
            " one: a head that looks at the arc's word has less for all else, so that a difference"
            " above 0 alone is no proof. Intervals are each of one head."
        ),
        Table("Heads whose interval lies above, or below, 0", header, tuple(rows), words=2),
    ]
    if lines:
        header = ("head", "relation", "words with", "words without", "mass with, %")
        header += ("mass without, %", "difference, points", "95 % interval")
        blocks.append(Table("Heads that track a relation", header, lines, words=2))
    return blocks


def looks_at_special(section: dict[str, pl.DataFrame]) -> bool:
    """Whether anything is: where there are no special pieces, that says nothing of a head."""
    masses = section["no_ops"].select(pl.max_horizontal("mass_with", "mass_without").max())
    return bool(masses.item())


def importances(section: dict[str, pl.DataFrame], first: dict[str, Any]) -> list[Block]:
    found = section["importance"].filter(**first).drop_nulls("loss_change")
    if found.height < 3:
        return []
    state = section["effects"].filter(scope="head", condition="no_head", **first)
    joined = found.join(state.select(*HEAD, "state_change"), on=HEAD)
    of_losses = _rank_correlation(found["importance"], found["loss_change"].abs())
    of_states = _rank_correlation(joined["importance"], joined["state_change"])
    return [
        Heading(3, "Importance by gradient"),
        say(
            f"Over {plural(found.height, 'head')} the rank correlation of Michel et al.'s estimate,"
            " |∂ loss / ∂ gate|, with the loss that a head's removal really changes is"
            f" {of_losses}; with the change of the last states {of_states}."
        ),
    ]


def _rank_correlation(a: pl.Series, b: pl.Series) -> str:
    """Spearman's; there is none where all of either are alike."""
    if min(a.n_unique(), b.n_unique()) < 2:
        return DASH
    return f"{spearmanr(a, b).statistic:.2f}"


def work(section: dict[str, pl.DataFrame]) -> list[Block]:
    cost = section["cost"]
    rows = tuple(
        (
            word(row["control"], row["seed"]),
            *(number(row[c]) for c in ("n_layer_rows", "n_layer_rows_naive")),
            number(100 * row["n_layer_rows"] / max(row["n_layer_rows_naive"], 1), 0),
            *(number(row[c]) for c in ("n_layer_runs", "n_layer_runs_naive")),
            number(100 * row["n_layer_runs"] / max(row["n_layer_runs_naive"], 1), 1),
        )
        for row in cost.iter_rows(named=True)
    )
    header = ("control", "layers × rows", "naive", "%", "layers run", "naive", "%")
    return [
        Heading(3, "What it cost"),
        say(
            "A layer evaluation is a layer run once on a batch. Naive is a whole pass of the batch"
            " for each change: many changes pass a layer together here, as rows of one batch."
            " Layers × rows is what is computed: layers below a change are run once for all"
            " changes, and classes of the same keys once for both."
        ),
        Table("Layer evaluations", header, rows),
    ]


assert set(DONE) == set(CONDITIONS)
