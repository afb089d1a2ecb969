"""Write a treebank: python -m pipeline.grammar --sentences 2000 --seed 0 --out FILE."""

from __future__ import annotations

import argparse
from pathlib import Path

from . import generate
from .conllu import write


def main() -> None:
    """Read the options and write the treebank."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.grammar", description=__doc__)
    parser.add_argument("--sentences", type=int, default=2000, help="how many sentences")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random source")
    parser.add_argument("--out", type=Path, default=Path("data/treebank/treebank.conllu"))
    options = parser.parse_args()
    count = write(generate(options.sentences, options.seed), options.out)
    print(f"{count} sentences written to {options.out}")


if __name__ == "__main__":
    main()
