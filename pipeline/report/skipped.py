"""What was not counted, and why: quarantined sentences, those not read, words without pieces. And
what was counted more than once: sentences that repeat another."""

import polars as pl

from pipeline.analysis.effects import FEWEST
from pipeline.report.blocks import Block, Heading, Table, say
from pipeline.report.section import Section
from pipeline.report.settings import ReportSettings
from pipeline.report.text import number, plural, shorten

COUNTS = {
    "n_sentences": "sentences",
    "n_words": "words",
    "n_repeats": "repeats",
    "n_quarantined": "quarantined",
    "n_too_long": "too long",
    "n_unaligned": "pieces not told apart",
    "n_words_without_pieces": "words without pieces",
    "n_unknown_pieces": "unknown pieces",
}
RARE = {
    "n_repeats": "Repeats: the words of an earlier sentence of the corpus once more, counted like"
    " any other; tests and intervals take sentences for independent, and are too sure of themselves"
    " where many are copies. ",
    "n_unaligned": "Pieces not told apart: which piece is of which word, or which is a special one,"
    " is not known. ",
    "n_unknown_pieces": "Unknown pieces: read like any other, they say only that the tokenizer does"
    " not know what stands there; where they are many, it is of another language or damaged. ",
}
"""Shown only where there are any, and explained."""
LONGEST = 200


def _counts(section: Section) -> dict:
    """Counts of the trained cell, or of the first control where that was not measured."""
    first = pl.col("control") == section.controls[0].name
    return section.census.filter(first).sort("seed").row(0, named=True)


def skipped(
    sections: list[Section], quarantine: pl.DataFrame, settings: ReportSettings
) -> list[Block]:
    counted = sorted(map(_counts, sections), key=lambda row: (row["corpus"], row["model"]))
    absent = {name for name in RARE if not any(row[name] for row in counted)}
    shown = {name: text for name, text in COUNTS.items() if name not in absent}
    rows = tuple(
        (row["corpus"], row["model"], *(number(row[name]) for name in shown)) for row in counted
    )
    rare = "".join(text for name, text in RARE.items() if name not in absent)
    blocks: list[Block] = [
        Heading(2, "Quarantined and skipped"),
        Table(
            "Sentences and words measured, and those left out",
            ("corpus", "model", *shown.values()),
            rows,
            words=2,
        ),
        say(
            "Quarantined: malformed, kept out when the corpus was read. Too long: more pieces than "
            f"the model can read; never scored in part. {rare}Words without pieces: the "
            "tokenizer gives them nothing to attend to. Two sentences that are one input count as"
            " one; a word counts for each stack that reads it."
        ),
    ]
    if any(row["n_sentences"] < FEWEST for row in counted):
        blocks.append(
            say(
                f"Of fewer than {FEWEST} sentences 95 % intervals cover less than that: of five"
                " some 87 %, of three 75 %, of two half. Heads that dump are as uncertain."
            )
        )
    if quarantine.is_empty():
        blocks.append(say("No sentence was quarantined."))
        return blocks
    listed = quarantine.sort("corpus", "source", "line", "sentence_id", nulls_last=True)
    listed = listed.head(settings.max_quarantined)
    lines = tuple(
        (
            row["corpus"] or "",
            row["source"] or "",
            number(row["line"] or None),
            shorten(row["sentence_id"] or "", LONGEST),
            shorten(row["reason"] or "", LONGEST),
        )
        for row in listed.iter_rows(named=True)
    )
    caption = f"The first {listed.height} of {plural(quarantine.height, 'quarantined sentence')}"
    header = ("corpus", "source", "line", "sentence", "reason")
    blocks.append(Table(caption, header, lines, words=5))
    return blocks
