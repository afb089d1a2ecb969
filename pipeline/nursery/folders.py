"""Where a model is kept while it grows, and how one sees that it is whole.

A step's folder gets its name when all its files are written. `recipe.json` is written last and
removed first: a folder that has it, for the same recipe, is finished.
"""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from pipeline.lake.files import sync, write_atomic, write_text
from pipeline.nursery.recipes import Recipe

LOSSES = "losses.json"
_RECIPE = "recipe.json"
_CHECKPOINT = (
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
)


class Nest:
    """The folder of one model: a folder for each kept step, and the last step's files in itself."""

    def __init__(self, folder: Path, recipe: Recipe):
        self.folder = folder
        self.recipe = recipe

    def finished(self) -> list[dict] | None:
        """What was noted of each checkpoint, if this very recipe was trained to its end here."""
        try:
            kept = json.loads((self.folder / _RECIPE).read_text(encoding="utf-8"))
            notes = json.loads((self.folder / LOSSES).read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        whole = [self.folder, *(self.folder / note["folder"] for note in notes)]
        if kept.get("fingerprint") != self.recipe.fingerprint or not all(map(_is_whole, whole)):
            return None
        return notes

    def clear(self) -> None:
        """Remove what was trained here before, by this recipe or another. Other files stay."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in (_RECIPE, LOSSES, *_CHECKPOINT):
            (self.folder / name).unlink(missing_ok=True)
        for pattern in ("step-*", ".*.tmp"):
            for old in self.folder.glob(pattern):
                shutil.rmtree(old) if old.is_dir() else old.unlink()

    def keep(self, step: int, save: Callable[[Path], object]) -> str:
        """`save` fills a temporary folder, which then becomes the step's. Returns its name."""
        name = f"step-{step:06d}"
        temporary = self.folder / f".{name}.tmp"
        temporary.mkdir()
        save(temporary)
        for file in temporary.iterdir():
            sync(file)
        os.replace(temporary, self.folder / name)
        sync(self.folder)
        return name

    def finish(self, notes: list[dict]) -> None:
        """Give the folder itself the last checkpoint's files, then say that it is finished."""
        for file in sorted((self.folder / notes[-1]["folder"]).iterdir()):
            write_atomic(self.folder / file.name, partial(shutil.copyfile, file))
        self.note(notes)
        kept = {"fingerprint": self.recipe.fingerprint, "recipe": asdict(self.recipe)}
        write_text(self.folder / _RECIPE, json.dumps(kept, indent=1) + "\n")

    def note(self, notes: list[dict]) -> None:
        write_text(self.folder / LOSSES, json.dumps(notes, indent=1) + "\n")


def _is_whole(folder: Path) -> bool:
    return all((folder / name).is_file() for name in ("config.json", "model.safetensors"))
