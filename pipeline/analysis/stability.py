"""How far the counts hang on what one chose: the margin, the nulls, the corpus."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from scipy.stats import spearmanr

from pipeline.analysis.census import CELL, HEAD_OF_CELL, LEVEL, WEIGHTING, with_own
from pipeline.analysis.nulls import TRAINED, relations_with_nulls
from pipeline.analysis.rules import Rules
from pipeline.lake.schema import HEAD

MARGINS = tuple(percent / 100 for percent in range(0, 32, 2))
SHARES = ("mass_cls", "mass_sep", "mass_first", "entropy_normalised", "confidence")
"""Columns of heads of which is asked whether they rank heads alike over two corpora."""


def counted(relations: pl.DataFrame) -> pl.DataFrame:
    """The rows that heads are counted by."""
    return relations.filter(level=LEVEL, weighting=WEIGHTING)


def by_margin(relations: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The table `margins`: heads that track, had one asked for another lead over the offset.

    Where no null was measured, heads that pass the two other flags. A cell in which no relation has
    `min_arcs` arcs has no rows.
    """
    lead = pl.col("accuracy") - pl.col("baseline_accuracy")
    passes = pl.col("significant") & pl.col("beats_nulls").fill_null(True)
    asked = counted(relations).filter(pl.col("n") >= rules.min_arcs)
    cells = asked.select(CELL).unique(maintain_order=True)
    found = [
        cells.join(
            asked.filter(passes, lead >= margin - 1e-9)
            .group_by(CELL)
            .agg(n_heads=pl.struct(HEAD).n_unique()),
            on=CELL,
            how="left",
            maintain_order="left",
        ).with_columns(pl.col("n_heads").fill_null(0), margin=pl.lit(margin))
        for margin in with_own(MARGINS, rules.margin)
    ]
    return pl.concat(found)


def by_nulls(relations: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The table `nulls`: heads of the model itself that track, by the nulls they must beat."""
    cells = counted(relations).partition_by("model", "corpus", maintain_order=True)
    found = [frame for rows in cells if not (frame := _by_nulls(rows, rules)).is_empty()]
    return pl.concat(found) if found else pl.DataFrame()


def _by_nulls(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Of one model on one corpus."""
    rows = rows.drop("beats_nulls", "tracks")
    seeded = pl.concat_str("control", pl.lit("-"), "seed")
    words = pl.when(pl.col("seed") > 0).then(seeded).otherwise("control")
    named = rows.with_columns(word=words)
    nulls = named.filter(pl.col("control") != TRAINED)["word"].unique().sort().to_list()
    choices = {"all": nulls}
    if len(nulls) > 1:
        choices |= {f"{null} alone": [null] for null in nulls}
        choices |= {f"all but {null}": [n for n in nulls if n != null] for null in nulls}
    found = []
    for name, kept in choices.items() if nulls else ():
        some = named.filter((pl.col("control") == TRAINED) | pl.col("word").is_in(kept))
        judged = relations_with_nulls(some.drop("word").lazy(), rules).collect()
        heads = judged.filter(control=TRAINED, tracks=True).select(HEAD_OF_CELL).unique()
        asked = pl.col("tracks").is_not_null() & (pl.col("n") >= rules.min_arcs)
        cells = judged.filter(asked, control=TRAINED).select(CELL).unique()
        found.append(
            cells.join(heads.group_by(CELL).agg(n_tracks=pl.len()), on=CELL, how="left")
            .with_columns(pl.col("n_tracks").fill_null(0), nulls=pl.lit(name))
            .sort(CELL)
        )
    return pl.concat(found) if found else pl.DataFrame()


def agreement(heads: pl.DataFrame, relations: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The table `agreement`: whether two corpora rank the heads of a model alike."""
    found = [
        row
        for kind in (_of_heads(heads), _of_relations(counted(relations), rules))
        for row in _pairs(kind)
    ]
    return pl.DataFrame(found) if found else pl.DataFrame()


_MODEL = ["model", "control", "seed"]


def _of_heads(heads: pl.DataFrame) -> pl.DataFrame:
    return heads.select(*CELL, *HEAD, *SHARES).unpivot(
        SHARES, index=[*CELL, *HEAD], variable_name="what"
    )


def _of_relations(relations: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    return relations.filter(pl.col("n_all") >= rules.min_arcs).select(
        *CELL,
        *HEAD,
        what=pl.format("{} {}", "deprel", "direction"),
        value=pl.col("hits_all") / pl.col("n_all"),
    )


def _pairs(values: pl.DataFrame) -> Iterator[dict]:
    """Of each model, site and quantity, each pair of corpora that have it."""
    keys = [*_MODEL, "site", "what"]
    for key, rows in values.drop_nulls().group_by(keys, maintain_order=True):
        of_corpus = {
            corpus[0]: frame.sort("layer", "head")["value"].to_numpy()
            for corpus, frame in rows.group_by("corpus", maintain_order=True)
        }
        names = sorted(of_corpus)
        for k, a in enumerate(names):
            for b in names[k + 1 :]:
                x, y = of_corpus[a], of_corpus[b]
                if len(x) == len(y) > 2 and np.ptp(x) > 0 and np.ptp(y) > 0:
                    ranked = dict(zip(keys, key, strict=True))
                    rho = float(spearmanr(x, y)[0])  # pyrefly: ignore
                    yield ranked | {
                        "corpus": a,
                        "other_corpus": b,
                        "n_heads": len(x),
                        "spearman": rho,
                    }
