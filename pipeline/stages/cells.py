"""What a command line asks for: which cells, and what is set differently for all of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.errors import UserError
from pipeline.lake.layout import Cell
from pipeline.stages.checks import as_root
from pipeline.stages.compose import Grid, read_grid, resolve
from pipeline.stages.overrides import GROUPS, split
from pipeline.stages.project import ROOT, choices, conf_folder, read_yaml
from pipeline.stages.settings import CellSettings, build, is_name

COMPOSE = "give a file that `headcensus compose` writes for this stage"


@dataclass(frozen=True)
class Request:
    grid: Grid
    overrides: tuple[str, ...]
    root: Path

    def resolved(self) -> list[tuple[Cell, dict[str, Any]]]:
        return [(cell, resolve(cell, self.overrides)) for cell in self.grid.cells()]


def requested(overrides: Sequence[str], grid_by_default: bool = False) -> Request:
    """`model`, `control` and `corpus` take one name or a list; `grid=FILE` gives all three.

    Raises UserError for words that are not KEY=VALUE or that contradict one another.
    """
    chosen: dict[str, tuple[str, ...]] = {}
    given: set[str] = set()
    grid_file, root, kept = None, Path(ROOT), []
    for text in overrides:
        key, value = split(text)
        if key in given:
            raise UserError(f"{text}: {key} is given twice; give it once")
        given.add(key)
        if key in GROUPS:
            chosen[key] = _listed(key, value)
        elif key == "grid":
            grid_file = Path(value)
        else:
            if key == "root":
                root = as_root(value)
            kept.append(text)
    if grid_file and chosen:
        raise UserError(f"grid={grid_file} and {', '.join(chosen)}: give one or the other")
    if grid_file is None and grid_by_default and not chosen:
        grid_file = conf_folder() / "grid.yaml"
    if grid_file:
        return Request(read_grid(grid_file), tuple(kept), root)
    chosen = {group: (name,) for group, name in choices().items()} | chosen
    return Request(Grid(*(chosen[group] for group in GROUPS)), tuple(kept), root)


def _listed(key: str, value: str) -> tuple[str, ...]:
    is_list = value[:1] + value[-1:] == "[]"
    if not is_list and re.search(r"[][,]", value):
        raise UserError(f"{key}={value}: give a list without spaces: {key}=[a,b]")
    listed = value[1:-1].split(",") if is_list else [value]
    words = tuple(word.strip() for word in listed)
    if not all(words) or len(set(words)) != len(words):
        raise UserError(f"{key}={value}: give a name, or a list of different names: [a,b]")
    return words


def resolved_file(path: Path, *needed: str) -> dict[str, Any]:
    """A file that `compose` wrote. Raises UserError where it has not the keys that are `needed`."""
    content = read_yaml(path)
    lacks = {"root", *needed} - set(content) if isinstance(content, dict) else {"root", *needed}
    if lacks:
        raise UserError(f"{path} has no {', '.join(sorted(lacks))}: {COMPOSE}")
    as_root(content["root"])
    return content


def census(resolved: Path | None, overrides: Sequence[str]) -> tuple[list[Cell], dict[str, Any]]:
    """The cells that tables and report are about, and the config of those stages."""
    if resolved is None:
        pairs = requested(overrides).resolved()
        return [cell for cell, _ in pairs], pairs[0][1]
    content = resolved_file(resolved, "cells", "measure", "analysis", "report")
    return [as_cell(cell) for cell in _cells_of(resolved, content)], content


def resolved_cells(path: Path, *needed: str) -> dict[str, Any]:
    """The same of one whose `cells` are whole configs, each with its root and what measures it."""
    content = resolved_file(path, "cells", *needed)
    wanted = {"cell", "root", *GROUPS, "measure", "lake", "engine"}
    for config in _cells_of(path, content):
        if not isinstance(config, dict) or not wanted <= set(config):
            raise UserError(
                f"{path}: an entry of cells is without one of {', '.join(sorted(wanted))}:"
                f" {COMPOSE}"
            )
    return content


def _cells_of(path: Path, content: dict[str, Any]) -> list[Any]:
    if not isinstance(content["cells"], list) or not content["cells"]:
        raise UserError(f"{path}: cells is no list of cells: {COMPOSE}")
    return content["cells"]


def named(name: Any) -> str:
    """Raises UserError where a folder cannot be named by it."""
    if not is_name(name):
        raise UserError(f"name={name!r} is no name that a folder can have: {COMPOSE}")
    return name


def as_cell(content: Any) -> Cell:
    """Raises UserError where these are not the names of a cell."""
    names = build("cell", CellSettings, content)
    return Cell(names.model, names.control, names.seed, names.corpus)
