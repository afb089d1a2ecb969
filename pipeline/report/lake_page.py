"""`docs/lake.md`: every table of a root and every column, from the schemas that write them.

python -m pipeline.report.lake_page docs/lake.md
"""

import sys
from pathlib import Path

from pipeline.lake.effect_tables import EFFECT_TABLES
from pipeline.lake.files import write_text
from pipeline.lake.schema import LAKE
from pipeline.lake.tables import COMPARISON, TABLES
from pipeline.report.blocks import Block, Code, Heading, say
from pipeline.report.definitions import columns
from pipeline.report.markdown import to_markdown
from pipeline.report.method import FILES

CELL = "model=M/control=C/corpus=K"

ROWS = {
    "sentences": "one row per sentence, in the order of the corpus; `sentence` elsewhere counts it",
    "quarantine": "one row per sentence that is kept out, with the reason",
    "heads": "one row per sentence × head (per shard × head with `lake.grain=shard`): sums",
    "pointers": "one row per sentence × head: the word that each word looks at",
    "outputs": "one row per shard × head × class of key: what keys of the class give",
    "similarity": "one row per shard × pair of heads of a site",
    "values": "one row per shard × head × class of key: sums of values, for interventions",
    "effects": "one row per sentence × change: what the change does; `headcensus intervene`",
    "observed": "one row per sentence × head, watched or changed; `headcensus intervene`",
}
EFFECTS = {
    "effects": "one row per head or set of heads × class × condition: mean effects",
    "verdicts": "one row per head changed alone × class × outcome: what it was good for",
    "no_ops": "one row per head × its best relation: special pieces with an arc of it, and without",
    "importance": "one row per head: its gate's gradient beside the loss without it",
    "cost": "one row per cell: layers run, and layers that a pass per change would run",
}
INTRO = (
    "Made from the schemas in the code by ",
    Code("make schema"),
    "; the same words stand in the metadata of every Parquet file (unit, meaning, source). "
    "A unit that is empty is a name, an index or a plain number. Null says that there is no such "
    "thing, or that it is not known; but of a class of pieces that a model does not have masses "
    "are 0, and flags false. A source is the paper that defined the number, or headcensus.",
)


def page() -> str:
    """The whole page, as Markdown."""
    blocks: list[Block] = [
        Heading(1, "Tables and columns"),
        say(*INTRO),
        Heading(2, "The answers"),
        say(
            "In ",
            Code("tables/"),
            " below the root: what ",
            Code("headcensus run"),
            " makes of the lake. Ratios, tests and flags.",
        ),
    ]
    for name, schema in TABLES.items():
        blocks += [_titled(f"tables/{name}.parquet"), _said(FILES[name]), columns(name, schema)]
    blocks += [
        Heading(2, "The lake"),
        say(
            "Below the root in folders of shards, each folder with a ",
            Code("_manifest.json"),
            " that lists its files and their hashes. Rows are sums over the queries of a sentence "
            "or a shard, so that they add: corpora can be cut anew without a model. ",
            Code('pipeline.lake.scan("data/lake/heads/…")'),
            " reads a folder, and refuses one that is damaged.",
        ),
    ]
    for name, schema in LAKE.items():
        where = f"{name}/corpus=K" if name in ("sentences", "quarantine") else f"lake/{name}/{CELL}"
        blocks += [_titled(where), _said(ROWS[name]), columns(name, schema)]
    blocks += [
        Heading(2, "Interventions"),
        say("In ", Code("interventions/"), ": what ", Code("headcensus intervene"), " concludes."),
    ]
    for name, schema in EFFECT_TABLES.items():
        where = f"interventions/{name}.parquet"
        blocks += [_titled(where), _said(EFFECTS[name]), columns(name, schema)]
    blocks += [
        Heading(2, "Comparisons"),
        say("In ", Code("compare/"), ": what ", Code("headcensus compare A B"), " writes."),
        _titled("compare/compare--A--B.parquet"),
        _said("one row per head × role × what it has the role for"),
        columns("comparison", COMPARISON),
    ]
    return to_markdown(blocks)


def _titled(where: str) -> Heading:
    return Heading(3, where)


def _said(text: str) -> Block:
    """Every other part between backticks is code."""
    parts = f"{text[0].upper()}{text[1:]}.".split("`")
    return say(*(Code(part) if k % 2 else part for k, part in enumerate(parts)))


if __name__ == "__main__":
    write_text(Path(sys.argv[1]), page())
