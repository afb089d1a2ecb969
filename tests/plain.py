"""What a lake of minilm holds, by plain loops over its files: arcs, halves, hits, best offsets."""

import functools
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

DIRECTIONS = {"dep_to_gov": "attends_to", "gov_to_dep": "attended_by"}


@dataclass(frozen=True)
class Arc:
    sentence: int
    word: int
    governor: int
    offset: int
    deprel: str
    confirms: bool


def rows(folder: Path) -> list[dict]:
    names = json.loads((folder / "_manifest.json").read_text(encoding="utf-8"))["files"]
    assert names
    return [row for file in names for row in pq.read_table(folder / file["name"]).to_pylist()]


@functools.cache
def measured(root: Path, table: str, control: str) -> list[dict]:
    return rows(root / f"lake/{table}/model=minilm/control={control}/corpus=treebank")


def confirms(row: int) -> bool:
    """Splitmix64 of the row, its last bit."""
    z = (row + 1) * 0x9E3779B97F4A7C15 % 2**64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return bool((z ^ z >> 31) & 1)


def arcs(root: Path) -> list[Arc]:
    """All but the roots; words are counted from 0."""
    return [
        Arc(
            sentence=k,
            word=w,
            governor=g - 1,
            offset=g - 1 - w,
            deprel=deprel,
            confirms=confirms(k),
        )
        for k, sentence in enumerate(rows(root / "sentences/corpus=treebank"))
        for w, (g, deprel) in enumerate(
            zip(sentence["governors"], sentence["deprels"], strict=True)
        )
        if g > 0
    ]


def hits(root: Path, control: str, arcs: list[Arc]) -> dict[tuple, set]:
    """By head, direction and relation the arcs of the confirming half that it is right on."""
    of_sentence: dict[int, list] = {}
    for arc in arcs:
        if arc.confirms:
            of_sentence.setdefault(arc.sentence, []).append(arc)
    found: dict[tuple, set] = {}
    for row in measured(root, "pointers", control):
        for arc in of_sentence.get(row["sentence"], ()):
            for direction, column in DIRECTIONS.items():
                key = (row["layer"], row["head"], direction, arc.deprel)
                right = found.setdefault(key, set())
                if row[column][arc.word] == arc.governor:
                    right.add((arc.sentence, arc.word))
    return found


def by_offset(arcs: list[Arc]) -> dict[str, tuple[int, int]]:
    """Of each relation the arcs in the confirming half, and how many of them the offset hits."""
    found = {}
    for deprel in {arc.deprel for arc in arcs}:
        mine = [arc for arc in arcs if arc.deprel == deprel]
        counts = Counter(arc.offset for arc in mine if not arc.confirms)
        ranked = sorted(counts, key=lambda offset: (-counts[offset], abs(offset), -offset))
        best = ranked[0] if ranked else 1
        judged = [arc for arc in mine if arc.confirms]
        found[deprel] = len(judged), sum(arc.offset == best for arc in judged)
    return found
