"""The report as data: a list of blocks that Markdown and HTML both print, so that they agree.

Text in a block is plain: each writer escapes it in its own way.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Strong:
    text: str


@dataclass(frozen=True)
class Code:
    text: str


@dataclass(frozen=True)
class PageName:
    """A page beside this one, named in a text: HTML links to it."""

    text: str


Inline = str | Strong | Code | PageName


@dataclass(frozen=True)
class HeadName:
    """A head, named in a table. `address` is where the atlas shows it."""

    text: str
    address: str

    def __str__(self) -> str:
        return self.text


Cell = str | HeadName


@dataclass(frozen=True)
class Door:
    """A layer × head map in a figure, whose cells open their heads in the atlas.

    Left and top of the map, width and height of one cell are in inches. `address` lacks the layer
    and the head.
    """

    left: float
    top: float
    width: float
    height: float
    layers: int
    heads: int
    address: str


@dataclass(frozen=True)
class Heading:
    kind: ClassVar[str] = "heading"
    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    kind: ClassVar[str] = "paragraph"
    parts: tuple[Inline, ...]


@dataclass(frozen=True)
class Bullets:
    kind: ClassVar[str] = "bullets"
    items: tuple[tuple[Inline, ...], ...]


@dataclass(frozen=True)
class Table:
    """`words`: how many leading columns hold words; the others hold numbers, set to the right."""

    kind: ClassVar[str] = "table"
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    words: int = 1


@dataclass(frozen=True)
class Figure:
    """`name` is that of the file under `figures/`; `alt` says in words what the picture shows."""

    kind: ClassVar[str] = "figure"
    name: str
    caption: str
    alt: str
    svg: str
    doors: tuple[Door, ...] = ()


@dataclass(frozen=True)
class Listing:
    kind: ClassVar[str] = "listing"
    language: str
    text: str


Block = Heading | Paragraph | Bullets | Table | Figure | Listing


def say(*parts: Inline) -> Paragraph:
    return Paragraph(parts)
