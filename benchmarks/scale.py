"""`python -m benchmarks.scale`: what a census of very many sentences takes, of a made-up lake.

One shard is drawn at random in the lake's own schemas and stands under many names; as it is read
its rows are numbered on, so that a million sentences take the disk of a thousand. Each aggregation
runs in a process of its own, whose peak of memory is that of all it did.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.analysis import aggregate as analysis
from pipeline.analysis.rules import Rules
from pipeline.lake import manifest
from pipeline.lake.files import sha256_of, write_table
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.manifest import File, Manifest
from pipeline.lake.read import read_shard
from pipeline.lake.schema import BINS, LAKE, MEASURED

CELL = Cell("made-up", "trained", 0, "made-up")
HEADS_A_LAYER = 12
SHARD_SENTENCES = 1024
N_RELATIONS = 45
"""Labels, as many as the shipped treebank has."""


def make(root: Path, n_sentences: int, n_heads: int, seed: int = 0) -> dict[str, int]:
    """A lake of whole shards. Gives the bytes of one shard, by table."""
    draw = np.random.default_rng(seed)
    n_words = draw.poisson(12, SHARD_SENTENCES) + 3
    work = root / "_work"
    tables = {
        "sentences": _sentences(draw, n_words),
        "quarantine": LAKE["quarantine"].empty_table(),
        "heads": _heads(draw, n_words, n_heads),
        "pointers": _pointers(draw, n_words, n_heads),
        **{name: _of_shard(draw, name, n_heads) for name in ("outputs", "similarity", "values")},
    }
    for name, table in tables.items():
        write_table(work / f"{name}.parquet", table)
    lake, n_shards = Lake(root), n_sentences // SHARD_SENTENCES
    facts = {"n_sentences": n_shards * SHARD_SENTENCES, "sentences": "made-up", "n_quarantined": 0}
    facts |= dict.fromkeys(
        ("n_words", "n_pieces", "n_too_long", "n_unaligned", "n_words_without_pieces"), 0
    )
    for name in tables:
        folders = {"sentences": lake.sentences, "quarantine": lake.quarantine}
        folder = folders[name](CELL.corpus) if name in folders else lake.measured(name, CELL)
        source = work / f"{name}.parquet"
        folder.mkdir(parents=True)
        sha256, n_rows = sha256_of(source), tables[name].num_rows
        names = [f"shard-{k:05d}.parquet" for k in range(n_shards)]
        for file in names:
            os.link(source, folder / file)
        files = tuple(File(file, sha256, n_rows) for file in names)
        manifest.publish(folder, Manifest(name, "made-up", files, facts), folder)
    return {name: (work / f"{name}.parquet").stat().st_size for name in MEASURED}


def _places(n_heads: int) -> dict[str, np.ndarray]:
    heads = np.arange(n_heads)
    return {
        "site": np.full(n_heads, "encoder"),
        "layer": heads // HEADS_A_LAYER,
        "head": heads % HEADS_A_LAYER,
    }


def _rows(n_sentences: int, n_heads: int) -> dict[str, np.ndarray]:
    places = {name: np.tile(column, n_sentences) for name, column in _places(n_heads).items()}
    return {"sentence": np.repeat(np.arange(n_sentences), n_heads), **places}


def _filled(name: str, columns: dict) -> pa.Table:
    """With null in the columns that are not given."""
    schema = LAKE[name]
    n_rows = len(next(iter(columns.values())))
    arrays = [
        pa.array(columns[field.name]).cast(field.type)
        if field.name in columns
        else pa.nulls(n_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _ragged(values: np.ndarray, lengths: np.ndarray) -> pa.Array:
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(values))


def _sentences(draw: np.random.Generator, n_words: np.ndarray) -> pa.Table:
    """Chains in which labels and directions are drawn; one word in each is the root."""
    n, total = len(n_words), int(n_words.sum())
    starts = np.repeat(np.cumsum(n_words) - n_words, n_words)
    word = np.arange(total) - starts
    governors = np.where(word > 0, draw.integers(0, np.maximum(word, 1)) + 1, 0)
    labels = np.array([f"label{k}" for k in range(N_RELATIONS)])
    # Like labels of a treebank: the k-th is drawn by 1/k.
    shares = 1 / np.arange(1, N_RELATIONS + 1)
    deprels = np.where(word > 0, draw.choice(labels, total, p=shares / shares.sum()), "root")
    words = np.full(total, "word")
    columns = {
        "sentence_id": np.arange(n).astype(str),
        "text": np.full(n, "word"),
        "words": _ragged(words, n_words),
        "governors": _ragged(governors.astype(np.int16), n_words),
        "deprels": _ragged(deprels, n_words),
        "n_words": n_words,
    }
    return _filled("sentences", columns)


def _heads(draw: np.random.Generator, n_words: np.ndarray, n_heads: int) -> pa.Table:
    rows = _rows(len(n_words), n_heads)
    n_pieces = np.repeat(n_words + 2, n_heads)
    columns: dict = dict(rows)
    for field in LAKE["heads"]:
        if field.name in rows:
            continue
        if pa.types.is_fixed_size_list(field.type):
            of_bins = (
                draw.multinomial(1, np.full(BINS, 1 / BINS), len(n_pieces)) * n_pieces[:, None]
            )
            flat = pa.array(of_bins.ravel()).cast(field.type.value_type)
            columns[field.name] = pa.FixedSizeListArray.from_arrays(flat, BINS)
        elif pa.types.is_integer(field.type):
            columns[field.name] = n_pieces
        else:
            columns[field.name] = draw.random(len(n_pieces), np.float32) * n_pieces / 2
    return _filled("heads", columns)


def _pointers(draw: np.random.Generator, n_words: np.ndarray, n_heads: int) -> pa.Table:
    lengths = np.repeat(n_words, n_heads)
    bound = np.repeat(lengths, lengths)
    columns: dict = dict(_rows(len(n_words), n_heads))
    for field in LAKE["pointers"]:
        if pa.types.is_list(field.type) and not field.name.startswith("predicted"):
            drawn = (draw.random(len(bound), np.float32) * bound).astype(np.int16)
            columns[field.name] = _ragged(drawn, lengths)
    return _filled("pointers", columns)


def _of_shard(draw: np.random.Generator, name: str, n_heads: int) -> pa.Table:
    """Tables with rows per head, or pair of heads, of which those of a cell are added up."""
    places = _places(n_heads)
    if name == "similarity":
        a, b = np.triu_indices(n_heads, 1)
        columns = {key: column[a] for key, column in places.items()}
        columns |= {f"other_{key}": places[key][b] for key in ("layer", "head")}
        columns |= {"n_queries": np.full(len(a), 64), "js_divergence": draw.random(len(a))}
        return _filled(name, columns)
    classes = ("cls", "sep", "first") if name == "outputs" else ("word", "output")
    columns = {key: np.tile(column, len(classes)) for key, column in places.items()}
    n_rows = len(columns["site"])
    columns["key_class"] = np.repeat(classes, n_heads)
    vectors = _ragged(draw.random(n_rows * 64), np.full(n_rows, 64))
    counts = np.full(n_rows, SHARD_SENTENCES)
    if name == "outputs":
        columns |= {"n_queries": counts, "output": vectors, "energy": draw.random(n_rows)}
    else:
        columns |= {"n_pieces": counts, "value": vectors}
    return _filled(name, columns)


def _numbered_on(path: Path) -> pa.Table:
    """A shard whose rows are those of its place in the corpus."""
    table = read_shard(path)
    if "sentence" in table.schema.names:
        first = SHARD_SENTENCES * int(path.stem.rpartition("-")[2])
        moved = pc.add(table["sentence"], pa.scalar(first, pa.int32()))  # pyrefly: ignore
        at = table.schema.get_field_index("sentence")
        table = table.set_column(at, table.schema.field("sentence"), moved)
    return table


def aggregated(root: Path) -> dict[str, float]:
    """Aggregate in this process: seconds of CPU and of the clock, and its peak of memory."""
    analysis.read_shard = _numbered_on
    before = _peak_mb()
    began, cpu = time.monotonic(), time.process_time()
    tables = analysis.aggregate(Lake(root), [CELL], Rules(), lambda n: None)
    return {
        "seconds": time.monotonic() - began,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mb": _peak_mb(),
        "start_mb": before,
        "n_rows": sum(table.num_rows for table in tables.values()),
    }


def _peak_mb() -> float:
    """Of this program: what getrusage says is at least the peak of the one that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.scale", description=__doc__)
    parser.add_argument("--sentences", default="10240,102400")
    parser.add_argument("--heads", default="144,1024")
    parser.add_argument("--aggregate", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.aggregate:
        print(json.dumps(aggregated(given.aggregate)))
        return
    for n_heads in map(int, given.heads.split(",")):
        for n_sentences in map(int, given.sentences.split(",")):
            with tempfile.TemporaryDirectory() as folder:
                sizes = make(Path(folder), n_sentences, n_heads)
                command = [sys.executable, "-m", "benchmarks.scale", "--aggregate", folder]
                said = json.loads(subprocess.check_output(command, text=True))
            print(json.dumps({"n_sentences": n_sentences, "n_heads": n_heads, **said, **sizes}))


if __name__ == "__main__":
    main()
