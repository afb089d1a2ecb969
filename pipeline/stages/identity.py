"""What a cell's bytes depend on, said in one mapping that is hashed into its fingerprint."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pipeline
from pipeline.lake.layout import Cell
from pipeline.stages.own_code import own_code
from pipeline.stages.settings import LakeSettings, MeasureSettings

CODE = (
    *("core", "statistics", "models", "controls"),
    *(
        "engines/grain.py",
        "engines/lanes.py",
        "engines/rows.py",
        "engines/shard.py",
        "engines/totals.py",
        "engines/work.py",
        "lake/compact.py",
        "lake/encoding.py",
        "lake/schema.py",
        "lake/sources.py",
    ),
)
"""What is below this package's root and takes part in measuring."""
SUFFIXES = (".py", ".cpp", ".h")
"""Of the files there that are code."""
INTERVENING = tuple(
    f"engines/{name}.py" for name in ("changes", "edits", "interventions", "means", "observed")
)
"""And what takes part in interventions beside it."""
LIBRARIES = ("torch", "transformers", "tokenizers", "pyarrow")

WHERE = ("path", "package")
"""Fields of a checkpoint that say where its files lie, and nothing of what they hold."""
HOW = ("lock_wait_s", "device", "kernel")
"""Settings that say how a cell is measured, not what; what was found stands apart."""


def identity(
    cell: Cell,
    plugins: Mapping[str, Any],
    targets: Mapping[str, str],
    settings: MeasureSettings,
    lake: LakeSettings,
    file_hashes: dict[str, str],
    device: str,
    beside: tuple[str, ...] = (),
) -> dict[str, Any]:
    """`plugins` are the dataclasses that `targets` name. Objects and not config are looked at, so
    that a default, left out or spelled out, is the same."""
    return {
        "cell": asdict(cell),
        **{name: _fields(plugins[name], WHERE) | {"_target_": targets[name]} for name in plugins},
        "measure": _fields(settings, HOW),
        "lake": asdict(lake),
        "device": device,
        "files": file_hashes,
        "code": code_hash(*beside),
        "own_code": {name: own_code(type(plugins[name]), targets[name]) for name in plugins},
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
    }


def _fields(made: Any, without: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in asdict(made).items() if key not in without}


@cache
def code_hash(*beside: str) -> str:
    root = Path(pipeline.__file__).parent
    digest = hashlib.sha256()
    for place in (*CODE, *beside):
        path = root / place
        sources = (file for file in path.rglob("*") if file.suffix in SUFFIXES)
        for file in sorted(sources) if path.is_dir() else [path]:
            digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
