"""From the lake to the answers. One cell at a time, one shard at a time; sums are what is kept."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import polars.selectors as cs
import pyarrow as pa

from pipeline.analysis import bootstrap
from pipeline.analysis.arcs import Arcs, FittedOffsets, arcs_of
from pipeline.analysis.census import CELL, HEAD, census, dump_curve, head_flags
from pipeline.analysis.halves import confirming
from pipeline.analysis.heads import HeadTally
from pipeline.analysis.hits import judge
from pipeline.analysis.nulls import with_nulls
from pipeline.analysis.relations import RelationTally
from pipeline.analysis.rules import Rules
from pipeline.core.errors import UserError
from pipeline.lake import manifest
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.read import read_shard
from pipeline.lake.tables import TABLES


@dataclass(frozen=True)
class _SentenceShard:
    number: int
    first: int
    n_sentences: int
    arcs: Arcs
    confirms: np.ndarray


def aggregate(
    lake: Lake, cells: Sequence[Cell], rules: Rules, progress: Callable[[int], object]
) -> dict[str, pa.Table]:
    """The tables, by name. `progress` is told of each cell that is done.

    Raises UserError where a cell was not measured, was measured over other sentences than those
    in the lake, or where a shard's bytes are not those that were written.
    """
    heads: list[pl.DataFrame] = []
    relations: list[pl.DataFrame] = []
    facts: list[pl.DataFrame] = []
    offsets: dict[str, FittedOffsets] = {}
    for cell in cells:
        if cell.corpus not in offsets:
            offsets[cell.corpus] = _fit(lake, cell.corpus, rules)
        of_heads, of_relations, of_cell = _cell(lake, cell, offsets[cell.corpus], rules)
        heads.append(of_heads)
        relations.append(of_relations)
        facts.append(of_cell)
        progress(1)
    return _tables(heads, relations, facts, rules)


def _tables(
    heads: list[pl.DataFrame],
    relations: list[pl.DataFrame],
    facts: list[pl.DataFrame],
    rules: Rules,
) -> dict[str, pa.Table]:
    all_relations = with_nulls(
        _frame("relations", relations), rules.null_percentile, rules.min_arcs
    ).collect()
    flags = head_flags(all_relations.lazy())
    all_heads = (
        _frame("heads", heads)
        .drop("tracks")
        .join(flags.select([*HEAD, "tracks"]), on=HEAD, how="left", maintain_order="left")
        .collect()
    )
    frames = {
        "heads": all_heads,
        "relations": all_relations,
        "dumps": dump_curve(all_heads.lazy()).collect(),
        "census": census(all_heads.lazy(), flags, _frame("census", facts).select(_FACTS)).collect(),
    }
    return {name: _arrow(name, frame) for name, frame in frames.items()}


def _cell(
    lake: Lake, cell: Cell, offsets: FittedOffsets, rules: Rules
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    head_tally = HeadTally(rules)
    relation_tally = RelationTally(offsets, rules)
    measured = manifest.verified(lake.measured("heads", cell))
    pointed = manifest.verified(lake.measured("pointers", cell))
    corpus = manifest.read(lake.sentences(cell.corpus))
    if measured.facts.get("sentences") != corpus.fingerprint:
        raise UserError(
            f"{cell.name} was measured over other sentences than those in"
            f" {lake.sentences(cell.corpus)}: run measure again"
        )
    files = zip(
        _shards(lake, cell.corpus, rules),
        manifest.paths(lake.measured("heads", cell), measured),
        manifest.paths(lake.measured("pointers", cell), pointed),
        strict=True,
    )
    for shard, heads_file, pointers_file in files:
        weights = bootstrap.weights(shard.n_sentences, rules.bootstrap, rules.seed, shard.number)
        table = read_shard(heads_file)
        rows = np.unique(table["sentence"].to_numpy()) - shard.first
        head_tally.add(table, weights[:, rows])
        if len(shard.arcs):
            arcs, hits = judge(
                read_shard(pointers_file), shard.first, shard.n_sentences, shard.arcs
            )
            relation_tally.add(arcs, hits, shard.confirms, weights)
    facts = {k: v for k, v in measured.facts.items() if k.startswith("n_")}
    facts["n_quarantined"] = corpus.facts["n_quarantined"]
    return (
        _of(cell, head_tally.frame()),
        _of(cell, relation_tally.frame(head_tally.places)),
        _of(cell, pl.DataFrame(facts)),
    )


def _of(cell: Cell, frame: pl.DataFrame) -> pl.DataFrame:
    keys = {"model": cell.model, "control": cell.control, "seed": cell.seed, "corpus": cell.corpus}
    return (
        frame if frame.is_empty() else frame.with_columns(**{k: pl.lit(v) for k, v in keys.items()})
    )


def _fit(lake: Lake, corpus: str, rules: Rules) -> FittedOffsets:
    offsets = FittedOffsets()
    for shard in _shards(lake, corpus, rules):
        offsets.add(shard.arcs, shard.confirms)
    return offsets


def _shards(lake: Lake, corpus: str, rules: Rules) -> Iterator[_SentenceShard]:
    folder = lake.sentences(corpus)
    first = 0
    for number, path in enumerate(manifest.paths(folder, manifest.verified(folder))):
        sentences = _sentences(path)
        rows = np.arange(first, first + len(sentences))
        yield _SentenceShard(
            number, first, len(rows), arcs_of(sentences), confirming(rows, rules.seed)
        )
        first += len(sentences)


def _sentences(path: Path) -> pl.DataFrame:
    frame = pl.from_arrow(read_shard(path).select(["governors", "deprels"]))
    assert isinstance(frame, pl.DataFrame)
    return frame


def _frame(name: str, of_cells: list[pl.DataFrame]) -> pl.LazyFrame:
    """All cells in the table's columns and types; columns still to come are null."""
    empty = pl.from_arrow(TABLES[name].empty_table())
    assert isinstance(empty, pl.DataFrame)
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
    *("n_sentences", "n_words", "n_pieces", "n_quarantined", "n_too_long"),
    "n_words_without_pieces",
]
