"""The project one works in: its `conf/`, and what can be named in it.

Nothing of Hydra is imported here: `headcensus list` has only files to read.
"""

import difflib
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import ComposerError

from pipeline.core.errors import UserError, first_line
from pipeline.shipped import shipped

PRIMARY = "census.yaml"
"""The config from which Hydra begins, in `conf/`."""
ROOT = "data"
"""Where everything is written, unless a command line has root=DIR."""

WIDTH = 80
"""Columns of a terminal. What is longer is wrapped, there or not."""


def conf_folder() -> Path:
    """`conf/` of the folder one stands in, else the one that ships with headcensus."""
    for folder in (Path.cwd() / "conf", shipped("conf")):
        if (folder / PRIMARY).is_file():
            return folder
    raise UserError(
        f"no conf/{PRIMARY}, neither here nor in this installation: install headcensus anew"
    )


def choices() -> dict[str, str]:
    """What the primary config's list of defaults names: of each group a file.

    Raises UserError where it leaves out a group that a cell needs, and where it sets what is said
    on a command line alone: that would hold for some stages and not for others.
    """
    path = conf_folder() / PRIMARY
    content = read_yaml(path, yaml.SafeLoader)
    content = content if isinstance(content, dict) else {}
    # Files of earlier versions have both, as they are by default.
    for key, value, instead in (("root", ROOT, "root=DIR"), ("seed", 0, "control=NAME-SEED")):
        if content.get(key, value) != value:
            raise UserError(
                f"{path}: {key} cannot be set there: leave it out, and write {instead} behind the"
                " command"
            )
    listed = content.get("defaults")
    found = {}
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            found.update((str(group), str(name)) for group, name in entry.items())
    missing = {"model", "control", "corpus", "engine"} - set(found)
    if missing:
        raise UserError(
            f"{path}: its defaults name no {', '.join(sorted(missing))}: `headcensus init` lays a"
            " whole one into a new folder"
        )
    return found


class _NoAliases(yaml.SafeLoader):
    """A few aliases of aliases are more values than there is memory for, once they are shown."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise ComposerError(None, None, "aliases are not taken here", mark)
        return super().compose_node(parent, index)


def read_yaml(path: Path, loader: type[yaml.SafeLoader] = _NoAliases) -> Any:
    """Values of YAML's own types. Raises UserError where it cannot be read."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except FileNotFoundError as error:
        raise UserError(
            f"{path}: no such file (looked from {Path.cwd()}); mend the path"
        ) from error
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from error
    except RecursionError as error:
        raise UserError(f"{path} is no YAML that can be read: nested too deeply") from error
    # At a date, a number or a tag that is none PyYAML raises whatever it comes upon.
    except Exception as error:
        reason = getattr(error, "problem", None) or first_line(error)
        mark = getattr(error, "problem_mark", None)
        where = f"{path} line {mark.line + 1}" if mark else path
        raise UserError(f"{where} is no YAML: {reason}") from error


def names(group: str) -> list[str]:
    return sorted(path.stem for path in (conf_folder() / group).glob("*.yaml"))


def unread() -> str:
    """`conf/ here … ` where there is one that is not read, else nothing."""
    if Path("conf").is_dir() and conf_folder() != Path.cwd() / "conf":
        return f"conf/ here has no {PRIMARY} and is not read (`headcensus init` lays a whole one); "
    return ""


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
