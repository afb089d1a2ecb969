"""What is checked before long work begins, so that a typo does not cost an hour."""

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from pipeline.core.errors import UserError


def as_root(value: Any, key: str = "root") -> Path:
    """Raises UserError for what names no folder that Parquet can be written into."""
    from pipeline.lake.remote import mirror

    try:
        if isinstance(value, str) and value and "\0" not in value:
            value.encode()
            return mirror(value)
    except UnicodeEncodeError:
        pass
    raise UserError(f"{key}={value!r}: give the name of a folder, in UTF-8")


def check_folder(folder: Path, instead: str = "another root=…") -> None:
    """Raises UserError where `folder` is none and cannot be made, or not be written to; `instead`
    is what to give.

    Writes nothing itself.
    """
    place = folder.absolute()
    while not os.path.lexists(place):
        place = place.parent
    if not place.is_dir():
        raise UserError(f"{folder} cannot be made: {place} is no folder; give {instead}")
    if not os.access(place, os.W_OK | os.X_OK):
        raise UserError(f"{folder}: no leave to write in {place}; give {instead}")


def check_different(group: str, made: Iterable[tuple[str, Any]]) -> None:
    """Raises UserError where two models, or two corpora, are one and the same by all that is set of
    them: it would be counted twice, by two names. Classes of one's own are as they are called."""
    first: dict[Any, str] = {}
    for name, one in made:
        values = {field.name: getattr(one, field.name) for field in fields(one)}
        if group == "model" and one.path is not None:  # which wins over a package
            values |= {"package": None, "sha256": None}
        kind = None if type(one).__module__.startswith("pipeline.") else type(one)
        same = first.setdefault((kind, repr(values)), name)
        if same != name:
            raise UserError(
                f"{group}=[{same},{name}]: they are one and the same, as where {group}.path=… is"
                f" set for both: give one of them, or each a file of its own in conf/{group}"
            )


def check_corpora(corpora: Mapping[str, Any]) -> None:
    """Raises UserError where a corpus cannot be opened, or does not begin with a sentence or the
    record of a damaged one. Of each the first record is read."""
    from pipeline.corpora.base import read

    for corpus in corpora.values():
        # Checked as it stands, then read unshuffled: a shuffle fills its buffer first.
        corpus.stream()
        with contextlib.closing(read(replace(corpus, shuffle_seed=None))) as records:  # type: ignore
            next(records)
