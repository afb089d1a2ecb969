"""What was not counted, and why: quarantined sentences, too long ones, words without pieces."""

import polars as pl

from pipeline.report.blocks import Block, Heading, Table, say
from pipeline.report.section import Section
from pipeline.report.settings import ReportSettings
from pipeline.report.text import number, plural, shorten

COUNTS = ("n_sentences", "n_words", "n_quarantined", "n_too_long", "n_words_without_pieces")
HEADER = ("sentences", "words", "quarantined", "too long", "words without pieces")
REASON_LENGTH = 200


def _count_row(section: Section) -> tuple[str, ...]:
    """Counts of the trained cell, or of the first control where that was not measured."""
    first = pl.col("control") == section.controls[0].name
    row = section.census.filter(first).sort("seed").row(0, named=True)
    return (section.corpus, section.model, *(number(row[name]) for name in COUNTS))


def skipped(
    sections: list[Section], quarantine: pl.DataFrame, settings: ReportSettings
) -> list[Block]:
    rows = tuple(sorted(_count_row(section) for section in sections))
    blocks: list[Block] = [
        Heading(2, "Quarantined and skipped"),
        Table(
            "Sentences and words measured, and those left out",
            ("corpus", "model", *HEADER),
            rows,
            words=2,
        ),
        say(
            "Quarantined: malformed, kept out when the corpus was read. Too long: more pieces than "
            "the model can read; never scored in part. Words without pieces: the tokenizer gives "
            "them nothing to attend to."
        ),
    ]
    if quarantine.is_empty():
        blocks.append(say("No sentence was quarantined."))
        return blocks
    shown = quarantine.sort("corpus", "source", "line", "sentence_id", nulls_last=True)
    shown = shown.head(settings.max_quarantined)
    lines = tuple(
        (
            row["corpus"] or "",
            row["source"] or "",
            number(row["line"] or None),
            row["sentence_id"] or "",
            shorten(row["reason"] or "", REASON_LENGTH),
        )
        for row in shown.iter_rows(named=True)
    )
    caption = f"The first {shown.height} of {plural(quarantine.height, 'quarantined sentence')}"
    header = ("corpus", "source", "line", "sentence", "reason")
    blocks.append(Table(caption, header, lines, words=5))
    return blocks
