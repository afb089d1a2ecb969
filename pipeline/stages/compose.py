"""Compose: Hydra's part. From names, or a grid of them, to one resolved config per cell.

DVC never composes configs itself. So this stage writes each resolved config as a YAML file, and the
other stages hang on the keys of those: an edit to a shared base file re-runs what it touches alone.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from pipeline.core.errors import UserError
from pipeline.lake.files import sweep, write_text
from pipeline.lake.layout import Cell, control_and_seed, model_and_revision, word
from pipeline.stages import overrides as words
from pipeline.stages.checks import check_different
from pipeline.stages.inputs import with_inputs
from pipeline.stages.overrides import GROUPS, SECTIONS
from pipeline.stages.own_code import own_code
from pipeline.stages.project import (
    PRIMARY,
    ROOT,
    choices,
    conf_folder,
    names,
    near,
    read_yaml,
    unread,
)
from pipeline.stages.settings import CellSettings, build, plugin, typed


def _of_corpus(corpus: str) -> str:
    """What the resolved file of a corpus is called."""
    return f"corpus-{corpus}"


@dataclass(frozen=True)
class Grid:
    """Every model under every control over every corpus.

    Controls may carry a seed (`random_weights-1`), models a revision (`pythia~step1000`). Raises
    UserError where either is not written in a way that a file can be named by, and where two files
    would have one name.
    """

    models: tuple[str, ...]
    controls: tuple[str, ...]
    corpora: tuple[str, ...]

    def __post_init__(self) -> None:
        for control in self.controls:
            name, seed = control_and_seed(control)
            plain = word(name, seed)
            if plain != control:
                raise UserError(f"control={control}: write {plain}")
        for model in self.models:
            if "~" in model and not re.fullmatch(r"[^~]+~[\w.-]+", model):
                raise UserError(f"model={model}: write NAME~REVISION, a tag or commit of the model")
        files = [cell.name for cell in self.cells()] + [_of_corpus(c) for c in self.corpora]
        for name, n in Counter(files).items():
            if n > 1:
                raise UserError(
                    f"{name} would be the name of {n} of the cells and corpora: name a model or a"
                    " corpus otherwise"
                )

    def cells(self) -> list[Cell]:
        return [
            Cell(model, *control_and_seed(control), corpus)
            for corpus in self.corpora
            for model in self.models
            for control in self.controls
        ]


def resolve(cell: Cell, overrides: Sequence[str]) -> dict[str, Any]:
    """The whole config of a cell, each value checked and of its type.

    Raises UserError for a name, a key or a value that there cannot be, naming it.
    """
    model, revision = model_and_revision(cell.model)
    engine = dict(map(words.split, overrides)).get("engine", choices()["engine"])
    given = zip((*GROUPS, "engine"), (model, cell.control, cell.corpus, engine), strict=True)
    for group, name in given:
        _check_file(group, name)
    if revision:
        if any(words.split(text)[0] == "model.revision" for text in overrides):
            raise UserError(f"model={cell.model} and model.revision: give one or the other")
        overrides = [f"model.revision={revision}", *overrides]
    content = _composed(cell, engine, overrides)
    missing = set(SECTIONS) - set(content)
    if missing:
        raise UserError(
            f"{conf_folder() / PRIMARY} has no {', '.join(sorted(missing))}: `headcensus init` lays"
            " whole ones into a new folder"
        )
    keys = asdict(cell)
    build("cell", CellSettings, keys)
    checked = {section: typed(section, content[section]) for section in SECTIONS}
    plugins = {name: plugin(name, checked[name]) for name in GROUPS}
    # With another seed it is the same cell again. An own control need not say whether it draws.
    if cell.seed and not getattr(plugins["control"], "draws", True):
        given = word(cell.control, cell.seed)
        raise UserError(f"control={given}: {cell.control} draws nothing: write it without a seed")
    return {
        "cell": keys,
        "root": str(content["root"]),
        **checked,
        "own_code": {
            name: own_code(type(made), checked[name]["_target_"]) for name, made in plugins.items()
        },
    }


def _composed(cell: Cell, engine: str, overrides: Sequence[str]) -> dict[str, Any]:
    model, _ = model_and_revision(cell.model)
    chosen = {"model": model, "control": cell.control, "corpus": cell.corpus, "engine": engine}
    quoted = ["{}='{}'".format(k, v.replace("'", r"\'")) for k, v in chosen.items()]
    try:
        with initialize_config_dir(str(conf_folder()), version_base="1.3"):
            config = compose(Path(PRIMARY).stem, overrides=quoted)
        words.apply(config, [f"root={ROOT}", *overrides])
        content = OmegaConf.to_container(config, resolve=True)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{mark.name} line {mark.line + 1}" if mark else conf_folder()
        raise UserError(f"{where} is no YAML: {error.problem}") from error
    # What Hydra and YAML raise at a file that holds something else than keys is of many kinds.
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"the config of {cell.name} cannot be composed: {reason[:300]}") from error
    assert isinstance(content, dict)
    return {str(key): value for key, value in content.items()}


def _check_file(group: str, name: str) -> None:
    known = names(group)
    if name not in known:
        raise UserError(
            f"{group}={name}: there is no such {group}; {unread()}{near(name, known)}there are"
            f" {', '.join(known)}"
        )
    path = conf_folder() / group / f"{name}.yaml"
    # Hydra, too, takes aliases; `conf/` is as trusted as code.
    if not isinstance(read_yaml(path, yaml.SafeLoader), dict):
        raise UserError(f"{path} holds no keys: it needs _target_ at least")


def read_grid(path: Path) -> Grid:
    """Raises UserError where the file names a key that a grid has not, or leaves one empty."""
    content = read_yaml(path)
    wanted = ("models", "controls", "corpora")
    if not isinstance(content, dict) or set(content) != set(wanted):
        raise UserError(
            f"{path}: a grid has the keys {', '.join(wanted)}, each a list of names, and no others"
        )
    for key in wanted:
        listed = content[key]
        if (
            not isinstance(listed, list)
            or not all(isinstance(v, str) for v in listed)
            or not listed
        ):
            raise UserError(f"{path}: {key} is not a list of names; write {key}: [NAME]")
        if len(set(listed)) != len(listed):
            raise UserError(f"{path}: {key} names something twice; leave one out")
    return Grid(*(tuple(content[key]) for key in wanted))


def write_resolved(
    folder: Path, grid: Grid, overrides: Sequence[str], code: Mapping[str, str] | None = None
) -> list[Path]:
    """One file per cell, one per corpus, `census.yaml` for what sees all cells, `atlas.yaml` for
    what loads the models of all cells anew, those of the first corpus, and `intervene.yaml`; and
    `code.yaml`, where there is something to say of it (see `lay.code_of_stages`). `own_code` in
    them is what stages hang on, and nothing that they read: they look for themselves."""
    cells = grid.cells()
    resolved = [resolve(cell, overrides) for cell in cells]
    plugins = [{g: plugin(g, config[g]) for g in ("model", "corpus")} for config in resolved]
    for group in ("model", "corpus"):
        made = zip(cells, plugins, strict=True)
        check_different(group, ((getattr(cell, group), of_cell[group]) for cell, of_cell in made))
    files: dict[str, dict] = {}
    for cell, config in zip(cells, resolved, strict=True):
        own = config["own_code"]
        files[cell.name] = {
            **_only(config, ("cell", "root", *GROUPS, "measure", "lake", "engine")),
            "own_code": _only(own, ("model", "control")),
        }
        files[_of_corpus(cell.corpus)] = {
            "name": cell.corpus,
            **_only(config, ("root", "corpus", "ingest", "measure")),
            "own_code": _only(own, ("corpus",)),
        }
    shared = _only(resolved[0], ("root", "measure", "analysis", "report"))
    files["census"] = {"cells": [asdict(cell) for cell in cells], **shared}
    files["intervene"] = {
        "cells": [files[cell.name] for cell in _first_seeds(cells)],
        **_only(resolved[0], ("root", "analysis", "intervene")),
    }
    files["atlas"] = {
        "cells": [files[cell.name] for cell in cells if cell.corpus == cells[0].corpus],
        **_only(resolved[0], ("root", "atlas")),
    }
    if code is not None:
        files["code"] = with_inputs(code, plugins)
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    for stray in set(folder.glob("*.yaml")) - {folder / f"{name}.yaml" for name in files}:
        stray.unlink()
    for name, content in files.items():
        write_text(folder / f"{name}.yaml", yaml.safe_dump(content, sort_keys=True))
    return [folder / f"{name}.yaml" for name in files]


def _first_seeds(cells: Sequence[Cell]) -> list[Cell]:
    """Interventions are long: of a control with several seeds the first is changed."""
    first: dict[tuple[str, str, str], Cell] = {}
    for cell in cells:
        first.setdefault((cell.model, cell.control, cell.corpus), cell)
    return list(first.values())


def _only(config: dict, keys: Iterable[str]) -> dict:
    return {key: config[key] for key in keys}
