"""The atlas stage: a page on which any head of the measured cells can be looked at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.engines.progress import Bar
from pipeline.lake.layout import Cell, Lake, word
from pipeline.report.addresses import PAGE
from pipeline.stages.checks import check_folder
from pipeline.stages.measure import CellPlan, plans
from pipeline.stages.settings import AtlasSettings, build


def atlas(
    configs: Sequence[Mapping[str, Any]], root: Path, section: Any, folder: Path, page: str = PAGE
) -> Path:
    """Write the page of cells, all of one corpus, the first beside the others.

    Each config has cell, model, control and measure; `section` is that of the atlas. Sentences and
    what the census found of each head come from the lake and its tables; with `atlas.text` the
    sentences are those, and tables are looked at where there are any. Raises UserError where there
    is nothing to choose sentences from, or where the census is not one of these models.
    """
    from pipeline.atlas.build import build as build_atlas
    from pipeline.atlas.exemplars import choose
    from pipeline.atlas.page import render
    from pipeline.atlas.roles import roles
    from pipeline.lake.files import write_text

    settings = build("atlas", AtlasSettings, section)
    lake = Lake(root)
    planned = plans(configs)
    first = planned[0].cell
    if len({plan.cell.corpus for plan in planned}) > 1:
        raise UserError("atlas: the cells are of several corpora: give corpus=… one name")
    given = _given(settings)
    if given is None and not settings.sentences:
        raise UserError("atlas.sentences=0: no sentence to look at; give a number, or atlas.text=…")
    _check_sides(settings, planned)
    tables, about = _tables(lake, planned, needed=given is None)
    check_folder(folder)
    examples = given
    if examples is None:
        examples = choose(lake, first, tables, settings.sentences, settings.max_words)
    with Bar(total=len(planned), unit=" models", desc="atlas") as shown:
        document = build_atlas(
            _subjects(planned, shown),
            examples,
            roles(tables, first.corpus) if tables else None,
            first.corpus,
        )
    write_text(folder / page, render(document, about))
    return folder / page


def _tables(
    lake: Lake, planned: Sequence[CellPlan], needed: bool
) -> tuple[dict[str, Any], dict[str, str]]:
    """What the census found, by table, and what a page of it says of itself. Where it is not
    `needed`, and is of something else, the page goes without."""
    from pipeline.lake import manifest
    from pipeline.lake.files import say_on_stderr
    from pipeline.lake.origins import MADE_OF, check_current
    from pipeline.lake.read import read_tables
    from pipeline.lake.remote import fetch

    fetch(lake.tables / manifest.NAME)  # of a URL there may be no copy here yet
    if not needed and not lake.tables.is_dir():
        return {}, {}
    try:
        made = manifest.read(lake.tables)
        check_current(lake)
        for plan in planned:
            plan.check_measured(lake)
        return read_tables(lake.root, made), {MADE_OF: made.fingerprint}
    except UserError as error:
        if needed:
            raise
        say_on_stderr(f"headcensus: the page does without the census: {error}")
        return {}, {}


def _check_sides(settings: AtlasSettings, planned: Sequence[CellPlan]) -> None:
    """A second text is for those who read it."""
    for plan in planned:
        two_stacks = bool(plan.checkpoint.config().is_encoder_decoder)
        if settings.target is not None and not two_stacks:
            raise UserError(
                f"atlas.target: {plan.cell.model} has no decoder beside an encoder; give atlas.pair"
                " for two texts as one input"
            )
        if settings.pair is not None and two_stacks:
            raise UserError(
                f"atlas.pair: {plan.cell.model} does not read two texts as one input; give"
                " atlas.target for what its decoder reads"
            )


def of_first_corpus(
    cells: Sequence[Cell], configs: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The configs of those cells that one page can show: a page has one corpus."""
    return [c for cell, c in zip(cells, configs, strict=True) if cell.corpus == cells[0].corpus]


def _given(settings: AtlasSettings) -> list[Any] | None:
    """The sentences of the settings as examples; None where the corpus is to give them."""
    from pipeline.atlas.build import Example
    from pipeline.corpora.rows import printable
    from pipeline.corpora.text import split_words

    def sentence(name: str, text: str) -> Sentence:
        # Bytes of a command line that are no UTF-8 come as what no tokenizer takes.
        text = printable(text)
        return Sentence(name, text, tuple(split_words(text)))

    texts = _listed(settings.text)
    others = {"target": _listed(settings.target), "pair": _listed(settings.pair)}
    for key, listed in others.items():
        if listed and len(listed) != len(texts):
            raise UserError(
                f"atlas.{key}: {len(listed)} for {len(texts)} of atlas.text; give one to each"
            )
    if settings.target is not None and settings.pair is not None:
        raise UserError("atlas.target and atlas.pair: give one or the other")
    if settings.text is None:
        return None
    seconds = others["target"] or others["pair"] or [None] * len(texts)
    made = [
        replace(
            sentence(f"text {k}", text),
            target=None if second is None else sentence(f"text {k}", second),
        )
        for k, (text, second) in enumerate(zip(texts, seconds, strict=True))
    ]
    return [
        Example(one, row=k, pair=bool(others["pair"]))
        for k, one in enumerate(made)
        if one.words and (one.target is None or one.target.words)
    ]


def _listed(value: str | tuple[str, ...] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _subjects(planned: Sequence[CellPlan], shown: Bar) -> Iterator[Any]:
    """One at a time: a page may show more models than fit in memory together."""
    from pipeline.atlas.capture import Subject

    for plan in planned:
        made = plan.subject()
        yield Subject(
            plan.cell.model,
            word(plan.cell.control, plan.cell.seed),
            made.model,
            made.encoder,
            made.places,
            made.control,
            made.seed,
        )
        shown.update()
