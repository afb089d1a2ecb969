"""The same counts for every control side by side, and the naive count beside the strict one."""

from pipeline.core.names import DUMP_CLASSES
from pipeline.report.blocks import Block, Code, Heading, Table, say
from pipeline.report.relations import is_undecided
from pipeline.report.section import CLASS_NAMES, Section
from pipeline.report.text import plural, spread

SYNTAX_ROWS = (
    ("track a relation: all three flags", "n_tracks"),
    ("margin alone", "n_margin"),
    ("significant alone", "n_significant"),
    ("beats nulls alone", "n_beats_nulls"),
    ("margin and significant", "n_margin_significant"),
    ("track by weights × value norms", "n_tracks_norm"),
    ("naive count: beat the best offset, of any number of arcs", "n_naive"),
)
PAIR_ROWS = (("have a block pattern", "n_block"),)
LINK_ROWS = (("align words: all three flags", "n_aligns"),)
SHAPE_ROWS = (
    *((f"dump on {CLASS_NAMES[c]}", f"n_dumps_{c}") for c in DUMP_CLASSES),
    ("dump on any of them", "n_dumps"),
    ("dump by weights × value norms too", "n_dumps_by_norm"),
    ("track and dump", "n_tracks_and_dumps"),
    ("positional", "n_positional"),
    ("broad", "n_broad"),
    ("none of these", "n_neither"),
    ("have a vertical pattern", "n_vertical"),
    ("have a diagonal pattern", "n_diagonal"),
    ("have a mixed pattern", "n_mixed"),
    ("have a heterogeneous pattern", "n_heterogeneous"),
)


def side_by_side(section: Section) -> list[Block]:
    named = [
        ("heads", "n_heads"),
        *(SYNTAX_ROWS if section.has_syntax else ()),
        *(LINK_ROWS if section.has_links else ()),
        *SHAPE_ROWS,
        *(PAIR_ROWS if section.census["n_block"].count() else ()),
    ]
    rows = tuple(
        (text, *(spread(section.counts(control, column)) for control in section.controls))
        for text, column in named
    )
    header = ("heads that …", *(control.label for control in section.controls))
    blocks: list[Block] = [
        Heading(3, "Counts, controls side by side"),
        Table("Number of heads; of seeds the median (range), of two the range", header, rows),
    ]
    if not section.has_syntax:
        blocks.append(say("The corpus has no syntactic arcs: no relation was scored."))
        return blocks
    blocks.append(
        say(
            "The naive count takes every head that beats the best fixed offset of some relation, "
            "chosen and scored on the same sentences. It means little: where a relation has few "
            "arcs, or arcs so spread out that no fixed offset does well, heads of a model without "
            "training beat it as well."
        )
    )
    if section.few is not None:
        arcs = plural(section.few, "arc")
        blocks.append(
            say(f"Tracking is not decided: no relation has {arcs} in the confirming half.")
        )
    elif is_undecided(section):
        blocks.append(
            say(
                "Tracking is not decided: no null control was measured. Add ",
                Code("control=[trained,random_weights]"),
                ".",
            )
        )
    return blocks
