"""A reader and checker of CoNLL-U that shares no code with the generator."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TREEBANK = ROOT / "data" / "treebank" / "treebank.conllu"

UPOS = (
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN",
    "PUNCT", "SCONJ", "SYM", "VERB", "X",
)  # fmt: skip


@dataclass
class Parsed:
    """A sentence as read: comments, words (ten columns each) and multiword ranges."""

    comments: dict[str, str] = field(default_factory=dict)
    words: list[list[str]] = field(default_factory=list)
    ranges: dict[int, tuple[int, str, str]] = field(default_factory=dict)

    @property
    def forms(self) -> list[str]:
        return [word[1] for word in self.words]

    @property
    def heads(self) -> list[int]:
        return [int(word[6]) for word in self.words]

    @property
    def relations(self) -> list[str]:
        return [word[7] for word in self.words]


def read(text: str) -> list[Parsed]:
    """Parse CoNLL-U text strictly."""
    sentences = []
    for block in text.split("\n\n"):
        if not block.strip():
            continue
        sentence = Parsed()
        for line in block.split("\n"):
            if line.startswith("#"):
                key, _, value = line[1:].partition("=")
                sentence.comments[key.strip()] = value.strip()
                continue
            cells = line.split("\t")
            assert len(cells) == 10, line
            if "-" in cells[0]:
                first, last = (int(part) for part in cells[0].split("-"))
                assert set(cells[2:9]) == {"_"}, line
                sentence.ranges[first] = (last, cells[1], cells[9])
            else:
                sentence.words.append(cells)
        sentences.append(sentence)
    return sentences


def faults(sentence: Parsed) -> list[str]:
    """Return everything that is wrong with a tree; nothing for a valid one."""
    found = []
    count = len(sentence.words)
    heads = sentence.heads
    if [word[0] for word in sentence.words] != [str(i) for i in range(1, count + 1)]:
        found.append("identifiers do not run from 1")
    if [i for i, head in enumerate(heads) if head == 0] != [
        i for i, relation in enumerate(sentence.relations) if relation == "root"
    ]:
        found.append("head 0 and relation root disagree")
    if heads.count(0) != 1:
        found.append("not exactly one root")
    if any(not 0 <= head <= count for head in heads):
        return [*found, "governor out of range"]
    for start in range(1, count + 1):
        seen, node = set(), start
        while node and node not in seen:
            seen.add(node)
            node = heads[node - 1]
        if node:
            found.append("cycle")
            break
    for word in sentence.words:
        if not all(word):
            found.append(f"empty column in {word}")
        if word[3] not in UPOS:
            found.append(f"unknown part of speech {word[3]}")
        if (word[7] == "punct") != (word[3] == "PUNCT"):
            found.append(f"relation {word[7]} of {word[1]} tagged {word[3]}")
        feats = [] if word[5] == "_" else word[5].split("|")
        if feats != sorted(feats) or any("=" not in feat for feat in feats):
            found.append(f"features {word[5]}")
    last = 0
    for first, (end, _, _) in sorted(sentence.ranges.items()):
        if not last < first < end <= count:
            found.append("bad multiword range")
        last = end
    return found + leaf_faults(sentence)


def leaf_faults(sentence: Parsed) -> list[str]:
    """Return function words that govern something they should not govern."""
    allowed = {
        "case": ("fixed", "advmod", "conj", "cc", "punct"),
        "mark": ("fixed", "advmod"),
        "aux": (),
        "aux:pass": (),
        "cop": (),
        "cc": ("fixed",),
        "punct": (),
        "det": ("advmod",),
        "fixed": (),
    }
    found = []
    for word, head in zip(sentence.words, sentence.heads, strict=True):
        if head:
            above = sentence.relations[head - 1]
            if above in allowed and word[7] not in allowed[above]:
                found.append(f"{word[7]} under {above} ({word[1]})")
    return found


def crossing(sentence: Parsed) -> bool:
    """Tell whether any two arcs cross."""
    arcs = [(min(i, head), max(i, head)) for i, head in enumerate(sentence.heads, start=1) if head]
    return any(a < c < b < d for a, b in arcs for c, d in arcs)


def detokenised(sentence: Parsed) -> str:
    """Put the surface words together as SpaceAfter says."""
    text, position = "", 1
    while position <= len(sentence.words):
        if position in sentence.ranges:
            position, form, misc = sentence.ranges[position]
        else:
            form, misc = sentence.words[position - 1][1], sentence.words[position - 1][9]
        text += form if misc == "SpaceAfter=No" else form + " "
        position += 1
    return text.rstrip()


def offset_baselines(sentences: list[Parsed]) -> dict[str, tuple[float, int]]:
    """Return, per relation, the share of arcs with the best fixed offset, and how many arcs."""
    offsets: dict[str, Counter[int]] = defaultdict(Counter)
    for sentence in sentences:
        for position, (head, relation) in enumerate(
            zip(sentence.heads, sentence.relations, strict=True), start=1
        ):
            if head:
                offsets[relation][head - position] += 1
    return {
        relation: (max(counter.values()) / counter.total(), counter.total())
        for relation, counter in offsets.items()
    }
