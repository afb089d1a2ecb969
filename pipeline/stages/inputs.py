"""Files of one's own that a project's stages read, and when they were written: what DVC hangs on.

What a corpus or a model is made of is named in its config, and DVC does not look there. So
`compose`, which always runs in a project, writes what a file system says of those files beside the
hashes of code. Where only a time is another the stage finds that all is there, and does nothing.
"""

import glob
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any


def with_inputs(code: Mapping[str, str], plugins: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The hashes of `code`, those of ingest and measure with the files that their corpora and
    models name."""
    read = {"ingest": "corpus", "measure": "model"}
    found = dict(code)
    for stage, group in read.items():
        stamps = sorted({stamp for made in plugins for stamp in _stamps(made[group])})
        if stamps and stage in code:
            content = json.dumps([code[stage], stamps])
            found[stage] = hashlib.sha256(content.encode()).hexdigest()
    return found


def _stamps(made: Any) -> Iterator[tuple[str, int, int]]:
    """Name, size and time of each file that a field names, itself, by a pattern or its folder."""
    for field in fields(made):
        value = getattr(made, field.name)
        for text in value if isinstance(value, tuple | list) else (value,):
            if isinstance(text, str) and "\0" not in text:
                for name in {text, *glob.glob(text, recursive=True)}:
                    yield from _of(Path(name))


def _of(path: Path) -> Iterator[tuple[str, int, int]]:
    for file in path.glob("*") if path.is_dir() else (path,):
        if file.is_file():
            status = file.stat()
            yield str(file), status.st_size, status.st_mtime_ns
