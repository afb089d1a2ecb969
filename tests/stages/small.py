"""A small census: a few written sentences, a tiny checkpoint, and the command line in-process."""

import random
from pathlib import Path

from pipeline.stages import cli
from tests import tiny

ROOT = Path(__file__).resolve().parents[2]

WORDS = sorted({word for text in tiny.TEXTS for word in text.split() if word != "10"})
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


MALFORMED = "1\tlost\tlost\tNOUN\t_\t_\t7\tobj\t_\t_\n\n"
"""A sentence whose governor is not in it."""


def run(*words: str) -> int:
    """The command line, in this process. Returns the exit code."""
    try:
        return cli.main([str(word) for word in words])
    except SystemExit as stop:  # argparse leaves this way
        return int(stop.code or 0)


def files(root: Path) -> dict[str, bytes]:
    """Everything finished below a root: all files but those of the workshop."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.relative_to(root).parts[0] != "_work"
    }


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
