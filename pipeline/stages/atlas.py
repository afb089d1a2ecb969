"""The atlas stage: a page on which any head of the measured cells can be looked at."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.lake.layout import Cell, Lake, word
from pipeline.stages.checks import check_folder
from pipeline.stages.measure import CellPlan
from pipeline.stages.settings import AtlasSettings, build


def atlas(cells: Sequence[Cell], configs: Sequence[dict[str, Any]], file: Path) -> Path:
    """Write the page of `cells`, all of one corpus, the first beside the others.

    Sentences and what the census found of each head come from the lake and its tables; with
    `atlas.text` the sentences are those, and tables are looked at where there are any. Raises
    UserError where there is nothing to choose sentences from.
    """
    import polars as pl

    from pipeline.atlas.build import Example
    from pipeline.atlas.build import build as build_atlas
    from pipeline.atlas.exemplars import choose
    from pipeline.atlas.page import render
    from pipeline.atlas.roles import roles
    from pipeline.corpora.text import split_words
    from pipeline.lake.files import write_text
    from pipeline.lake.read import open_table
    from pipeline.lake.tables import TABLES

    settings = build("atlas", AtlasSettings, configs[0]["atlas"])
    lake = Lake(Path(configs[0]["root"]))
    if len({cell.corpus for cell in cells}) > 1:
        raise UserError("atlas: the cells are of several corpora: give corpus=… one name")
    plans = [CellPlan(config) for config in configs]
    tables: dict[str, pl.DataFrame] = {}
    if settings.text is None or lake.tables.is_dir():
        tables = {name: open_table(name, lake.root).collect() for name in TABLES}
    check_folder(file.parent)
    if settings.text is None:
        examples = choose(lake, cells[0], tables, settings.sentences, settings.max_words)
    else:
        texts = [settings.text] if isinstance(settings.text, str) else settings.text
        sentences = [(text, tuple(split_words(text))) for text in texts]
        examples = [
            Example(Sentence(f"text {k}", text, words), row=k)
            for k, (text, words) in enumerate(sentences)
            if words
        ]
    document = build_atlas(
        _subjects(cells, plans),
        examples,
        roles(tables, cells[0].corpus) if tables else None,
        cells[0].corpus,
    )
    write_text(file, render(document))
    return file


def _subjects(cells: Sequence[Cell], plans: Sequence[CellPlan]) -> Iterator[Any]:
    """One at a time: a page may show more models than fit in memory together. Queries and keys of
    all sentences are kept of the first, of the others those of the first sentence.
    """
    from pipeline.atlas.capture import Subject

    for k, (cell, plan) in enumerate(zip(cells, plans, strict=True)):
        made = plan.subject()
        yield Subject(
            cell.model,
            word(cell.control, cell.seed),
            made.model,
            made.encoder,
            made.places,
            made.control,
            made.seed,
            None if k == 0 else 1,
        )
