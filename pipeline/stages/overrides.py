"""Overrides: `section.key=value`, whatever characters the value holds.

A value is taken as it stands, not by Hydra's grammar, in which a comma, a bracket, an equals sign
or a dollar in a path would mean something. Its type is that of the dataclass field it fills
(`settings.typed`). Two things are spelled: `null`, and lists such as `[a.conllu,b.conllu]`.
"""

import re
from collections.abc import Sequence
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf

from pipeline.core.errors import UserError
from pipeline.stages.project import near

GROUPS = ("model", "control", "corpus")
SECTIONS = (
    *(*GROUPS, "engine", "ingest", "measure", "lake", "analysis", "report", "atlas", "intervene"),
    "calibrate",
)
PLAIN = (*GROUPS, "engine", "grid", "root")
"""Keys that stand alone. The others are `section.key`."""


def pair(text: str, example: str) -> tuple[str, str]:
    """Key and value. Raises UserError, with an example, for what is not KEY=VALUE."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UserError(f"{text!r} is not KEY=VALUE: write {example}")
    if not value:  # as of a variable of a shell that is not set
        raise UserError(f"{key}= has no value: give one, or leave it out")
    return key, value


def pairs(given: Sequence[str], example: str) -> dict[str, str]:
    """Values by key. Raises UserError as `pair` does, and for a key that is given twice."""
    found: dict[str, str] = {}
    for text in given:
        key, value = pair(text, example)
        if key in found:
            raise UserError(f"{text}: {key} is given twice; give it once")
        found[key] = value
    return found


def split(text: str) -> tuple[str, str]:
    """As `pair`. Raises UserError for a key that there cannot be, too."""
    key, value = pair(text, "model=minilm, or corpus.limit=500")
    if key == "seed":
        raise UserError(f"{text}: write the seed behind the control, as in random_weights-1")
    section, dot, _ = key.partition(".")
    if dot and section not in SECTIONS:
        hint = near(section, SECTIONS).rstrip() or f"sections are {', '.join(SECTIONS)}"
        raise UserError(f"unknown key {key}: {hint}")
    if dot and not re.fullmatch(r"\w+\.\w+", key):
        raise UserError(f"unknown key {key}: keys are {section}.KEY, without a further dot")
    if not dot and key not in PLAIN:
        keys = ", ".join((*PLAIN, *(f"{section}.…" for section in SECTIONS)))
        raise UserError(f"unknown key {key}: {near(key, PLAIN).rstrip() or keys}")
    return key, value


def apply(config: DictConfig, overrides: Sequence[str]) -> None:
    """Set the keys of `overrides` in a composed config; interpolations of it see them."""
    for text in overrides:
        key, value = split(text)
        if key == "engine":  # which file of the group: it was composed
            continue
        parsed = _value(value) if "." in key else value
        if isinstance(parsed, list):
            parsed = [_literal(word) for word in parsed]
        OmegaConf.update(config, key, _literal(parsed), force_add=True)


def _value(text: str) -> str | list[str] | None:
    if text == "null":
        return None
    if text[0] + text[-1] == "[]":
        # Words stay words: 2.10 is no number until a field says so.
        try:
            listed = yaml.load(text, Loader=yaml.BaseLoader)
        # PyYAML raises other things too: at brackets too deep, at signs that there are not.
        except Exception:
            return text
        if isinstance(listed, list) and all(isinstance(word, str) for word in listed):
            return listed
    return text


def _literal(value: Any) -> Any:
    """OmegaConf takes `${` for an interpolation unless a backslash stands before it."""
    if not isinstance(value, str):
        return value
    return re.sub(r"(\\*)\$\{", lambda found: found[1] * 2 + r"\${", value)
