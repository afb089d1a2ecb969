"""What a worker makes but once of the same: configs that Hydra composes, and pictures.

A config takes Hydra a fifth of a second and a report a second to draw; most tests of the command
line ask for the same ones, and look at something else.
"""

import copy
import functools
import importlib
import pickle
import pkgutil
from collections.abc import Callable

import pytest
from omegaconf import DictConfig

from pipeline import report
from pipeline.stages import compose

_configs: dict[tuple, DictConfig] = {}
_pictures: dict[tuple, object] = {}


def forget() -> None:
    """What is asked for from here on is made anew."""
    _configs.clear()
    _pictures.clear()


def keep(patch: pytest.MonkeyPatch) -> None:
    """Until `patch` is undone. What raises is kept by nobody."""
    patch.setattr(compose, "compose", _composed_by(compose.compose))
    for found in pkgutil.iter_modules(report.__path__, f"{report.__name__}."):
        module = importlib.import_module(found.name)
        for name, draw in vars(module).copy().items():
            if name.startswith("draw_"):
                patch.setattr(module, name, _drawn_by(draw))


def _composed_by(hydra: Callable) -> Callable:
    def composed(name: str, overrides: list[str]) -> DictConfig:
        # What the files hold is part of what is asked.
        folder = compose.conf_folder()
        files = ((str(path), path.read_bytes()) for path in sorted(folder.rglob("*.yaml")))
        asked = (name, *overrides, *files)
        if asked not in _configs:
            _configs[asked] = hydra(name, overrides=overrides)
        return copy.deepcopy(_configs[asked])

    return composed


def _drawn_by(draw: Callable) -> Callable:
    @functools.wraps(draw)
    def drawn(*args, **kwargs):
        asked = (draw.__module__, draw.__name__, pickle.dumps((args, sorted(kwargs.items()))))
        if asked not in _pictures:
            _pictures[asked] = draw(*args, **kwargs)
        return copy.copy(_pictures[asked])

    return drawn
