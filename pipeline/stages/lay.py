"""Init: a project for `dvc repro`, laid into a folder from what ships with headcensus.

Its `dvc.yaml` is that of the checkout, but for code: a checkout's stages hang on files of code, and
a project has none. There `compose` always runs and writes, for each stage, a hash of the installed
code that the checkout's stage names; the stages hang on those. So an upgrade makes again what it
touches.
"""

import hashlib
import json
import os
import shlex
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from pipeline.core.errors import UserError
from pipeline.shipped import CODE, shipped
from pipeline.stages.checks import check_folder

HASHES = "data/resolved/code.yaml"
LOCK = "requirements.lock"
"""In a project there is none: versions of the libraries that a fingerprint holds stand for it."""

HEADER = """\
# The census over the grid in conf/grid.yaml. Hydra's part is the first stage alone: it writes one
# resolved config per cell, and every other stage hangs on the keys of those. It always runs, for it
# also writes what the installed code is, stage by stage: an upgrade makes again what it touches.
"""
NO_SCM = "    no_scm = true\n"


def lay(folder: Path) -> str:
    """Write the files of a project into a folder that has none of them. Gives what to do next.

    Raises UserError, and writes nothing, where `folder` cannot be made, or has any of them.
    """
    check_folder(folder, "another folder")
    home = folder.absolute()
    files = _files(any((above / ".git").exists() for above in (home, *home.parents)))
    tops = sorted({name.split("/")[0] for name in files})
    there = [name for name in tops if os.path.lexists(home / name)]
    if there:
        raise UserError(f"{folder} has {', '.join(there)} already: give an empty or new folder")
    home.mkdir(parents=True, exist_ok=True)
    # On the same disk, so that each arrives whole; dvc.yaml, which makes it a project, comes last.
    with tempfile.TemporaryDirectory(dir=home, prefix=".headcensus-") as draft:
        for name, content in files.items():
            path = Path(draft) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        for name in sorted(tops, key=lambda name: (name == "dvc.yaml", name)):
            os.rename(Path(draft) / name, home / name)
    return _next(folder)


def _next(folder: Path) -> str:
    lines = [f"laid into {folder}: conf/, dvc.yaml, README.md"]
    if folder.absolute() != Path.cwd():
        lines.append(f"  cd {shlex.quote(str(folder))}")
    lines.append("  conf/model/local.yaml: your model's folder or hub id behind `path:`")
    lines.append("  conf/grid.yaml: `models: [local]`")
    if find_spec("dvc") is None:
        lines.append("  pip install 'headcensus[dvc]'")
    return "\n".join([*lines, "  dvc repro"])


def _files(in_git: bool) -> dict[str, str]:
    """What is laid, by path."""
    conf = shipped("conf")
    files = {
        f"conf/{path.relative_to(conf).as_posix()}": path.read_text(encoding="utf-8")
        for path in sorted(conf.rglob("*.yaml"))
    }
    plain = (".dvcignore", ".dvc/config", ".dvc/.gitignore")
    files |= {name: shipped(name).read_text(encoding="utf-8") for name in plain}
    if not in_git:
        files[".dvc/config"] += NO_SCM
    # What stands before is of a checkout: its environment, its caches.
    _, mark, ignored = shipped(".gitignore").read_text(encoding="utf-8").partition("# Written by")
    files[".gitignore"] = mark + ignored
    files["README.md"] = (Path(__file__).parent / "templates/project.md").read_text("utf-8")
    files["dvc.yaml"] = HEADER + yaml.safe_dump(
        project_pipeline(_pipeline()), sort_keys=False, width=1000
    )
    return files


def project_pipeline(checkout: dict[str, Any]) -> dict[str, Any]:
    """The content of `dvc.yaml` for a project: the same, with hashes of code for files of code."""
    stages = {}
    for name, stage in checkout["stages"].items():
        kept = [dep for dep in stage["deps"] if not _is_ours(dep)]
        laid = {key: value for key, value in stage.items() if key != "deps"}
        if kept:
            laid["deps"] = kept
        if name == "compose":
            laid |= {"cmd": f"{stage['cmd']} --code", "always_changed": True}
        elif len(kept) < len(stage["deps"]):
            laid["params"] = [*stage.get("params", []), {HASHES: [name]}]
        stages[name] = laid
    return {**checkout, "stages": stages}


def code_of_stages() -> dict[str, str]:
    """Of each stage a hash of what it hangs on that a project does not have: installed code,
    versions of libraries, the shipped treebank."""
    hashes = {}
    for name, stage in _pipeline()["stages"].items():
        ours = sorted(dep for dep in stage["deps"] if _is_ours(dep))
        if ours and name != "compose":
            digest = hashlib.sha256()
            for part in (part for dep in ours for part in _content(dep)):
                digest.update(hashlib.sha256(part).digest())
            hashes[name] = digest.hexdigest()
    return hashes


def _content(dep: str) -> Iterator[bytes]:
    """The names and bytes of the files that a dependency of the checkout names."""
    from pipeline.stages.identity import LIBRARIES

    if dep == LOCK:
        yield json.dumps({name: version(name) for name in LIBRARIES}).encode()
        return
    if dep.startswith("pipeline/"):
        path = CODE / dep.removeprefix("pipeline/")
    else:
        path = Path(dep) if Path(dep).exists() else shipped(dep)
    # What Python compiles lies beside what was compiled.
    inside = (file for file in path.rglob("*") if file.is_file() and file.suffix != ".pyc")
    for file in sorted(inside) if path.is_dir() else [path]:
        yield file.relative_to(path.parent).as_posix().encode()
        yield file.read_bytes()


def _is_ours(dep: str) -> bool:
    return dep == LOCK or dep.startswith(("pipeline/", "data/treebank/"))


def _pipeline() -> dict[str, Any]:
    return yaml.safe_load(shipped("dvc.yaml").read_text(encoding="utf-8"))
