"""From the lake to the answers. One cell at a time, one shard at a time; sums are what is kept."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl
import polars.selectors as cs
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.analysis import bootstrap
from pipeline.analysis.arcs import arcs_of
from pipeline.analysis.census import CELL, HEAD_OF_CELL, census, dump_curve, head_flags
from pipeline.analysis.halves import confirming
from pipeline.analysis.links import links_of
from pipeline.analysis.nulls import alignments_with_nulls, relations_with_nulls
from pipeline.analysis.rules import Rules
from pipeline.analysis.sites import SIDES, Fitted, SentenceShard, SiteTally, tables_of, trees_of
from pipeline.analysis.stability import agreement, by_margin, by_nulls
from pipeline.analysis.totals import similarity
from pipeline.lake import manifest
from pipeline.lake.columns import whole
from pipeline.lake.compact import read_shards
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.origins import verified
from pipeline.lake.read import frame_of, read_shard
from pipeline.lake.schema import TALLIED
from pipeline.lake.tables import TABLES


def aggregate(
    lake: Lake, cells: Sequence[Cell], rules: Rules, progress: Callable[[int], object]
) -> dict[str, pa.Table]:
    """The tables, by name. `progress` is told of each cell that is done.

    Raises UserError where a cell was not measured, was measured over other sentences than those
    in the lake, or where a shard's bytes are not those that were written.
    """
    of_cells: dict[str, list[pl.DataFrame]] = {}
    fitted: dict[str, Fitted] = {}
    for cell in cells:
        if cell.corpus not in fitted:
            fitted[cell.corpus] = fit(lake, cell.corpus, rules)
        for table, frame in _cell(lake, cell, fitted[cell.corpus], rules).items():
            of_cells.setdefault(table, []).append(of_cell(cell, frame))
        progress(1)
    return _tables(of_cells, rules)


def _tables(of_cells: dict[str, list[pl.DataFrame]], rules: Rules) -> dict[str, pa.Table]:
    relations = relations_with_nulls(_frame("relations", of_cells["relations"]), rules).collect()
    alignments = alignments_with_nulls(_frame("alignments", of_cells["alignments"]), rules)
    alignments = alignments.collect()
    flags = head_flags(relations.lazy(), alignments.lazy(), rules)
    heads = (
        _frame("heads", of_cells["heads"])
        .drop("tracks", "aligns")
        .join(
            flags.select([*HEAD_OF_CELL, "tracks", "aligns"]),
            on=HEAD_OF_CELL,
            how="left",
            maintain_order="left",
        )
        .collect()
    )
    facts = _frame("census", of_cells["census"]).select(_FACTS)
    frames = {
        "heads": heads,
        "relations": relations,
        "alignments": alignments,
        "trees": _frame("trees", of_cells["trees"]).collect(),
        "similarity": _frame("similarity", of_cells["similarity"]).collect(),
        "dumps": dump_curve(heads.lazy(), rules.dump_threshold).collect(),
        "margins": _frame("margins", [by_margin(relations, rules)]).collect(),
        "nulls": _frame("nulls", [by_nulls(relations, rules)]).collect(),
        "agreement": _frame("agreement", [agreement(heads, relations, rules)]).collect(),
        "census": census(heads.lazy(), flags, facts).collect(),
    }
    return {name: _arrow(name, frame) for name, frame in frames.items()}


def _cell(lake: Lake, cell: Cell, fitted: Fitted, rules: Rules) -> dict[str, pl.DataFrame]:
    """What a cell adds to each table, but for what needs other cells."""
    sites = tallied(lake, cell, fitted, rules, rules.seed)
    measured = manifest.read(lake.measured("heads", cell))
    facts = {k: v for k, v in measured.facts.items() if k.startswith("n_")}
    facts["n_quarantined"] = manifest.read(lake.sentences(cell.corpus)).facts["n_quarantined"]
    facts["n_repeats"] = fitted.n_repeats
    compared = lake.measured("similarity", cell)
    # One after the other: of a thousand shards they are as much as all else.
    shards = read_shards(manifest.paths(compared, whole(compared)))
    return {
        **tables_of(list(sites.values()), rules),
        "similarity": similarity(shards),
        "census": pl.DataFrame(facts),
    }


def tallied(
    lake: Lake, cell: Cell, fitted: Fitted, rules: Rules, seed: int, draws_offsets: bool = False
) -> dict[str, SiteTally]:
    """Everything that is added up of a cell, by site. `seed` draws the bootstrap's sentences: with
    the same one, cells of a corpus are resampled alike. `draws_offsets`: see `HeadTally`.

    Raises UserError as `aggregate` does.
    """
    paths = [
        manifest.paths(lake.measured(table, cell), verified(lake, cell, table)) for table in TALLIED
    ]
    sites: dict[str, SiteTally] = {}

    def add(shard: SentenceShard, files: Sequence[Path]) -> None:
        # What it reads is gone with it: of two shards at a time memory would be twice as much.
        weights = bootstrap.weights(shard.n_sentences, rules.bootstrap, seed, shard.number)
        tables = dict(zip(TALLIED, map(read_shard, files), strict=True))
        found = tables["heads"]["site"].unique().to_pylist()
        for site in found:
            # A decoder beside an encoder reads the target, one by itself what there is.
            side = "target" if site == "decoder" and "cross" in found else "source"
            if site not in sites:
                sites[site] = SiteTally(site, side, fitted, rules, draws_offsets)
            # A copy, but where all rows are of the one site.
            of_site = tables if len(found) == 1 else {k: _at(site, t) for k, t in tables.items()}
            sites[site].add(of_site, shard, weights)

    for shard, *files in zip(_shards(lake, cell.corpus, rules), *paths, strict=True):
        add(shard, files)
    given = lake.measured("outputs", cell)
    for outputs in read_shards(manifest.paths(given, whole(given))):
        for site, tally in sites.items():
            tally.outputs.add(_at(site, outputs))
    return sites


def _at(site: str, table: pa.Table) -> pa.Table:
    return table.filter(pc.equal(table["site"], site))  # pyrefly: ignore


def of_cell(cell: Cell, frame: pl.DataFrame) -> pl.DataFrame:
    """With the cell's keys."""
    if frame.is_empty():
        return frame
    return frame.with_columns(**{key: pl.lit(value) for key, value in asdict(cell).items()})


def fit(lake: Lake, corpus: str, rules: Rules) -> Fitted:
    """What position alone explains of a corpus."""
    fitted = Fitted()
    for shard in _shards(lake, corpus, rules, with_texts=True):
        fitted.add(shard)
    return fitted


def _shards(
    lake: Lake, corpus: str, rules: Rules, with_texts: bool = False
) -> Iterator[SentenceShard]:
    folder = lake.sentences(corpus)
    first, columns = 0, [*_ANNOTATION, *(_WORDS if with_texts else ())]
    for number, path in enumerate(manifest.paths(folder, whole(folder))):
        sentences = frame_of(read_shard(path).select(columns))
        rows = np.arange(first, first + len(sentences))
        arcs = {side: arcs_of(trees_of(sentences, side)) for side in SIDES}
        confirms = confirming(rows, rules.seed)
        texts = sentences.select(_WORDS).hash_rows() if with_texts else None
        yield SentenceShard(number, first, arcs, links_of(sentences), confirms, texts)
        first += len(sentences)


_WORDS = ["words", "target_words"]
_ANNOTATION = ["governors", "deprels", "n_words", "alignment"] + [
    f"target_{key}" for key in ("governors", "deprels", "n_words")
]


def _frame(name: str, of_cells: list[pl.DataFrame]) -> pl.LazyFrame:
    return _together(TABLES[name], of_cells)


def as_table(schema: pa.Schema, of_cells: list[pl.DataFrame]) -> pa.Table:
    """All cells in one table of the schema."""
    return _together(schema, of_cells).collect().to_arrow().cast(schema)


def _together(schema: pa.Schema, of_cells: list[pl.DataFrame]) -> pl.LazyFrame:
    """All cells in a table's columns and types; columns still to come are null."""
    empty = frame_of(schema.empty_table())
    frames = [empty.lazy()]
    for frame in of_cells:
        if not frame.is_empty():
            columns = [
                (pl.col(c) if c in frame.columns else pl.lit(None)).cast(kind).alias(c)
                for c, kind in empty.schema.items()
            ]
            frames.append(frame.lazy().select(columns).with_columns(cs.float().fill_nan(None)))
    return pl.concat(frames)


def _arrow(name: str, frame: pl.DataFrame) -> pa.Table:
    schema = TABLES[name]
    return frame.select(schema.names).to_arrow().cast(schema)


_FACTS = [
    *CELL,
    *("n_sentences", "n_words", "n_pieces", "n_repeats", "n_quarantined", "n_too_long"),
    *("n_unaligned", "n_words_without_pieces", "n_unknown_pieces"),
]
