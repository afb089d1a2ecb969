"""The whole report as blocks, in the order in which a reader asks."""

import polars as pl

from pipeline.report.alignments import alignments
from pipeline.report.alike import alike
from pipeline.report.answer import first_lines
from pipeline.report.best import best
from pipeline.report.blocks import Block, Heading, PageName, say
from pipeline.report.carried import carried
from pipeline.report.counts import side_by_side
from pipeline.report.curves import depth, thresholds
from pipeline.report.maps import maps
from pipeline.report.masses import without_projection
from pipeline.report.method import method
from pipeline.report.section import Section
from pipeline.report.settings import ReportSettings
from pipeline.report.sites import by_site
from pipeline.report.skipped import skipped
from pipeline.report.stability import agreement, stability
from pipeline.report.text import clean
from pipeline.report.trees import trees


def _section(section: Section, settings: ReportSettings) -> list[Block]:
    return [
        Heading(2, section.title),
        *side_by_side(section),
        *by_site(section),
        *maps(section, settings),
        *depth(section),
        *best(section, settings),
        *alignments(section),
        *thresholds(section, settings),
        *carried(section, settings),
        *trees(section),
        *alike(section),
        *stability(section, settings),
        *without_projection(section),
    ]


def document(
    sections: list[Section],
    agreements: pl.DataFrame,
    quarantine: pl.DataFrame,
    settings: ReportSettings,
    interventions: str | None = None,
) -> list[Block]:
    """`interventions` is the name of their page, where there is one."""
    blocks: list[Block] = [Heading(1, clean(settings.title))]
    blocks += [first_lines(section) for section in sections]
    if interventions is not None:
        blocks.append(
            say("What heads that dump are good for, by experiment: ", PageName(interventions), ".")
        )
    for section in sections:
        blocks += _section(section, settings)
    blocks += agreement(agreements)
    return [*blocks, *skipped(sections, quarantine, settings), *method(sections, settings)]
