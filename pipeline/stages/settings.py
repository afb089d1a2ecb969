"""Where configuration becomes typed objects. Below this floor there is no config.

Hydra takes wrong types and unknown keys of a plug-in in silence; here each section is checked once
against the dataclass that it fills, and an error names the key, what it holds, and what it may.
"""

import importlib
import sys
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_origin, get_type_hints

from pydantic import ConfigDict, Field, ValidationError, create_model

from pipeline.analysis.rules import Rules
from pipeline.core.errors import UserError
from pipeline.core.names import EDIT_CLASSES
from pipeline.report.settings import ReportSettings
from pipeline.stages.project import ROOT, conf_folder, near

T = TypeVar("T")

Positive = Annotated[int, Field(gt=0, lt=2**31)]


@dataclass(frozen=True)
class IngestSettings:
    shard_sentences: Positive = 1024
    segments: Annotated[int, Field(ge=1, le=2)] = 1
    max_quarantined: Annotated[float, Field(ge=0, le=1)] = 0.01


@dataclass(frozen=True)
class MeasureSettings:
    device: str = "auto"
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    kernel: Literal["auto", "portable", "cpp", "triton"] = "auto"
    linears: Literal["torch", "onednn", "onednn_bf16"] = "torch"
    batch_pieces: Positive = 1024
    similarity_every: Annotated[int, Field(ge=0, lt=2**31)] = 20
    norms: bool = True
    trees: bool = True
    lock_wait_s: Annotated[float, Field(ge=0)] = 120.0


@dataclass(frozen=True)
class LakeSettings:
    """`grain`: the lake's `heads` have a row per sentence, or per shard."""

    grain: Literal["sentence", "shard"] = "sentence"


@dataclass(frozen=True)
class AtlasSettings:
    """`text`: sentences of yours; null: `sentences` of the corpus, with at most `max_words`.

    To each of `text` there may be one of `target`, its translation, or of `pair`, which a model
    with one stack reads behind it.
    """

    text: str | tuple[str, ...] | None = None
    target: str | tuple[str, ...] | None = None
    pair: str | tuple[str, ...] | None = None
    sentences: Annotated[int, Field(ge=0, lt=2**31)] = 8
    max_words: Positive = 24


@dataclass(frozen=True)
class InterveneSettings:
    """About so many `sentences`, evenly spread, are changed; one in `observe_every` is watched
    (0: none). `heads` that are changed one by one: all, or those that are dumping; and so in nulls.
    """

    classes: tuple[Literal["sep", "cls", "bos", "first", "punct", "previous_word"], ...] = (
        EDIT_CLASSES
    )
    sentences: Positive = 10
    observe_every: Annotated[int, Field(ge=0, lt=2**31)] = 4
    heads: Literal["all", "dumping"] = "all"
    heads_of_nulls: Literal["all", "dumping"] = "dumping"
    draws: Annotated[int, Field(ge=0, lt=100)] = 3
    negligible: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.25
    batch_pieces: Positive = 4096
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0


@dataclass(frozen=True)
class CalibrateSettings:
    """`simulations` censuses of each kind of heads that know nothing; `repeats` of each share that
    planted heads follow. `report` is the folder of method.md."""

    simulations: Positive = 200
    repeats: Positive = 5
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    report: str = "reports"


@dataclass(frozen=True)
class NurserySettings:
    """`steps`, `sentences` and `measured` null: as the recipes have it, and whole corpora."""

    root: str = ROOT
    report: str = "reports"
    models: tuple[Literal["mlm", "clm", "mt"], ...] = ("mlm", "clm", "mt")
    steps: Positive | None = None
    sentences: Positive | None = None
    measured: Positive | None = None


@dataclass(frozen=True)
class CellSettings:
    """The names of a cell, as `cell:` in a resolved file."""

    model: str
    control: str
    corpus: str
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0

    def __post_init__(self) -> None:
        """Raises ValueError, naming the key, for a name that no folder can have."""
        for key in ("model", "control", "corpus"):
            if not is_name(getattr(self, key)):
                raise ValueError(f"{key}={getattr(self, key)!r} is no name")


def is_name(value: Any) -> bool:
    """Whether a folder can be named by it, once it is percent-encoded."""
    return (
        isinstance(value, str) and value != "" and value == value.encode(errors="replace").decode()
    )


PLAIN = {
    "ingest": IngestSettings,
    "measure": MeasureSettings,
    "lake": LakeSettings,
    "analysis": Rules,
    "report": ReportSettings,
    "atlas": AtlasSettings,
    "intervene": InterveneSettings,
    "calibrate": CalibrateSettings,
}
"""Sections that are no plug-ins, and what they fill."""

OF_THE_RULES = {f.name for f in fields(ReportSettings)} & {f.name for f in fields(Rules)}
"""What the report states of `analysis`; it is set there, and there alone."""


_STATED = {
    "tables_folder": "tables lie in root; set root",
    "masses_drawn_by": "it is that of the lake; set lake.grain",
}
"""What else the report states, and where that comes from."""


def typed(section: str, content: Any) -> dict[str, Any]:
    """The section with its values as its dataclass holds them. Raises what `build` raises."""
    values = _mapping(section, content)
    if section == "report":
        report_settings(values, Rules(), "")
    made = build(section, PLAIN[section], values) if section in PLAIN else plugin(section, values)
    return {
        key: value if key == "_target_" else _yaml(getattr(made, key))
        for key, value in values.items()
    }


def report_settings(content: Any, rules: Rules, tables_folder: str) -> ReportSettings:
    """The section `report`, and what the report repeats of the rules. Raises what `build` does."""
    values = _mapping("report", content)
    for key in OF_THE_RULES:
        if key in values:
            raise UserError(f"unknown key report.{key}: set analysis.{key}, which it repeats")
    for key, where in _STATED.items():
        if key in values:
            raise UserError(f"unknown key report.{key}: {where}")
    repeated = {key: asdict(rules)[key] for key in OF_THE_RULES}
    return build("report", ReportSettings, {**values, **repeated, "tables_folder": tables_folder})


_TARGET = "give the module and class of one, as the files of conf/ do"
_NEEDED = {
    "model": {"folder", "file_hashes", "config", "tokenizer", "load", "load_speaking"},
    "control": {"apply", "call", "order", "pieces"},
    "corpus": {"stream", "limit", "shuffle_seed", "shuffle_buffer"},
    "engine": {"pool"},
}
"""What the stages use of each plug-in: another dataclass would fail in the middle of the work."""


def plugin(section: str, content: Any) -> Any:
    """The object that a section's `_target_` names, filled with its other keys."""
    values = dict(_mapping(section, content))
    target = values.pop("_target_", None)
    module, _, name = str(target).rpartition(".")
    if not module:
        raise UserError(f"{section}._target_={target}: {_TARGET}")
    # A plug-in of a project's own stands beside its conf/.
    here = str(Path.cwd())
    if here not in sys.path and conf_folder().parent == Path.cwd():
        sys.path.append(here)
    try:
        cls = getattr(importlib.import_module(module), name)
    # To import a module is to run it, and it may end in any way.
    except (Exception, SystemExit) as error:
        raise UserError(f"{section}._target_={target}: {error}; {_TARGET}") from error
    if not (isinstance(cls, type) and is_dataclass(cls)):
        raise UserError(f"{section}._target_={target} is no dataclass: {_TARGET}")
    lacks = _NEEDED[section] - {*dir(cls), *(field.name for field in fields(cls))}
    if lacks:
        raise UserError(
            f"{section}._target_={target} is no {section}: it has no {min(lacks)}; {_TARGET}"
        )
    return build(section, cls, values)


def build(section: str, cls: type[T], content: Any) -> T:
    """`cls` filled with a section of the config. Raises UserError, naming the key at fault."""
    values = _mapping(section, content)
    hints = get_type_hints(cls, include_extras=True)
    known = {f.name: (hints[f.name], _default(f)) for f in fields(cls)}  # pyrefly: ignore
    for key, value in values.items():
        if key not in known:
            hint = near(key, known).rstrip() or (
                f"there are {', '.join(known)}" if known else f"this {section} takes none"
            )
            raise UserError(f"unknown key {section}.{key}: {hint}")
        if value == "???":
            raise UserError(
                f"{section}.{key} is missing: give {section}.{key}=…, or write it into its file in"
                f" conf/{section}/"
            )
        if isinstance(value, str) and get_origin(hints[key]) is tuple:
            values = {**values, key: (value,)}
        if isinstance(value, bool) and hints[key] is not bool:
            # Else true would count as 1.
            raise UserError(f"{section}.{key}={value}: is no {_name(hints[key])}")
    model: Any = create_model(cls.__name__, __config__=_STRICT_KEYS, **known)  # pyrefly: ignore
    try:
        checked = model.model_validate(dict(values))
        return cls(**{name: getattr(checked, name) for name in known})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in (section, *first["loc"][:1]))
        if first["type"] == "missing":
            raise UserError(f"{key} is missing: give {key}=…") from error
        raise UserError(f"{key}={first['input']!r}: {first['msg']}") from error
    except ValueError as error:
        raise UserError(f"{section}.{error}") from error


_STRICT_KEYS = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


def _default(field) -> Any:
    if field.default_factory is not MISSING:
        return Field(default_factory=field.default_factory)
    return ... if field.default is MISSING else field.default


def _mapping(section: str, content: Any) -> Mapping[str, Any]:
    if not isinstance(content, Mapping):
        raise UserError(f"{section}={content!r}: this is a section; set {section}.KEY=…")
    return content


def _name(hint: Any) -> str:
    return getattr(getattr(hint, "__origin__", hint), "__name__", str(hint))


def _yaml(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
