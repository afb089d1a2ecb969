"""What a cell's bytes depend on, said in one mapping that is hashed into its fingerprint."""

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pipeline

CODE = ("core", "statistics", "models", "controls", "engines/shard.py", "lake/schema.py")
"""What is below this package's root and takes part in measuring."""
LIBRARIES = ("torch", "transformers", "tokenizers", "pyarrow")


def identity(config: dict[str, Any], file_hashes: dict[str, str], device: str) -> dict[str, Any]:
    """`config` is a resolved cell's. Where its files lie says nothing of what they hold."""
    plugins = {name: config[name] for name in ("model", "control")}
    plugins["model"] = {k: v for k, v in plugins["model"].items() if k not in ("path", "package")}
    return {
        "cell": config["cell"],
        **plugins,
        "measure": {
            k: v for k, v in config["measure"].items() if k not in ("lock_wait_s", "device")
        },
        "device": device,
        "files": file_hashes,
        "code": code_hash(),
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
    }


@cache
def code_hash() -> str:
    root = Path(pipeline.__file__).parent
    digest = hashlib.sha256()
    for place in CODE:
        path = root / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
