"""The project one works in: its `conf/`, and what can be named in it.

Nothing of Hydra is imported here: `headcensus list` has only files to read.
"""

import difflib
import textwrap
from collections.abc import Iterable
from pathlib import Path

from pipeline.core.errors import UserError
from pipeline.shipped import shipped

WIDTH = 80
"""Columns of a terminal. What is longer is wrapped, there or not."""


def conf_folder() -> Path:
    """`conf/` of the folder one stands in, else the one that ships with headcensus."""
    for folder in (Path.cwd() / "conf", shipped("conf")):
        if (folder / "census.yaml").is_file():
            return folder
    raise UserError(
        "no conf/census.yaml, neither here nor in this installation: install headcensus anew"
    )


def names(group: str) -> list[str]:
    return sorted(path.stem for path in (conf_folder() / group).glob("*.yaml"))


def near(word: str, known: Iterable[str]) -> str:
    """`did you mean X? ` where one of `known` is like the word, else nothing."""
    found = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {found[0]}? " if found else ""


def listing() -> str:
    """Models, corpora and controls: a name and the first comment line of its config."""
    lines = []
    for title, group in (("models", "model"), ("corpora", "corpus"), ("controls", "control")):
        lines.append(f"{title} ({group}=NAME)")
        for name in names(group):
            text = (conf_folder() / group / f"{name}.yaml").read_text(encoding="utf-8")
            first = text.splitlines()[0].lstrip("# ") if text.startswith("#") else ""
            lines.append(in_columns(name, first, 20))
    return "\n".join(lines)


def in_columns(name: str, what: str, width: int) -> str:
    """A name and, from column `width` + 3 on, what is said of it, in as many lines as it takes."""
    indent = " " * (width + 3)
    whole = f"  {name:<{width}} {what}"
    return textwrap.fill(
        whole, WIDTH - 1, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
