"""Readers under a fuzzer that looks at which lines are run: `python -m tests.fuzz.guided TARGET`,
with what libFuzzer takes behind it, `-max_total_time=300` say. Needs `pip install atheris`.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pipeline.corpora"]):
    from pipeline.corpora import conllu, pharaoh

from tests.fuzz import reference

GOOD = b"# sent_id = a\n1-2\tvw\t_\tX\t_\t_\t_\t_\t_\t_\n1\tv\t_\tX\t_\t_\t2\tdet\t_\t_\n"
GOOD += b"2\tw\t_\tX\t_\t_\t0\troot\t_\t_\n2.1\tx\t_\tX\t_\t_\t_\t_\t_\t_\n"
N_WORDS = 30


def sentences(path: Path, content: bytes) -> None:
    """What is kept and what is kept out are what the slow reader keeps and keeps out."""
    path.write_bytes(content)
    rows = [conllu.parse_block(str(path), block) for block in conllu.blocks(str(path))]
    found = [row for row in rows if row is not None]
    expected = reference.read(content, path.name)
    assert len(found) == len(expected)
    for row, block in zip(found, expected, strict=True):
        if block.row is None:
            assert row["fault"], row
            assert row["line"] in block.lines
        else:
            assert row["fault"] is None, row
            assert {key: row[key] for key in block.row} == block.row


def links(path: Path, content: bytes) -> None:
    """Links are those that the line has, or it is refused."""
    line = content.decode("utf-8", "replace")
    try:
        found = list(pharaoh.parse(line, (N_WORDS, N_WORDS)))
    except ValueError:
        return
    assert all(0 <= word < N_WORDS for link in found for word in link[:2])
    written = line.replace("\t", " ").replace("\r", " ").replace("\n", " ").split(" ")
    pairs = [word.replace("?", "-").replace("p", "-").split("-") for word in written if word]
    assert [[link.source, link.target] for link in found] == [[int(a), int(b)] for a, b in pairs]


TARGETS: dict[str, tuple[Callable[[Path, bytes], None], bytes]] = {
    "sentences": (sentences, GOOD),
    "links": (links, b"0-0 1-2 3?4 3p5"),
}


def main() -> None:
    name, *options = sys.argv[1:]
    target, seed = TARGETS[name]
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder) / "seeds"
        seeds.mkdir()
        (seeds / "good").write_bytes(seed)
        path = Path(folder) / "file"
        atheris.Setup([sys.argv[0], *options, str(seeds)], lambda given: target(path, given))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
