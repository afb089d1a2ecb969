"""Blocks → GitHub-flavoured Markdown.

Every text is data: a corpus may hold a word that is markup, a table's pipe, or the dollar sign that
GitHub reads as mathematics.
"""

import re

from pipeline.report.blocks import (
    Block,
    Bullets,
    Code,
    Figure,
    Heading,
    Inline,
    Listing,
    PageName,
    Paragraph,
    Strong,
    Table,
)

# `_` between two letters is no emphasis: `no_projection` stays readable in the source.
_SPECIAL = re.compile(r"[\\`*\[\]|~#]|(?<![^\W_])_|_(?![^\W_])")
_ENTITIES = (
    (re.compile("&"), "&amp;"),
    (re.compile("<"), "&lt;"),
    (re.compile(">"), "&gt;"),
    (re.compile(r"\$"), "&#36;"),  # `\$` is for inside a formula
    (re.compile("://"), "&#58;//"),  # a bare address would become a link
    (re.compile(r"(?i)(?<=www)\."), "&#46;"),
)


def escape(text: str) -> str:
    """Text that shows as itself: no markup, no HTML, no link made of a bare address."""
    for pattern, entity in _ENTITIES:
        text = pattern.sub(entity, text)
    # `#` of an entity is not at the start of a line: only the others are escaped.
    return _SPECIAL.sub(
        lambda m: m.group() if text[: m.start()].endswith("&") else "\\" + m.group(), text
    )


def _inline(part: Inline) -> str:
    if isinstance(part, Strong):
        return f"**{escape(part.text)}**"
    if isinstance(part, Code | PageName):
        return "`" + part.text.replace("`", "'") + "`"
    return escape(part)


def _line(parts: tuple[Inline, ...]) -> str:
    return "".join(map(_inline, parts)).strip()


def _table(table: Table) -> str:
    rules = ["---" if k < table.words else "---:" for k in range(len(table.header))]
    rows = [map(escape, table.header), rules, *(map(escape, map(str, row)) for row in table.rows)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([f"{escape(table.caption)}:", "", *lines])


def _block(block: Block, figures: str) -> str:
    match block:
        case Heading():
            return "#" * block.level + " " + escape(block.text)
        case Paragraph():
            return _line(block.parts)
        case Bullets():
            return "\n".join("- " + _line(item) for item in block.items)
        case Table():
            return _table(block)
        case Figure():
            image = f"![{escape(block.alt)}]({figures}/{block.name}.svg)"
            return f"{image}\n\n{escape(block.caption)}"
        case Listing():
            return f"```{block.language}\n{block.text}\n```"


def to_markdown(blocks: list[Block], figures: str = "figures") -> str:
    """`figures` is the folder of the figures, as seen from the page."""
    return "\n\n".join(_block(block, figures) for block in blocks) + "\n"
