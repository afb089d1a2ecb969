"""What ships with headcensus beside its code: `conf/`, `dvc.yaml`, the treebank.

In a checkout these lie in its root. A wheel carries them in `pipeline/project` (pyproject.toml says
which), so that there is one copy of each to edit.
"""

from pathlib import Path

CODE = Path(__file__).resolve().parent
_PACKAGED = CODE / "project"


def shipped(name: str) -> Path:
    """The file or folder that has this name in the root of the project; it may not be there."""
    return (_PACKAGED if _PACKAGED.is_dir() else CODE.parent) / name
