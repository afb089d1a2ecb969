"""The tables cut into sections: one model on one corpus, with its controls side by side.

A cell of the grid is model × control × seed × corpus. A section holds the cells that differ only
in control and seed; a `Control` is one control with all of its seeds.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.analysis.nulls import TRAINED
from pipeline.core.errors import UserError
from pipeline.core.names import DUMP_CLASSES
from pipeline.lake.schema import HEAD
from pipeline.lake.tables import TABLES
from pipeline.report.settings import ReportSettings
from pipeline.report.text import distinct, slug

NO_PROJECTION = "no_projection"
# The order in which controls are shown: the model itself, then from weightless to nearly intact.
KNOWN = (
    TRAINED,
    NO_PROJECTION,
    "random_weights",
    "shuffled_weights",
    "spectrum_weights",
    "random_embeddings",
    "random_pieces",
    "shuffled_words",
    "no_projection_whole",
)
CROSS = "cross"
"""From the decoder's pieces to the encoder's: two sequences, no diagonal."""
SITES = ("encoder", "decoder", CROSS)
CLASS_NAMES = {"cls": "[CLS]", "bos": "BOS", "sep": "[SEP]", "eos": "EOS", "first": "first piece"}


def _rank(name: str, known: tuple[str, ...]) -> tuple[int, str]:
    return (known.index(name) if name in known else len(known), name)


@dataclass(frozen=True)
class Control:
    name: str
    seeds: tuple[int, ...]

    @property
    def label(self) -> str:
        """Its name, and the number of seeds where there are several."""
        return f"{self.name} × {len(self.seeds)} seeds" if len(self.seeds) > 1 else self.name

    @property
    def first_seed_label(self) -> str:
        """Its name, and which seed where a picture has room for one."""
        if len(self.seeds) == 1:
            return self.name
        first, n = self.seeds[0], len(self.seeds)
        # A seed's number may lie beyond how many there are.
        return f"{self.name}, seed {first}{'' if first < n else ', one'} of {n}"

    @property
    def trained(self) -> bool:
        return self.name == TRAINED

    @property
    def weightless(self) -> bool:
        """Q, K, V are the layer's input: its masses count only with the diagonal set apart."""
        return self.name.startswith(NO_PROJECTION)


@dataclass(frozen=True)
class Section:
    model: str
    corpus: str
    controls: tuple[Control, ...]
    heads: pl.DataFrame
    relations: pl.DataFrame
    alignments: pl.DataFrame
    dumps: pl.DataFrame
    census: pl.DataFrame
    trees: pl.DataFrame
    similarity: pl.DataFrame
    margins: pl.DataFrame
    nulls_chosen: pl.DataFrame
    has_syntax: bool
    """Some arc was scored, in whatever way."""
    few: int | None
    """How many arcs a relation has to have, where none has so many: no head can pass a flag."""
    few_links: int | None
    """How many sure links a corpus has to have, where it has some, but fewer."""

    @property
    def title(self) -> str:
        return f"{self.model} × {self.corpus}"

    def file(self, what: str) -> str:
        """Name of one of its figures, without the suffix."""
        return f"{slug(self.model)}--{slug(self.corpus)}--{what}"

    @property
    def trained(self) -> dict | None:
        """Census row of the model itself; None where only controls were measured."""
        rows = self.census.filter(pl.col("control") == TRAINED)
        return rows.row(0, named=True) if rows.height else None

    @property
    def nulls(self) -> tuple[Control, ...]:
        return tuple(control for control in self.controls if not control.trained)

    @property
    def has_links(self) -> bool:
        """The corpus has gold links that a cross-attention head was scored against."""
        return self.alignments.height > 0

    @property
    def sites(self) -> tuple[str, ...]:
        sites = self.heads["site"].unique().to_list()
        return tuple(sorted(sites, key=lambda site: _rank(site, SITES)))

    @property
    def classes(self) -> tuple[str, ...]:
        """Key classes that the tokenizer has: GPT-2 has no CLS, and a column of zeros is noise."""
        return _classes(self.heads)

    def classes_at(self, site: str) -> tuple[str, ...]:
        """Those that stand among the keys of one site: what a decoder reads may have no CLS."""
        return _classes(self.heads.filter(pl.col("site") == site))

    def n_heads(self, site: str) -> int:
        at_site = self.heads.filter(pl.col("site") == site)
        return at_site.select("layer", "head").n_unique()

    def first_seed(self, frame: pl.DataFrame, control: Control, site: str) -> pl.DataFrame:
        """Rows of one site, of a control's first seed."""
        return frame.filter(
            pl.col("control") == control.name,
            pl.col("seed") == control.seeds[0],
            pl.col("site") == site,
        )

    @property
    def dump_classes(self) -> tuple[str, ...]:
        return tuple(name for name in DUMP_CLASSES if name in self.classes)

    def counts(self, control: Control, column: str) -> list[int | None]:
        """One count of the census per seed of a control."""
        rows = self.census.filter(pl.col("control") == control.name).sort("seed")
        return rows[column].to_list()


def most_in_nulls(section: Section, column: str) -> int | None:
    """The largest such count of the census in any null; None where none was measured."""
    counts = [n for null in section.nulls for n in section.counts(null, column)]
    return max((n for n in counts if n is not None), default=None)


def undecided(section: Section, flag: str) -> bool:
    """The census of the model itself could not tell: of arcs or links enough, no null control was
    measured; or there are too few."""
    row = section.trained
    return row is not None and row[f"n_{flag}"] is None


def counting(rows: pl.DataFrame, flag: str) -> pl.Expr:
    """Rows that count; where that is undecided for all, those that pass the two other flags."""
    if rows[flag].null_count() == rows.height:
        return (pl.col("margin") & pl.col("significant")).fill_null(False)
    return pl.col(flag).fill_null(False)


def _classes(heads: pl.DataFrame) -> tuple[str, ...]:
    columns = {c: (f"mass_{c}", f"uniform_mass_{c}") for c in CLASS_NAMES}
    there = heads.select(
        pl.any_horizontal((pl.col(*pair) > 0).any()).alias(c) for c, pair in columns.items()
    ).row(0, named=True)
    return tuple(c for c in CLASS_NAMES if there[c])


def tidy(frame: pl.DataFrame) -> pl.DataFrame:
    """Names made printable and NaN made null, once, so that nothing downstream need think of it."""
    for name in (name for name, kind in frame.schema.items() if kind == pl.String):
        values = frame[name].drop_nulls().unique().to_list()
        changed = {value: distinct(value) for value in values if distinct(value) != value}
        if changed:
            frame = frame.with_columns(pl.col(name).replace(changed))
    return frame.with_columns(pl.col(pl.Float64, pl.Float32).fill_nan(None))


def check(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables tidied, or one line that names what is missing."""
    for name, schema in TABLES.items():
        if name not in tables:
            raise UserError(f"report: table {name!r} is missing; run aggregate again")
        missing = [column for column in schema.names if column not in tables[name].columns]
        if missing:
            raise UserError(
                f"report: table {name!r} lacks the column {missing[0]!r}; run aggregate again"
            )
    if tables["census"].is_empty():
        raise UserError("report: table 'census' has no rows; measure one cell at least")
    return {name: tidy(tables[name]) for name in TABLES}


def _with_norms(alignments: pl.DataFrame, weighting: pl.Expr) -> pl.DataFrame:
    """`aer_norm`: the error of the same head by weights × value norms; null where there is none."""
    keys = ["model", "corpus", "control", "seed", *HEAD, "convention"]
    by_norm = alignments.filter(weighting="norm").select(*keys, aer_norm="aer")
    return alignments.filter(weighting).join(by_norm, on=keys, how="left", maintain_order="left")


def _few(counted: pl.Series, min_arcs: int) -> int | None:
    return min_arcs if counted.len() and (counted < min_arcs).all() else None


def split(tables: Mapping[str, pl.DataFrame], settings: ReportSettings) -> list[Section]:
    """The sections, sorted by model and corpus.

    Raises UserError where what is to be shown by norms was measured without.
    """
    weighting = pl.col("weighting") == settings.weighting
    relations = tables["relations"].filter(pl.col("level") == settings.level, weighting)
    alignments = _with_norms(tables["alignments"], weighting)
    sections = []
    cells = tables["census"].select("model", "corpus").unique().sort("model", "corpus")
    for model, corpus in cells.iter_rows():
        here = (pl.col("model") == model) & (pl.col("corpus") == corpus)
        census = tables["census"].filter(here)
        names = sorted(census["control"].unique().to_list(), key=lambda name: _rank(name, KNOWN))
        controls = tuple(
            Control(name, tuple(census.filter(pl.col("control") == name)["seed"].sort().to_list()))
            for name in names
        )
        keys = ("control", "seed", *HEAD)
        scored, linked = tables["relations"].filter(here), tables["alignments"].filter(here)
        for rows in (scored, linked):
            if rows.height and rows.filter(weighting).is_empty():
                raise UserError(
                    f"report.weighting={settings.weighting}: {model} on {corpus} was measured"
                    " without value norms: leave this out, or measure them (measure.norms=true),"
                    " where this model has any"
                )
        sections.append(
            Section(
                model=model,
                corpus=corpus,
                controls=controls,
                heads=tables["heads"].filter(here).sort(keys),
                relations=relations.filter(here).sort(*keys, "deprel", "direction"),
                alignments=alignments.filter(here).sort(*keys, "convention"),
                dumps=tables["dumps"]
                .filter(here)
                .sort("control", "seed", "key_class", "threshold"),
                census=census,
                trees=tables["trees"].filter(here).sort(keys),
                similarity=tables["similarity"]
                .filter(here)
                .sort(*keys, "other_layer", "other_head"),
                margins=tables["margins"].filter(here).sort("control", "seed", "margin"),
                nulls_chosen=tables["nulls"].filter(here),
                has_syntax=scored.height > 0,
                few=_few(scored.filter(level="full")["n"], settings.min_arcs),
                few_links=_few(linked["n_sure"], settings.min_arcs),
            )
        )
    return sections
