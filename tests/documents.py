"""The pages that people read, and what stands in their fences."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
RECIPES = ROOT / "CONTRIBUTING.md"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """The page without what stands in fences."""
    return FENCE.sub("", read(page))


def blocks(language: str) -> dict[str, Path]:
    """What stands in the fences of a language, each once, and the first page that it is on."""
    found: dict[str, Path] = {}
    for page in PAGES:
        for match in FENCE.finditer(read(page)):
            if match[1] == language:
                found.setdefault(match[2], page)
    return found


def commands() -> dict[str, Path]:
    """Every line of every shell fence, without its comment."""
    found: dict[str, Path] = {}
    for block, page in blocks("sh").items():
        for line in block.splitlines():
            if command := line.split(" #")[0].strip():
                found.setdefault(command, page)
    return found


class Written(NamedTuple):
    """A block of a recipe: what is written into which file, `diff` being a change to it."""

    file: str
    language: str
    text: str


def recipes() -> Iterator[Written]:
    """Blocks of CONTRIBUTING.md. A path on a line by itself is the file of those that follow."""
    pattern = re.compile(rf"^`([\w./-]+)`$|{FENCE.pattern}", re.M | re.S)
    file = ""
    for match in pattern.finditer(read(RECIPES)):
        if match[1]:
            file = match[1]
        else:
            assert file, match[0]
            yield Written(file, match[2], match[3])
