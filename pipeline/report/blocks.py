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


Inline = str | Strong | Code


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
    rows: tuple[tuple[str, ...], ...]
    words: int = 1


@dataclass(frozen=True)
class Figure:
    """`name` is that of the file under `figures/`; `alt` says in words what the picture shows."""

    kind: ClassVar[str] = "figure"
    name: str
    caption: str
    alt: str
    svg: str


@dataclass(frozen=True)
class Listing:
    kind: ClassVar[str] = "listing"
    language: str
    text: str


Block = Heading | Paragraph | Bullets | Table | Figure | Listing


def say(*parts: Inline) -> Paragraph:
    return Paragraph(parts)
