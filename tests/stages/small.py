"""A small census: a few written sentences, a tiny checkpoint, and the command line in-process."""

import os
import random
import shutil
from pathlib import Path

from pipeline.stages import cli
from tests import tiny

ROOT = Path(__file__).resolve().parents[2]

WORDS = sorted({word for text in tiny.TEXTS for word in text.split() if word != "10"})
CELL = "model=local/control=trained/corpus=conllu"
"""The partition of the cell that `words` asks for."""
DEPRELS = ("nsubj", "obj", "obl", "advmod", "nmod:poss")


def conllu(n_sentences: int, seed: int = 0, n_words: tuple[int, int] = (3, 9)) -> str:
    """Sentences with random trees, in CoNLL-U."""
    draw = random.Random(seed)
    return "".join(sentence(f"s{k}", draw.randint(*n_words), draw) for k in range(n_sentences))


def sentence(name: str, n_words: int, draw: random.Random) -> str:
    lines = [f"# sent_id = {name}"]
    for word in range(1, n_words + 1):
        # A word hangs on one before it: that is a tree, whatever is drawn.
        governor = draw.randint(1, word - 1) if word > 1 else 0
        deprel = draw.choice(DEPRELS) if governor else "root"
        form = draw.choice(WORDS)
        lines.append(f"{word}\t{form}\t{form}\tNOUN\t_\t_\t{governor}\t{deprel}\t_\t_")
    return "\n".join(lines) + "\n\n"


NO_ATLAS = "atlas.sentences=0"


def with_atlas(words: list[str]) -> list[str]:
    return [word for word in words if word != NO_ATLAS]


MALFORMED = "1\tlost\tlost\tNOUN\t_\t_\t7\tobj\t_\t_\n\n"
"""A sentence whose governor is not in it."""


def run(*words: str) -> int:
    """The command line, in this process. Returns the exit code."""
    try:
        return cli.main([str(word) for word in words])
    except SystemExit as stop:  # argparse leaves this way
        return int(stop.code or 0)


def tables(*words: str) -> None:
    """What `run` does before its atlas and its report."""
    for stage in ("ingest", "measure", "aggregate"):
        assert run(stage, *words) == 0


def words(checkpoint: Path, sentences: Path, root: Path) -> list[str]:
    """What the tests give every stage: shards of 5 sentences, and no atlas at the end of a run."""
    return [
        "model=local",
        f"model.path={checkpoint}",
        "corpus=conllu",
        f"corpus.path={sentences}",
        "ingest.shard_sentences=5",
        "analysis.min_arcs=5",
        "analysis.bootstrap=20",
        NO_ATLAS,
        f"root={root}",
    ]


def copy(source: Path, target: Path) -> None:
    """A folder, in which second names of the same bytes stay that."""
    first_name: dict[int, str] = {}

    def place(old: str, new: str) -> None:
        number = os.stat(old).st_ino
        if number in first_name:
            os.link(first_name[number], new)
        else:
            first_name[number] = shutil.copy2(old, new)

    shutil.copytree(source, target, copy_function=place)


def files(root: Path) -> dict[str, bytes]:
    """Everything finished below a root: all files but those of the workshop."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.relative_to(root).parts[0] != "_work"
    }


def finished(root: Path) -> dict[str, bytes]:
    """`files`, but for the report, which names its folder."""
    return {name: found for name, found in files(root).items() if not name.startswith("report/")}


def unlike(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Names that are in one of them alone, or hold other bytes there: bytes themselves, shown where
    a test fails, hide that all of them differ."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def damage(path: Path, how: str) -> None:
    """What can befall a file on a disk."""
    content = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif how == "flipped":
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes(flipped)
    else:
        assert how == "one too many"
        path.with_name("shard-99999.parquet").write_bytes(content)


DAMAGES = ("missing", "empty", "truncated", "flipped", "one too many")
